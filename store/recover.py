"""What a process that is alone does at its start: nobody else holds anything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from store.schema import sources, watches
from store.schema_paging import notifications


def lapse_claims(tx: Connection, now: datetime) -> int:
    """End every claim that a predecessor left behind, so that its work is taken up at once; returns how many there were.

    A notification that stands claimed may have been sent: it goes out again, flagged as a possible repeat (rule 5).
    """
    lapsed = 0
    for table in (notifications, sources, watches):
        lapsed += tx.execute(update(table).where(table.c.claimed_until > now).values(claimed_until=now)).rowcount
    return lapsed
