"""The meter: what listening to each source took, day by day (UTC): looks, failures, and the units of its platform's allowance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from store.bulk import insert_rows
from store.schema import meter

COLUMNS: Final = ("looks", "failed", "unchanged", "capped", "mentions", "cost")


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What some looks at one source took on one day (UTC).

    `looks` counts all of them; `failed` brought nothing, `unchanged` nothing new by the place's own word, `capped` not everything. `cost` is in the platform's units.
    """

    source_id: str
    day: date
    looks: int = 0
    failed: int = 0
    unchanged: int = 0
    capped: int = 0
    mentions: int = 0
    cost: float = 0.0


def add(tx: Connection, rows: Iterable[Looked]) -> None:
    """Add to each source's day; several rows of one source and day are summed."""
    sums: dict[tuple[str, date], tuple[float, ...]] = {}
    for row in rows:
        key, counts = (row.source_id, row.day), (row.looks, row.failed, row.unchanged, row.capped, row.mentions, row.cost)
        before = sums.get(key)
        sums[key] = counts if before is None else tuple(one + other for one, other in zip(before, counts, strict=True))
    fit = str if tx.dialect.name == "sqlite" else _as_it_is
    added = [(source_id, fit(day), *counts) for (source_id, day), counts in sorted(sums.items())]
    insert_rows(tx, meter, ("source_id", "day", *COLUMNS), added, unless=("source_id", "day"), adding=COLUMNS)


def _as_it_is(day: date) -> Any:
    return day


def total(tx: Connection, since: date, until: date) -> dict[str, Looked]:
    """Each source's sums from `since` to `until`, both days included; `day` is the first. Sources that nobody looked at are not in it."""
    sums = (func.sum(meter.c[name]).label(name) for name in COLUMNS)
    chosen = select(meter.c.source_id, *sums).where(meter.c.day.between(since, until)).group_by(meter.c.source_id)
    return {row["source_id"]: _looked(row["source_id"], since, dict(row)) for row in tx.execute(chosen).mappings()}


def days(tx: Connection, source_id: str, since: date, until: date) -> list[Looked]:
    """One source day by day, oldest first, both ends included; days without a look are not in it."""
    chosen = select(meter).where(meter.c.source_id == source_id, meter.c.day.between(since, until)).order_by(meter.c.day)
    return [_looked(source_id, row["day"], dict(row)) for row in tx.execute(chosen).mappings()]


def spent(tx: Connection, day: date) -> dict[str, float]:
    """What each source has cost on a day, where it cost anything: what a budget is held against."""
    return {row.source_id: row.cost for row in tx.execute(_SPENT, {"on": day})}


_SPENT = select(meter.c.source_id, meter.c.cost).where(meter.c.day == bindparam("on"), meter.c.cost > 0)


def _looked(source_id: str, day: date, sums: dict[str, float]) -> Looked:
    counts = {name: int(sums[name]) for name in COLUMNS if name != "cost"}
    return Looked(source_id=source_id, day=day, cost=float(sums["cost"]), **counts)
