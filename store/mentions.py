"""Mentions: stored once, revised when edited, handed to the Enricher until understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, case, func, select, update

from core.probe import PROBE
from core.records import Author, Engagement, Mention, MentionClass
from store.pages import Added, add, read_counters, remove
from store.schema import authors, enrichments, mention_texts, mention_topics, mentions

__all__ = [
    "MAX_ENRICH_ATTEMPTS",
    "Added",
    "Told",
    "add",
    "apart",
    "author_ids",
    "count",
    "get",
    "history",
    "in_topic",
    "is_understood",
    "mark_enriched",
    "mark_read_again",
    "push_forward",
    "read_counters",
    "remove",
    "set_class",
    "to_enrich",
    "to_read_again",
    "told_in",
]

MAX_ENRICH_ATTEMPTS = 3  # then the mention is dead-lettered


def get(tx: Connection, ids: Sequence[int]) -> list[Mention]:
    """The mentions of these ids, in the order of the ids; unknown ids are left out."""
    found = {row["id"]: _mention(row) for row in tx.execute(_OF_IDS, {"ids": list(ids)}).mappings()}
    return [found[mention_id] for mention_id in ids if mention_id in found]


def history(tx: Connection, since: datetime, *, after: int = 0, limit: int) -> list[Mention]:
    """Mentions that count from `since` on and still have their words, by id, those above `after`."""
    chosen = _whole().where(
        mentions.c.id > after, mentions.c.counts_at >= since, mention_texts.c.mention_id.is_not(None), mentions.c.source_id != PROBE
    )
    return [_mention(row) for row in tx.execute(chosen.order_by(mentions.c.id).limit(limit)).mappings()]


def to_enrich(tx: Connection, limit: int, *, seen_before: datetime | None = None) -> list[int]:
    """Ids of mentions not yet understood, oldest row first; the sweep asks for those seen before a while ago."""
    chosen = select(mentions.c.id).where(mentions.c.enriched_at.is_(None)).order_by(mentions.c.id).limit(limit)
    return list(tx.execute(chosen if seen_before is None else chosen.where(mentions.c.seen_at <= seen_before)).scalars())


def is_understood(tx: Connection, mention_id: int) -> bool:
    """Whether the Enricher has read it."""
    return tx.execute(select(mentions.c.enriched_at).where(mentions.c.id == mention_id)).scalar() is not None


def mark_enriched(tx: Connection, ids: Iterable[int], now: datetime) -> set[int]:
    """Mark as understood; returns only those that this call marked (rule 2: who marks, counts)."""
    marked = (
        update(mentions)
        .where(mentions.c.id.in_(list(ids)), mentions.c.enriched_at.is_(None))
        .values(enriched_at=now)
        .returning(mentions.c.id)
    )
    return set(tx.execute(marked).scalars())


def to_read_again(tx: Connection, limit: int) -> list[int]:
    """Ids of understood mentions whose text changed since, oldest row first."""
    chosen = select(mentions.c.id).where(mentions.c.changed_at.is_not(None), mentions.c.enriched_at.is_not(None))
    return list(tx.execute(chosen.order_by(mentions.c.id).limit(limit)).scalars())


def mark_read_again(tx: Connection, ids: Iterable[int]) -> set[int]:
    """Mark a changed text as read; returns only those that this call marked, and only of mentions that were understood before."""
    changed = (mentions.c.changed_at.is_not(None)) & mentions.c.enriched_at.is_not(None)
    marked = update(mentions).where(mentions.c.id.in_(list(ids)), changed).values(changed_at=None).returning(mentions.c.id)
    return set(tx.execute(marked).scalars())


def set_class(tx: Connection, rows: Sequence[tuple[int, MentionClass, int | None]]) -> None:
    """Give mentions the class and the reach that they count with: (id, class, reach)."""
    if rows:
        values: dict[str, Any] = {"kind": bindparam("is_now"), "reach": bindparam("reaches")}
        changed = [{"row": mention_id, "is_now": kind, "reaches": reach} for mention_id, kind, reach in rows]
        tx.execute(update(mentions).where(mentions.c.id == bindparam("row")).values(**values), changed)


def push_forward(tx: Connection, mention_id: int) -> int:
    """Count an attempt on a mention that could not be understood; returns the attempts so far."""
    pushed = update(mentions).where(mentions.c.id == mention_id).values(enrich_attempts=mentions.c.enrich_attempts + 1)
    return int(tx.execute(pushed.returning(mentions.c.enrich_attempts)).scalar_one())


def author_ids(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The row id of the author of each of these mentions; mentions without one are left out."""
    chosen = select(mentions.c.id, mentions.c.author_id).where(mentions.c.id.in_(ids), mentions.c.author_id.is_not(None))
    return {row.id: row.author_id for row in tx.execute(chosen)}


