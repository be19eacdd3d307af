"""Incidents that are open, found by the index that holds them alone: a hundred thousand closed ones cost nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, literal_column, select

from core.records import Incident, World
from store.schema import incidents

IS_OPEN: Final[ColumnElement[bool]] = literal_column("incidents.status IN ('open', 'acknowledged')")  # word for word as the index says it


def idle(tx: Connection, world: World, quiet_since: datetime) -> list[Incident]:
    """Those that nobody has taken and that wait for nothing, of which nothing was heard since then, the oldest first."""
    waits = incidents.c.next_step_at.is_(None) & (incidents.c.status == "open") & (incidents.c.last_signal_at <= quiet_since)
    return _chosen(tx, world, waits)


def overdue(tx: Connection, world: World, before: datetime) -> list[Incident]:
    """Those whose next step was due before a moment and was not taken, the oldest first."""
    return _chosen(tx, world, incidents.c.next_step_at < before)


def open_now(tx: Connection, world: World) -> list[Incident]:
    """All of them in a world, the oldest first."""
    return _chosen(tx, world)


def _chosen(tx: Connection, world: World, *where: ColumnElement[bool]) -> list[Incident]:
    chosen = select(incidents).where(
        IS_OPEN, incidents.c.world == world, *where
    )  # sorted here: asked for an order, SQLite reads the whole table in it
    found = [msgspec.convert({name: row[name] for name in Incident.__struct_fields__}, Incident) for row in tx.execute(chosen).mappings()]
    return sorted(found, key=lambda one: one.id)
