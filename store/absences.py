"""Absences: who is away when, said by people or read from calendars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from core.on_call import Absence
from store.database import insert
from store.schema_paging import absences

_FIELDS = tuple(name for name in Absence.__struct_fields__ if name != "id")


def add(tx: Connection, absence: Absence) -> int:
    """Store one that a person said; returns its id."""
    return int(tx.execute(insert(tx, absences).values(**_row(absence)).returning(absences.c.id)).scalar_one())


def replace(tx: Connection, origin: str, found: Sequence[Absence]) -> None:
    """What a calendar says now, in place of what it said before."""
    tx.execute(delete(absences).where(absences.c.origin == origin))
    if found:
        tx.execute(insert(tx, absences).on_conflict_do_nothing(), [_row(one) for one in found])


def end(tx: Connection, person: str, now: datetime) -> list[int]:
    """End what a person said of their time off: what runs ends at `now`, what is to come is taken back. Returns the rows' ids.

    What a calendar says stays: it would say it again.
    """
    theirs = (absences.c.person == person) & absences.c.origin.is_(None) & (absences.c.ends_at > now)
    rows = tx.execute(select(absences.c.id, absences.c.starts_at).where(theirs)).all()
    for absence_id, starts_at in rows:
        one = absences.c.id == absence_id
        tx.execute(delete(absences).where(one) if starts_at >= now else absences.update().where(one).values(ends_at=now))
    return [absence_id for absence_id, _ in rows]


def drop_others(tx: Connection, origins: Sequence[str]) -> None:
    """Forget what calendars said that are not configured any more."""
    tx.execute(delete(absences).where(absences.c.origin.is_not(None), absences.c.origin.not_in(origins)))


def listing(tx: Connection, *, ending_after: datetime | None = None) -> list[Absence]:
    """Those that end after a moment, or all; by their beginning."""
    chosen = _ALL
    if ending_after is not None:
        chosen = chosen.where(absences.c.ends_at > ending_after)
    return [msgspec.convert({name: row[name] for name in Absence.__struct_fields__}, Absence) for row in tx.execute(chosen).mappings()]


_ALL = select(absences).order_by(absences.c.starts_at, absences.c.id)


def _row(absence: Absence) -> dict[str, object]:
    return {name: getattr(absence, name) for name in _FIELDS}
