"""Swaps: who asked whom to take which duty, and what they said."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from core.on_call import Swap
from store.database import insert
from store.schema_paging import swaps

_FIELDS = tuple(name for name in Swap.__struct_fields__ if name != "id")


def add(tx: Connection, swap: Swap) -> int:
    """Store what somebody asks; returns its id."""
    values = {name: getattr(swap, name) for name in _FIELDS}
    return int(tx.execute(insert(tx, swaps).values(**values).returning(swaps.c.id)).scalar_one())


def get(tx: Connection, swap_id: int) -> Swap | None:
    """One of them, or None."""
    row = tx.execute(select(swaps).where(swaps.c.id == swap_id)).mappings().first()
    return None if row is None else _swap(row)


def unanswered(tx: Connection, now: datetime, person: str | None = None) -> list[Swap]:
    """Those that nobody has answered and whose duty has not passed, the oldest first; of one who is asked, or of all."""
    chosen = select(swaps).where(swaps.c.answered_at.is_(None), swaps.c.ends_at > now).order_by(swaps.c.id)
    if person is not None:
        chosen = chosen.where(swaps.c.person == person)
    return [_swap(row) for row in tx.execute(chosen).mappings()]


def answer(tx: Connection, swap_id: int, now: datetime, *, agreed: bool, override_id: int | None = None) -> bool:
    """Write the answer; False where it was answered before."""
    open_row = (swaps.c.id == swap_id) & swaps.c.answered_at.is_(None)
    return tx.execute(update(swaps).where(open_row).values(answered_at=now, agreed=agreed, override_id=override_id)).rowcount == 1


def _swap(row: RowMapping) -> Swap:
    return msgspec.convert({name: row[name] for name in Swap.__struct_fields__}, Swap)
