"""Imports: mentions from files, with the stretches of time that they cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from core.records import Mention
from store import mentions
from store.database import insert
from store.schema import coverage, sources
from store.schema import mentions as mentions_table

KIND = "import"


def add(tx: Connection, page: Sequence[Mention]) -> mentions.Added:
    """Store a page of imported mentions; sources that nobody configured get a row, which is never polled."""
    for source_id in sorted({mention.source_id for mention in page}):
        tx.execute(insert(tx, sources).values(id=source_id, kind=KIND).on_conflict_do_nothing())
    added = mentions.add(tx, page)
    table = mentions_table
    heard = select(table.c.source_id, func.count().label("new"), func.max(table.c.counts_at).label("last"))
    for row in tx.execute(heard.where(table.c.id.in_(added.new)).group_by(table.c.source_id).order_by(table.c.source_id)):
        own = sources.c.id == row.source_id
        known = tx.execute(select(sources.c.last_mention_at).where(own)).scalar()
        last = row.last if known is None else max(row.last, known)
        tx.execute(update(sources).where(own).values(mentions=sources.c.mentions + row.new, last_mention_at=last))
    return added


def cover(tx: Connection, stretches: Mapping[str, tuple[datetime, datetime]]) -> None:
    """Record that each source was heard from its first to its last imported mention; what touches an interval becomes one with it."""
    for source_id, (since, until) in sorted(stretches.items()):
        touching = (coverage.c.source_id == source_id) & (coverage.c.ends_at >= since) & (coverage.c.starts_at <= until)
        known = list(tx.execute(select(coverage.c.starts_at, coverage.c.ends_at).where(touching)))
        tx.execute(delete(coverage).where(touching))
        starts_at = min([since, *(row.starts_at for row in known)])
        ends_at = max([until, *(row.ends_at for row in known)])
        if ends_at > starts_at:
            tx.execute(insert(tx, coverage).values(source_id=source_id, starts_at=starts_at, ends_at=ends_at))
