"""Channels that cannot be relied on, as people read it: for `check`, `on-call`, the console and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

from alerting.settings import AlertingSettings
from core.messages import Translator
from store import channels
from store.channels import RedBecause
from store.database import Tx


class Red(TypedDict):
    """A red channel: whose, which, why."""

    person: str
    name: str
    channel: str
    because: RedBecause


def red_channels(tx: Tx, settings: AlertingSettings) -> list[Red]:
    """The red ones of those that are configured, in the order of the file."""
    red = channels.red(tx)
    return [
        Red(person=person.id, name=person.display_name, channel=channel, because=red[person.id, channel])
        for person in settings.people
        for channel in (one.id or one.kind for one in person.channels)
        if (person.id, channel) in red
    ]


def red_lines(say: Translator, found: Sequence[Red]) -> Iterator[str]:
    """One line each."""
    for one in found:
        yield say("channel.red_line", person=one["name"], channel=one["channel"], because=say(f"channel.red.{one['because']}"))
