"""Of what is due: what goes out now, what nobody wants any more, and what stands in a digest instead.

Runs in the transaction that claims, one after the other, so that a thousand pages that are due at once are counted like a thousand that come
apart. Every row that does not go out says why (`Notification.error`, a key of `why.*`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerting import digest, recounts
from alerting.caps import CAPPED, LONGEST, is_full
from alerting.copies import is_copy
from alerting.hours import held_until
from alerting.incident import unwanted_because
from alerting.other_channel import is_stand_in, plan_last_resort, plan_other, same_call
from alerting.policy import Roster
from core.records import Incident, Notification, Severity
from store import channels, incidents, notifications
from store.database import Tx

STALE: Final = timedelta(minutes=30)  # a page that comes later wakes nobody for what is over: one line of a digest (R10)


class Sifter:
    """Decides of claimed notifications, in the order in which they were due.

    Args:
        tx: the transaction that claimed them.
        now: when.
        roster: who can be told.
    """

    def __init__(self, tx: Tx, now: datetime, roster: Roster) -> None:
        self._tx = tx
        self._now = now
        self._roster = roster
        self._sent: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._red = channels.red(tx)
        self._paged: set[tuple[int | None, str, str]] = set()

    def sift(self, claimed: Sequence[Notification]) -> list[Notification]:
        """Those that go out now; the others are marked."""
        for one in notifications.sent_since(self._tx, self._now - LONGEST, CAPPED, {one.person for one in claimed}):
            self._count(one, one.sent_at or self._now)
        return [one for one in claimed if self._goes(one)]

    def _goes(self, one: Notification) -> bool:
        if one.kind == "digest":
            digest.take_in(self._tx, one)
        incident = None if one.incident_id is None else incidents.get(self._tx, one.incident_id)
        if incident is None or one.kind not in CAPPED:
            return True
        unwanted = self._unwanted(one, incident)
        if unwanted is not None:
            notifications.mark(self._tx, one, {"state": "cancelled", "error": unwanted})
            return False
        why, until = self._held(one, incident)
        if why is not None:
            listed = digest.bundle(self._tx, one, self._now, at=until)
            notifications.mark(self._tx, one, {"state": "bundled", "error": why, "digest_id": listed})
            return False
        self._count(one, self._now)
        if one.kind == "page" and one.attempt == 1 and (one.person, one.channel) in self._red:
            self._also_elsewhere(one, incident)
        return True

    def _unwanted(self, one: Notification, incident: Incident) -> str | None:
        """Why nobody wants it any more."""
        ended = unwanted_because(incident, one)
        if ended is not None:
            return ended.key
        return "why.reached_already" if is_stand_in(one) and self._is_reached(one) else None

    def _is_reached(self, one: Notification) -> bool:
        """Whether the same page reached its person on a channel that can be relied on."""
        sent = [other.channel for other in same_call(self._tx, one) if other.person == one.person and other.state == "sent"]
        return any((one.person, channel) not in self._red for channel in sent)

    def _held(self, one: Notification, incident: Incident) -> tuple[str | None, datetime | None]:
        """Why it stands in a digest instead, and until when that waits (None: soon)."""
        if recounts.is_question(one) or is_copy(one):
            return None, None
        if self._now - one.planned_at > STALE:
            return "why.stale", None
        if one.attempt > 1:  # it was let through once
            return None, None
        until = self._quiet_until(one, incident.severity)
        if until is not None:
            return "why.quiet_hours", until
        first = one.kind == "page" and (one.incident_id, one.person, one.channel) not in self._paged
        if first and incident.severity == "critical":
            return None, None
        return ("why.storm", None) if is_full(self._sent[one.person, one.channel], self._now) else (None, None)

    def _also_elsewhere(self, one: Notification, incident: Incident) -> None:
        """A red channel is tried, and not relied on."""
        if not plan_other(self._tx, incident, one, self._now, self._now, self._roster, self._red):
            plan_last_resort(self._tx, incident, one, self._now, self._roster)

    def _quiet_until(self, one: Notification, severity: Severity) -> datetime | None:
        person = self._roster.people.get(one.person)
        return None if person is None else held_until(person, severity, self._now)

    def _count(self, one: Notification, at: datetime) -> None:
        if not is_edit(one):
            self._sent[one.person, one.channel].append(at)
        if one.kind == "page":
            self._paged.add((one.incident_id, one.person, one.channel))


def is_edit(notification: Notification) -> bool:
    """Whether it went out by changing what was sent before: nobody's phone rang."""
    return notification.ref is not None and "edited" in notification.ref
