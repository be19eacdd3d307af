"""Recounts: a topic's history counted again with its changed query (rule 9), a batch of mentions at a time, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, and_, delete, func, select, update

from core.records import TopicMatch
from store import labels, series, watches
from store.bulk import insert_rows, json_text, times
from store.claims import claim_due, next_claimable, still_mine
from store.database import insert
from store.schema import enrichments, mention_topics, mentions, recounts


class Recount(msgspec.Struct, frozen=True):
    """What is left of one: mentions with ids above `at`, up to `upto`, that were understood before `since`. What came later was counted then."""

    topic_id: str
    version: str
    since: datetime
    upto: int
    at: int
    counted: int
    attempt: int


class Old(msgspec.Struct, frozen=True):
    """A mention as an earlier query left it: when it counts, its story, and the topic's match with the earlier query, None where it did not match."""

    mention_id: int
    counts_at: datetime
    story_id: int | None
    match: TopicMatch | None


def begin(tx: Connection, versions: Mapping[str, str], now: datetime) -> list[str]:
    """Have history counted again for these topics (id -> version of the query); returns those that have a history.

    Their counts are taken out at once; until the last batch is counted, detectors learn from `now` on (`watches.counted_from`).
    """
    upto = tx.execute(select(func.max(mentions.c.id)).where(mentions.c.enriched_at.is_not(None))).scalar()
    if upto is None:
        return []
    for topic_id, version in sorted(versions.items()):
        series.forget(tx, topic_id)
        watches.learn_anew(tx, topic_id, now, since=now)
        fresh = {"version": version, "since": now, "upto": upto, "at": 0, "counted": 0, "due_at": now, "claimed_until": None}
        upsert = insert(tx, recounts).values(topic_id=topic_id, **fresh)
        tx.execute(upsert.on_conflict_do_update(index_elements=["topic_id"], set_={**fresh, "attempt": recounts.c.attempt + 1}))
    return sorted(versions)


def claim(tx: Connection, topic_ids: Sequence[str], now: datetime, until: datetime) -> Recount | None:
    """Claim one that is not done."""
    due = (recounts.c.due_at <= now) & recounts.c.topic_id.in_(topic_ids)
    rows = claim_due(tx, recounts, due=due, order=recounts.c.due_at, now=now, until=until, limit=1)
    return next((_recount(dict(row)) for row in rows), None)


def next_due(tx: Connection, topic_ids: Sequence[str]) -> datetime | None:
    """When the next one can be gone on with; None where all are done."""
    return next_claimable(tx, recounts, recounts.c.due_at, recounts.c.topic_id.in_(topic_ids))


def batch(tx: Connection, recount: Recount, limit: int) -> list[int]:
    """The next mentions of one, oldest first."""
    chosen = select(mentions.c.id).where(mentions.c.id > recount.at, mentions.c.id <= recount.upto, mentions.c.enriched_at < recount.since)
    return list(tx.execute(chosen.order_by(mentions.c.id).limit(limit)).scalars())


def olds(tx: Connection, topic_id: str, ids: Sequence[int]) -> dict[int, Old]:
    """These mentions as the earlier query left them, by id."""
    matched = and_(mention_topics.c.mention_id == mentions.c.id, mention_topics.c.topic_id == topic_id)
    chosen = (
        select(mentions.c.id, mentions.c.counts_at, enrichments.c.story_id, mention_topics)
        .select_from(mentions.outerjoin(enrichments, enrichments.c.mention_id == mentions.c.id).outerjoin(mention_topics, matched))
        .where(mentions.c.id.in_(ids))
    )
    found = {}
    for row in tx.execute(chosen):
        match = None
        if row.topic_id is not None:
            match = TopicMatch(topic_id=row.topic_id, version=row.version, terms=tuple(row.terms), weak=row.weak, place_id=row.place_id)
        found[row.id] = Old(row.id, row.counts_at, row.story_id, match)
    return found


def set_matches(tx: Connection, topic_id: str, ids: Sequence[int], matches: Sequence[tuple[Old, TopicMatch]]) -> list[int]:
    """Let the topic's matches among these mentions be those given; returns the ids that are in the topic now.

    A mention that a person called irrelevant stays out; one called relevant is surely in.
    """
    judged = {mention_id: told["relevance"].label for mention_id, told in labels.standing(tx, list(ids)).items() if "relevance" in told}
    kept = [
        (old, replace(match, weak=match.weak and judged.get(old.mention_id) != "relevant"))
        for old, match in matches
        if judged.get(old.mention_id) != "irrelevant"
    ]
    tx.execute(delete(mention_topics).where(mention_topics.c.topic_id == topic_id, mention_topics.c.mention_id.in_(ids)))
    fit = times(tx)
    rows = [
        (topic_id, old.mention_id, match.version, json_text(match.terms), match.weak, fit(old.counts_at), match.place_id)
        for old, match in kept
    ]
    insert_rows(tx, mention_topics, ("topic_id", "mention_id", "version", "terms", "weak", "counts_at", "place_id"), rows)
    return [old.mention_id for old, _ in kept]


def advance(tx: Connection, recount: Recount, *, at: int, now: datetime) -> bool:
    """Keep how far one has come, and give the claim back; whether it was still ours. Ask before counting: who lost it must count nothing."""
    mine = update(recounts).where(still_mine(recounts, recount.topic_id, recount.attempt))
    return tx.execute(mine.values(at=at, due_at=now, claimed_until=None)).rowcount == 1


def note(tx: Connection, recount: Recount, *, counted: int) -> None:
    """Add to how many mentions were counted, in the transaction in which it came so far."""
    tx.execute(update(recounts).where(recounts.c.topic_id == recount.topic_id).values(counted=recounts.c.counted + counted))


def finish(tx: Connection, recount: Recount, now: datetime) -> bool:
    """End one: the topic's detectors learn from all of its history; whether the claim was still ours."""
    mine = update(recounts).where(still_mine(recounts, recount.topic_id, recount.attempt))
    if tx.execute(mine.values(at=recount.upto, due_at=None, claimed_until=None)).rowcount != 1:
        return False
    watches.learn_anew(tx, recount.topic_id, now)
    return True


def unfinished(tx: Connection) -> list[Recount]:
    """Those that are not done, by topic."""
    rows = tx.execute(select(recounts).where(recounts.c.due_at.is_not(None)).order_by(recounts.c.topic_id)).mappings()
    return [_recount(dict(row)) for row in rows]


def _recount(row: dict[str, object]) -> Recount:
    return msgspec.convert({name: row[name] for name in Recount.__struct_fields__}, Recount)
