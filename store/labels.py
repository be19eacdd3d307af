"""Labels: what people said of incidents, signals and mentions afterwards.

Of a mention two questions are asked: how it feels, and whether it is about us. The newest answer to each stands, as long as the mention's text has not
been edited since; the others stay as its history. A label refers to its mention and holds none of its words (rule 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, select

from store.database import insert
from store.schema import incidents, labels, mention_texts, mention_topics, mentions, signals

SENTIMENTS: Final = ("negative", "neutral", "positive")
RELEVANCES: Final = ("relevant", "irrelevant")
INCIDENT: Final = ("real", "false")
MISSED: Final = "missed"  # the kind of an incident that no detector raised: a person told of it
Question = Literal["sentiment", "relevance"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: what was said, by whom, when, and why where that was told."""

    label: str
    by: str
    at: datetime
    reason: str | None = None
    comment: str | None = None

    @property
    def question(self) -> Question:
        """What of a mention it answers."""
        return "relevance" if self.label in RELEVANCES else "sentiment"


class Taught(msgspec.Struct, frozen=True):
    """A mention of a topic whose sentiment a person told."""

    topic_id: str
    mention_id: int
    label: str


def add(
    tx: Connection,
    now: datetime,
    by: str,
    label: str,
    *,
    incident_id: int | None = None,
    mention_id: int | None = None,
    reason: str | None = None,
    comment: str | None = None,
) -> None:
    """Keep one judgement; later ones stand beside it, the newest counts."""
    tx.execute(
        insert(tx, labels).values(
            at=now,
            by=by,
            label=label,
            incident_id=incident_id,
            mention_id=mention_id,
            reason=reason,
            comment=comment,
        )
    )


def of_incident(tx: Connection, incident_id: int) -> list[Label]:
    """All that was said of an incident, the newest last."""
    chosen = select(labels).where(labels.c.incident_id == incident_id, labels.c.label.in_(INCIDENT))
    return [_label(row) for row in tx.execute(chosen.order_by(labels.c.id))]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One signal on an incident that people judged: the incident's standing label, and what the signal was judged on."""

    incident_id: int
    kind: str
    topic_id: str | None
    at: datetime
    expected: float | None
    score: float
    real: bool
    frozen: dict[str, Any]


def judged(tx: Connection) -> list[Judged]:
    """Every signal on a live incident that people judged, the oldest first; of an incident judged twice the newest label counts."""
    last = (
        select(func.max(labels.c.id).label("id"))
        .where(labels.c.incident_id.is_not(None), labels.c.label.in_(INCIDENT))
        .group_by(labels.c.incident_id)
        .subquery()
    )
    chosen = (
        select(
            *(signals.c[name] for name in ("incident_id", "kind", "topic_id", "expected", "score", "frozen")),
            signals.c.raised_at,
            labels.c.label,
        )
        .join(labels, labels.c.incident_id == signals.c.incident_id)
        .join(last, last.c.id == labels.c.id)
        .join(incidents, incidents.c.id == signals.c.incident_id)
        .where(incidents.c.world == "live")
        .order_by(signals.c.raised_at, signals.c.id)
    )
    return [
        Judged(
            incident_id=row.incident_id,
            kind=row.kind,
            topic_id=row.topic_id,
            at=row.raised_at,
            expected=row.expected,
            score=row.score,
            real=row.label == "real",
            frozen=row.frozen,
        )
        for row in tx.execute(chosen)
    ]


def standing(tx: Connection, mention_ids: Sequence[int]) -> dict[int, dict[Question, Label]]:
    """The answers that stand, by mention; mentions that nobody judged are left out."""
    found: dict[int, dict[Question, Label]] = {}
    for row in tx.execute(_STANDING, {"ids": list(mention_ids)}):
        label = _label(row)
        found.setdefault(row.mention_id, {})[label.question] = label
    return found


_STANDING = (
    select(labels)
    .join(mentions, mentions.c.id == labels.c.mention_id)
    .where(labels.c.mention_id.in_(bindparam("ids", expanding=True)), labels.c.label.in_((*SENTIMENTS, *RELEVANCES)))
    .where(mentions.c.edited_at.is_(None) | (mentions.c.edited_at <= labels.c.at))
    .order_by(labels.c.id)
)


def newest(tx: Connection) -> int:
    """The number of the newest label of a mention; 0 where there is none. It grows with each."""
    return tx.execute(select(func.max(labels.c.id)).where(labels.c.mention_id.is_not(None))).scalar() or 0


def taught(tx: Connection, topic_ids: Sequence[str]) -> list[Taught]:
    """The mentions of these topics whose sentiment a person told and whose words are still there, by topic and mention."""
    last = (
        select(func.max(labels.c.id).label("id"))
        .where(labels.c.mention_id.is_not(None), labels.c.label.in_(SENTIMENTS))
        .group_by(labels.c.mention_id)
        .subquery()
    )
    there = mentions.c.deleted_at.is_(None) & (mentions.c.edited_at.is_(None) | (mentions.c.edited_at <= labels.c.at))
    chosen = (
        select(mention_topics.c.topic_id, labels.c.mention_id, labels.c.label)
        .join(last, last.c.id == labels.c.id)
        .join(mentions, mentions.c.id == labels.c.mention_id)
        .join(mention_texts, mention_texts.c.mention_id == mentions.c.id)
        .join(mention_topics, mention_topics.c.mention_id == mentions.c.id)
        .where(mention_topics.c.topic_id.in_(topic_ids), there)
        .order_by(mention_topics.c.topic_id, labels.c.mention_id)
    )
    return [Taught(row.topic_id, row.mention_id, row.label) for row in tx.execute(chosen)]


def _label(row: Row[tuple[object, ...]]) -> Label:
    return Label(label=row.label, by=row.by, at=row.at, reason=row.reason, comment=row.comment)
