"""Enrichments: what was understood of each mention, the story it tells, the topics it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, select, update

from core.records import Enrichment, MentionClass, Risk, Sentiment, TopicMatch
from store import labels
from store.bulk import insert_rows, json_text, times
from store.schema import authors, enrichments, mention_topics, mentions

_COLUMNS = ("mention_id", "language", "negative", "neutral", "positive", "confident", "risks", "story_id", "model", "author_role", "triage")


class RiskSeen(msgspec.Struct, frozen=True):
    """A risk heard in a mention of a topic, for the rules that count them in a group."""

    mention_id: int
    at: datetime
    risk: Risk
    source_id: str
    author: str | None
    kind: MentionClass
    weak: bool
    place_id: str | None = None


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """An enrichment as it is to be stored: when its mention counts, and the story that it tells."""

    enrichment: Enrichment
    counts_at: datetime
    story_id: int | None = None


def save(tx: Connection, enrichment: Enrichment, *, counts_at: datetime, story_id: int | None) -> None:
    """Store one enrichment and its topics; a later one of the same mention replaces it (a new model, a changed query)."""
    save_all(tx, [Saved(enrichment=enrichment, counts_at=counts_at, story_id=story_id)])


def save_all(tx: Connection, batch: Sequence[Saved]) -> None:
    """As `save`, for many. What a person said of a mention, and still stands, wins over what is handed in."""
    ids = [saved.enrichment.mention_id for saved in batch]
    told = labels.standing(tx, ids)
    batch = [_as_told(saved, told.get(saved.enrichment.mention_id)) for saved in batch]
    for table in (enrichments, mention_topics):
        tx.execute(delete(table).where(table.c.mention_id.in_(ids)))
    fit = times(tx)
    insert_rows(tx, enrichments, _COLUMNS, [_row(saved) for saved in batch])
    topics = [
        (
            match.topic_id,
            saved.enrichment.mention_id,
            match.version,
            json_text(match.terms),
            match.weak,
            fit(saved.counts_at),
            match.place_id,
        )
        for saved in batch
        for match in saved.enrichment.topics
    ]
    insert_rows(tx, mention_topics, ("topic_id", "mention_id", "version", "terms", "weak", "counts_at", "place_id"), topics)


def judged(tx: Connection, mention_id: int) -> None:
    """Let what people said of a mention win over the model: how it feels, and whether it is about us. Counts stay as they were made.

    One that is said to be about us after all gets its topics back when it is next read, which is asked for here.
    """
    told = labels.standing(tx, [mention_id]).get(mention_id, {})
    if "sentiment" in told:
        feeling = msgspec.structs.asdict(_felt(told["sentiment"].label))
        tx.execute(update(enrichments).where(enrichments.c.mention_id == mention_id).values(**feeling))
    topics = mention_topics.c.mention_id == mention_id
    if "relevance" not in told:
        return
    if told["relevance"].label == "irrelevant":
        tx.execute(delete(mention_topics).where(topics))
    elif not tx.execute(update(mention_topics).where(topics).values(weak=False)).rowcount:
        tx.execute(update(mentions).where(mentions.c.id == mention_id).values(changed_at=told["relevance"].at))


def topics_of(tx: Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
    """The topics of mentions that were understood, by the mentions' keys: what their replies inherit."""
    if not keys:
        return {}
    chosen = select(mentions.c.key, mention_topics.c.topic_id).join(mention_topics, mention_topics.c.mention_id == mentions.c.id)
    found: dict[bytes, tuple[str, ...]] = {}
    for row in tx.execute(chosen.where(mentions.c.key.in_(list(keys))).order_by(mentions.c.id, mention_topics.c.topic_id)):
        found[row.key] = (*found.get(row.key, ()), row.topic_id)
    return found


def newest_model(tx: Connection) -> str | None:
    """The models and lexicons that read the newest mention; None where nothing was read yet."""
    return tx.execute(select(enrichments.c.model).order_by(enrichments.c.mention_id.desc()).limit(1)).scalar()


def story_ids(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The story of each of these mentions; those without one are left out."""
    return {row.mention_id: row.story_id for row in tx.execute(_STORY_IDS, {"ids": list(ids)})}


_STORY_IDS = select(enrichments.c.mention_id, enrichments.c.story_id).where(
    enrichments.c.mention_id.in_(bindparam("ids", expanding=True)), enrichments.c.story_id.is_not(None)
)


def get(tx: Connection, ids: Sequence[int]) -> dict[int, Enrichment]:
    """The enrichments of these mentions, by mention id."""
    topics: dict[int, list[TopicMatch]] = {}
    for row in tx.execute(_TOPICS, {"ids": list(ids)}):
        match = TopicMatch(topic_id=row.topic_id, version=row.version, terms=tuple(row.terms), weak=row.weak, place_id=row.place_id)
        topics.setdefault(row.mention_id, []).append(match)
    found: dict[int, Enrichment] = {}
    for row in tx.execute(_OF_IDS, {"ids": list(ids)}):
        sentiment = Sentiment(negative=row.negative, neutral=row.neutral, positive=row.positive, confident=row.confident)
        found[row.mention_id] = Enrichment(
            mention_id=row.mention_id,
            language=row.language,
            sentiment=sentiment,
            topics=tuple(topics.get(row.mention_id, ())),
            risks=msgspec.convert(row.risks, tuple[Risk, ...]),
            model=row.model,
            author_role=row.author_role,
            triage=row.triage,
        )
    return found


_TOPICS = (
    select(mention_topics).where(mention_topics.c.mention_id.in_(bindparam("ids", expanding=True))).order_by(mention_topics.c.topic_id)
)
_OF_IDS = select(enrichments).where(enrichments.c.mention_id.in_(bindparam("ids", expanding=True)))


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
            mention_topics.c.place_id,
        )
        .select_from(mention_topics)
        .join(mentions, mention_topics.c.mention_id == mentions.c.id)
        .join(enrichments, enrichments.c.mention_id == mentions.c.id)
        .outerjoin(authors, authors.c.id == mentions.c.author_id)
        .where(mention_topics.c.topic_id == topic_id, mention_topics.c.counts_at >= since, mentions.c.arrival == "live")
        .order_by(mention_topics.c.counts_at, mentions.c.id)
    )
    return [
        RiskSeen(row.id, row.counts_at, msgspec.convert(risk, Risk), row.source_id, row.key, row.kind, row.weak, row.place_id)
        for row in tx.execute(chosen)
        for risk in row.risks
    ]


def _as_told(saved: Saved, told: Mapping[labels.Question, labels.Label] | None) -> Saved:
    if not told:
        return saved
    said = saved.enrichment
    if "sentiment" in told:
        said = replace(said, sentiment=_felt(told["sentiment"].label))
    if "relevance" in told:
        about = told["relevance"].label == "relevant"
        said = replace(said, topics=tuple(replace(match, weak=False) for match in said.topics) if about else ())
    return replace(saved, enrichment=said)


def _felt(label: str) -> Sentiment:
    """As a person says: surely."""
    shares = {each: float(each == label) for each in labels.SENTIMENTS}
    return Sentiment(negative=shares["negative"], neutral=shares["neutral"], positive=shares["positive"], confident=True)


def _row(saved: Saved) -> tuple[object, ...]:
    said = saved.enrichment
    feeling = said.sentiment
    return (
        *(said.mention_id, said.language, feeling.negative, feeling.neutral, feeling.positive, feeling.confident),
        *(json_text(said.risks), saved.story_id, said.model, said.author_role, said.triage),
    )
