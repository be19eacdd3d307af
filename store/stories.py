"""Stories: near copies counted once. What a copy is, `detectors/stories.py` decides; here stand the stories and the marks they are looked up by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, func, select

from store.bulk import insert_rows, next_ids, rows_among, times
from store.schema import stories, story_marks

_TURN = 7_302_512  # the number of our advisory lock on PostgreSQL


class Story(msgspec.Struct, frozen=True):
    """A story by its first mention: language, packed sketch, and the source it was first heard in."""

    id: int
    language: str
    sketch: bytes
    source_id: str | None


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A story told for the first time, `at` (aware) in its mention's time; its number was drawn by `numbers`."""

    id: int
    mention_id: int
    seen_at: datetime
    at: datetime
    language: str
    sketch: bytes
    source_id: str
    marks: tuple[bytes, ...]


def in_turn(tx: Connection) -> None:
    """Let one process at a time look up and tell stories, until its transaction ends; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_TURN)))


def marked(tx: Connection, marks: Sequence[bytes], since: datetime, until: datetime) -> dict[bytes, list[tuple[int, int]]]:
    """The stories told from `since` until `until` that carry each mark, as (story id, time in seconds since the epoch), in no order."""
    found: dict[bytes, list[tuple[int, int]]] = {}
    told = ("at", int(since.timestamp()), int(until.timestamp()) + 1)
    for row in rows_among(tx, story_marks, ("mark", "story_id", "at"), "mark", marks, between=told):
        found.setdefault(row[0], []).append((row[1], row[2]))
    return found


def get(tx: Connection, ids: Sequence[int]) -> dict[int, Story]:
    """The stories of these ids."""
    rows = rows_among(tx, stories, ("id", "language", "sketch", "source_id"), "id", ids)
    return {row.id: Story(row.id, row.language or "", bytes(row.sketch or b""), row.source_id) for row in rows}


def numbers(tx: Connection, count: int) -> list[int]:
    """Numbers for so many new stories."""
    return next_ids(tx, stories, count)


def tell(tx: Connection, new: Iterable[New]) -> None:
    """Store stories told for the first time, with their marks."""
    told = list(new)
    fit = times(tx)
    rows = [(one.id, one.mention_id, fit(one.seen_at), one.language, one.sketch, one.source_id) for one in told]
    insert_rows(tx, stories, ("id", "first_mention_id", "first_seen_at", "language", "sketch", "source_id"), rows)
    marks = sorted((mark, one.id, int(one.at.timestamp())) for one in told for mark in one.marks)
    insert_rows(tx, story_marks, ("mark", "story_id", "at"), marks, unless=["mark", "story_id"])


def forget_marks(tx: Connection, before: datetime) -> int:
    """Drop the marks of stories older than that: no copy of them is looked for any more. Returns how many marks."""
    return tx.execute(delete(story_marks).where(story_marks.c.at < int(before.timestamp()))).rowcount
