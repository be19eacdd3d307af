"""What is listed in a digest instead of being sent by itself: what a storm, a long outage or somebody's night held back.

A row that is put here is not lost: it stands as "bundled" (or "failed") with the digest's number, and the digest names its incident when it
goes out. One digest of each kind waits for a person and channel at a time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from core.records import Incident, Notification, Words
from store import incidents, notifications
from store.database import Tx

HELD: Final = "digest.held"  # by a storm, an outage, a channel that failed
MORNING: Final = "digest.morning"  # by somebody's quiet hours
GATHER: Final = timedelta(minutes=1)  # what else is held back meanwhile stands in the same digest
APART: Final = timedelta(minutes=15)  # no two digests of a storm follow closer


def bundle(tx: Tx, notification: Notification, now: datetime, *, at: datetime | None = None) -> int:
    """The digest that is to list a notification, made where none waits; `at` the end of somebody's quiet hours, None: soon. Returns its id."""
    person, channel = notification.person, notification.channel
    key = HELD if at is None else MORNING
    waiting = notifications.waiting_digest(tx, person, channel, key)
    if waiting is not None:
        return waiting.id
    last = notifications.last_digest(tx, person, channel)
    soon = now + GATHER if last is None else max(now + GATHER, last + APART)
    made = Notification(
        key=hashlib.sha256(f"{key}/{person}/{channel}/{notification.key}".encode()).hexdigest(),
        incident_id=None,
        kind="digest",
        person=person,
        channel=channel,
        due_at=soon if at is None else at,
        planned_at=now,
        words=Words(key=key),
        generation=notification.generation,
    )
    return notifications.plan(tx, [made])[0]


def take_in(tx: Tx, leaving: Notification) -> None:
    """Have a digest that goes out now list what a second one of its kind, begun while this one was under way, was to list."""
    key = "" if leaving.words is None else leaving.words.key
    while key in (HELD, MORNING) and (other := notifications.waiting_digest(tx, leaving.person, leaving.channel, key)) is not None:
        notifications.hand_over(tx, other.id, leaving.id)


def incidents_of(tx: Tx, digest: Notification) -> list[Incident]:
    """What a digest tells of: the incidents of what it lists, or those that paged nobody between two slots."""
    words = digest.words
    if words is not None and "since" in words.args:
        since, until = (datetime.fromisoformat(words.args[name]) for name in ("since", "until"))
        return incidents.in_digest(tx, words.key.removeprefix("digest."), since, until)
    numbers = {one.incident_id for one in notifications.listed_in(tx, digest.id) if one.incident_id is not None}
    return incidents.of(tx, sorted(numbers))
