"""The `alerting:` section of `config.yaml`: people, rotations, policies, routes and the notifiers they share.

Everything is checked when it is read: a policy that names an unknown person stops the start. With nobody configured every alert goes
to the channel `log`, so that an empty section still tells what it found. Options of a channel are checked later by the notifier of its
kind (its `Options`); here they are only carried, and never shown in a `repr` or an error. Rotations, policies and routes stand in
`alerting/on_call_settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from alerting.hours import Week
from alerting.on_call_settings import ON_HOLIDAYS, PolicySettings, RotationSettings, RouteSettings
from alerting.section import Id, Section, Severities, Zone, known, no_double
from core.durations import Duration
from core.records import SEVERITIES, Severity

DEFAULT_REOPEN_WITHIN: Final = timedelta(hours=6)


class ChannelSettings(Section):
    """One way to reach a person: `kind`, what the notifier of that kind asks for, and `only` for which severities it is used.

    `id` names it on notifications; without one it is the kind, and "email-2" for a second of the same kind.
    """

    kind: str
    id: Id | None = None
    only: Severities = SEVERITIES
    options: dict[str, Any] = Field(default_factory=dict, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        own = {key: value[key] for key in value if key in cls.model_fields}
        extra = {key: value[key] for key in value if key not in cls.model_fields}
        return {**own, "options": {**value.get("options", {}), **extra}}


class QuietSettings(Section):
    """When a person wants to be left in peace, on their own clock, and which severities are told all the same."""

    hours: Week = Field(min_length=1)
    only: Severities = ("critical",)

    @model_validator(mode="before")
    @classmethod
    def _hours_alone(cls, value: object) -> object:
        return {"hours": value} if isinstance(value, str | list | tuple) else value


class PersonSettings(Section):
    """Somebody who is told. Without channels the person stands in the log; `language` and `timezone` default to the installation's.

    `quiet_hours`: "22:00-07:00", a list, or `{hours, only}`: messages wait until they end, but for the severities of `only`. `calendar`: an .ics calendar of
    time off, a file beside the configuration or an https address.
    """

    id: Id
    name: str = ""
    language: Literal["vi", "en"] | None = None
    timezone: Zone | None = None
    address: str = ""  # how to speak to them in Vietnamese: anh, chị, em, bạn
    quiet_hours: QuietSettings | None = None
    calendar: str | None = Field(default=None, repr=False)
    channels: tuple[ChannelSettings, ...] = (ChannelSettings(kind="log"),)

    @model_validator(mode="before")
    @classmethod
    def _name_channels(cls, value: object) -> object:
        """Give every channel an id of its own, in order, before the record is frozen."""
        if not isinstance(value, dict) or not isinstance(value.get("channels"), list | tuple):
            return value
        seen: dict[str, int] = {}
        channels = []
        for channel in value["channels"]:
            if isinstance(channel, dict) and isinstance(channel.get("kind"), str) and not channel.get("id"):
                kind = channel["kind"]
                seen[kind] = seen.get(kind, 0) + 1
                channel = {**channel, "id": kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"}  # noqa: PLW2901
            channels.append(channel)
        return {**value, "channels": channels}

    @model_validator(mode="after")
    def _channels_differ(self) -> Self:
        no_double(f"a channel of {self.id!r}", [channel.id or channel.kind for channel in self.channels])
        return self

    @property
    def display_name(self) -> str:
        """The name, or the id where none is given."""
        return self.name or self.id

    def channels_for(self, severity: Severity) -> tuple[str, ...]:
        """Ids of the channels that are used for `severity`, in the order of the file."""
        return tuple(channel.id or channel.kind for channel in self.channels if severity in channel.only)

    @property
    def channel_ids(self) -> tuple[str, ...]:
        """Ids of all channels, in the order of the file."""
        return tuple(channel.id or channel.kind for channel in self.channels)

    def channel(self, channel_id: str) -> ChannelSettings | None:
        """The channel of that id; None where the person has none."""
        return next((channel for channel in self.channels if (channel.id or channel.kind) == channel_id), None)


class AlertingSettings(Section):
    """The section as a whole. `notifiers` holds what all channels of one kind share, such as the mail server.

    `fallback` is a person or a policy: told when a policy reaches nobody, and when it has come to its end. `reopen_within` is how long
    after closing a new signal reopens the same incident.
    """

    people: tuple[PersonSettings, ...] = ()
    rotations: tuple[RotationSettings, ...] = ()
    policies: tuple[PolicySettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    notifiers: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False, exclude=True)
    fallback: Id | None = None
    reopen_within: Duration = DEFAULT_REOPEN_WITHIN

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        people = {person.id for person in self.people}
        rotations = {rotation.id for rotation in self.rotations}
        policies = {policy.id for policy in self.policies}
        no_double("person or rotation", [*(person.id for person in self.people), *(rotation.id for rotation in self.rotations)])
        no_double("policy", [policy.id for policy in self.policies])
        for rotation in self.rotations:
            known(rotation.people, people, f"rotation {rotation.id!r}", "person")
        for policy in self.policies:
            known((one for step in policy.steps for one in step.notify), people | rotations, f"policy {policy.id!r}", "person or rotation")
        known((route.policy for route in self.routes if route.policy), policies, "a route", "policy")
        known([self.fallback] if self.fallback else [], people | policies, "fallback", "person or policy")
        return self

    def settled(self, *, language: Literal["vi", "en"], timezone: str) -> Self:
        """The same section with the installation's language and zone (IANA) filled in wherever a person or rotation names none."""
        people = tuple(
            person.model_copy(update={"language": person.language or language, "timezone": person.timezone or timezone})
            for person in self.people
        )
        rotations = tuple(rotation.model_copy(update={"timezone": rotation.timezone or timezone}) for rotation in self.rotations)
        return self.model_copy(update={"people": people, "rotations": rotations})

    def options_for(self, channel: ChannelSettings) -> dict[str, Any]:
        """What the notifier's `Options` are made from: what the kind shares, then what the channel says. Holds secrets; never log it."""
        return {**self.notifiers.get(channel.kind, {}), **channel.options}
