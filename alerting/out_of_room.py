"""The one page that needs no database: nothing can be written any more, so nothing can be noticed or paged but this (R18). Pure.

It goes to `admin`, else to whoever `fallback` names, else to the first step of the first policy, as configured: overrides and time off stand in the
database.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from alerting.base import Message
from alerting.policy import OPERATOR, Roster, recipients
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from core.messages import translator

AGAIN_AFTER: Final = timedelta(minutes=15)
_SEVERITY: Final = "critical"


class Cry(NamedTuple):
    """One message, to whom, and on which channel."""

    person: PersonSettings
    channel: ChannelSettings
    message: Message


def cries(settings: AlertingSettings, name: str, folder: str, now: datetime) -> list[Cry]:
    """What is to be told to whom, on every channel that they keep for what is critical.

    Args:
        settings: with the installation's language filled in.
        name: of the installation.
        folder: where there is no room.
        now: when; the same quarter of an hour gives the same keys.
    """
    roster = Roster.of(settings)
    found = recipients(_targets(settings), now, roster, _SEVERITY) or recipients([OPERATOR.id], now, roster, _SEVERITY)
    people = [(roster.people[one.person], channel_id) for one in found for channel_id in one.channels]
    return [
        Cry(person, channel, _message(person, channel_id, name, folder, now))
        for person, channel_id in people
        if (channel := person.channel(channel_id)) is not None
    ]


def _targets(settings: AlertingSettings) -> list[str]:
    policies = {policy.id: policy for policy in settings.policies}
    if settings.admin is not None:
        return [settings.admin]
    if settings.fallback is not None and settings.fallback not in policies:
        return [settings.fallback]
    policy = policies.get(settings.fallback or "") or next(iter(settings.policies), None)
    return [] if policy is None else list(policy.steps[0].notify)


def _message(person: PersonSettings, channel_id: str, name: str, folder: str, now: datetime) -> Message:
    say = translator(person.language or "vi")
    subject, body = say("alert.out_of_room", name=name), say("alert.out_of_room_body", name=name, folder=folder)
    turn = int(now.timestamp() // AGAIN_AFTER.total_seconds())
    return Message(
        kind="page",
        subject=subject,
        body=body,
        short=body,
        language=person.language or "vi",
        idempotency_key=hashlib.sha256(f"out of room/{name}/{turn}/{person.id}/{channel_id}".encode()).hexdigest(),
        thread_key="out-of-room",
        severity=_SEVERITY,
    )
