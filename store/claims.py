"""Who works on a row: one UPDATE decides, in batches (rule 3).

A claim stands until `claimed_until` and counts `attempt` up. Whoever writes later says which attempt it was, so that an owner who was slow
cannot overwrite its successor. The same statement holds on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Connection, RowMapping, Table, case, func, or_, select, update


def claim_due(
    tx: Connection,
    table: Table,
    *,
    due: ColumnElement[bool],
    order: Column[Any],
    now: datetime,
    until: datetime,
    limit: int,
    values: dict[str, Any] | None = None,
) -> list[RowMapping]:
    """Claim up to `limit` due rows that nobody holds, the first in `order` first; returns them whole, as they are after the claim, in that order.

    Args:
        tx: the transaction.
        table: has `claimed_until` and `attempt` and a one-column primary key.
        due: which rows want work.
        order: which of them first.
        now: a claim older than this has lapsed.
        until: when the new claim lapses.
        limit: at most so many rows.
        values: further columns to set with the claim.
    """
    (key,) = table.primary_key.columns
    free = or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
    chosen = select(key).where(due, free).order_by(order, key).limit(limit)
    if (
        tx.dialect.name == "postgresql"
    ):  # by itself the planner may run the choice twice, skip what it has locked, and claim beyond the limit
        once = chosen.with_for_update(skip_locked=True).cte("chosen").prefix_with("MATERIALIZED")
        chosen = select(once.c[key.name])
    claim = (
        update(table)
        .where(key.in_(chosen), free)
        .values(claimed_until=until, attempt=table.c.attempt + 1, **(values or {}))
        .returning(*table.c)
    )
    return sorted(tx.execute(claim).mappings().all(), key=lambda row: (row[order.name], row[key.name]))


def next_claimable(tx: Connection, table: Table, due_at: Column[Any], chosen: ColumnElement[bool]) -> datetime | None:
    """When the next of the chosen rows can be claimed: once it is due and nobody holds it; None where none ever will be.

    A row that somebody works on is not due, or whoever asks would ask again without rest until that work has ended.
    """
    held = table.c.claimed_until.is_not(None) & (table.c.claimed_until > due_at)
    at = case((held, table.c.claimed_until), else_=due_at)
    return tx.execute(select(func.min(at, type_=due_at.type)).where(chosen, due_at.is_not(None))).scalar()


def still_mine(table: Table, key: object, attempt: int | BindParameter[int]) -> ColumnElement[bool]:
    """The condition under which an owner may still write: the row is in the attempt that it claimed."""
    (column,) = table.primary_key.columns
    return (column == key) & (table.c.attempt == attempt)
