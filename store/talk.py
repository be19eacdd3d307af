"""Talk: what was said in a topic within the last hours and by whom, as the detectors that follow a conversation read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, select

from core.records import AuthorRole, MentionClass, Risk, Sentiment, Triage
from store.schema import authors, enrichments, mention_texts, mention_topics, mentions, readings, sources

MOST_CHARS = 300  # of a title, and of a text: what somebody asks or tells stands at the beginning

AN_HOUR = timedelta(hours=1)


class Said(msgspec.Struct, frozen=True, gc=False):
    """One mention of a topic, heard live; our own posts are among them (`kind` "own").

    `at`: when it counts; `seen_at`: when we heard it, later where its source is slow. `author`: the author's key, None where nobody is named; `role`:
    what the registry says of its author. `key` and `parent_key` tie an answer to what it answers; `repost_of` is a native id. `reach`, `reposts`, `followers`: None
    is unknown; `reposts_before`: the counter as first read within the hour before the end. `author_since`: when its author was first heard; `source_since`: when its source
    was. `text` and `title` are cut, and empty where they were erased.
    """

    mention_id: int
    at: datetime
    seen_at: datetime
    source_id: str
    native_id: str = ""
    key: bytes = b""
    kind: MentionClass = "original"
    author: str | None = None
    role: AuthorRole | None = None
    followers: int | None = None
    author_since: datetime | None = None
    source_since: datetime | None = None
    language: str = "und"
    triage: Triage | None = None
    story_id: int | None = None
    reach: int | None = None
    reposts: int | None = None
    reposts_before: int | None = None
    parent_key: bytes | None = None
    repost_of: str | None = None
    place_id: str | None = None
    weak: bool = False
    title: str = ""
    text: str = ""
    sentiment: Sentiment = Sentiment(negative=0.0, neutral=1.0, positive=0.0, confident=False)
    risks: tuple[Risk, ...] = ()

    @property
    def who(self) -> str:
        """Who speaks: the author, or the source where no author is known, so that one source counts once."""
        return self.author or f"source:{self.source_id}"

    @property
    def is_reply(self) -> bool:
        """Whether it answers another mention."""
        return self.parent_key is not None

    @property
    def words(self) -> str:
        """Title and text as one."""
        return f"{self.title}\n{self.text}" if self.title else self.text


def heard(tx: Connection, topic_id: str, start: datetime, end: datetime, limit: int) -> list[Said]:
    """The newest `limit` live mentions of a topic that count within [start, end), oldest first."""
    asked = {"topic": topic_id, "start": start, "end": end, "lately": end - AN_HOUR, "most": limit}
    return [_said(*row) for row in tx.execute(_heard(), asked)]


@cache
def _heard() -> Select[Any]:
    newest = (
        select(mention_topics.c.mention_id, mention_topics.c.counts_at, mention_topics.c.place_id, mention_topics.c.weak)
        .where(mention_topics.c.topic_id == bindparam("topic"))
        .where(mention_topics.c.counts_at >= bindparam("start"), mention_topics.c.counts_at < bindparam("end"))
        .order_by(mention_topics.c.counts_at.desc(), mention_topics.c.mention_id.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    felt = (enrichments.c.negative, enrichments.c.neutral, enrichments.c.positive, enrichments.c.confident)
    lately = (readings.c.mention_id == mentions.c.id) & (readings.c.at >= bindparam("lately")) & (readings.c.at < bindparam("end"))
    read_before = select(func.min(readings.c.reposts)).where(lately).correlate(mentions).scalar_subquery()
    return (
        select(
            *(*felt, enrichments.c.risks, newest.c.mention_id, newest.c.counts_at, *_WHO, mentions.c.reach, mentions.c.reposts),
            *(read_before.label("reposts_before"), mentions.c.parent_key, mentions.c.repost_of, newest.c.place_id, newest.c.weak, *_WORDS),
        )
        .select_from(newest.join(mentions, mentions.c.id == newest.c.mention_id))
        .join(enrichments, enrichments.c.mention_id == mentions.c.id)
        .outerjoin(mention_texts, mention_texts.c.mention_id == mentions.c.id)
        .outerjoin(authors, authors.c.id == mentions.c.author_id)
        .outerjoin(sources, sources.c.id == mentions.c.source_id)
        .where(mentions.c.arrival == "live", mentions.c.deleted_at.is_(None))
        .order_by(newest.c.counts_at, mentions.c.id)
    )


_WHO = (  # as the fields of `Said` stand
    *(mentions.c[name] for name in ("seen_at", "source_id", "native_id", "key", "kind")),
    *(authors.c.key.label("author"), enrichments.c.author_role, authors.c.followers),
    *(authors.c.first_seen_at.label("author_since"), sources.c.first_poll_at.label("source_since")),
    *(enrichments.c.language, enrichments.c.triage, enrichments.c.story_id),
)
_WORDS = tuple(func.substr(func.coalesce(mention_texts.c[name], ""), 1, MOST_CHARS).label(name) for name in ("title", "text"))


def _said(negative: float, neutral: float, positive: float, confident: bool, risks: list[Any], *others: Any) -> Said:  # noqa: FBT001 - a row
    felt = Sentiment(negative=negative, neutral=neutral, positive=positive, confident=confident)
    return Said(*(*others, felt, msgspec.convert(risks, tuple[Risk, ...]) if risks else ()))
