"""Messages that are about no incident: gaps ahead, a swap that is asked for, the note of a handover. Planned through the outbox, like pages.

What is stored is a key with arguments, rendered in the reader's language when it is sent. The key "notice.gaps" has three sentences: itself, its
subject ("notice.gaps.subject") and, where there is one, what to do about it ("notice.gaps.hint"). The argument "lines" is a list of messages, told
one below the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from alerting.base import Message
from alerting.hours import awake_at
from alerting.inert import shorten
from alerting.message import MAX_BODY, MAX_SHORT, MAX_SUBJECT, Reader
from alerting.policy import Roster, recipients
from core.messages import translator
from core.records import Notification, Severity, Words
from store import notifications
from store.database import Tx

PREFIX: Final = "notice."


def is_notice(notification: Notification) -> bool:
    """Whether a notification carries its own words, and no incident's."""
    return notification.incident_id is None and notification.words is not None and notification.words.key.startswith(PREFIX)


def plan_notice(
    tx: Tx,
    people: Sequence[str],
    words: Words,
    subject: str,
    now: datetime,
    roster: Roster,
    *,
    severity: Severity = "major",
    by_day: bool = False,
) -> list[int]:
    """Plan a notice to people, on the channels that they use for `severity`.

    `subject` tells it from every other ("gaps:2026-W47"): it is told once. `by_day`: it wakes nobody, and waits for the end of a night.

    Returns the new rows' ids; none where all of it was planned before.
    """
    planned = [
        Notification(
            key=_key(words.key, subject, one.person, channel),
            incident_id=None,
            kind="digest",
            person=one.person,
            channel=channel,
            due_at=awake_at(roster.people[one.person], now) if by_day else now,
            planned_at=now,
            words=msgspec.convert(msgspec.to_builtins(words), Words),
        )
        for one in recipients(people, now, roster, severity, away_too=True)
        for channel in one.channels
    ]
    return notifications.plan(tx, planned)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def compose_notice(notification: Notification, reader: Reader) -> Message:
    """The message of a notice, in the reader's language and zone."""
    say = translator(reader.language, zone=ZoneInfo(reader.timezone))
    words = notification.words or Words(key="unknown")
    args: dict[str, Any] = {name: value for name, value in words.args.items() if name != "lines"}
    lines = [say("words_alone", words=line) for line in words.args.get("lines", ())]
    hint = say(f"{words.key}.hint", **args) if say.knows(f"{words.key}.hint") else ""
    told = say(words.key, **args)
    return Message(
        kind=notification.kind,
        subject=shorten(say(f"{words.key}.subject", **args), MAX_SUBJECT),
        body=shorten("\n".join(filter(None, (told, *lines, hint))), MAX_BODY),
        short=shorten(" ".join((told, *lines)), MAX_SHORT),
        language=reader.language,
        idempotency_key=notification.key,
        thread_key=f"{words.key}-{reader.person}",
        possible_repeat=notification.possible_repeat,
    )
