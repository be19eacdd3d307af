"""Overrides: somebody else takes a rotation's duty for a time."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from store.database import insert
from store.schema_paging import overrides


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """`person` takes the duty of `rotation_id` from `starts_at` up to, not including, `ends_at`."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    by: str = ""
    comment: str = ""
    id: int = 0


def add(tx: Connection, override: Override) -> int:
    """Store one; returns its id. Of several that cover an instant the newest counts."""
    values = {name: getattr(override, name) for name in Override.__struct_fields__ if name != "id"}
    return int(tx.execute(insert(tx, overrides).values(**values).returning(overrides.c.id)).scalar_one())


def listing(tx: Connection, *, ending_after: datetime | None = None) -> list[Override]:
    """Those that end after a moment, or all; the oldest row first."""
    chosen = select(overrides).order_by(overrides.c.id)
    if ending_after is not None:
        chosen = chosen.where(overrides.c.ends_at > ending_after)
    return [msgspec.convert({name: row[name] for name in Override.__struct_fields__}, Override) for row in tx.execute(chosen).mappings()]
