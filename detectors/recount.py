"""The Recounter: a topic whose query changed -> its history read again, batch by batch -> matches and counts -> the Watcher learns from all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from msgspec.structs import replace

from core.records import Enrichment, Mention, TopicMatch
from detectors.classing import classed, saved
from detectors.counting import Counted, count
from detectors.reading import Read, Reader
from store import enrichments, mentions, recounts, stories
from store.database import Tx
from store.open import Store
from store.recounts import Old, Recount

log = structlog.get_logger()

BATCH: Final = 200  # mentions read and counted in one transaction; what is heard now goes first
CLAIM: Final = timedelta(minutes=2)
LOOK_EVERY: Final = timedelta(hours=1)  # for what another process left undone


class ReaderFor(Protocol):
    """Builds what reads mentions for one topic alone."""

    def __call__(self, topic_id: str) -> Reader:
        """A reader that knows this topic only."""


class Recounter:
    """Counts the history of topics again, with the queries they have now (rule 9).

    Detectors go on meanwhile with what was counted since the change; once the last batch is in they learn anew from everything, and what that
    would have raised is history. A mention whose words were deleted or erased stays what it was counted as. One that no topic wanted when it was
    heard, and was not understood any further then, is understood now.

    Args:
        store: mentions in, matches and counts out.
        topics: ids of the configured ones.
        reader_for: reads for one topic.
    """

    def __init__(self, store: Store, topics: Collection[str], *, reader_for: ReaderFor) -> None:
        self._store = store
        self._topics = sorted(topics)
        self.reader_for = reader_for
        self._readers: dict[tuple[str, str], Reader] = {}

    async def step(self, now: datetime) -> datetime | None:
        """Count one batch of one topic; returns when there is more to do."""
        due = await self._store.database.read(recounts.next_due, self._topics)
        if due is None or due > now:
            return due or now + LOOK_EVERY
        recount = await self._store.database.write_bulk(recounts.claim, self._topics, now, now + CLAIM)
        if recount is None:
            return now + CLAIM
        batch = await self._store.database.read(self._batch, recount)
        if not batch:
            if await self._store.database.write(recounts.finish, recount, now):
                log.info("history counted again", topic=recount.topic_id, mentions=recount.counted)
            self._readers.clear()
            return now
        parents = await self._store.database.read(enrichments.topics_of, sorted({one.parent_key for one in batch if one.parent_key}))
        read = await asyncio.to_thread(self._reader(recount).read, batch, parents)
        await self._store.database.write_bulk(self._count, recount, read, now)
        return now

    def _reader(self, recount: Recount) -> Reader:
        key = (recount.topic_id, recount.version)
        if key not in self._readers:
            self._readers = {key: self.reader_for(recount.topic_id)}
        return self._readers[key]

    def _batch(self, tx: Tx, recount: Recount) -> list[Mention]:
        return mentions.get(tx, recounts.batch(tx, recount, BATCH))

    def _count(self, tx: Tx, recount: Recount, batch: Sequence[Read], now: datetime) -> None:
        ids = [read.mention.id for read in batch]
        if not recounts.advance(tx, recount, at=max(ids), now=now):  # another process has it, or the query changed again: not counted twice
            return
        stories.in_turn(tx)
        olds = recounts.olds(tx, recount.topic_id, ids)
        understood = enrichments.get(tx, ids)
        found = {read.mention.id: match for read in batch if (match := _match(read, recount.topic_id, olds)) is not None}
        kept = set(recounts.set_matches(tx, recount.topic_id, ids, [(olds[mention_id], match) for mention_id, match in found.items()]))
        told = [_only(read, found[read.mention.id]) for read in batch if read.mention.id in kept]
        reader = self._reader(recount)
        unread = [read for read in told if read.mention.id not in understood]
        fresh = classed(tx, reader, unread)
        enrichments.save_all(tx, [saved(reader, one) for one in fresh])
        authors = mentions.author_ids(tx, ids)
        known = [
            _known(read, understood[read.mention.id], olds[read.mention.id], authors.get(read.mention.id))
            for read in told
            if read.mention.id in understood
        ]
        count(tx, [one for one in (*fresh, *known) if one.mention.arrival != "backfill"])
        recounts.note(tx, recount, counted=len(told))


def _match(read: Read, topic_id: str, olds: Mapping[int, Old]) -> TopicMatch | None:
    """Whether it is in the topic now; without its words it stays what it was."""
    mention = read.mention
    if mention.deleted_at is not None or not (mention.title or mention.text):
        return olds[mention.id].match
    return next((match for match in read.said.topics if match.topic_id == topic_id), None)


def _only(read: Read, match: TopicMatch) -> Read:
    return read._replace(said=replace(read.said, topics=(match,)))


def _known(read: Read, understood: Enrichment, old: Old, author_id: int | None) -> Counted:
    """A mention that was understood before: its class, reach and feeling stay."""
    mention = read.mention
    said = replace(read.said, sentiment=understood.sentiment)
    return Counted(mention, said, mention.kind, author_id, old.story_id, mention.reach, understood.author_role)
