"""Incidents that are open, found by the index that holds them alone: a hundred thousand closed ones cost nothing."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, literal_column, select

from core.records import Incident, World
from store.schema import incidents

IS_OPEN: Final[ColumnElement[bool]] = literal_column("incidents.status IN ('open', 'acknowledged')")  # word for word as the index says it


def open_now(tx: Connection, world: World) -> list[Incident]:
    """All of them in a world, the oldest first."""
    chosen = select(incidents).where(IS_OPEN, incidents.c.world == world).order_by(incidents.c.id)
    return [msgspec.convert({name: row[name] for name in Incident.__struct_fields__}, Incident) for row in tx.execute(chosen).mappings()]
