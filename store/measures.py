"""Measures: numbers that somebody else counted, by name, time and source. What is told again replaces what was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.outside import Measured
from store.database import insert
from store.schema import measures


def keep(tx: Connection, source_id: str, found: Sequence[Measured]) -> None:
    """Store numbers of a source; a number of the same name and time takes the place of the one before."""
    if not found:
        return
    latest = {(one.name, one.at): one.value for one in found}
    rows = [{"name": name, "at": at, "value": value, "source": source_id} for (name, at), value in sorted(latest.items())]
    stored = insert(tx, measures)
    tx.execute(stored.on_conflict_do_update(index_elements=["name", "at", "source"], set_={"value": stored.excluded.value}), rows)


def newest(tx: Connection, source_ids: Collection[str]) -> dict[tuple[str, str], datetime]:
    """When each measure of these sources was told last, by (source, name)."""
    latest = func.max(measures.c.at, type_=measures.c.at.type)
    chosen = select(measures.c.source, measures.c.name, latest).where(measures.c.source.in_(list(source_ids)))
    return {(source, name): at for source, name, at in tx.execute(chosen.group_by(measures.c.source, measures.c.name))}


def series(tx: Connection, source_id: str, name: str, since: datetime, until: datetime) -> list[tuple[datetime, float]]:
    """A measure's numbers from `since` until before `until`, oldest first."""
    mine = (measures.c.source == source_id) & (measures.c.name == name)
    chosen = select(measures.c.at, measures.c.value).where(mine, measures.c.at >= since, measures.c.at < until).order_by(measures.c.at)
    return [(row.at, row.value) for row in tx.execute(chosen)]
