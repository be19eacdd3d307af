"""Plays a stored history through the stages of a monitor of its own, moment by moment, in the order in which it happened.

What a stage of the live run would have read from the database at each minute is kept in memory here: counts, detectors' states, talk. The database of
its own is brought up to date where somebody looks into it: when a detector finds something, when a risk is judged, when an incident moves. So a
quiet day costs next to nothing, and nobody ever sees what was not heard yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np

from console.ears import Ears
from console.happenings import Happening, Happenings
from console.simulate import Simulation
from console.timetable import Timetable
from console.understanding import Understanding, moment
from core.records import Signal, TopicMatch
from detectors.counting import Counted, Sightings, counts_of
from detectors.enrich import Enricher
from detectors.stepper import Stepper
from detectors.talk import overheard
from detectors.watch import Watcher
from store import history, series, signals, sources, talk
from store.database import Database, Tx
from store.history import Block
from store.series import Count
from store.talk import Said

BLOCK: Final = 5_000  # mentions read at once
FORGOTTEN_S: Final = 30 * 86_400  # who spoke in hours so long ago is forgotten
Progress = Callable[[int, int], None]


class Player:
    """One run over a history.

    Args:
        simulation: stages on a virtual clock, with a database of their own; without enricher, recounter and watcher, whose detectors are asked here.
        past: the history; only read.
        timetable: what was heard when.
        understanding: of what was heard.
        happenings: whatever else happened, in order.
        every: source id -> how often it is asked.
        progress: called with (played, all).
    """

    def __init__(
        self,
        simulation: Simulation,
        past: Database,
        timetable: Timetable,
        understanding: Understanding,
        happenings: Happenings,
        *,
        topics: Sequence[str],
        every: Mapping[str, timedelta],
        progress: Progress | None = None,
    ) -> None:
        stages = {stage.name: stage.runs for stage in simulation.monitor.stages}
        self._simulation = simulation
        self._database = simulation.store.database
        self._enricher: Enricher = stages["enricher"]  # type: ignore[assignment]
        self._watcher: Watcher = stages["watcher"]  # type: ignore[assignment]
        self._past = past
        self._timetable = timetable
        self._understanding = understanding
        self._happenings = happenings
        self._progress = progress
        self._stepper = Stepper(self._watcher, topics, simulation.clock.now())
        self._ears = Ears(timetable.stretches, every, self._heard)
        self._sightings = Sightings()
        self._block = Block({}, {}, {}, {}, {})
        self._told: set[int] = set()
        self._pending: list[int] = []
        self._counts: list[Count] = []
        self._stretches: dict[str, list[tuple[float, float]]] = {}
        self._sim_due = simulation.next_due()
        self.played = 0
        self.tolls = understanding.tolls

    async def play(self, until: datetime) -> None:
        """Play everything, and let the clock run on to `until`."""
        for ids, times in self._timetable.blocks(BLOCK):
            await self._flush()
            self._block = self._past.read_now(history.block, ids)
            self._happenings.put_back(self._block)
            self._sightings.forget(int(times[0]) - FORGOTTEN_S)
            about = self._understanding.prepare(self._block, self._timetable.arrivals, self._happenings.edited)
            for at, some in _moments(ids, times):
                await self._until(at)
                await self._arrive(some, about, at)
            self.played += len(ids)
            if self._progress is not None:
                self._progress(self.played, len(self._timetable))
        await self._until(until)
        await self._flush()

    async def _arrive(self, ids: Sequence[int], about: Mapping[int, Counted], now: datetime) -> None:
        """What was heard at one moment."""
        place = history.PLACES["mentions"]["source_id"]
        brought: dict[str, int] = {}
        for number in ids:
            source_id = self._block.mentions[number][place]
            brought[source_id] = brought.get(source_id, 0) + 1
        for source_id, new in brought.items():
            self._ears.brought(source_id, now, new)
        heard = [about[number] for number in ids if number in about]
        self._pending += [number for number in ids if number in about or number in self._happenings.edited]
        counts = counts_of([one for one in heard if one.mention.arrival != "backfill"], self._sightings)
        self._counts += counts
        self._stepper.count(counts, now)
        live = [one for one in heard if one.mention.arrival == "live"]
        for one in live:
            self._say(one)
        grave = [one for one in live if one.said.risks or one.role is not None]
        if grave:
            await self._flush()
            raised = self._database.write_now(self._judge, [(one, self._enricher.reader.who(one.mention)) for one in grave], now)
            await self._publish(raised)

    def _judge(self, tx: Tx, grave: Any, now: datetime) -> list[int]:
        return signals.add(tx, self._enricher.judge(tx, grave, now))

    async def _until(self, at: datetime) -> None:
        """Let everything happen that is due before `at`, in order; the clock stands at `at` afterwards."""
        while (due := self._next()) is not None and due < at:
            self._simulation.clock.advance_to(max(due, self._simulation.clock.now()))
            now = self._simulation.clock.now()
            if self._happenings.due is not None and self._happenings.due <= now:
                await self._happen(self._happenings.pop(), now)
            elif self._stepper.due is not None and self._stepper.due <= now:
                await self._step(now)
            else:
                await self._run(now)
        self._simulation.clock.advance_to(at)

    def _next(self) -> datetime | None:
        return min((due for due in (self._happenings.due, self._stepper.due, self._sim_due) if due is not None), default=None)

    async def _step(self, now: datetime) -> None:
        """Step the detectors; what they find is told as the Watcher tells it."""
        self._ears.listen(now)
        end = now.replace(second=0, microsecond=0)
        for stepped in self._stepper.step(now):
            topic_id, detectors = stepped.topic_id, self._watcher.talk(stepped.topic_id)
            told_before = partial(self._told_before, list(detectors), topic_id)
            in_talk = bool(stepped.in_talk) and self._stepper.is_confirmed(stepped, end, told_before)
            if not stepped.findings and not in_talk:
                continue
            await self._flush()
            told = await self._watcher.describe(topic_id, stepped.findings)
            if in_talk:
                asked = await overheard(self._database, self._watcher.about(topic_id), detectors, end)
                told += asked.findings
            await self._publish(self._database.write_now(self._watcher.tell, topic_id, told, now))

    def _told_before(self, kinds: Sequence[str], topic_id: str, since: datetime) -> Sequence[Signal]:
        return self._database.read_now(signals.told, kinds, topic_id, since)

    async def _run(self, now: datetime) -> None:
        """Let the stages do what is due; people answer afterwards."""
        self._ears.listen(now)
        await self._flush(heard=True)
        await self._simulation.run_until(now)
        self._happenings.answer(self._database, now)
        self._sim_due = self._simulation.next_due()

    async def _happen(self, happening: Happening, now: datetime) -> None:
        await self._flush(heard=True)
        await happening.happen(self._simulation, now)
        if happening.gone is not None:
            self._stepper.unsay(happening.gone)
        self._simulation.touch()
        self._sim_due = now

    async def _publish(self, raised: Sequence[int]) -> None:
        if raised:
            await self._simulation.store.signals.publish(raised)
            self._sim_due = self._simulation.clock.now()

    def _heard(self, source_id: str, since: float, until: float) -> None:
        self._stepper.hear(source_id, since, until)
        stretches = self._stretches.setdefault(source_id, [])
        if stretches and stretches[-1][1] == since:
            stretches[-1] = (stretches[-1][0], until)
        else:
            stretches.append((since, until))

    async def _flush(self, *, heard: bool = False) -> None:
        """Bring the database up to date with what was said, and with when sources were heard where somebody may ask for that."""
        if self._pending:
            self._database.write_now(self._write)
            self._pending, self._counts = [], []
        if heard and self._stretches:
            told = self._stretches.items()
            rows = [(source_id, _moment(since), _moment(until)) for source_id, stretches in told for since, until in stretches]
            self._database.write_now(sources.heard_all, rows)
            self._stretches = {}

    def _write(self, tx: Tx) -> None:
        history.put(tx, self._block, self._pending, self._told)
        series.add(tx, self._counts)

    def _say(self, one: Counted) -> None:
        for match in one.said.topics:
            if self._stepper.wants_talk(match.topic_id):
                self._stepper.say(match.topic_id, self._said(one, match))

    def _said(self, one: Counted, match: TopicMatch) -> Said:
        mention, words = one.mention, self._block.texts.get(one.mention.id)
        author = self._block.authors.get(one.author_id or 0)
        return Said(
            mention_id=mention.id,
            at=mention.at,
            seen_at=mention.seen_at,
            source_id=mention.source_id,
            native_id=mention.native_id,
            key=mention.key,
            kind=one.kind,
            author=None if author is None else author[1],
            role=one.role,
            followers=None if author is None else author[4],
            author_since=None if author is None else moment(author[5]),
            source_since=self._timetable.first_polls.get(mention.source_id),
            language=one.said.language,
            sentiment=one.said.sentiment,
            triage=one.said.triage,
            risks=one.said.risks,
            story_id=one.story_id,
            reach=one.reach,
            reposts=mention.engagement.reposts,
            parent_key=mention.parent_key,
            repost_of=mention.repost_of,
            place_id=match.place_id,
            weak=match.weak,
            title="" if words is None else words[2][: talk.MOST_CHARS],
            text="" if words is None else words[3][: talk.MOST_CHARS],
        )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moments(ids: Sequence[int], times: Any) -> Iterator[tuple[datetime, Sequence[int]]]:
    """Mentions heard at the same moment, together."""
    edges = [0, *(np.flatnonzero(np.diff(times)) + 1).tolist(), len(ids)]
    for first, last in pairwise(edges):
        yield datetime.fromtimestamp(times[first], UTC), ids[first:last]
