"""Counters of mentions, read again and again: a series. Each reading stands for itself, though nothing had changed since the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from core.records import Engagement
from store.schema import mentions, readings

COUNTERS = ("likes", "replies", "reposts", "views")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of a mention as `by` (a person, or the source's id) read them; None is unknown."""

    mention_id: int
    at: datetime
    by: str
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    views: int | None = None
    id: int = 0

    @property
    def total(self) -> int | None:
        """Likes, replies and reposts together, of those that are known."""
        known = [value for value in (self.likes, self.replies, self.reposts) if value is not None]
        return sum(known) if known else None


def add(tx: Connection, mention_id: int, counted: Engagement, at: datetime, by: str) -> Reading:
    """Append a reading and keep the newest counters beside the mention; what is not told stays as it was."""
    columns = [mentions.c[name] for name in COUNTERS]
    before = tx.execute(select(*columns).where(mentions.c.id == mention_id)).one()
    now = {name: getattr(before, name) if getattr(counted, name) is None else getattr(counted, name) for name in COUNTERS}
    made = tx.execute(insert(readings).values(mention_id=mention_id, at=at, by=by, **now).returning(readings.c.id)).scalar_one()
    tx.execute(update(mentions).where(mentions.c.id == mention_id).values(**now))
    return Reading(mention_id=mention_id, at=at, by=by, id=made, **now)


def own(tx: Connection, mention_id: int, source_id: str, by: str) -> bool:
    """Give the readings that pages of the source brought to the person who made them; whether there were any."""
    its = (readings.c.mention_id == mention_id) & (readings.c.by == source_id)
    return bool(tx.execute(update(readings).where(its).values(by=by)).rowcount)


def of(tx: Connection, mention_ids: Sequence[int]) -> dict[int, list[Reading]]:
    """The series of each of these mentions, oldest first; mentions without one are left out."""
    found: dict[int, list[Reading]] = {}
    chosen = select(readings).where(readings.c.mention_id.in_(mention_ids)).order_by(readings.c.mention_id, readings.c.at, readings.c.id)
    for row in tx.execute(chosen).mappings():
        values: dict[str, Any] = {name: row[name] for name in Reading.__struct_fields__}
        found.setdefault(row["mention_id"], []).append(Reading(**values))
    return found
