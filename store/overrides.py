"""Overrides: somebody else takes a rotation's duty for a time."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from core.on_call import Override
from store.database import insert
from store.schema_paging import overrides

__all__ = ["Override", "add", "listing"]


def add(tx: Connection, override: Override) -> int:
    """Store one; returns its id. Of several that cover an instant the newest counts."""
    values = {name: getattr(override, name) for name in Override.__struct_fields__ if name != "id"}
    return int(tx.execute(insert(tx, overrides).values(**values).returning(overrides.c.id)).scalar_one())


def listing(tx: Connection, *, ending_after: datetime | None = None) -> list[Override]:
    """Those that end after a moment, or all; the oldest row first."""
    chosen = _ALL
    if ending_after is not None:
        chosen = chosen.where(overrides.c.ends_at > ending_after)
    return [msgspec.convert({name: row[name] for name in Override.__struct_fields__}, Override) for row in tx.execute(chosen).mappings()]


_ALL = select(overrides).order_by(overrides.c.id)
