"""Learns from the team's labels: labels -> corrections, one a topic -> what the Enricher reads with.

Nothing that was learnt is stored but its version and figures: every process learns the same from the same labels, at its start, when labels change and
once a day. So the words of a mention that was erased are forgotten at the next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import replace

from core.records import Mention, Sentiment
from detectors.base import Detector, State, save_state
from detectors.enrichment.correction import Correction
from detectors.feedback import MOST, Labelled, Learnt, learn
from detectors.reading import Reader, text_of
from store import enrichments, labels, mentions, watches
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed
from store.watches import SavedState

log = structlog.get_logger()

LOOK_EVERY: Final = timedelta(seconds=30)
AGAIN_AFTER: Final = timedelta(days=1)
TRY_AGAIN: Final = timedelta(hours=1)  # after a failure
LATELY: Final = timedelta(days=28)
SAMPLE: Final = 500  # mentions of late on which a correction is weighed
FEWEST: Final = 100  # of them, to tell a change of the share
NOTABLE: Final = 0.05  # of all mentions: a change of the share of confident negatives after which what was usual no longer is


class Learner:
    """Keeps a Reader's corrections in line with the labels.

    Where a new correction would call notably more or fewer mentions surely negative, what detectors took for usual is forgotten, aloud (rule 9):
    counts stay as they were judged.

    Args:
        store: labels in, versions and figures out.
        reader: reads without and with corrections.
        topics: ids.
        detectors: kind -> those that live on sentiment.
    """

    def __init__(self, store: Store, reader: Reader, topics: Sequence[str], detectors: Mapping[str, Detector[Any]]) -> None:
        self._store = store
        self._reader = reader
        self._topics = list(topics)
        self._detectors = dict(detectors)
        self._looked_at: datetime | None = None
        self._learnt_at: datetime | None = None
        self._newest = 0

    async def step(self, now: datetime) -> None:
        """Learn where there is something new, or the last time is long ago; else nothing. Cheap enough to be called often."""
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        newest = await self._store.database.read(labels.newest)
        if self._learnt_at is not None and newest == self._newest and now - self._learnt_at < AGAIN_AFTER:
            return
        self._newest, self._learnt_at = newest, now
        try:
            await self._learn(now)
        except DatabaseFailed:
            self._learnt_at = None
            raise
        except Exception:  # mentions still have to be read; with what was learnt before
            log.exception("labels not learnt from")
            self._learnt_at = now - AGAIN_AFTER + TRY_AGAIN

    async def _learn(self, now: datetime) -> None:
        labelled = await self._store.database.read(self._labelled)
        learnt = {topic_id: await asyncio.to_thread(self._taught, pairs) for topic_id, pairs in labelled.items()}
        corrections = {topic_id: each.correction for topic_id, each in learnt.items() if each.correction is not None}
        for topic_id in self._topics:
            await self._adopt(topic_id, learnt.get(topic_id), now)
        self._reader.corrections = corrections

    def _labelled(self, tx: Tx) -> dict[str, list[tuple[Mention, bool]]]:
        """The labelled mentions of each topic, the newest `MOST`, and whether they are negative."""
        taught = labels.taught(tx, self._topics)
        found: dict[str, list[tuple[Mention, bool]]] = {}
        for topic_id in self._topics:
            said = {each.mention_id: each.label == "negative" for each in taught if each.topic_id == topic_id}
            heard = mentions.get(tx, sorted(said)[-MOST:])
            if heard:
                found[topic_id] = [(mention, said[mention.id]) for mention in heard]
        return found

    def _taught(self, pairs: Sequence[tuple[Mention, bool]]) -> Learnt:
        judged = self._reader.uncorrected([mention for mention, _ in pairs])
        labelled = [
            Labelled(mention_id=mention.id, text=text_of(mention), said=said, negative=negative)
            for (mention, negative), said in zip(pairs, judged, strict=True)
        ]
        return learn(labelled, self._reader.version)

    async def _adopt(self, topic_id: str, learnt: Learnt | None, now: datetime) -> None:
        """Keep what a topic's labels taught; the first process to do so weighs what it changes."""
        database = self._store.database
        correction = None if learnt is None else learnt.correction
        told = None if learnt is None or not learnt.labels else _figures(learnt, now)
        if not await database.write(watches.correct, topic_id, correction.version if correction else "", told):
            return
        log.info("labels learnt from", topic=topic_id, **(told or {}))
        lately, before = await database.read(self._lately, topic_id, now)
        if len(lately) < FEWEST:
            return
        judged = await asyncio.to_thread(self._reader.uncorrected, lately)
        after = sum(_is_surely_negative(mention, said, correction) for mention, said in zip(lately, judged, strict=True)) / len(lately)
        if abs(after - before) > NOTABLE:
            for kind, detector in self._detectors.items():
                log.warning("labels changed what is negative, baseline starts again", topic=topic_id, kind=kind, was=before, share=after)
                await database.write(self._start_again, topic_id, kind, detector, now)

    def _lately(self, tx: Tx, topic_id: str, now: datetime) -> tuple[list[Mention], float]:
        """Mentions that the baselines know, and what share of them was surely negative when it was counted. Not those that people judged since."""
        since = max(now - LATELY, watches.judged_since(tx, topic_id) or now - LATELY)
        found = mentions.in_topic(tx, topic_id, since, now, SAMPLE)
        told = labels.standing(tx, [mention.id for mention in found])
        lately = [mention for mention in found if mention.id not in told]
        known = enrichments.get(tx, [mention.id for mention in lately])
        sure = sum(each.sentiment.confident and each.sentiment.label == "negative" for each in known.values())
        return lately, sure / max(len(lately), 1)

    def _start_again(self, tx: Tx, topic_id: str, kind: str, detector: Detector[Any], now: datetime) -> None:
        state: State = replace(detector.start(), settled_to=now.replace(minute=0, second=0, microsecond=0))
        watches.start_again(tx, topic_id, SavedState(kind, detector.version, now, save_state(state)))


def _is_surely_negative(mention: Mention, said: Sentiment, correction: Correction | None) -> bool:
    felt = said if correction is None else correction.apply(text_of(mention), said)
    return felt.confident and felt.label == "negative"


def _figures(learnt: Learnt, now: datetime) -> dict[str, Any]:
    """What `tocsin labels` tells of it."""
    correction = learnt.correction
    return {
        "at": now.isoformat(),
        "labels": learnt.labels,
        "loss_before": None if learnt.loss_before is None else round(learnt.loss_before, 4),
        "loss_after": None if learnt.loss_after is None else round(learnt.loss_after, 4),
        "threshold": None if correction is None else round(correction.threshold, 3),
    }