def in_topic(
    tx: Connection, topic_id: str, start: datetime, end: datetime, limit: int, *, arrivals: Sequence[str] = ("live", "late")
) -> list[Mention]:
    """Mentions of a topic that count within [start, end), newest first."""
    chosen = (
        _whole()
        .join(mention_topics, mention_topics.c.mention_id == mentions.c.id)
        .where(mention_topics.c.topic_id == topic_id, mention_topics.c.counts_at >= start, mention_topics.c.counts_at < end)
        .where(mentions.c.arrival.in_(arrivals))
        .order_by(mention_topics.c.counts_at.desc(), mentions.c.id.desc())
        .limit(limit)
    )
    return [_mention(row) for row in tx.execute(chosen).mappings()]


class Told(msgspec.Struct, frozen=True):
    """What the live mentions of a topic say together over a window, our own posts left out; None is unknown."""

    mentions: int
    negative: int
    authors: int | None
    reach: int | None
    sources: tuple[str, ...]
    stories: int = 0


def told_in(tx: Connection, topic_id: str, start: datetime, end: datetime) -> Told:
    """Exact figures of a topic over [start, end): distinct stories and authors, reach where any platform told it, the sources that carried it."""
    window = {"topic": topic_id, "start": start, "end": end}
    figures = tx.execute(_FIGURES, window).one()
    return Told(
        figures.mentions,
        figures.negative,
        figures.authors or None,
        None if figures.reach is None else int(figures.reach),
        tuple(sorted(tx.execute(_CARRIED, window).scalars())),
        figures.stories + figures.alone,
    )


_HEARD = mention_topics.join(mentions, mention_topics.c.mention_id == mentions.c.id).join(
    enrichments, enrichments.c.mention_id == mentions.c.id
)
_IS_NEGATIVE = (enrichments.c.negative >= enrichments.c.neutral) & (enrichments.c.negative >= enrichments.c.positive)
_WITHIN = (
    (mention_topics.c.topic_id == bindparam("topic"))
    & (mention_topics.c.counts_at >= bindparam("start"))
    & (mention_topics.c.counts_at < bindparam("end"))
    & (mentions.c.arrival == "live")
    & (mentions.c.kind != "own")
)
_FIGURES = (
    select(
        func.count().label("mentions"),
        func.count(case((_IS_NEGATIVE, 1))).label("negative"),
        func.count(mentions.c.author_id.distinct()).label("authors"),
        func.sum(mentions.c.reach).label("reach"),
        func.count(enrichments.c.story_id.distinct()).label("stories"),
        func.count(case((enrichments.c.story_id.is_(None), 1))).label("alone"),
    )
    .select_from(_HEARD)
    .where(_WITHIN)
)
_CARRIED = select(mentions.c.source_id).distinct().select_from(_HEARD).where(_WITHIN)


def apart(tx: Connection, topic_id: str, other: str, start: datetime, end: datetime) -> tuple[int, int]:
    """Live mentions of a topic over [start, end) that are not about `other` as well, our own posts left out; and the negative ones of them."""
    both = mention_topics.alias()
    shared = select(both.c.mention_id).where(both.c.topic_id == other, both.c.mention_id == mention_topics.c.mention_id)
    chosen = select(func.count(), func.count(case((_IS_NEGATIVE, 1)))).select_from(_HEARD)
    found = tx.execute(chosen.where(_WITHIN, ~shared.exists()), {"topic": topic_id, "start": start, "end": end}).one()
    return int(found[0]), int(found[1])


def sources_of(tx: Connection, ids: Sequence[int]) -> set[str]:
    """The sources of these mentions."""
    return set(tx.execute(select(mentions.c.source_id).distinct().where(mentions.c.id.in_(ids))).scalars())


def count(tx: Connection) -> int:
    """How many are stored."""
    return int(tx.execute(select(func.count()).where(mentions.c.source_id != PROBE).select_from(mentions)).scalar_one())


def _whole() -> Any:
    """Everything a `Mention` holds, in one row; text and author are empty where they were erased."""
    return select(
        mentions,
        mention_texts.c.url,
        mention_texts.c.title,
        mention_texts.c.text,
        authors.c.key.label("author_key"),
        authors.c.handle,
        authors.c.name,
        authors.c.followers,
    ).select_from(
        mentions.outerjoin(mention_texts, mention_texts.c.mention_id == mentions.c.id).outerjoin(
            authors, authors.c.id == mentions.c.author_id
        )
    )


_OF_IDS = _whole().where(mentions.c.id.in_(bindparam("ids", expanding=True)))


def _mention(row: RowMapping) -> Mention:
    author = None
    if row["author_key"] is not None:
        author = Author(key=row["author_key"], handle=row["handle"], name=row["name"], followers=row["followers"])
    plain = (
        "id",
        "key",
        "source_id",
        "native_id",
        "lang",
        "kind",
        "arrival",
        "published_at",
        "seen_at",
        "edited_at",
        "deleted_at",
        "reply_to",
        "parent_key",
        "accepted_at",
        "repost_of",
        "reach",
        "url",
    )
    return Mention(
        **{name: row[name] for name in plain},
        author=author,
        title=row["title"] or "",
        text=row["text"] or "",
        engagement=Engagement(likes=row["likes"], replies=row["replies"], reposts=row["reposts"], views=row["views"]),
    )
