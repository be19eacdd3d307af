"""Which inboxes hear what people write back, and as whom each person writes.

An inbox is of one kind of notifier ("telegram"); that of `email` stands in `alerting/inbox/imap.py`. Where `alerting.inboxes` names none, every kind
under `notifiers:` that has an inbox and says enough to listen is listened to.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from alerting.base import Limits
from alerting.inbox.base import Inbox
from alerting.inbox.carry import Carrier
from alerting.inbox.handle import Handler
from alerting.inbox.receive import Inboxes
from alerting.roster import roster_of
from alerting.settings import AlertingSettings, ChannelSettings
from console import shelf
from console.config import Config
from console.notifying import limits_of
from console.stages import Stage
from core.clock import Clock
from core.errors import ConfigError
from core.http import Fetcher
from playbooks.load import Library
from store.open import Store

MODULES: Final[Mapping[str, str]] = {"email": "imap"}  # mail goes out by one protocol and comes in by another


def module_of(kind: str) -> str:
    """The name of the module that hears a kind of notifier."""
    return MODULES.get(kind, kind)


def inbox_kinds() -> list[str]:
    """The kinds of notifier that can be answered, by name."""
    (folder,) = importlib.import_module(shelf.INBOXES).__path__
    return [kind for kind in shelf.kinds(shelf.NOTIFIERS) if (Path(folder) / f"{module_of(kind)}.py").exists()]


def inbox_stages(config: Config, store: Store, clock: Clock, http: Fetcher, library: Library) -> list[Stage]:
    """The stage that hears answers; none where no inbox is listened to."""
    inboxes = inboxes_of(config, http, clock)
    if not inboxes:
        return []
    handler = handler_of(config, library, {kind: senders_of(config.alerting, kind, inbox) for kind, inbox in inboxes.items()})
    stage = Inboxes(store, inboxes, handler, now=clock.now)
    return [Stage("inboxes", "alerting", stage, woken_by=stage)]


def handler_of(config: Config, library: Library, senders: Mapping[str, Mapping[str, str]]) -> Handler:
    """What carries replies out; `senders` are people's ids by the kind of inbox and as whom they write."""
    return Handler(config.alerting, senders, roster=partial(roster_of, settings=config.alerting), carrier=Carrier(library))


def inboxes_of(config: Config, http: Fetcher, clock: Clock) -> dict[str, Inbox]:
    """The inboxes that are listened to, by kind.

    Raises:
        ConfigError: one that `alerting.inboxes` names cannot be used.
    """
    found: dict[str, Inbox] = {}
    for kind, options in _options(config.alerting).items():
        if isinstance(options, BaseModel):
            found[kind] = _module(kind).Inbox(options, http=http, now=clock.now)
        elif kind in config.alerting.inboxes:
            raise ConfigError(f"alerting.inboxes.{kind}: {options}")
    return found


def deaf_kinds(alerting: AlertingSettings) -> dict[str, str]:
    """The kinds that can send and were not told how to listen, with what is missing."""
    return {kind: options for kind, options in _options(alerting).items() if isinstance(options, str)}


def limits_in(config: Config) -> Callable[[ChannelSettings], Limits]:
    """What the kind of a channel can in this installation: one whose inbox nobody listens to cannot be answered."""

    @cache
    def heard() -> frozenset[str]:
        return frozenset(kind for kind, options in _options(config.alerting).items() if isinstance(options, BaseModel))

    def limits(channel: ChannelSettings) -> Limits:
        known = limits_of(channel)
        return known if not known.answers or channel.kind in heard() else replace(known, answers=False)

    return limits


def _options(alerting: AlertingSettings) -> dict[str, BaseModel | str]:
    """For each kind that is meant to be heard the options of its inbox, or what is wrong with them."""
    found: dict[str, BaseModel | str] = {}
    for kind in inbox_kinds():
        given = options_of(alerting, kind)
        if given is not None:
            try:
                found[kind] = shelf.options(_module(kind), given)
            except ValidationError as error:
                found[kind] = missing(error)
    return found


def options_of(alerting: AlertingSettings, kind: str) -> dict[str, Any] | None:
    """What the inbox of a kind is told: of what the kind shares the keys that it knows, and its own; None where it is off."""
    own: dict[str, Any] | bool = alerting.inboxes.get(kind, {})
    if own is False or (kind not in alerting.inboxes and kind not in alerting.notifiers):
        return None
    fields = _module(kind).Options.model_fields
    known = {name for field, told in fields.items() for name in (field, told.alias) if name}
    shared = alerting.notifiers.get(kind, {})
    told: dict[str, Any] = {"smtp": shared} if kind == "email" else {name: value for name, value in shared.items() if name in known}
    told |= own if isinstance(own, dict) else {}
    if "invited_by" in fields:  # whoever may answer may also invite us to where they answer
        told["invited_by"] = [*told.get("invited_by", ()), *_users(alerting, kind)]
    return told


def _users(alerting: AlertingSettings, kind: str) -> list[str]:
    """The `user` of every channel of a kind."""
    options = (alerting.options_for(channel) for person in alerting.people for channel in person.channels if channel.kind == kind)
    return [user for one in options if isinstance(user := one.get("user"), str)]


def writers_of(alerting: AlertingSettings, kind: str, inbox: Inbox) -> dict[str, set[str]]:
    """As whom people write to an inbox: their ids by sender."""
    found: dict[str, set[str]] = {}
    for person in alerting.people:
        for channel in person.channels:
            sender = inbox.sender_of(alerting.options_for(channel)) if channel.kind == kind else None
            if sender is not None:
                found.setdefault(sender, set()).add(person.id)
    return found


def senders_of(alerting: AlertingSettings, kind: str, inbox: Inbox) -> dict[str, str]:
    """Whose id a sender is. What several people share is nobody's, for nobody could be held to it."""
    return {sender: next(iter(people)) for sender, people in writers_of(alerting, kind, inbox).items() if len(people) == 1}


def missing(error: ValidationError) -> str:
    """What an inbox's options lack, in one line and without their values."""
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'options'}: {one['msg']}" for one in error.errors())


def _module(kind: str) -> ModuleType:
    return shelf.load(shelf.INBOXES, module_of(kind))
