"""The Watcher: topics with new counts -> claim -> buckets -> every detector's step -> states and signals saved together -> wake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from core.records import Record, Signal, Tier, TopicKind, Words
from detectors.base import Detector, Finding, State, load_state, save_state
from detectors.buckets import Buckets
from detectors.cells import buckets_of
from detectors.describe import described
from detectors.entities import Name
from detectors.people import Person, about_person
from detectors.raising import Crowd, deciding, signal_of, was_heard
from detectors.seasons import PLAIN, Calendar
from detectors.talk import TalkDetector, Topic, overheard
from store import enrichments, mentions, series, signals, sources, watches
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

SWEEP_EVERY: Final = timedelta(minutes=1)
CLAIM: Final = timedelta(minutes=2)
BATCH: Final = 50  # topics stepped in one step of the stage
AT_LEAST_EVERY: Final = timedelta(hours=2)  # a quiet topic is stepped all the same: zeros are learnt piecemeal, silence is noticed
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
CHUNK: Final = timedelta(days=2)  # history is taken in pieces, or a fortnight of minutes would stand in memory at once
HISTORY: Final = timedelta(days=35)  # a state that starts anew learns from no more than this
SHOWN: Final = 400  # mentions looked at to choose the evidence from

Rows = Callable[[datetime, datetime, datetime], Buckets]  # (start, end, settled) -> the rows of [start, end)
Series = tuple[dict[str, watches.SavedState], dict[str, State], list[series.Cell], dict[str, list[tuple[datetime, datetime]]], int | None]


class Watched(Record, frozen=True, kw_only=True, gc=False):
    """A topic as the Watcher needs it; `names` of products, places and people are told apart in what a burst is about. `person`: whom alone it is about. `query`: its version."""

    id: str
    name: str
    zone: str
    query: str = ""
    kind: TopicKind = "brand"
    names: tuple[Name, ...] = ()
    person: Person | None = None
    calendar: Calendar = PLAIN


class Watcher:
    """Steps the detectors over the counts of every topic that changed, and asks those that follow what is said (`detectors/talk.py`).

    A detector sees, per source and minute, a count or "unknown", never a zero that is none (rule 8). Its state is saved with the signals that
    it raised; one whose version changed starts anew from the stored buckets, and says so.

    Args:
        store: counts in, signals out.
        topics: by id.
        detectors: kind -> detector.
        lateness: counts older than this are settled.
        generation: the configuration's number, which signals carry.
        talk: kind -> detector of what is said.
        people: kind -> detector; these alone step over the topics of people, and no others.
        tiers: source id -> its weight.
        sweep_every: how often to look for topics that changed.
    """

    def __init__(
        self,
        store: Store,
        topics: Mapping[str, Watched],
        detectors: Mapping[str, Detector[Any]],
        *,
        lateness: timedelta,
        generation: int,
        talk: Mapping[str, TalkDetector] | None = None,
        people: Mapping[str, Detector[Any]] | None = None,
        tiers: Mapping[str, Tier] | None = None,
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._store = store
        self._topics = dict(topics)
        self._detectors = dict(detectors)
        self._talk = dict(talk or {})
        self._people = dict(people or {})
        self._tiers = dict(tiers or {})
        self._lateness = lateness
        self._generation = generation
        self._sweep_every = sweep_every

    async def step(self, now: datetime) -> datetime | None:
        """Step the topics that are due; returns when the next one is."""
        claimed = await self._store.database.write(watches.claim, list(self._topics), now, now + CLAIM, BATCH)
        raised: list[int] = []
        for watch in claimed:
            try:
                raised += await self._watch(watch, now)
            except DatabaseFailed:
                raise
            except Exception:  # the others still have to be watched; this one is tried again when its claim lapses
                log.exception("topic not watched", topic=watch.topic_id)
        await self._store.signals.publish(raised)
        due = await self._store.database.read(watches.next_due, list(self._topics))
        return min(due or now + self._sweep_every, now + self._sweep_every)

    async def _watch(self, watch: watches.Watch, now: datetime) -> list[int]:
        end = now.replace(second=0, microsecond=0)
        saved, states, cells, heard, first = await self._store.database.read(self._read, watch, end)
        before = dict(states)
        rows = partial(buckets_of, watch.topic_id, self.zone(watch.topic_id), cells, heard)
        findings = await asyncio.to_thread(self.judge, watch.topic_id, states, _begun(watch.counted_from, first, end), end, rows)
        versions = {kind: detector.version for kind, detector in self._detectors_of(watch.topic_id).items()}
        # in most minutes most states are left as they were
        kept = {kind for kind, one in saved.items() if one.version == versions.get(kind) and states[kind] == before[kind]}
        changed = {kind: state for kind, state in states.items() if kind not in kept}
        told = await self.describe(watch.topic_id, findings)
        asked = await overheard(self._store.database, self.about(watch.topic_id), self.talk(watch.topic_id), end)
        due = due_at(now, end, asked.again_at)
        return await self._store.database.write(self._save, watch, changed, [*told, *asked.findings], now, end, due)

    async def describe(self, topic_id: str, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, with what they are about and how it spread."""
        database, topic = self._store.database, self._topics[topic_id]
        return [await described(database, finding, topic.id, brand=(topic.name, topic.id), names=topic.names) for finding in findings]

    def about(self, topic_id: str) -> Topic:
        """The topic as detectors of talk know it."""
        topic = self._topics[topic_id]
        return Topic(id=topic.id, name=topic.name, kind=topic.kind, names=topic.names, tiers=self._tiers)

    def talk(self, topic_id: str) -> Mapping[str, TalkDetector]:
        """The detectors of what is said that are asked about a topic, by kind."""
        return self._talk if self._topics[topic_id].person is None else {}

    def zone(self, topic_id: str) -> ZoneInfo:
        """Where the topic's usual day is learnt."""
        return ZoneInfo(self._topics[topic_id].zone)

    def _read(self, tx: Tx, watch: watches.Watch, end: datetime) -> Series:
        """All that a step needs, on one snapshot."""
        saved = watches.states(tx, watch.topic_id)
        first = earliest(series.first(tx, watch.topic_id), sources.first_heard(tx))
        states = self._states(watch.topic_id, saved)
        start = starts_at(states, _begun(watch.counted_from, first, end), end)
        return saved, states, series.read(tx, watch.topic_id, start, end), sources.heard_between(tx, start, end), first

    def _detectors_of(self, topic_id: str) -> dict[str, Detector[Any]]:
        return self._detectors if self._topics[topic_id].person is None else self._people

    def _states(self, topic_id: str, saved: Mapping[str, watches.SavedState]) -> dict[str, State]:
        states: dict[str, State] = {}
        for kind, detector in self._detectors_of(topic_id).items():
            known = saved.get(kind)
            if known is not None and known.version == detector.version:
                with suppress(msgspec.ValidationError):
                    states[kind] = load_state(detector, known.state)
                    continue
            if known is not None:
                log.warning("detector starts anew", kind=kind, was=known.version, version=detector.version)
            states[kind] = detector.start()
        return states

    def start(self, topic_id: str) -> dict[str, State]:
        """The states of a topic's detectors that know nothing yet, by kind."""
        return {kind: detector.start() for kind, detector in self._detectors_of(topic_id).items()}

    def judge(self, topic_id: str, states: dict[str, State], begun: datetime, end: datetime, rows: Rows) -> list[Finding]:
        """Step a topic's detectors up to `end`, a whole minute, and put their new states in the place of the old ones; what they found now.

        `begun`: from where a detector learns that knows nothing yet. `rows` is asked for old history in pieces; what that would have raised is history too.
        """
        start, findings = starts_at(states, begun, end), list[Finding]()
        settled = (end - self._lateness).replace(second=0, microsecond=0)
        while True:
            piece_end = min(start + CHUNK, settled) if end - start > CHUNK and start < settled else end
            buckets = replace(rows(start, piece_end, settled), calendar=self._topics[topic_id].calendar)
            if not buckets.sources:  # nothing was ever heard: there is nothing to learn, not even silence
                break
            for kind, detector in self._detectors_of(topic_id).items():
                states[kind], finding = detector.step(states[kind], buckets)
                if finding is not None and piece_end == end:
                    findings.append(said(finding, buckets))
            if piece_end == end:
                break
            start = max(starts_at(states, begun, end), start + HOUR)  # states keep their newest hours unabsorbed
        return findings

    def _save(
        self,
        tx: Tx,
        watch: watches.Watch,
        changed: Mapping[str, State],
        findings: Sequence[Finding],
        now: datetime,
        end: datetime,
        due_at: datetime,
    ) -> list[int]:
        if not watches.finish(tx, watch, due_at=due_at, stepped_at=now):
            return []  # the claim lapsed and another has stepped this topic
        for kind, state in changed.items():
            version = self._detectors_of(watch.topic_id)[kind].version
            watches.save_state(tx, watch.topic_id, watches.SavedState(kind, version, end, save_state(state)))
        return self.tell(tx, watch.topic_id, findings, now)

    def tell(self, tx: Tx, topic_id: str, findings: Sequence[Finding], now: datetime) -> list[int]:
        """Raise the signals of findings; the ids of the new ones. What was brought in late makes none."""
        found = [self._signal(tx, topic_id, finding, now) for finding in findings]
        return signals.add(tx, [signal for signal in found if was_heard(signal, self._lateness)])

    def _signal(self, tx: Tx, topic_id: str, finding: Finding, now: datetime) -> Signal:
        topic = self._topics[topic_id]
        raised, person = partial(signal_of, now=now, generation=self._generation, query=topic.query), topic.person
        if finding.kind in self._talk:  # it knows its mentions, and has counted them
            return raised(finding, topic_id=topic_id, topic_name=topic.name, crowd=None)
        heard = mentions.in_topic(tx, topic_id, finding.window_start, finding.window_end, SHOWN, arrivals=("live",))
        understood = enrichments.get(tx, [mention.id for mention in heard])
        shown, told = deciding(heard, understood), mentions.told_in(tx, topic_id, finding.window_start, finding.window_end)
        crowd = Crowd(mentions=told.mentions, stories=told.stories, authors=told.authors, negative=told.negative)
        if person is None:
            return raised(finding, topic_id=topic_id, topic_name=topic.name, evidence=shown, crowd=crowd)
        beside = sum(person.topic_id in {match.topic_id for match in each.topics} for each in understood.values())
        finding = about_person(finding, person, heard_in=topic_id, beside=beside / max(len(understood), 1))
        return raised(finding, topic_id=person.topic_id, topic_name=person.brand, evidence=shown, crowd=crowd)


