"""The Enricher: mentions -> read in context -> mark, story, class, count, mention-level signals, in one transaction -> wake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import replace

from core.probe import is_probe, signal_of
from core.records import Enrichment, Mention, Risk, Signal, Tier, TopicMatch
from detectors.base import Detector, MentionDetector
from detectors.classing import classed, saved
from detectors.counting import Counted, count
from detectors.judging import Judge, Topic
from detectors.learn import Learner
from detectors.people import VoiceDetector
from detectors.reading import Read, Reader, Understands
from detectors.registry import Known, Registry
from store import dead_letters, enrichments, mentions, signals, stories, watches
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

__all__ = ["BATCH", "SWEEP_EVERY", "Enricher", "Topic", "Understands"]

log = structlog.get_logger()

BATCH: Final = 200  # mentions understood and counted in one transaction
SWEEP_EVERY: Final = timedelta(seconds=30)
MINUTE: Final = timedelta(minutes=1)
MARKS_KEPT: Final = timedelta(days=14)  # longer than a copy is looked for, so that history may be imported in any order
FORGET_EVERY: Final = timedelta(days=1)


class Enricher:
    """Understands new mentions and counts them; reads edited ones once more.

    Who marks a mention counts it, in the same transaction (rule 2): delivered twice, or by two processes at once, nothing counts twice.
    A mention that the pipeline cannot bear is tried by itself, pushed forward, and after three attempts dead-lettered; the others go on.
    An edit moves no count; a risk that it adds is judged like one heard now. Of a mention that is about no topic nothing is kept but its own row:
    where a query changes later, the Recounter finds it not understood.

    Args:
        store: mentions in, counts and signals out.
        pipeline: what understands.
        topics: by id.
        brand_context: source id -> ids of topics that everything in the source is about.
        detectors: kind -> what may raise a signal from one risk of one mention.
        generation: the configuration's number, which signals carry.
        tiers: source id -> its weight.
        registry: who is known, and what is our own.
        on_sentiment: kind -> detectors that live on sentiment, to be told where the team's labels change it.
        people: kind -> the same, of topics that are about a person of ours.
        voices: kind -> what may raise a signal from one mention by somebody whom we know.
        sweep_every: how often to look for what was committed and never announced (rule 1).
    """

    def __init__(
        self,
        store: Store,
        pipeline: Understands,
        topics: Mapping[str, Topic],
        *,
        brand_context: Mapping[str, tuple[str, ...]],
        detectors: Mapping[str, MentionDetector],
        generation: int,
        tiers: Mapping[str, Tier] | None = None,
        registry: Registry | None = None,
        on_sentiment: Mapping[str, Detector[Any]] | None = None,
        people: Mapping[str, MentionDetector] | None = None,
        voices: Mapping[str, VoiceDetector] | None = None,
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._store = store
        self._reader = Reader(pipeline, brand_context, tiers or {}, registry or Registry())
        self._learner = Learner(store, self._reader, [topic.id for topic in topics.values() if topic.person is None], on_sentiment or {})
        self._judge = Judge(topics, detectors, people=people or {}, voices=voices or {}, generation=generation)
        self._sweep_every = sweep_every
        self._swept_at: datetime | None = None
        self._forgot_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Understand one batch; returns `now` where more waits, else when to sweep next."""
        await self._learner.step(now)
        announced = await self._store.mentions.take(BATCH)
        ids = announced or await self._sweep(now)
        if ids:
            await self._enrich(await self._store.database.read(mentions.get, ids), now)
        await self._store.mentions.done()
        return now if ids else (self._swept_at or now) + self._sweep_every

    async def _sweep(self, now: datetime) -> list[int]:
        self._swept_at = now
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            await self._store.database.write_bulk(stories.forget_marks, now - MARKS_KEPT)
        database = self._store.database
        return await database.read(mentions.to_enrich, BATCH) or await database.read(mentions.to_read_again, BATCH)

    async def _enrich(self, batch: Sequence[Mention], now: datetime) -> None:
        try:
            keys = sorted({mention.parent_key for mention in batch if mention.parent_key is not None})
            parents = await self._store.database.read(enrichments.topics_of, keys) if keys else {}
            read = await asyncio.to_thread(self._reader.read, batch, parents)
            raised = await self._store.database.write(self._mark_and_count, read, now)
        except DatabaseFailed:  # locked, full, away: no fault of the mentions', which are found again by the sweep
            raise
        except Exception as error:  # noqa: BLE001 - one of them is poison: find out which, let the others through
            if len(batch) > 1:
                log.warning("batch not understood, trying one by one", mentions=len(batch))
                for mention in batch:
                    await self._enrich([mention], now)
            elif batch:
                await self._store.database.write(_push_forward, batch[0].id, type(error).__name__, now)
            return
        await self._store.signals.publish(raised)

    def _mark_and_count(self, tx: Tx, batch: Sequence[Read], now: datetime) -> list[int]:
        stories.in_turn(tx)
        ids = [read.mention.id for read in batch]
        marked = mentions.mark_enriched(tx, ids, now)
        probes = [read.mention for read in batch if is_probe(read.mention) and read.mention.id in marked]
        batch = [read for read in batch if not is_probe(read.mention)]
        edited = mentions.mark_read_again(tx, [mention_id for mention_id in ids if mention_id not in marked])
        new = classed(tx, self._reader, [read for read in batch if read.mention.id in marked])
        enrichments.save_all(tx, [saved(self._reader, one) for one in new if one.said.topics])
        count(tx, [one for one in new if one.mention.arrival != "backfill"])
        live = [one for one in new if one.mention.arrival == "live"]
        watches.changed(tx, {topic.topic_id for one in live for topic in one.said.topics}, _next_minute(now))
        known = {read.mention.id: read.entry for read in batch}
        found = self.judge(tx, [(one, known[one.mention.id]) for one in live], now)
        found += [signal for read in batch if read.mention.id in edited for signal in self._read_again(tx, read, now)]
        return signals.add(tx, [*found, *(signal_of(mention, now) for mention in probes)])

    @property
    def reader(self) -> Reader:
        """What reads mentions."""
        return self._reader

    def judge(self, tx: Tx, live: Sequence[tuple[Counted, Known | None]], now: datetime) -> list[Signal]:
        """What mentions raise that were heard live and are stored, each by itself or with others; beside each who wrote it, where we know him."""
        return [signal for one, entry in live for signal in self._judge.judge(tx, one, entry, one.mention.at, now)]

    def _read_again(self, tx: Tx, read: Read, now: datetime) -> list[Signal]:
        """An edited mention: what it says now is kept, its counts stay; only risks that it did not have before are judged, and a tone that has turned."""
        mention = read.mention
        if mention.deleted_at is not None:
            return []
        before = enrichments.get(tx, [mention.id]).get(mention.id) or _nothing_of_ours(read)
        story_id = enrichments.story_ids(tx, [mention.id]).get(mention.id)
        said = replace(read.said, topics=_joined(before.topics, read.said.topics))
        if not said.topics:
            return []
        one = Counted(mention, said, mention.kind, None, story_id, mention.reach, before.author_role)
        enrichments.save_all(tx, [saved(self._reader, one)])
        fresh = tuple(risk for risk in said.risks if _is_graver(risk, before.risks))
        soured = said.sentiment.label == "negative" and before.sentiment.label != "negative"
        if mention.arrival != "live" or not (fresh or soured):
            return []
        at = min(mention.edited_at or now, now)
        return self._judge.judge(tx, one._replace(said=replace(said, risks=fresh)), read.entry, at, now)


