"""The stored history, read for playing it back: which mentions were heard when, block by block, and what else was known of them then.

Only reads, on SQLite and PostgreSQL alike. Rows are handed on as SQLite keeps them (times and JSON as text), because that is where they go: a copy of
their own, with the same numbers, so that evidence of a backtest points at the mentions of the installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, func, select, update

from core.probe import PROBE
from store.bulk import insert_rows, json_text, rows_among, times, update_rows
from store.columns import as_text
from store.schema import (
    authors,
    coverage,
    enrichments,
    labels,
    mention_texts,
    mention_topics,
    mentions,
    readings,
    recounts,
    revisions,
    sources,
    stories,
    watches,
)
from store.schema_paging import overrides, silences

Row = tuple[Any, ...]
FOLLOWED: Final = ("id", "seen_at", "source_id", "arrival", "enriched_at", "counts_at")
EDITED: Final = ("mention_id", "seen_at", "title", "text")
READ_AGAIN: Final = ("mention_id", "at", "likes", "replies", "reposts", "views", "by")
PLACES: Final = {
    table.name: {name: place for place, name in enumerate(table.c.keys())} for table in (mentions, enrichments, mention_topics)
}
_NEVER: Final = "2000-01-01 00:00:00.000000"


class Followed(NamedTuple):
    """One mention in the order of history: when it was heard and when it was understood, both as text; its arrival as it was."""

    id: int
    seen_at: str
    source_id: str
    arrival: str
    enriched_at: str | None
    counts_at: str


class Block(msgspec.Struct, frozen=True):
    """Some mentions as they are stored, rows by mention id (of `authors` by their own): every column of the table, in its order."""

    mentions: dict[int, Row]
    texts: dict[int, Row]
    enrichments: dict[int, Row]
    topics: dict[int, list[Row]]
    authors: dict[int, Row]


def order(tx: Connection, since: datetime | None = None, until: datetime | None = None) -> list[Followed]:
    """Every mention heard within [since, until), by id."""
    chosen = select(*(mentions.c[name] for name in FOLLOWED)).order_by(mentions.c.id)
    if since is not None:
        chosen = chosen.where(mentions.c.seen_at >= since)
    if until is not None:
        chosen = chosen.where(mentions.c.seen_at < until)
    return [Followed(*row) for row in _plain(tx, chosen)]


def block(tx: Connection, ids: Sequence[int]) -> Block:
    """These mentions with all that belongs to them."""
    heard = {row[0]: row for row in _among(tx, mentions, "id", ids)}
    place = PLACES["mentions"]["author_id"]
    known = sorted({row[place] for row in heard.values() if row[place] is not None})
    topics: dict[int, list[Row]] = {}
    mention = PLACES["mention_topics"]["mention_id"]
    for row in _among(tx, mention_topics, "mention_id", ids):
        topics.setdefault(row[mention], []).append(row)
    return Block(
        mentions=heard,
        texts={row[0]: row for row in _among(tx, mention_texts, "mention_id", ids)},
        enrichments={row[0]: row for row in _among(tx, enrichments, "mention_id", ids)},
        topics={mention_id: sorted(found) for mention_id, found in topics.items()},
        authors={row[0]: row for row in _among(tx, authors, "id", known)},
    )


def heard_since(tx: Connection) -> datetime | None:
    """When the first source was first heard; None where none ever was."""
    return tx.execute(select(func.min(coverage.c.starts_at))).scalar()


def intervals(tx: Connection) -> dict[str, list[tuple[datetime, datetime]]]:
    """When each source was heard, oldest first."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in tx.execute(select(coverage).where(coverage.c.source_id != PROBE).order_by(coverage.c.starts_at)):
        found.setdefault(row.source_id, []).append((row.starts_at, row.ends_at))
    return found


def first_polls(tx: Connection) -> dict[str, datetime]:
    """When each source was first asked."""
    chosen = select(sources.c.id, sources.c.first_poll_at).where(sources.c.first_poll_at.is_not(None), sources.c.id != PROBE)
    return {row.id: row.first_poll_at for row in tx.execute(chosen)}


def counted_with(tx: Connection) -> dict[str, str]:
    """The version of the query that each topic's whole history was matched with; topics whose recount is not done are left out."""
    under_way = select(recounts.c.topic_id).where(recounts.c.due_at.is_not(None))
    return {row.topic_id: row.version for row in tx.execute(select(watches).where(watches.c.topic_id.not_in(under_way)))}


def judged(tx: Connection) -> set[int]:
    """The mentions of which a person said something: what is stored of them is not what was understood."""
    return set(tx.execute(select(labels.c.mention_id).where(labels.c.mention_id.is_not(None))).scalars())


def edits(tx: Connection) -> dict[int, list[tuple[datetime, str, str]]]:
    """The former words of edited mentions: (when they were replaced, title, text), oldest first; blank where they were deleted or erased."""
    found: dict[int, list[tuple[datetime, str, str]]] = {}
    for row in tx.execute(select(*(revisions.c[name] for name in EDITED)).order_by(revisions.c.id)):
        found.setdefault(row.mention_id, []).append((row.seen_at, row.title, row.text))
    return found


