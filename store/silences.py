"""Silences: what is muted until when, by whom, and which incidents they keep quiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, RowMapping, bindparam, func, select, update

from core.silences import Silence
from store.database import insert
from store.schema_paging import silences

_ENDED_EARLY = silences.c.cancelled_at


def add(tx: Connection, silence: Silence) -> int:
    """Store a silence; returns its id."""
    values = {name: getattr(silence, name) for name in Silence.__struct_fields__ if name != "id"}
    return int(tx.execute(insert(tx, silences).values(**values).returning(silences.c.id)).scalar_one())


def get(tx: Connection, silence_id: int, *, lock: bool = False) -> Silence | None:
    """One silence, or None. `lock` keeps other writers from it until the end of the transaction."""
    chosen = select(silences).where(silences.c.id == silence_id)
    row = tx.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    return None if row is None else _silence(row)


def active(tx: Connection, now: datetime) -> list[Silence]:
    """Those in force at `now`, the oldest first."""
    return [_silence(row) for row in tx.execute(_ACTIVE, {"now": now}).mappings()]


def ahead(tx: Connection, now: datetime) -> list[Silence]:
    """Those in force at `now` and those that begin later, in the order in which they begin."""
    return sorted(_chosen(tx, _lasts(now)), key=lambda one: (one.starts_at, one.id))


def begun_at(tx: Connection, kind: str, starts_at: datetime) -> list[Silence]:
    """Those of a kind that began at this moment, over or not."""
    return _chosen(tx, (silences.c.kind == kind) & (silences.c.starts_at == starts_at))


def inhibiting(tx: Connection, now: datetime) -> list[Silence]:
    """The inhibitions whose time has not run out, those that a person ended early too: what they ended shall not come back."""
    return [_silence(row) for row in tx.execute(_INHIBITING, {"now": now}).mappings()]


def end(tx: Connection, silence_id: int, now: datetime) -> bool:
    """End a silence early; whether it was in force, or to come."""
    row = (silences.c.id == silence_id) & _lasts(now)
    return tx.execute(update(silences).where(row).values(cancelled_at=now)).rowcount == 1


def keeps_quiet(tx: Connection, silence_id: int, incident_id: int) -> None:
    """Note that a silence keeps this incident quiet, so that it is decided again at the end."""
    silence = get(tx, silence_id, lock=True)
    if silence is not None and incident_id not in silence.muted:
        _put(tx, silence_id, data={**silence.data, "muted": [*silence.muted, incident_id]}, settled_at=None)


def to_settle(tx: Connection, now: datetime) -> list[Silence]:
    """Those that are over, and whose incidents were not decided again yet, the oldest first."""
    return _chosen(tx, silences.c.settled_at.is_(None) & ((silences.c.ends_at <= now) | (now >= _ENDED_EARLY)))


def keeping_quiet(tx: Connection, now: datetime) -> set[int]:
    """Numbers of the incidents that have a reason to be quiet: something in force mutes them, or they were echoes of what is over by now."""
    lately = silences.c.ends_at > now
    return {number for one in _chosen(tx, lately) if one.holds(now) or one.kind == "inhibition" for number in one.muted}


def settle(tx: Connection, silence_id: int, now: datetime) -> None:
    """Everything that it kept quiet was decided again."""
    _put(tx, silence_id, settled_at=now)


def next_end(tx: Connection) -> datetime | None:
    """When the next one ends whose incidents are to be decided again then."""
    return tx.execute(select(func.min(silences.c.ends_at)).where(silences.c.settled_at.is_(None))).scalar()


def _lasts(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return (silences.c.ends_at > now) & (_ENDED_EARLY.is_(None) | (now < _ENDED_EARLY))


_NOW = bindparam("now", type_=silences.c.ends_at.type)
_ACTIVE = select(silences).where(silences.c.starts_at <= _NOW, _lasts(_NOW)).order_by(silences.c.id)
_INHIBITING = select(silences).where(silences.c.kind == "inhibition", silences.c.ends_at > _NOW).order_by(silences.c.id)


def _chosen(tx: Connection, where: ColumnElement[bool]) -> list[Silence]:
    return [_silence(row) for row in tx.execute(select(silences).where(where).order_by(silences.c.id)).mappings()]


def _put(tx: Connection, silence_id: int, **values: Any) -> None:
    tx.execute(update(silences).where(silences.c.id == silence_id).values(**values))


def _silence(row: RowMapping | Mapping[str, Any]) -> Silence:
    told = {name: row[name] for name in Silence.__struct_fields__}
    return msgspec.convert(told | {"kind": row["kind"] or "silence", "data": row["data"] or {}}, Silence)
