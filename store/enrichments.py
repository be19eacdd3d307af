"""Enrichments: what was understood of each mention, the story it tells, the topics it is in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from core.records import Enrichment, MentionClass, Risk, Sentiment, TopicMatch
from store.database import insert, insert_new
from store.schema import authors, enrichments, mention_topics, mentions, stories, story_bands


class RiskSeen(msgspec.Struct, frozen=True):
    """A risk heard in a mention of a topic, for the rules that count them in a group."""

    mention_id: int
    at: datetime
    risk: Risk
    source_id: str
    author: str | None
    kind: MentionClass
    weak: bool


def save(tx: Connection, enrichment: Enrichment, *, counts_at: datetime, story_id: int | None) -> None:
    """Store one enrichment and its topics; a later one of the same mention replaces it (a new model, a changed query)."""
    tx.execute(delete(enrichments).where(enrichments.c.mention_id == enrichment.mention_id))
    tx.execute(delete(mention_topics).where(mention_topics.c.mention_id == enrichment.mention_id))
    sentiment = enrichment.sentiment
    tx.execute(
        insert(tx, enrichments).values(
            mention_id=enrichment.mention_id,
            language=enrichment.language,
            negative=sentiment.negative,
            neutral=sentiment.neutral,
            positive=sentiment.positive,
            confident=sentiment.confident,
            risks=msgspec.to_builtins(enrichment.risks),
            story_id=story_id,
            model=enrichment.model,
        )
    )
    for match in enrichment.topics:
        tx.execute(
            insert(tx, mention_topics).values(
                topic_id=match.topic_id,
                mention_id=enrichment.mention_id,
                version=match.version,
                terms=list(match.terms),
                weak=match.weak,
                counts_at=counts_at,
            )
        )


def story_of(tx: Connection, band: bytes, mention_id: int, seen_at: datetime) -> int:
    """The story that owns this signature band, made by this mention where it is new; two processes agree, for the band is unique."""
    known = select(story_bands.c.story_id).where(story_bands.c.band == band)
    story_id = tx.execute(known).scalar()
    if story_id is not None:
        return int(story_id)
    made = tx.execute(insert(tx, stories).values(first_mention_id=mention_id, first_seen_at=seen_at).returning(stories.c.id)).scalar_one()
    won = insert_new(tx, insert(tx, story_bands).values(band=band, story_id=made))
    return int(made) if won else int(tx.execute(known).scalar_one())


def story_ids(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The story of each of these mentions; those without one are left out."""
    chosen = select(enrichments.c.mention_id, enrichments.c.story_id).where(
        enrichments.c.mention_id.in_(ids), enrichments.c.story_id.is_not(None)
    )
    return {row.mention_id: row.story_id for row in tx.execute(chosen)}


def get(tx: Connection, ids: Sequence[int]) -> dict[int, Enrichment]:
    """The enrichments of these mentions, by mention id."""
    topics: dict[int, list[TopicMatch]] = {}
    for row in tx.execute(select(mention_topics).where(mention_topics.c.mention_id.in_(ids)).order_by(mention_topics.c.topic_id)):
        match = TopicMatch(topic_id=row.topic_id, version=row.version, terms=tuple(row.terms), weak=row.weak)
        topics.setdefault(row.mention_id, []).append(match)
    found: dict[int, Enrichment] = {}
    for row in tx.execute(select(enrichments).where(enrichments.c.mention_id.in_(ids))):
        sentiment = Sentiment(negative=row.negative, neutral=row.neutral, positive=row.positive, confident=row.confident)
        found[row.mention_id] = Enrichment(
            mention_id=row.mention_id,
            language=row.language,
            sentiment=sentiment,
            topics=tuple(topics.get(row.mention_id, ())),
            risks=msgspec.convert(row.risks, tuple[Risk, ...]),
            model=row.model,
        )
    return found


def risks_since(tx: Connection, topic_id: str, since: datetime) -> list[RiskSeen]:
    """The risks heard live in a topic since then, oldest first."""
    chosen = (
        select(
            mentions.c.id,
            mention_topics.c.counts_at,
            enrichments.c.risks,
            mentions.c.source_id,
            authors.c.key,
            mentions.c.kind,
            mention_topics.c.weak,
        )
        .select_from(mention_topics)
        .join(mentions, mention_topics.c.mention_id == mentions.c.id)
        .join(enrichments, enrichments.c.mention_id == mentions.c.id)
        .outerjoin(authors, authors.c.id == mentions.c.author_id)
        .where(mention_topics.c.topic_id == topic_id, mention_topics.c.counts_at >= since, mentions.c.arrival == "live")
        .order_by(mention_topics.c.counts_at, mentions.c.id)
    )
    return [
        RiskSeen(row.id, row.counts_at, msgspec.convert(risk, Risk), row.source_id, row.key, row.kind, row.weak)
        for row in tx.execute(chosen)
        for risk in row.risks
    ]
