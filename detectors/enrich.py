"""The Enricher: mentions -> pipeline -> mark, count, story, mention-level signals, in one transaction -> wake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from core.records import Enrichment, Mention, Record, Signal, TopicKind
from detectors.base import Finding, Heard, MentionDetector
from detectors.enrichment.records import Heard as Text
from detectors.enrichment.records import Understood
from detectors.raising import signal_of
from store import dead_letters, enrichments, mentions, series, signals, watches
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

BATCH: Final = 200  # mentions understood and counted in one transaction
SWEEP_EVERY: Final = timedelta(seconds=30)
RISK_WINDOW: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)


class Understands(Protocol):
    """What the Enricher asks of a pipeline."""

    version: str

    def enrich(self, texts: Sequence[Text]) -> list[Understood]:
        """What the mentions say, in order."""


class Topic(Record, frozen=True, kw_only=True, gc=False):
    """A topic as the Enricher needs it: its kind, and the version of its query that counts are made with (rule 9)."""

    id: str
    name: str
    kind: TopicKind
    version: str


class Enricher:
    """Understands new mentions and counts them.

    Who marks a mention counts it, in the same transaction (rule 2): delivered twice, or by two processes at once, nothing counts twice.
    A mention that the pipeline cannot bear is tried by itself, pushed forward, and after three attempts dead-lettered; the others go on.

    Args:
        store: mentions in, counts and signals out.
        pipeline: what understands.
        topics: by id.
        brand_context: source id -> ids of topics that everything in the source is about.
        detectors: kind -> what may raise a signal from one mention.
        generation: the configuration's number, which signals carry.
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
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._topics = dict(topics)
        self._brand_context = dict(brand_context)
        self._detectors = dict(detectors)
        self._generation = generation
        self._sweep_every = sweep_every
        self._swept_at: datetime | None = None

    async def step(self, now: datetime) -> datetime | None:
        """Understand one batch; returns `now` where more waits, else when to sweep next."""
        announced = await self._store.mentions.take(BATCH)
        ids = announced or await self._sweep(now)
        if ids:
            await self._enrich(await self._store.database.read(mentions.get, ids), now)
        await self._store.mentions.done()
        return now if ids else (self._swept_at or now) + self._sweep_every

    async def _sweep(self, now: datetime) -> list[int]:
        self._swept_at = now
        return await self._store.database.read(mentions.to_enrich, BATCH)

    async def _enrich(self, batch: Sequence[Mention], now: datetime) -> None:
        try:
            understood = await asyncio.to_thread(self._pipeline.enrich, [self._text(mention) for mention in batch])
            raised = await self._store.database.write(self._mark_and_count, batch, understood, now)
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

    def _text(self, mention: Mention) -> Text:
        context = self._brand_context.get(mention.source_id, ())
        return Text(title=mention.title, text=mention.text, lang=mention.lang, brand_context=context)

    def _mark_and_count(self, tx: Tx, batch: Sequence[Mention], understood: Sequence[Understood], now: datetime) -> list[int]:
        marked = mentions.mark_enriched(tx, [mention.id for mention in batch], now)
        author_ids = mentions.author_ids(tx, sorted(marked))
        counts: list[series.Count] = []
        found: list[Signal] = []
        changed: set[str] = set()
        for mention, said in zip(batch, understood, strict=True):
            if mention.id not in marked:
                continue
            story_id = enrichments.story_of(tx, said.fingerprint, mention.id, mention.seen_at) if said.topics and said.fingerprint else None
            enrichments.save(tx, self._enrichment(mention, said), counts_at=mention.at, story_id=story_id)
            if mention.arrival == "backfill":
                continue
            counts += [_count(tx, topic.topic_id, mention, said, author_ids.get(mention.id), story_id) for topic in said.topics]
            if mention.arrival == "live":
                changed.update(topic.topic_id for topic in said.topics)
                found += self._judge(tx, mention, said, now)
        series.add(tx, counts)
        watches.changed(tx, changed, _next_minute(now))
        return signals.add(tx, found)

    def _enrichment(self, mention: Mention, said: Understood) -> Enrichment:
        return Enrichment(
            mention_id=mention.id,
            language=said.language,
            topics=said.topics,
            sentiment=said.sentiment,
            risks=said.risks,
            fingerprint=said.fingerprint,
            model=self._pipeline.version,
        )

    def _judge(self, tx: Tx, mention: Mention, said: Understood, now: datetime) -> list[Signal]:
        """What one mention raises by itself, or together with others that spoke of the same risk within the hour."""
        raised: list[Signal] = []
        for match in said.topics:
            topic = self._topics.get(match.topic_id)
            if topic is None or not said.risks:
                continue
            seen = enrichments.risks_since(tx, topic.id, mention.at - RISK_WINDOW)
            recent = [_recent(one, topic) for one in seen if one.mention_id != mention.id]
            for risk in said.risks:
                heard = Heard(
                    at=mention.at,
                    topic_id=topic.id,
                    topic_kind=topic.kind,
                    risk=risk,
                    source_id=mention.source_id,
                    weak=match.weak,
                    author=None if mention.author is None else mention.author.key,
                    lang=said.language,
                    kind=mention.kind,
                    mention_id=mention.id,
                )
                findings = [detector.judge(heard, recent) for detector in self._detectors.values()]
                raised += [self._signal(finding, topic, now) for finding in findings if finding is not None]
        return raised

    def _signal(self, finding: Finding, topic: Topic, now: datetime) -> Signal:
        return signal_of(finding, topic_id=topic.id, topic_name=topic.name, now=now, generation=self._generation)


def _recent(seen: enrichments.RiskSeen, topic: Topic) -> Heard:
    return Heard(
        at=seen.at,
        topic_id=topic.id,
        topic_kind=topic.kind,
        risk=seen.risk,
        source_id=seen.source_id,
        weak=seen.weak,
        author=seen.author,
        kind=seen.kind,
        mention_id=seen.mention_id,
    )


def _count(tx: Tx, topic_id: str, mention: Mention, said: Understood, author_id: int | None, story_id: int | None) -> series.Count:
    """What a mention adds to its cells; own posts and reposts stand in cells of their own class."""
    at = int(mention.at.timestamp())
    hour = at - at % series.HOUR_S
    negative = said.sentiment.label == "negative"
    engagement = mention.engagement
    # an author whom nobody knows counts as one more voice: the feed names none, and none is taken twice
    first_author = author_id is None or series.is_first(tx, topic_id, f"author/{mention.arrival}", author_id, hour)
    return series.Count(
        topic_id=topic_id,
        at=at,
        source_id=mention.source_id,
        kind=mention.kind,
        arrival=mention.arrival,
        stories=int(story_id is None or series.is_first(tx, topic_id, f"story/{mention.kind}", story_id)),
        authors=int(first_author),
        negative=int(negative),
        confident_negative=int(negative and said.sentiment.confident),
        reach=mention.reach or 0,
        engagement=sum(count or 0 for count in (engagement.likes, engagement.replies, engagement.reposts)),
    )


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + MINUTE


def _push_forward(tx: Tx, mention_id: int, error: str, now: datetime) -> None:
    attempts = mentions.push_forward(tx, mention_id)
    if attempts >= mentions.MAX_ENRICH_ATTEMPTS and mentions.mark_enriched(tx, [mention_id], now):
        dead_letters.add(tx, now, "enricher", f"mention:{mention_id}", error, {"mention_id": mention_id})
        log.error("mention dead-lettered", mention=mention_id, error=error)