def starts_at(states: Mapping[str, State], begun: datetime, end: datetime) -> datetime:
    """From where rows are wanted: what the least advanced detector has not absorbed; at most `HISTORY` back. Pure."""
    at = max(min((state.settled_to or begun for state in states.values()), default=end), end - HISTORY)
    return at.replace(minute=0, second=0, microsecond=0)


def said(finding: Finding, buckets: Buckets) -> Finding:
    """The finding, with the named occasions of its window's local days said, so that nobody wonders at a rise that was expected. Pure."""
    since, until = finding.window_start.astimezone(buckets.zone).date(), finding.window_end.astimezone(buckets.zone).date()
    names = buckets.calendar.names(since, until)
    if not names:
        return finding
    words = Words(key=finding.words.key, args={**finding.words.args, "occasions": names})
    return msgspec.structs.replace(finding, words=words, frozen={**finding.frozen, "occasions": names})


def due_at(now: datetime, end: datetime, again_at: datetime | None) -> datetime:
    """When a topic that was stepped at `now` wants its next step, if nothing is said meanwhile. Pure."""
    quiet = now + AT_LEAST_EVERY
    return quiet if again_at is None else min(quiet, max(again_at, end + MINUTE))


def earliest(first: int | None, heard: datetime | None) -> int | None:
    """From when there is something to learn, in seconds since the epoch: the first count, or the first that was heard, for silence teaches too."""
    known = [at for at in (first, None if heard is None else int(heard.timestamp())) if at is not None]
    return min(known, default=None)


def _begun(counted_from: datetime | None, first: int | None, end: datetime) -> datetime:
    return counted_from or (end if first is None else datetime.fromtimestamp(first, UTC))
