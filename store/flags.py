"""Flagged mentions: who reported them, in what kind of place, with which pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from core.flagged import Counted, Flagged, Picture
from core.records import Engagement
from store import pages, readings
from store.bulk import rows_among
from store.database import insert
from store.incidents import OPEN
from store.schema import evidence, flags, incidents, mention_pictures, mention_texts, mention_topics, mentions, pictures


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A flagged mention: `title` (mostly the group's name) is empty once it is deleted; `by` who flagged it."""

    mention_id: int
    key: bytes
    source_id: str
    by: str
    place: str
    at: datetime
    title: str = ""
    deleted_at: datetime | None = None


def keep(tx: Connection, source_id: str, flagged: Sequence[Flagged], counted: Sequence[Counted], now: datetime) -> None:
    """Keep what a page says beside its mentions, after those are stored. The first who flagged a mention stays its flagger.

    Counters are taken of this source's flagged mentions alone.
    """
    known = {
        row.key: row
        for row in rows_among(tx, mentions, ("id", "key", "deleted_at", *readings.COUNTERS), "key", [one.key for one in flagged])
    }
    for one in flagged:
        row = known.get(one.key)
        if row is not None and row.deleted_at is None:
            _keep_one(tx, source_id, row, one, now)
    for answer in counted:
        found = get(tx, answer.mention_id)
        if found is not None and found.source_id == source_id:
            take(tx, found, answer, now)


def take(tx: Connection, flag: Flag, answer: Counted, now: datetime) -> bool:
    """Keep counters that somebody read again, or that the post is gone; False where it was gone before."""
    if flag.deleted_at is not None:
        return False
    if answer.gone:
        pages.remove(tx, [flag.key], now)
    else:
        readings.add(tx, flag.mention_id, answer.engagement, now, answer.by)
    return True


def get(tx: Connection, mention_id: int) -> Flag | None:
    """One flagged mention, or None."""
    return next(iter(_found(tx, flags.c.mention_id == mention_id)), None)


def with_key(tx: Connection, key: bytes) -> Flag | None:
    """The flagged mention of this key, or None."""
    return next(iter(_found(tx, mentions.c.key == key)), None)


def of_incident(tx: Connection, incident_id: int, topic_id: str | None, since: datetime) -> list[Flag]:
    """The flagged mentions of an incident, oldest first: its evidence, and what was flagged in its topic since `since`."""
    in_evidence = select(evidence.c.mention_id).where(evidence.c.incident_id == incident_id)
    in_topic = select(mention_topics.c.mention_id).where(mention_topics.c.topic_id == topic_id, mention_topics.c.counts_at >= since)
    chosen = flags.c.mention_id.in_(in_evidence)
    return _found(tx, chosen | flags.c.mention_id.in_(in_topic) if topic_id is not None else chosen)


def incidents_of(tx: Connection, mention_id: int) -> list[int]:
    """Ids of the open incidents that a flagged mention is evidence of, or whose topic it is in."""
    in_evidence = select(evidence.c.incident_id).where(evidence.c.mention_id == mention_id)
    topics = select(mention_topics.c.topic_id).where(mention_topics.c.mention_id == mention_id)
    chosen = select(incidents.c.id).where(incidents.c.status.in_(OPEN))
    return list(
        tx.execute(chosen.where(incidents.c.id.in_(in_evidence) | incidents.c.topic_id.in_(topics)).order_by(incidents.c.id)).scalars()
    )


def among(tx: Connection, mention_ids: Sequence[int]) -> list[int]:
    """Those of the mentions that a person flagged and that still stand, in their order."""
    found = set(tx.execute(_AMONG, {"ids": list(mention_ids)}).scalars())
    return [number for number in mention_ids if number in found]


_AMONG = (
    select(flags.c.mention_id)
    .join(mentions, mentions.c.id == flags.c.mention_id)
    .where(flags.c.mention_id.in_(bindparam("ids", expanding=True)), mentions.c.deleted_at.is_(None))
)


def lately(tx: Connection, since: datetime) -> bool:
    """Whether anything was flagged since then."""
    return tx.execute(select(flags.c.mention_id).where(flags.c.at >= since).limit(1)).first() is not None


def pictures_of(tx: Connection, mention_ids: Sequence[int]) -> dict[int, list[tuple[str, bool]]]:
    """The hashes of the pictures of each mention, and whether the picture itself is kept."""
    found: dict[int, list[tuple[str, bool]]] = {}
    joined = mention_pictures.outerjoin(pictures, mention_pictures.c.sha256 == pictures.c.sha256)
    chosen = select(mention_pictures.c.mention_id, mention_pictures.c.sha256, pictures.c.size).select_from(joined)
    for row in tx.execute(chosen.where(mention_pictures.c.mention_id.in_(mention_ids)).order_by(mention_pictures.c.sha256)):
        found.setdefault(row.mention_id, []).append((row.sha256, row.size is not None))
    return found


def picture(tx: Connection, sha256: str) -> Picture | None:
    """A picture as it was sent; None where there is none."""
    row = tx.execute(select(pictures).where(pictures.c.sha256 == sha256)).one_or_none()
    return None if row is None else Picture(sha256=row.sha256, media_type=row.media_type, data=row.bytes)


def _keep_one(tx: Connection, source_id: str, row: Row[Any], one: Flagged, now: datetime) -> None:
    values = {"mention_id": row.id, "by": one.by[:200], "place": one.place, "at": now}
    tx.execute(insert(tx, flags).values(**values).on_conflict_do_nothing())
    if not readings.own(tx, row.id, source_id, one.by[:200]) and any(getattr(row, name) is not None for name in readings.COUNTERS):
        series = readings.of(tx, [row.id]).get(row.id)
        if not series:  # what it began with
            readings.add(tx, row.id, _engagement(row), now, one.by[:200])
    for shown in one.pictures:
        if shown.data:
            kept = {
                "sha256": shown.sha256,
                "media_type": shown.media_type,
                "bytes": shown.data,
                "size": len(shown.data),
                "first_seen_at": now,
            }
            tx.execute(insert(tx, pictures).values(**kept).on_conflict_do_nothing())
        tx.execute(insert(tx, mention_pictures).values(mention_id=row.id, sha256=shown.sha256).on_conflict_do_nothing())


def _engagement(row: Row[Any]) -> Engagement:
    return Engagement(**{name: getattr(row, name) for name in readings.COUNTERS})


def _found(tx: Connection, chosen: Any) -> list[Flag]:
    joined = flags.join(mentions, flags.c.mention_id == mentions.c.id).outerjoin(mention_texts, mention_texts.c.mention_id == mentions.c.id)
    columns = (flags, mentions.c.key, mentions.c.source_id, mentions.c.deleted_at, mention_texts.c.title)
    rows = tx.execute(select(*columns).select_from(joined).where(chosen).order_by(flags.c.at, flags.c.mention_id))
    return [
        Flag(
            mention_id=row.mention_id, key=row.key, source_id=row.source_id, by=row.by, place=row.place, at=row.at, title=row.title or "",
            deleted_at=row.deleted_at,
        )
        for row in rows
    ]  # fmt: skip
