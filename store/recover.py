"""What a process that is alone does at its start: nobody else holds anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, update

from store.schema import incidents, recounts, sources, watches
from store.schema_paging import notifications

TOLERANCE: Final = timedelta(seconds=5)
_WRITTEN: Final = (notifications.c.planned_at, sources.c.last_success_at, incidents.c.opened_at)  # always at the time it was
_DUE: Final = (
    notifications.c.due_at,
    incidents.c.next_step_at,
    incidents.c.acknowledged_until,
    sources.c.next_poll_at,
    watches.c.due_at,
    recounts.c.due_at,
)


def follow_clock(tx: Connection, now: datetime) -> timedelta:
    """Where the clock was set back since our last life, bring what is due earlier by as much, so that no page waits for hours; returns how far.

    What was written last, at a time that is still to come, tells it. A clock that was set forward cannot be told from a life long ago.
    """
    times = [tx.execute(select(func.max(column, type_=column.type))).scalar() for column in _WRITTEN]
    ahead = max((at for at in times if at is not None), default=now) - now
    if ahead <= TOLERANCE:
        return timedelta(0)
    for due in _DUE:
        (key,) = due.table.primary_key.columns
        for row, at in tx.execute(select(key, due).where(due > now)).all():
            tx.execute(update(due.table).where(key == row).values({due.name: max(now, at - ahead)}))
    return ahead


def lapse_claims(tx: Connection, now: datetime) -> int:
    """End every claim that a predecessor left behind, so that its work is taken up at once; returns how many there were.

    A notification that stands claimed may have been sent: it goes out again, flagged as a possible repeat (rule 5).
    """
    lapsed = 0
    for table in (notifications, sources, watches):
        lapsed += tx.execute(update(table).where(table.c.claimed_until > now).values(claimed_until=now)).rowcount
    return lapsed
