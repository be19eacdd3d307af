"""Series: counts per topic, source, class and time cell, always added to, never set.

Minute and hour cells are written together, in sorted order, so that two processes never deadlock (rule 2). What arrived late stands apart
from what arrived live: it trains baselines and raises nothing (rule 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import add as add_up
from operator import attrgetter
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from store.bulk import insert_rows, rows_among
from store.database import insert, insert_new
from store.schema import buckets, firsts

MINUTE_S: Final = 60
HOUR_S: Final = 3600
WIDTHS: Final = (MINUTE_S, HOUR_S)
COLUMNS: Final = ("mentions", "stories", "authors", "negative", "confident_negative", "reach", "engagement")
_adds: Final = attrgetter(*COLUMNS)
EVER: Final = 0  # the "hour" of a first sighting that is first for good


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What one mention adds to the cells that it falls in. `at` is seconds since the epoch."""

    topic_id: str
    at: int
    source_id: str
    kind: str
    arrival: str
    mentions: int = 1
    stories: int = 0
    authors: int = 0
    negative: int = 0
    confident_negative: int = 0
    reach: int = 0
    engagement: int = 0


class Cell(msgspec.Struct, frozen=True):
    """One row of a series: `start` in seconds since the epoch, then the additive counts."""

    start: int
    source_id: str
    kind: str
    arrival: str
    mentions: int
    stories: int
    authors: int
    negative: int
    confident_negative: int
    reach: int
    engagement: int


def add(tx: Connection, counts: Iterable[Count]) -> None:
    """Add to the minute and hour cells of every count."""
    sums: dict[tuple[str, int, int, str, str, str], list[int]] = {}
    for count in counts:
        adds = _adds(count)
        for width in WIDTHS:
            key = (count.topic_id, width, count.at - count.at % width, count.source_id, count.kind, count.arrival)
            cell = sums.get(key)
            sums[key] = list(adds) if cell is None else list(map(add_up, cell, adds))
    keys = ("topic_id", "width", "start", "source_id", "kind", "arrival")
    insert_rows(tx, buckets, keys + COLUMNS, [(*key, *cell) for key, cell in sorted(sums.items())], unless=keys, adding=COLUMNS)


def read(tx: Connection, topic_id: str, start: datetime, end: datetime, *, width: int = MINUTE_S) -> list[Cell]:
    """The cells of a topic within [start, end), oldest first; cells without a row were not counted in, which is zero only where heard."""
    chosen = (
        select(buckets.c.start, buckets.c.source_id, buckets.c.kind, buckets.c.arrival, *(buckets.c[name] for name in COLUMNS))
        .where(
            buckets.c.topic_id == topic_id,
            buckets.c.width == width,
            buckets.c.start >= int(start.timestamp()),
            buckets.c.start < int(end.timestamp()),
        )
        .order_by(buckets.c.start, buckets.c.source_id)
    )
    return [Cell(*row) for row in tx.execute(chosen)]


def first(tx: Connection, topic_id: str) -> int | None:
    """The start of the topic's oldest hour cell, in seconds since the epoch."""
    chosen = select(func.min(buckets.c.start)).where(buckets.c.topic_id == topic_id, buckets.c.width == HOUR_S)
    return tx.execute(chosen).scalar()


def total(tx: Connection, topic_id: str, start: datetime, end: datetime) -> dict[str, int]:
    """The sums of every column over [start, end) from hour cells, own posts and reposts included."""
    chosen = select(*(func.coalesce(func.sum(buckets.c[name]), 0).label(name) for name in COLUMNS)).where(
        buckets.c.topic_id == topic_id,
        buckets.c.width == HOUR_S,
        buckets.c.start >= int(start.timestamp()),
        buckets.c.start < int(end.timestamp()),
    )
    return {name: int(value) for name, value in tx.execute(chosen).mappings().one().items()}


def counted(tx: Connection, topic_id: str, start: datetime, end: datetime) -> int:
    """The mentions over [start, end) from minute cells, our own left out."""
    chosen = select(func.coalesce(func.sum(buckets.c.mentions), 0)).where(
        buckets.c.topic_id == topic_id,
        buckets.c.width == MINUTE_S,
        buckets.c.start >= int(start.timestamp()),
        buckets.c.start < int(end.timestamp()),
        buckets.c.kind != "own",
    )
    return int(tx.execute(chosen).scalar_one())


class Hourly(msgspec.Struct, frozen=True):
    """What one source said of a topic in one hour, so many hours ago (0: the last)."""

    hours_ago: int
    source_id: str
    mentions: int
    negative: int


def hourly(tx: Connection, topic_id: str, start: datetime, end: datetime) -> list[Hourly]:
    """The hours back from `end` to `start`, by source, from minute cells; our own posts and imports left out. Hours without a row held nothing."""
    last = int(end.timestamp())
    asked = {"topic": topic_id, "since": int(start.timestamp()), "until": last, "newest": last - 1}
    return [Hourly(int(row[0]), row[1], int(row[2]), int(row[3])) for row in tx.execute(_HOURLY, asked)]


_AGO = ((bindparam("newest", type_=buckets.c.start.type) - buckets.c.start) // HOUR_S).label("ago")
_HOURLY = (
    select(_AGO, buckets.c.source_id, func.sum(buckets.c.mentions), func.sum(buckets.c.negative))
    .where(
        buckets.c.topic_id == bindparam("topic"),
        buckets.c.width == MINUTE_S,
        buckets.c.start >= bindparam("since"),
        buckets.c.start < bindparam("until"),
        buckets.c.kind != "own",
        buckets.c.arrival != "backfill",
    )
    .group_by(_AGO, buckets.c.source_id)
    .order_by(_AGO, buckets.c.source_id)
)


def last_own(tx: Connection, topic_id: str, since: datetime) -> datetime | None:
    """The minute in which we ourselves spoke of a topic last, since then (aware); None where we did not."""
    found = tx.execute(_LAST_OWN, {"topic": topic_id, "since": int(since.timestamp())}).scalar()
    return None if found is None else datetime.fromtimestamp(found, UTC)


_LAST_OWN = select(func.max(buckets.c.start)).where(
    buckets.c.topic_id == bindparam("topic"),
    buckets.c.width == MINUTE_S,
    buckets.c.kind == "own",
    buckets.c.start >= bindparam("since"),
)


def is_first(tx: Connection, topic_id: str, what: str, number: int, hour: int = EVER) -> bool:
    """Whether this author (in this hour) or story (ever) is seen in the topic for the first time; asking makes it seen."""
    return insert_new(tx, insert(tx, firsts).values(topic_id=topic_id, what=what, number=number, hour=hour))


def first_sightings(tx: Connection, asked: Sequence[tuple[str, str, int, int]]) -> list[bool]:
    """As `is_first` for many (topic, what, number, hour), in order; one that is asked twice is first once."""
    if not asked:
        return []
    wanted = sorted(set(asked))
    numbers = sorted({number for _, _, number, _ in wanted})
    columns = ("topic_id", "what", "number", "hour")
    known = {tuple(row) for row in rows_among(tx, firsts, columns, "number", numbers)}
    insert_rows(tx, firsts, columns, [one for one in wanted if one not in known], unless=columns)
    found = []
    for one in asked:
        found.append(one not in known)
        known.add(one)
    return found


def forget(tx: Connection, topic_id: str) -> None:
    """Take out every count of a topic, before its history is counted again (rule 9)."""
    tx.execute(delete(buckets).where(buckets.c.topic_id == topic_id))
    tx.execute(delete(firsts).where(firsts.c.topic_id == topic_id))
