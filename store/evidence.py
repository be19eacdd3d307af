"""Evidence: which mentions an incident rests on, frozen as references with salted digests (rule 12).

The text itself stands in `mention_texts`, where it can be erased; the digest then still proves that what somebody kept elsewhere is what
was seen here, and tells nobody else anything. Beside it stand the counters as they were, and digests of the author and of what the platform sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update

from core.records import Mention
from store.database import insert
from store.schema import enrichments, evidence, mention_payloads, mention_texts, mention_topics, mentions, revisions


class Frozen(msgspec.Struct, frozen=True):
    """One piece: the mention, its rank (0 decides most), when it was frozen, the digest."""

    mention_id: int
    rank: int
    frozen_at: datetime
    digest: str


def freeze(
    tx: Connection, incident_id: int, shown: Sequence[Mention], now: datetime, *, signal_id: int | None, salt: Callable[[], bytes]
) -> int:
    """Add mentions to an incident's evidence, after what is there; one that is there already adds nothing. Returns how many were new."""
    rank = int(tx.execute(_LAST_RANK, {"incident": incident_id}).scalar_one())
    payloads = {row.mention_id: row.sha256 for row in tx.execute(_SENT, {"ids": [one.id for one in shown]})}
    unless_there = insert(tx, evidence).on_conflict_do_nothing().returning(evidence.c.id)
    added = 0
    for mention in shown:
        grain = salt()
        row = {
            "incident_id": incident_id,
            "mention_id": mention.id,
            "signal_id": signal_id,
            "rank": rank + added + 1,
            "frozen_at": now,
            "salt": grain,
            "digest": digest(mention, grain),
            "data": _counted(mention, grain, payloads.get(mention.id)),
        }
        added += tx.execute(unless_there, row).first() is not None
    return added


_LAST_RANK = select(func.coalesce(func.max(evidence.c.rank), -1)).where(evidence.c.incident_id == bindparam("incident"))
_SENT = select(mention_payloads.c.mention_id, mention_payloads.c.sha256).where(
    mention_payloads.c.mention_id.in_(bindparam("ids", expanding=True))
)


def copy(tx: Connection, from_id: int, to_id: int) -> None:
    """Let one incident's evidence stand in another's too, after what is there, as it was frozen; what is there already stays."""
    rank = int(tx.execute(_LAST_RANK, {"incident": to_id}).scalar_one())
    chosen = select(evidence).where(evidence.c.incident_id == from_id).order_by(evidence.c.rank)
    for number, row in enumerate(tx.execute(chosen).mappings().all(), start=1):
        values = {name: value for name, value in row.items() if name != "id"} | {"incident_id": to_id, "rank": rank + number}
        tx.execute(insert(tx, evidence).values(values).on_conflict_do_nothing())


def move(tx: Connection, from_id: int, to_id: int, mention_ids: Sequence[int]) -> None:
    """Take pieces out of one incident's evidence and put them into another's."""
    chosen = (evidence.c.incident_id == from_id) & evidence.c.mention_id.in_(list(mention_ids))
    tx.execute(update(evidence).where(chosen).values(incident_id=to_id))


def stories(tx: Connection, incident_id: int) -> set[int]:
    """The stories that an incident's evidence tells already."""
    return set(tx.execute(_STORIES, {"incident": incident_id}).scalars())


_STORIES = (
    select(enrichments.c.story_id)
    .join(evidence, evidence.c.mention_id == enrichments.c.mention_id)
    .where(evidence.c.incident_id == bindparam("incident"), enrichments.c.story_id.is_not(None))
)


def sources(tx: Connection, incident_id: int) -> set[str]:
    """The sources that an incident's evidence stands in."""
    return set(tx.execute(_SOURCES, {"incident": incident_id}).scalars())


_SOURCES = (
    select(mentions.c.source_id)
    .distinct()
    .join(evidence, evidence.c.mention_id == mentions.c.id)
    .where(evidence.c.incident_id == bindparam("incident"))
)


def loudest(tx: Connection, topic_id: str, since: datetime, limit: int) -> list[int]:
    """Ids of the live mentions of a topic since then that weigh most: reach and reactions, by how negative they are; our own left out."""
    return list(tx.execute(_LOUDEST, {"topic": topic_id, "since": since, "most": limit}).scalars())


