"""Sources: their state besides the configuration, their turn to be polled, and when they were heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from core.records import SourceState
from store.claims import claim_due, next_claimable, still_mine
from store.database import insert
from store.schema import coverage, sources

MENTIONS = sources.c.mentions  # the counter, to be added to where it stands (`mentions=MENTIONS + 3`)


def ensure(tx: Connection, kinds: dict[str, str], now: datetime) -> None:
    """Have a row for each configured source (id -> kind), due at once where it is new; a source whose kind changed starts anew.

    A source that is no longer configured keeps its row and is not polled.
    """
    known = {row.id: row.kind for row in tx.execute(select(sources.c.id, sources.c.kind))}
    for source_id, kind in kinds.items():
        if source_id not in known:
            tx.execute(insert(tx, sources).values(id=source_id, kind=kind, next_poll_at=now).on_conflict_do_nothing())
        elif known[source_id] != kind:
            tx.execute(
                update(sources).where(sources.c.id == source_id).values(kind=kind, cursor=None, first_poll_at=None, next_poll_at=now)
            )
    absent = [source_id for source_id in known if source_id not in kinds]
    tx.execute(update(sources).where(sources.c.id.in_(absent)).values(next_poll_at=None))
    returned = [source_id for source_id in kinds if source_id in known]
    tx.execute(
        update(sources)
        .where(sources.c.id.in_(returned), sources.c.next_poll_at.is_(None), sources.c.paused_because.is_(None))
        .values(next_poll_at=now)
    )
    # a new configuration may have mended what paused a source: it gets one try
    tx.execute(update(sources).where(sources.c.id.in_(returned), sources.c.paused_because.is_not(None)).values(next_poll_at=now))


def claim(tx: Connection, ids: Sequence[str], now: datetime, until: datetime, limit: int) -> list[SourceState]:
    """Claim up to `limit` of the given sources that are due at `now`."""
    due = (sources.c.next_poll_at <= now) & sources.c.id.in_(ids)
    rows = claim_due(tx, sources, due=due, order=sources.c.next_poll_at, now=now, until=until, limit=limit)
    return [_state(row) for row in rows]


def next_due(tx: Connection, ids: Sequence[str]) -> datetime | None:
    """When the next of the given sources wants to be polled, or the claim on it lapses."""
    return next_claimable(tx, sources, sources.c.next_poll_at, sources.c.id.in_(ids))


def save(tx: Connection, source_id: str, attempt: int, values: Mapping[str, Any], *, release: bool = False) -> bool:
    """Write what a poll found (column -> value), if the claim is still ours; `release` ends the claim. Returns whether it was ours."""
    if release:
        values = {**values, "claimed_until": None}
    if not values:
        return True
    return tx.execute(update(sources).where(still_mine(sources, source_id, attempt)).values(**values)).rowcount == 1


def poll_now(tx: Connection, source_id: str, now: datetime) -> bool:
    """Make a source due at once, paused or not; returns whether it exists."""
    return tx.execute(update(sources).where(sources.c.id == source_id).values(next_poll_at=now)).rowcount == 1


def get(tx: Connection, source_id: str) -> SourceState | None:
    """One source's state, or None."""
    row = tx.execute(select(sources).where(sources.c.id == source_id)).mappings().first()
    return None if row is None else _state(row)


def list_all(tx: Connection) -> list[SourceState]:
    """Every source that was ever configured, by id."""
    return [_state(row) for row in tx.execute(select(sources).order_by(sources.c.id)).mappings()]


def heard(tx: Connection, source_id: str, since: datetime, until: datetime, *, bridge: timedelta = timedelta(0)) -> None:
    """Record that the source was heard from `since` until `until`; a stretch that touches the last one (within `bridge`) extends it."""
    last = tx.execute(
        select(coverage.c.id, coverage.c.ends_at).where(coverage.c.source_id == source_id).order_by(coverage.c.ends_at.desc()).limit(1)
    ).first()
    if last is not None and last.ends_at + bridge >= since:
        if until > last.ends_at:
            tx.execute(update(coverage).where(coverage.c.id == last.id).values(ends_at=until))
    elif until > since:
        tx.execute(insert(tx, coverage).values(source_id=source_id, starts_at=since, ends_at=until))


def open_recordings(tx: Connection, kinds: Mapping[str, str], start: datetime) -> None:
    """Have sources (id -> kind) that are played back: known before, never polled, heard from `start` on."""
    ensure(tx, dict(kinds), start)
    values = {"next_poll_at": None, "first_poll_at": start, "last_success_at": start}
    tx.execute(update(sources).where(sources.c.id.in_(kinds)).values(**values))
    rows = [{"source_id": source_id, "starts_at": start, "ends_at": start} for source_id in sorted(kinds)]
    if rows:
        tx.execute(insert(tx, coverage), rows)


def heard_until(tx: Connection, ids: Sequence[str], until: datetime) -> None:
    """Extend the newest stretch of each of these sources: a recording is whole, and silence in it was heard."""
    newest = select(func.max(coverage.c.id)).where(coverage.c.source_id.in_(ids)).group_by(coverage.c.source_id)
    tx.execute(update(coverage).where(coverage.c.id.in_(newest), coverage.c.ends_at < until).values(ends_at=until))
    tx.execute(update(sources).where(sources.c.id.in_(ids)).values(last_success_at=until))


def heard_between(tx: Connection, start: datetime, end: datetime) -> dict[str, list[tuple[datetime, datetime]]]:
    """The intervals in which each source was heard, cut to nothing, that touch [start, end)."""
    chosen = select(coverage).where(coverage.c.ends_at > start, coverage.c.starts_at < end).order_by(coverage.c.starts_at)
    intervals: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in tx.execute(chosen):
        intervals.setdefault(row.source_id, []).append((row.starts_at, row.ends_at))
    return intervals


def _state(row: RowMapping) -> SourceState:
    return msgspec.convert({name: row[name] for name in SourceState.__struct_fields__}, SourceState)
