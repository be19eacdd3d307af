"""Blindness: the stretches in which a source was not heard, or silent against its habit; and the health of sources that tells of it.

Those of one group have one cause, as far as anybody can tell, and are one incident.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, select, update

from core.probe import PROBE
from store.database import insert
from store.schema import blindness, buckets, coverage, mentions, sources
from store.series import HOUR_S

_HEALTH: Final = (
    "id",
    "kind",
    "mentions",
    "first_poll_at",
    "next_poll_at",
    "last_success_at",
    "last_mention_at",
    "failures",
    "last_error",
    "paused_because",
    "usual_gap_s",
    "usual_delay_s",
    "claimed_until",
    "every_s",
    "missed",
    "quota_left",
    "quota_resets_at",
)


class Blindness(msgspec.Struct, frozen=True, kw_only=True):
    """One such stretch. `since`: when the source was last heard (spoke last, where it is silent); `found_at`: when we noticed; `ended_at` None: it lasts.

    `why` is a word of `detectors.base.BlindSpot`; `detail` what the source answered; `expected` mentions in the time of a silence.
    """

    source_id: str
    why: str
    since: datetime
    found_at: datetime
    detail: str | None = None
    expected: float | None = None
    group_id: int | None = None
    ended_at: datetime | None = None
    id: int = 0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how a source is heard, without its cursor; see `core.sources.SourceState`."""

    id: str
    kind: str = ""
    mentions: int = 0
    first_poll_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_mention_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    paused_because: str | None = None
    usual_gap_s: float | None = None
    usual_delay_s: float | None = None
    claimed_until: datetime | None = None
    every_s: float | None = None
    missed: str | None = None
    quota_left: float | None = None
    quota_resets_at: datetime | None = None


def health(tx: Connection) -> list[Health]:
    """Every source that was ever configured, by id."""
    return [Health(**row) for row in tx.execute(_EVERY).mappings()]


def doubtful(tx: Connection, overdue_since: datetime) -> list[Health]:
    """Those that may not be heard, by id: paused, failing, blind so far, or due since then and not asked. Few, where all is well."""
    blind = select(blindness.c.source_id).where(blindness.c.ended_at.is_(None))
    fails = (sources.c.failures > 0) | sources.c.paused_because.is_not(None)
    return _health(tx, fails | (sources.c.next_poll_at <= overdue_since) | sources.c.id.in_(blind))


def quiet(tx: Connection, since: datetime) -> list[Health]:
    """Those that answer and have brought nothing since then, by id."""
    answers = (sources.c.failures == 0) & sources.c.paused_because.is_(None)
    return _health(tx, answers & (sources.c.last_mention_at <= since))


def asked(tx: Connection) -> list[str]:
    """Ids of the sources that were ever asked."""
    chosen = select(sources.c.id).where(sources.c.id != PROBE, sources.c.last_success_at.is_not(None) | (sources.c.failures > 0))
    return list(tx.execute(chosen).scalars())


def begin(tx: Connection, found: Blindness) -> Blindness | None:
    """Record a stretch that begins; a group of its own where it names none. None where the source is blind already."""
    values = {name: getattr(found, name) for name in Blindness.__struct_fields__ if name not in ("id", "ended_at")}
    row_id = tx.execute(insert(tx, blindness).values(**values).on_conflict_do_nothing().returning(blindness.c.id)).scalar()
    if row_id is None:
        return None
    group_id = found.group_id or int(row_id)
    if found.group_id is None:
        tx.execute(update(blindness).where(blindness.c.id == row_id).values(group_id=group_id))
    return msgspec.structs.replace(found, id=int(row_id), group_id=group_id)


def end(tx: Connection, ids: Collection[int], now: datetime) -> list[Blindness]:
    """End stretches; returns those that this call ended, by id."""
    ended = update(blindness).where(blindness.c.id.in_(ids), blindness.c.ended_at.is_(None)).values(ended_at=now)
    return sorted((_blindness(row) for row in tx.execute(ended.returning(*blindness.c)).mappings()), key=lambda one: one.id)


def lasting(tx: Connection) -> list[Blindness]:
    """All that last, the oldest first."""
    return _chosen(tx, blindness.c.ended_at.is_(None))


def between(tx: Connection, start: datetime, until: datetime) -> list[Blindness]:
    """All that touch [start, until), the oldest first."""
    return [_blindness(row) for row in tx.execute(_BETWEEN, {"start": start, "until": until}).mappings()]


_BETWEEN = (
    select(blindness)
    .where(blindness.c.since < bindparam("until"), blindness.c.ended_at.is_(None) | (blindness.c.ended_at > bindparam("start")))
    .order_by(blindness.c.id)
)


def former(tx: Connection, source_ids: Collection[str], ended_since: datetime) -> list[Blindness]:
    """The stretches of these sources that ended since then, the oldest first."""
    return _chosen(tx, blindness.c.source_id.in_(source_ids), blindness.c.ended_at >= ended_since)


def spoken(tx: Connection, source_id: str, stretches: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """How many mentions of a source count in each (start, end]; those that came with its first page, which was cut somewhere, do not."""
    if not stretches:
        return []
    own = (mentions.c.source_id == source_id) & (mentions.c.arrival != "backfill")
    counts = [
        select(func.count()).select_from(mentions).where(own, mentions.c.counts_at > start, mentions.c.counts_at <= until).scalar_subquery()
        for start, until in stretches
    ]
    return [int(count) for count in tx.execute(select(*counts)).one()]


def heard_in(tx: Connection, source_id: str, start: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches in which a source was heard that touch [start, until), oldest first."""
    chosen = select(coverage.c.starts_at, coverage.c.ends_at).where(
        coverage.c.source_id == source_id, coverage.c.ends_at > start, coverage.c.starts_at < until
    )
    return [(row.starts_at, row.ends_at) for row in tx.execute(chosen.order_by(coverage.c.starts_at))]


def volumes(tx: Connection, since: datetime) -> dict[str, dict[str, int]]:
    """Original mentions since then by topic and source: what usually comes from where."""
    counted = (buckets.c.width == HOUR_S) & (buckets.c.start >= int(since.timestamp())) & (buckets.c.kind == "original")
    chosen = select(buckets.c.topic_id, buckets.c.source_id, func.sum(buckets.c.mentions).label("mentions")).where(counted)
    found: dict[str, dict[str, int]] = {}
    for row in tx.execute(chosen.group_by(buckets.c.topic_id, buckets.c.source_id)):
        found.setdefault(row.topic_id, {})[row.source_id] = int(row.mentions)
    return found


def _health(tx: Connection, *conditions: ColumnElement[bool]) -> list[Health]:
    return [Health(**row) for row in tx.execute(_EVERY.where(*conditions)).mappings()]


_EVERY = select(*(sources.c[name] for name in _HEALTH)).where(sources.c.id != PROBE).order_by(sources.c.id)


def _chosen(tx: Connection, *conditions: ColumnElement[bool]) -> list[Blindness]:
    chosen = select(blindness).where(*conditions).order_by(blindness.c.id)
    return [_blindness(row) for row in tx.execute(chosen).mappings()]


def _blindness(row: RowMapping) -> Blindness:
    values: dict[str, Any] = {name: row[name] for name in Blindness.__struct_fields__}
    return Blindness(**values)