def _nothing_of_ours(read: Read) -> Enrichment:
    """What was understood of a mention that was about no topic."""
    role = None if read.entry is None else read.entry.role
    return Enrichment(mention_id=read.mention.id, language=read.said.language, topics=(), sentiment=read.said.sentiment, author_role=role)


def _joined(before: Sequence[TopicMatch], now: Sequence[TopicMatch]) -> tuple[TopicMatch, ...]:
    """The topics of an edited mention: what it was counted in stays."""
    ids = {match.topic_id for match in now}
    return (*now, *(match for match in before if match.topic_id not in ids))


def _is_graver(risk: Risk, before: Sequence[Risk]) -> bool:
    return all(other.family != risk.family or other.level > risk.level for other in before)


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + MINUTE


def _push_forward(tx: Tx, mention_id: int, error: str, now: datetime) -> None:
    attempts = mentions.push_forward(tx, mention_id)
    if attempts < mentions.MAX_ENRICH_ATTEMPTS:
        return
    if mentions.mark_enriched(tx, [mention_id], now) or mentions.mark_read_again(tx, [mention_id]):
        dead_letters.add(tx, now, "enricher", f"mention:{mention_id}", error, {"mention_id": mention_id})
        log.error("mention dead-lettered", mention=mention_id, error=error)
