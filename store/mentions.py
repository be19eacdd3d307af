"""Mentions: stored once, revised when edited, handed to the Enricher until understood."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, case, func, or_, select, update

from core.records import Author, Engagement, Mention
from store.database import insert
from store.schema import authors, enrichments, mention_texts, mention_topics, mentions, revisions, tombstones

MAX_ENRICH_ATTEMPTS = 3  # then the mention is dead-lettered


class Added(msgspec.Struct, frozen=True):
    """What became of a page: ids of new mentions, ids of those whose text changed, how many were known already; `ids` of the new ones by key."""

    new: tuple[int, ...]
    revised: tuple[int, ...]
    known: int
    ids: dict[bytes, int] = {}


def add(tx: Connection, page: Sequence[Mention]) -> Added:
    """Store a page; the same mention twice adds nothing, a changed text becomes a revision, an erased one stays away.

    Mentions of the arrival "backfill" are kept, and enriched like all, but never counted.
    """
    unique = {mention.key: mention for mention in page}
    erased = set(tx.execute(select(tombstones.c.key).where(tombstones.c.key.in_(unique))).scalars())
    wanted = [mention for key, mention in unique.items() if key not in erased]
    if not wanted:
        return Added(new=(), revised=(), known=0)
    author_ids = _author_ids(tx, wanted)
    stored = insert(tx, mentions).on_conflict_do_nothing(index_elements=["key"]).returning(mentions.c.id, mentions.c.key)
    fresh = {row.key: row.id for row in tx.execute(stored, [_row(mention, author_ids) for mention in wanted])}
    new = [mention for mention in wanted if mention.key in fresh]
    if new:
        tx.execute(
            insert(tx, mention_texts),
            [{"mention_id": fresh[mention.key], "url": mention.url, "title": mention.title, "text": mention.text} for mention in new],
        )
    known = [mention for mention in wanted if mention.key not in fresh]
    revised = _revise(tx, known)
    return Added(new=tuple(sorted(fresh.values())), revised=tuple(revised), known=len(known), ids=fresh)


def get(tx: Connection, ids: Sequence[int]) -> list[Mention]:
    """The mentions of these ids, in the order of the ids; unknown ids are left out."""
    found = {row["id"]: _mention(row) for row in tx.execute(_whole().where(mentions.c.id.in_(ids))).mappings()}
    return [found[mention_id] for mention_id in ids if mention_id in found]


def to_enrich(tx: Connection, limit: int, *, seen_before: datetime | None = None) -> list[int]:
    """Ids of mentions not yet understood, oldest row first; the sweep asks for those seen before a while ago."""
    chosen = select(mentions.c.id).where(mentions.c.enriched_at.is_(None)).order_by(mentions.c.id).limit(limit)
    return list(tx.execute(chosen if seen_before is None else chosen.where(mentions.c.seen_at <= seen_before)).scalars())


def mark_enriched(tx: Connection, ids: Iterable[int], now: datetime) -> set[int]:
    """Mark as understood; returns only those that this call marked (rule 2: who marks, counts)."""
    marked = (
        update(mentions)
        .where(mentions.c.id.in_(list(ids)), mentions.c.enriched_at.is_(None))
        .values(enriched_at=now)
        .returning(mentions.c.id)
    )
    return set(tx.execute(marked).scalars())


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
    """What the live mentions of a topic say together over a window; None is unknown."""

    mentions: int
    negative: int
    authors: int | None
    reach: int | None
    sources: tuple[str, ...]


def told_in(tx: Connection, topic_id: str, start: datetime, end: datetime) -> Told:
    """Exact figures of a topic over [start, end): distinct authors, reach where any platform told it, the sources that carried it."""
    within = (mention_topics.c.topic_id == topic_id) & (mention_topics.c.counts_at >= start) & (mention_topics.c.counts_at < end)
    heard = mention_topics.join(mentions, mention_topics.c.mention_id == mentions.c.id).join(
        enrichments, enrichments.c.mention_id == mentions.c.id
    )
    is_negative = (enrichments.c.negative >= enrichments.c.neutral) & (enrichments.c.negative >= enrichments.c.positive)
    figures = tx.execute(
        select(
            func.count().label("mentions"),
            func.count(case((is_negative, 1))).label("negative"),
            func.count(mentions.c.author_id.distinct()).label("authors"),
            func.sum(mentions.c.reach).label("reach"),
        )
        .select_from(heard)
        .where(within, mentions.c.arrival == "live")
    ).one()
    carried = select(mentions.c.source_id).distinct().select_from(heard).where(within, mentions.c.arrival == "live")
    return Told(
        figures.mentions,
        figures.negative,
        figures.authors or None,
        None if figures.reach is None else int(figures.reach),
        tuple(sorted(tx.execute(carried).scalars())),
    )


def count(tx: Connection) -> int:
    """How many are stored."""
    return int(tx.execute(select(func.count()).select_from(mentions)).scalar_one())


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


def _row(mention: Mention, author_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "key": mention.key,
        "source_id": mention.source_id,
        "native_id": mention.native_id,
        "lang": mention.lang,
        "kind": mention.kind,
        "author_id": None if mention.author is None else author_ids[mention.author.key],
        "arrival": mention.arrival,
        "published_at": mention.published_at,
        "seen_at": mention.seen_at,
        "counts_at": mention.at,
        "edited_at": mention.edited_at,
        "deleted_at": mention.deleted_at,
        "reply_to": mention.reply_to,
        "repost_of": mention.repost_of,
        "likes": mention.engagement.likes,
        "replies": mention.engagement.replies,
        "reposts": mention.engagement.reposts,
        "views": mention.engagement.views,
        "parent_key": mention.parent_key,
        "reach": mention.reach,
        "digest": _digest(mention),
    }


def _digest(mention: Mention) -> bytes:
    return hashlib.sha256(f"{mention.title}\0{mention.text}".encode("utf-8", "surrogatepass")).digest()[:16]


def _author_ids(tx: Connection, page: Sequence[Mention]) -> dict[str, int]:
    """Row ids of the page's authors, made or brought up to date; what a platform no longer tells is kept."""
    found = {mention.author.key: (mention.author, mention.seen_at) for mention in page if mention.author is not None}
    if not found:
        return {}
    upsert = insert(tx, authors)
    newest = {
        name: case((or_(upsert.excluded[name].is_(None), authors.c.erased_at.is_not(None)), authors.c[name]), else_=upsert.excluded[name])
        for name in ("handle", "name", "followers")
    }
    stored = upsert.on_conflict_do_update(index_elements=["key"], set_=newest).returning(authors.c.id, authors.c.key)
    rows = [
        {"key": key, "handle": author.handle, "name": author.name, "followers": author.followers, "first_seen_at": seen_at}
        for key, (author, seen_at) in sorted(found.items())  # one order for all processes, or they deadlock
    ]
    return {row.key: row.id for row in tx.execute(stored, rows)}


def _revise(tx: Connection, known: Sequence[Mention]) -> list[int]:
    """Keep the former text of each known mention whose text changed, and take the new one in; counts do not move."""
    by_key = {mention.key: mention for mention in known}
    chosen = select(mentions.c.id, mentions.c.key, mentions.c.digest, mentions.c.deleted_at).where(mentions.c.key.in_(by_key))
    changed = [row for row in tx.execute(chosen) if row.digest != _digest(by_key[row.key]) and row.deleted_at is None]
    for row in changed:
        mention = by_key[row.key]
        former = tx.execute(select(mention_texts).where(mention_texts.c.mention_id == row.id)).first()
        if former is not None:
            tx.execute(insert(tx, revisions).values(mention_id=row.id, seen_at=mention.seen_at, title=former.title, text=former.text))
        tx.execute(update(mention_texts).where(mention_texts.c.mention_id == row.id).values(title=mention.title, text=mention.text))
        tx.execute(
            update(mentions).where(mentions.c.id == row.id).values(digest=_digest(mention), edited_at=mention.edited_at or mention.seen_at)
        )
    return [row.id for row in changed]
