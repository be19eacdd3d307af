"""Voices: who said what in a topic over a stretch of time, as the judges of a burst read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from core.records import MentionClass
from store.schema import authors, enrichments, mention_texts, mention_topics, mentions, sources


class Voice(msgspec.Struct, frozen=True, gc=False):
    """One mention of a topic, our own posts aside; text erased or gone at its source is empty.

    `title` and `text` are cut. `author_since`: when its author was first heard; `source_since`: when its source was; `at`: when it counts. None is unknown, or
    nobody named.
    """

    mention_id: int
    source_id: str
    kind: MentionClass
    author_id: int | None = None
    story_id: int | None = None
    title: str = ""
    text: str = ""
    author_since: datetime | None = None
    source_since: datetime | None = None
    at: datetime | None = None


def heard(
    tx: Connection, topic_id: str, start: datetime, end: datetime, limit: int, *, chars: int, arrivals: Sequence[str] = ("live",)
) -> list[Voice]:
    """The newest `limit` mentions of a topic within [start, end), oldest first.

    Args:
        tx: a transaction.
        topic_id: the topic.
        start: aware.
        end: aware.
        limit: of mentions.
        chars: of title and of text, each cut there.
        arrivals: how they came.
    """
    newest = (
        select(mention_topics.c.mention_id, mention_topics.c.counts_at)
        .join(mentions, mentions.c.id == mention_topics.c.mention_id)
        .where(mention_topics.c.topic_id == topic_id, mention_topics.c.counts_at >= start, mention_topics.c.counts_at < end)
        .where(mentions.c.arrival.in_(arrivals), mentions.c.kind != "own")
        .order_by(mention_topics.c.counts_at.desc(), mention_topics.c.mention_id.desc())
        .limit(limit)
        .subquery()
    )
    chosen = (
        select(
            mentions.c.id.label("mention_id"),
            mentions.c.source_id,
            mentions.c.kind,
            mentions.c.author_id,
            enrichments.c.story_id,
            func.substr(func.coalesce(mention_texts.c.title, ""), 1, chars).label("title"),
            func.substr(func.coalesce(mention_texts.c.text, ""), 1, chars).label("text"),
            authors.c.first_seen_at.label("author_since"),
            sources.c.first_poll_at.label("source_since"),
            newest.c.counts_at.label("at"),
        )
        .select_from(newest.join(mentions, mentions.c.id == newest.c.mention_id))
        .outerjoin(enrichments, enrichments.c.mention_id == mentions.c.id)
        .outerjoin(mention_texts, mention_texts.c.mention_id == mentions.c.id)
        .outerjoin(authors, authors.c.id == mentions.c.author_id)
        .outerjoin(sources, sources.c.id == mentions.c.source_id)
        .order_by(newest.c.counts_at, mentions.c.id)
    )
    return [Voice(**row) for row in tx.execute(chosen).mappings()]