_REACTIONS = sum((func.coalesce(mentions.c[name], 0) for name in ("likes", "replies", "reposts")), start=func.coalesce(mentions.c.reach, 0))
_WEIGHT = (_REACTIONS + 1) * enrichments.c.negative
_LOUDEST = (
    select(mentions.c.id)
    .select_from(
        mention_topics.join(mentions, mention_topics.c.mention_id == mentions.c.id).join(
            enrichments, enrichments.c.mention_id == mentions.c.id
        )
    )
    .where(mention_topics.c.topic_id == bindparam("topic"), mention_topics.c.counts_at >= bindparam("since"))
    .where(mentions.c.arrival == "live", mentions.c.kind != "own", mentions.c.deleted_at.is_(None))
    .order_by(_WEIGHT.desc(), mentions.c.id)
    .limit(bindparam("most"))
)


def digest(mention: Mention, salt: bytes) -> str:
    """SHA-256 in hex over salt, address, title and text."""
    return digest_of(mention.url, mention.title, mention.text, salt)


def digest_of(url: str | None, title: str, text: str, salt: bytes) -> str:
    """The same of its parts."""
    return salted("\0".join((url or "", title, text)), salt)


def salted(text: str, salt: bytes) -> str:
    """SHA-256 in hex over salt and text."""
    return hashlib.sha256(salt + text.encode("utf-8", "surrogatepass")).hexdigest()


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece with everything that proves it. `title`, `text`: as they were when it was frozen, None where they are gone; `edited`: they were changed since.

    `sent`: what the platform sent, its media type and SHA-256 (hex), where that is kept. `data`: see `freeze`.
    """

    mention_id: int
    rank: int
    frozen_at: datetime
    salt: bytes
    digest: str
    data: dict[str, Any]
    title: str | None = None
    text: str | None = None
    edited: bool = False
    sent: tuple[bytes, str, str] | None = None


def pieces(tx: Connection, incident_id: int, limit: int) -> list[Piece]:
    """The incident's evidence as it was when it was frozen, the deciding pieces first; what was erased or deleted since has no words."""
    rows = tx.execute(select(evidence).where(evidence.c.incident_id == incident_id).order_by(evidence.c.rank).limit(limit)).mappings().all()
    ids = [row["mention_id"] for row in rows]
    texts = {row.mention_id: row for row in tx.execute(select(mention_texts).where(mention_texts.c.mention_id.in_(ids)))}
    sent = {row.mention_id: row for row in tx.execute(select(mention_payloads).where(mention_payloads.c.mention_id.in_(ids)))}
    former: dict[int, list[Any]] = {}
    for edit in tx.execute(select(revisions).where(revisions.c.mention_id.in_(ids)).order_by(revisions.c.seen_at, revisions.c.id)):
        former.setdefault(edit.mention_id, []).append(edit)
    found = []
    for row in rows:
        number = row["mention_id"]
        later = next((one for one in former.get(number, ()) if one.seen_at > row["frozen_at"]), None)
        words, came = later or texts.get(number), sent.get(number)
        stands = number in texts
        found.append(
            Piece(
                **{name: row[name] for name in ("mention_id", "rank", "frozen_at", "salt", "digest")},
                data=row["data"] or {},
                title=words.title if words is not None and stands else None,
                text=words.text if words is not None and stands else None,
                edited=later is not None,
                sent=None if came is None else (came.payload, came.media_type, came.sha256),
            )
        )
    return found


def of_incident(tx: Connection, incident_id: int) -> list[Frozen]:
    """The incident's evidence, the deciding pieces first."""
    return [Frozen(*row) for row in tx.execute(_OF_INCIDENT, {"incident": incident_id})]


_OF_INCIDENT = (
    select(evidence.c.mention_id, evidence.c.rank, evidence.c.frozen_at, evidence.c.digest)
    .where(evidence.c.incident_id == bindparam("incident"))
    .order_by(evidence.c.rank)
)


def _counted(mention: Mention, salt: bytes, payload_sha256: str | None) -> dict[str, Any]:
    """The numbers as they were; who posted and what the platform sent as salted digests, which outlive an erasure and tell nothing."""
    author, read = mention.author, mention.engagement
    return {
        "likes": read.likes,
        "replies": read.replies,
        "reposts": read.reposts,
        "views": read.views,
        "reach": mention.reach,
        "followers": None if author is None else author.followers,
        "author": None if author is None else salted(author.key, salt),
        "payload": None if payload_sha256 is None else salted(payload_sha256, salt),
    }