def deletions(tx: Connection) -> dict[int, datetime]:
    """When mentions went away at their source, by id."""
    return {
        row.id: row.deleted_at for row in tx.execute(select(mentions.c.id, mentions.c.deleted_at).where(mentions.c.deleted_at.is_not(None)))
    }


def counters(tx: Connection) -> list[tuple[int, datetime, tuple[int | None, ...], str]]:
    """Counters that were read again: (mention, when, likes, replies, reposts and views, by whom), oldest first."""
    chosen = select(*(readings.c[name] for name in READ_AGAIN)).order_by(readings.c.at, readings.c.id)
    return [(row.mention_id, row.at, (row.likes, row.replies, row.reposts, row.views), row.by) for row in tx.execute(chosen)]


def last_story(tx: Connection) -> int:
    """The highest number of a story; 0 where there is none."""
    return tx.execute(select(func.max(stories.c.id))).scalar() or 0


def copy_duty(past: Connection, tx: Connection) -> None:
    """Silences and overrides, as they stand now, into a database of its own."""
    for table in (silences, overrides):
        names = table.c.keys()
        insert_rows(tx, table, names, [_fit(row) for row in _plain(past, select(table))])


def put(tx: Connection, known: Block, ids: Iterable[int], told: set[int]) -> None:
    """Write mentions of a block with what was understood of them into a database of its own (SQLite); `told`: authors that stand there, added to."""
    numbers = list(ids)
    rows = [known.mentions[number] for number in numbers]
    place = PLACES["mentions"]["author_id"]
    by = sorted({row[place] for row in rows} - told - {None})
    insert_rows(tx, authors, authors.c.keys(), [known.authors[author] for author in by])
    told.update(by)
    insert_rows(tx, mentions, mentions.c.keys(), rows)
    insert_rows(tx, mention_texts, mention_texts.c.keys(), [known.texts[number] for number in numbers if number in known.texts])
    insert_rows(tx, enrichments, enrichments.c.keys(), [known.enrichments[number] for number in numbers if number in known.enrichments])
    insert_rows(tx, mention_topics, mention_topics.c.keys(), [row for number in numbers for row in known.topics.get(number, ())])


def _among(tx: Connection, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
    rows: Sequence[Any] = rows_among(tx, table, table.c.keys(), column, values)
    return [tuple(row) for row in rows] if tx.dialect.name == "sqlite" else [_fit(row) for row in rows]


def _plain(tx: Connection, chosen: Any) -> Iterable[Row]:
    """Rows as the driver gives them, made fit: no column is read into a record that nobody asks for."""
    raw = tx.exec_driver_sql(*_compiled(tx, chosen))
    return (tuple(row) for row in raw) if tx.dialect.name == "sqlite" else (_fit(row) for row in raw)


def _compiled(tx: Connection, chosen: Any) -> tuple[str, Any]:
    made = chosen.compile(dialect=tx.dialect)
    values = {
        name: as_text(value) if tx.dialect.name == "sqlite" and isinstance(value, datetime) else value
        for name, value in made.params.items()
    }
    return str(made), tuple(values[name] for name in made.positiontup) if made.positional else values


def _fit(row: Iterable[Any]) -> Row:
    """A row as SQLite keeps it."""
    return tuple(
        as_text(value) if isinstance(value, datetime) else json_text(value) if isinstance(value, list | dict) else value for value in row
    )


def put_sources(tx: Connection, first_polls: Mapping[str, datetime], last_story: int) -> None:
    """Have a row for each source with when it was first asked, and let new stories be numbered after `last_story`."""
    fit = times(tx)
    known = set(tx.execute(select(sources.c.id)).scalars())
    tx.execute(update(sources).values(next_poll_at=None))
    rows = [(source_id, "replay", 0, 0, 0.0, 0) for source_id in first_polls if source_id not in known]
    insert_rows(tx, sources, ("id", "kind", "failures", "mentions", "cost", "attempt"), rows)
    update_rows(tx, sources, ("first_poll_at",), ("id",), [(fit(at), source_id) for source_id, at in first_polls.items()])
    if last_story:
        insert_rows(tx, stories, ("id", "first_mention_id", "first_seen_at"), [(last_story, 0, _NEVER)])


def heard_of(tx: Connection, topic_id: str, source_ids: Sequence[str], since: datetime) -> list[datetime]:
    """When these sources had something of a topic that was heard live, oldest first."""
    chosen = select(mentions.c.seen_at).join(mention_topics, mention_topics.c.mention_id == mentions.c.id)
    chosen = chosen.where(mention_topics.c.topic_id == topic_id, mentions.c.source_id.in_(source_ids), mentions.c.seen_at >= since)
    return list(tx.execute(chosen.where(mentions.c.arrival == "live").order_by(mentions.c.seen_at)).scalars())
