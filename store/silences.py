"""Silences: what is muted until when, and by whom."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from core.silences import Silence
from store.database import insert
from store.schema_paging import silences


def add(tx: Connection, silence: Silence) -> int:
    """Store a silence; returns its id."""
    values = {name: getattr(silence, name) for name in Silence.__struct_fields__ if name != "id"}
    return int(tx.execute(insert(tx, silences).values(**values).returning(silences.c.id)).scalar_one())


def active(tx: Connection, now: datetime) -> list[Silence]:
    """Those in force at `now`, the oldest first."""
    chosen = select(silences).where(silences.c.starts_at <= now, silences.c.ends_at > now).order_by(silences.c.id)
    return [_silence(row) for row in tx.execute(chosen).mappings()]


def end(tx: Connection, silence_id: int, now: datetime) -> bool:
    """End a silence early; whether it was in force."""
    row = (silences.c.id == silence_id) & (silences.c.ends_at > now)
    return tx.execute(update(silences).where(row).values(ends_at=now)).rowcount == 1


def _silence(row: RowMapping) -> Silence:
    told = {name: row[name] for name in Silence.__struct_fields__}
    return msgspec.convert(told | {"kind": row["kind"] or "silence", "data": row["data"] or {}}, Silence)
