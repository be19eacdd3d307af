"""Sources: their state besides the configuration, their turn to be polled, and when they were heard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, select, true, update

from core.probe import PROBE
from core.sources import SourceState
from store.bulk import rows_among, times, update_rows
from store.claims import claim_due, next_claimable, still_mine
from store.database import insert
from store.schema import coverage, sources


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


FEW: Final = 50  # so many ids are named in a statement
_PLACES: Final = tuple((name, list(sources.c.keys()).index(name)) for name in SourceState.__struct_fields__)
LEFT_ALONE: Final = timedelta(minutes=1)


class Change(msgspec.Struct, frozen=True):
    """What a look changes of its source (column -> value), by whoever holds this attempt; `added` mentions came, `release` ends the claim."""

    id: str
    attempt: int
    values: Mapping[str, Any]
    added: int = 0
    release: bool = False


def claim(tx: Connection, ids: Collection[str], now: datetime, until: datetime, limit: int) -> list[SourceState]:
    """Claim up to `limit` of the given sources that are due at `now`.

    Where there are many, all that are due are claimed, and those not given are left for a minute to the process that knows them.
    """
    due = sources.c.next_poll_at <= now
    if len(ids) <= FEW:
        due &= sources.c.id.in_(ids)
    rows = claim_due(tx, sources, due=due, order=sources.c.next_poll_at, now=now, until=until, limit=limit)
    strange = [row["id"] for row in rows if row["id"] not in ids]
    if strange:
        tx.execute(update(sources).where(sources.c.id.in_(strange)).values(claimed_until=None, next_poll_at=now + LEFT_ALONE))
    return [_state(row) for row in rows if row["id"] in ids]


def next_due(tx: Connection, ids: Collection[str]) -> datetime | None:
    """When the next of the given sources wants to be polled, or the claim on it lapses."""
    return next_claimable(tx, sources, sources.c.next_poll_at, sources.c.id.in_(ids) if len(ids) <= FEW else true())


def save(tx: Connection, source_id: str, attempt: int, values: Mapping[str, Any], *, release: bool = False) -> bool:
    """Write what a poll found (column -> value), if the claim is still ours; `release` ends the claim. Returns whether it was ours."""
    if release:
        values = {**values, "claimed_until": None}
    if not values:
        return True
    return tx.execute(update(sources).where(still_mine(sources, source_id, attempt)).values(**values)).rowcount == 1


def save_all(tx: Connection, changes: Sequence[Change]) -> set[str]:
    """Write what many looks found, each only where its claim is still the owner's; returns the ids of those sources."""
    wanted = sorted({change.id for change in changes})
    attempts = {row.id: row.attempt for row in rows_among(tx, sources, ("id", "attempt"), "id", wanted)}
    fit, alike = times(tx), dict[tuple[str, ...], list[tuple[Any, ...]]]()
    ours: set[str] = set()
    for change in sorted(changes, key=_by_id):  # one order for all processes, or they deadlock
        if attempts.get(change.id) != change.attempt:
            continue
        ours.add(change.id)
        values = {**change.values, "claimed_until": None} if change.release else change.values
        row = (
            *(fit(value) if isinstance(value, datetime) else value for value in values.values()),
            change.added,
            change.id,
            change.attempt,
        )
        alike.setdefault(tuple(values), []).append(row)
    for names, rows in alike.items():
        update_rows(tx, sources, names, ("id", "attempt"), rows, added=("mentions",))
    return ours


def _by_id(change: Change) -> str:
    return change.id


def renew(tx: Connection, held: Mapping[str, int], until: datetime) -> set[str]:
    """Prolong claims (source id -> attempt); returns the ids that nobody else has claimed since. One that was released meanwhile stays so."""
    chosen = select(sources.c.id, sources.c.attempt).where(sources.c.id.in_(held))
    ours = {row.id for row in tx.execute(chosen) if row.attempt == held[row.id]}
    if ours:
        tx.execute(update(sources).where(sources.c.id.in_(ours), sources.c.claimed_until.is_not(None)).values(claimed_until=until))
    return ours


def poll_now(tx: Connection, source_id: str, now: datetime) -> bool:
    """Make a source due at once, paused or not; returns whether it exists."""
    return tx.execute(update(sources).where(sources.c.id == source_id).values(next_poll_at=now)).rowcount == 1


def get(tx: Connection, source_id: str) -> SourceState | None:
    """One source's state, or None."""
    row = tx.execute(_ONE, {"source": source_id}).mappings().first()
    return None if row is None else _state(row)


_ONE = select(sources).where(sources.c.id == bindparam("source"))


def list_all(tx: Connection) -> list[SourceState]:
    """Every source that was ever configured, by id."""
    return [_state(row) for row in tx.execute(select(sources).where(sources.c.id != PROBE).order_by(sources.c.id)).mappings()]


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


def heard_all(tx: Connection, stretches: Sequence[tuple[str, datetime, datetime]], *, bridge: timedelta = timedelta(0)) -> None:
    """As `heard`, for many sources at once: (source id, since, until)."""
    fit = times(tx)
    rows = [(fit(until), source_id, fit(since)) for source_id, since, until in sorted(stretches)]
    if update_rows(tx, coverage, ("ends_at",), ("source_id", "ends_at"), rows) == len(rows):
        return  # as it nearly always is: each goes on where it ended
    newest = select(func.max(coverage.c.id)).where(coverage.c.source_id.in_({each[0] for each in stretches})).group_by(coverage.c.source_id)
    last = {row.source_id: row for row in tx.execute(select(coverage).where(coverage.c.id.in_(newest)))}
    longer: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for source_id, since, until in stretches:
        row = last.get(source_id)
        if row is not None and row.ends_at + bridge >= since:
            if until > row.ends_at:
                longer.append({"_id": row.id, "_ends_at": until})
        elif until > since:
            fresh.append({"source_id": source_id, "starts_at": since, "ends_at": until})
    if longer:
        extended = (
            update(coverage).where(coverage.c.id == bindparam("_id")).values(ends_at=bindparam("_ends_at", type_=coverage.c.ends_at.type))
        )
        tx.execute(extended, longer)
    if fresh:
        tx.execute(insert(tx, coverage), fresh)


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
    intervals: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in tx.execute(_BETWEEN, {"start": start, "end": end}):
        intervals.setdefault(row.source_id, []).append((row.starts_at, row.ends_at))
    return intervals


_BETWEEN = (
    select(coverage).where(coverage.c.ends_at > bindparam("start"), coverage.c.starts_at < bindparam("end")).order_by(coverage.c.starts_at)
)


def awaited(tx: Connection, ids: Sequence[str], since: datetime, now: datetime) -> bool:
    """Whether one of these sources is due or being asked, and was not heard since a moment; one that failed is waited for no more."""
    asked = (sources.c.next_poll_at <= now) | (sources.c.claimed_until > now)
    silent = sources.c.last_success_at.is_(None) | (sources.c.last_success_at < since)
    return tx.execute(select(sources.c.id).where(sources.c.id.in_(ids), asked, silent).limit(1)).first() is not None


def first_heard(tx: Connection) -> datetime | None:
    """When the first source was first heard; None where none ever was."""
    return tx.execute(select(func.min(coverage.c.starts_at))).scalar()


def _state(row: RowMapping) -> SourceState:
    values: tuple[Any, ...] = tuple(row.values())  # the table's columns in their order: by place is ten times as fast as by name
    return SourceState(**{name: values[place] for name, place in _PLACES})
