"""What people do about incidents when a history is played back: what they did, and what they would do about incidents that only the backtest knows.

An incident that the live run had too is answered as it was, at the same times. Any other is taken by whoever was called first, after a while, and closed once
nothing has been heard of it for some hours; without that one incident would stay open all year and swallow the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerting import respond
from alerting.events import Acknowledged, Assigned, Escalated, Event, Reopened, Resolved, SeveritySet, Snoozed
from console.simulate import Simulation
from core.errors import Refused
from core.records import Incident, Record, TimelineEntry
from store import incidents, notifications
from store.database import Database, Tx

log = structlog.get_logger()

OPEN: Final = ("open", "acknowledged")
MOST: Final = 100_000
SLACK: Final = timedelta(minutes=10)  # an incident that opened so soon before or after a recorded one is that one
REASON: Final = "handled"


class Habit(Record, frozen=True, kw_only=True, gc=False):
    """How people answer incidents that nobody answered in fact: taken after `take_after` a page, closed after `close_after` without a signal; None: never."""

    take_after: timedelta | None = timedelta(minutes=10)
    close_after: timedelta | None = timedelta(hours=6)


class Answer(Record, frozen=True, kw_only=True, gc=False):
    """Somebody does something to the open incident of a key; `quiet_since`: only where no signal came after that."""

    at: datetime
    key: str
    event: Event
    quiet_since: datetime | None = None
    gone: int | None = None

    async def happen(self, simulation: Simulation, now: datetime) -> None:
        """Do it, through the one door for what people do; what makes no sense here is left."""
        database = simulation.store.database
        roster = await database.read(simulation.monitor.roster)
        incident = await database.read(_newest, self.key, () if isinstance(self.event, Reopened) else OPEN)
        if incident is None or (self.quiet_since is not None and incident.last_signal_at > self.quiet_since):
            return
        try:
            await database.write(respond.respond, incident.id, self.event, now, roster, channel="cli")
        except Refused as refused:
            log.info("answer left out", incident=incident.id, reason=str(refused))


class Answers:
    """What people did to a history's incidents, and what they would do to others.

    Args:
        tx: the history.
        habit: of people where nothing is recorded.
    """

    def __init__(self, tx: Tx, habit: Habit) -> None:
        self._habit = habit
        self._known = incidents.listing(tx, limit=MOST)
        self._planned: set[tuple[int, str, datetime]] = set()
        entries = [(one, entry) for one in self._known for entry in incidents.entries(tx, one.id)]
        done = [(one, entry, event_of(entry)) for one, entry in entries]
        self.recorded = [Answer(at=entry.at, key=one.key, event=event) for one, entry, event in done if event is not None]

    def plan(self, database: Database, now: datetime) -> list[Answer]:
        """What people would do next about the open incidents that no one answered in fact."""
        found = []
        for incident in database.read_now(incidents.listing, statuses=OPEN, limit=MOST):
            if not self._was_there(incident):
                found += self._would_do(database, incident, now)
        return found

    def _was_there(self, incident: Incident) -> bool:
        return any(
            one.key == incident.key
            and one.opened_at - SLACK <= incident.opened_at
            and (one.resolved_at is None or incident.opened_at <= one.resolved_at + SLACK)
            for one in self._known
        )

    def _would_do(self, database: Database, incident: Incident, now: datetime) -> list[Answer]:
        found: list[Answer] = []
        take, close = self._habit.take_after, self._habit.close_after
        called = [
            one for one in database.read_now(notifications.of_incident, incident.id) if one.kind == "page" and one.sent_at is not None
        ]
        if take is not None and called and incident.status == "open":
            taken = Acknowledged(by=called[0].person, via="command")
            found += self._once(incident, "take", max(now, (called[0].sent_at or now) + take), taken, None)
        if close is not None:
            by = called[0].person if called else "operator"
            ends = incident.last_signal_at + close
            found += self._once(incident, "close", max(now, ends), Resolved(by=by, reason=REASON), incident.last_signal_at)
        return found

    def _once(self, incident: Incident, what: str, at: datetime, event: Event, quiet_since: datetime | None) -> Sequence[Answer]:
        known = (incident.id, what, quiet_since or incident.opened_at)
        if known in self._planned:
            return ()
        self._planned.add(known)
        return (Answer(at=at, key=incident.key, event=event, quiet_since=quiet_since),)


def event_of(entry: TimelineEntry) -> Event | None:  # noqa: PLR0911 - one arm a kind
    """What a person did, of a line of a timeline; None for what the program did, and for what changes nothing. Pure."""
    said, by = entry.words.args, entry.actor
    match entry.kind:
        case "acknowledged":
            return Acknowledged(by=by, via=str(entry.data.get("via", "command")))
        case "resolved":
            return Resolved(by=by, reason=str(entry.data.get("reason", REASON)))
        case "reopened" if "reason" in said:
            return Reopened(by=by, reason=str(said["reason"]))
        case "severity_changed":
            return SeveritySet(by=by, severity=said["new"], because=str(said["because"]))
        case "assigned":
            return Assigned(by=by, to=str(entry.data["to"]))
        case "snoozed":
            return Snoozed(by=by, until=datetime.fromisoformat(said["until"]), reason=str(entry.data.get("reason") or "-"))
        case "escalated" if entry.words.key.endswith("escalated_by"):
            return Escalated(by=by)
        case _:
            return None


def _newest(tx: Tx, key: str, statuses: Sequence[str]) -> Incident | None:
    """The incident of a key and of these statuses that was opened last."""
    return next((one for one in incidents.listing(tx, statuses=statuses, limit=MOST) if one.key == key), None)
