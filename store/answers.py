"""What people ask of us, and what we answered: read from the mentions, bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from core.records import AuthorRole, Triage
from store.schema import authors, enrichments, mention_texts, mention_topics, mentions

WANTING: tuple[Triage, ...] = ("question", "complaint", "lead", "bug", "crisis")  # what may want an answer
MOST_ASKED = 5_000  # questions read at once, the newest
MOST_ANSWERS = 20_000
MOST_KEYS = 500  # in one query
DEEPEST = 6  # answers to answers that are followed up to the question


class Question(msgspec.Struct, frozen=True):
    """A mention in a topic that may want an answer; `terms` as they stand in the text; `to_us`: it answers a post of ours. `handle` is its author's."""

    mention_id: int
    key: bytes
    topic_id: str
    at: datetime
    triage: Triage
    source_id: str
    terms: tuple[str, ...]
    author: str | None
    handle: str | None
    role: AuthorRole | None
    parent_key: bytes | None
    to_us: bool


class Answer(msgspec.Struct, frozen=True):
    """A post of ours that answers something, or one that the asker took for the answer (`is_ours` False)."""

    key: bytes
    parent_key: bytes
    at: datetime
    source_id: str
    text: str
    is_ours: bool = True


_PARENT = mentions.alias("parent")


def questions(
    tx: Connection, topic_ids: Collection[str], since: datetime, until: datetime, *, understood_since: datetime | None = None
) -> list[Question]:
    """What was asked live in these topics and counts within [since, until], oldest first; what was deleted or erased is left out, and what says something else by now.

    `understood_since`: only what was understood then or later.
    """
    chosen = _chosen().where(
        mention_topics.c.topic_id.in_(list(topic_ids)), mention_topics.c.counts_at >= since, mention_topics.c.counts_at <= until
    )
    if understood_since is not None:
        chosen = chosen.where(mentions.c.enriched_at >= understood_since)
    newest = chosen.order_by(mention_topics.c.counts_at.desc(), mentions.c.id.desc()).limit(MOST_ASKED)
    return [_question(row) for row in tx.execute(newest)][::-1]


def still_asked(tx: Connection, ids: Sequence[int]) -> set[tuple[int, str]]:
    """Which of these mentions still stand, and still ask: their ids with the topics they are in."""
    found: set[tuple[int, str]] = set()
    for start in range(0, len(ids), MOST_KEYS):
        rows = tx.execute(_chosen().where(mentions.c.id.in_(ids[start : start + MOST_KEYS])))
        found.update((row.id, row.topic_id) for row in rows)
    return found


def answers(tx: Connection, since: datetime, until: datetime) -> list[Answer]:
    """Our own posts that answer something and count within [since, until], and others' that were taken for the answer within it, oldest first."""
    heard = select(mentions.c.key, mentions.c.parent_key, mentions.c.counts_at, mentions.c.source_id, mention_texts.c.text, mentions.c.kind)
    heard = heard.join(mention_texts, mention_texts.c.mention_id == mentions.c.id).where(mentions.c.parent_key.is_not(None))
    ours = heard.where(mentions.c.counts_at >= since, mentions.c.counts_at <= until, mentions.c.kind == "own")
    taken = heard.where(mentions.c.accepted_at >= since, mentions.c.accepted_at <= until, mentions.c.accepted_at.is_not(None))
    newest = [chosen.order_by(mentions.c.counts_at.desc(), mentions.c.id.desc()).limit(MOST_ANSWERS) for chosen in (ours, taken)]
    rows = {row.key: row for chosen in newest for row in tx.execute(chosen)}
    found = [Answer(row.key, row.parent_key, row.counts_at, row.source_id, row.text, row.kind == "own") for row in rows.values()]
    return sorted(found, key=lambda answer: answer.at)


def parents(tx: Connection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """What each of these mentions answers, and what that answers, up to the opening post or `DEEPEST` steps; by key."""
    found: dict[bytes, bytes] = {}
    wanted = set(keys)
    for _ in range(DEEPEST):
        asked, wanted = sorted(wanted - set(found)), set()
        for start in range(0, len(asked), MOST_KEYS):
            some = mentions.c.key.in_(asked[start : start + MOST_KEYS])
            rows = tx.execute(select(mentions.c.key, mentions.c.parent_key).where(some, mentions.c.parent_key.is_not(None)))
            fresh = {row.key: row.parent_key for row in rows}
            found |= fresh
            wanted |= set(fresh.values())
        if not wanted:
            break
    return found


def _chosen() -> Any:
    heard = (
        mention_topics.join(mentions, mention_topics.c.mention_id == mentions.c.id)
        .join(enrichments, enrichments.c.mention_id == mentions.c.id)
        .join(mention_texts, mention_texts.c.mention_id == mentions.c.id)
        .outerjoin(authors, authors.c.id == mentions.c.author_id)
        .outerjoin(_PARENT, _PARENT.c.key == mentions.c.parent_key)
    )
    return (
        select(
            mentions.c.id,
            mentions.c.key,
            mention_topics.c.topic_id,
            mention_topics.c.counts_at,
            enrichments.c.triage,
            mentions.c.source_id,
            mention_topics.c.terms,
            authors.c.key.label("author"),
            authors.c.handle,
            enrichments.c.author_role,
            mentions.c.parent_key,
            _PARENT.c.kind.label("parent_kind"),
        )
        .select_from(heard)
        .where(mentions.c.kind == "original", mentions.c.arrival == "live", mentions.c.deleted_at.is_(None))
        .where(enrichments.c.triage.in_(WANTING))
    )


def _question(row: Any) -> Question:
    return Question(
        mention_id=row.id,
        key=row.key,
        topic_id=row.topic_id,
        at=row.counts_at,
        triage=row.triage,
        source_id=row.source_id,
        terms=tuple(row.terms),
        author=row.author,
        handle=row.handle,
        role=row.author_role,
        parent_key=row.parent_key,
        to_us=row.parent_kind == "own",
    )
