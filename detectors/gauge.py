"""The Gauger: numbers that somebody else counts -> signal -> wake the Intake.

Each measure is judged once an interval of it is over, as soon as its number is known. A number that is corrected afterwards is judged anew; one that comes too late raises
nothing, and trains what is usual all the same. It keeps nothing: what it judged last is only a shortcut.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import structlog
from msgspec.structs import replace

from core.outside import COUNT
from core.records import Record, Signal
from detectors.base import Finding, Measure, MeasureDetector
from detectors.measured import step_of
from detectors.raising import signal_about
from store import measures, signals
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

LOOK_EVERY: Final = timedelta(minutes=1)
HISTORY: Final = timedelta(weeks=8)
LOOK_BACK: Final = timedelta(days=14)  # a measure that was silent longer is judged when it speaks again
DAY_S: Final = 86_400


class Counted(Record, frozen=True, kw_only=True, gc=False):
    """A source of numbers as the Gauger needs it: what it is about, what it counts, where its usual day is learnt."""

    topic_id: str | None = None
    unit: str | dict[str, str] = ""
    zone: tzinfo = UTC


class Gauger:
    """Watches over the numbers of some sources.

    Args:
        store: measures in, signals out.
        sources: whose numbers are judged, by id.
        detector: judges.
        lateness: a number that comes longer after its interval raises nothing.
        generation: the configuration's number, which signals carry.
    """

    def __init__(
        self, store: Store, sources: Mapping[str, Counted], detector: MeasureDetector, *, lateness: timedelta, generation: int
    ) -> None:
        self._store = store
        self._sources = dict(sources)
        self._detector = detector
        self._lateness = lateness
        self._generation = generation
        self._judged: dict[tuple[str, str], tuple[datetime, float]] = {}

    async def step(self, now: datetime) -> datetime | None:
        """Judge what is new; returns when to look again, None where there is nothing to judge."""
        if not self._sources:
            return None
        found = await self._store.database.read(self._look, now)
        if found:
            await self._store.signals.publish(await self._store.database.write(signals.add, found))
        return now + LOOK_EVERY

    def _look(self, tx: Tx, now: datetime) -> list[Signal]:
        raised: list[Signal] = []
        for (source_id, name), newest in measures.newest(tx, self._sources).items():
            if newest < now - LOOK_BACK:
                continue
            measure = self._measure(tx, source_id, name, now)
            if measure is None or self._judged.get((source_id, name)) == measure.points[-1]:
                continue
            self._judged[source_id, name] = measure.points[-1]
            finding = self._detector.weigh(measure) if self._is_fresh(measure, now) else None
            if finding is not None:
                log.info("count far from usual", source=source_id, measure=name, observed=finding.observed, expected=finding.expected)
                raised.append(self._signal(finding, measure, now))
        return raised

    def _measure(self, tx: Tx, source_id: str, name: str, now: datetime) -> Measure | None:
        """A measure up to the newest interval that is over; None where there is none."""
        points = measures.series(tx, source_id, name, now - HISTORY, now)
        step_s = step_of(points) or DAY_S
        while points and points[-1][0] + timedelta(seconds=step_s) > now:
            points.pop()
        if not points:
            return None
        about = self._sources[source_id]
        before = signals.latest(tx, COUNT, subject_of(source_id, name))
        measure = Measure(source_id=source_id, name=name, points=tuple(points), step_s=step_s, unit=about.unit, zone=about.zone)
        if before is None or before.bucket_start >= points[-1][0]:
            return measure
        return replace(measure, told_at=before.bucket_start, told_value=before.observed)

    def _is_fresh(self, measure: Measure, now: datetime) -> bool:
        return now - (measure.points[-1][0] + timedelta(seconds=measure.step_s)) <= self._lateness

    def _signal(self, finding: Finding, measure: Measure, now: datetime) -> Signal:
        topic_id = self._sources[measure.source_id].topic_id
        subject = subject_of(measure.source_id, measure.name)
        return signal_about(finding, subject=subject, topic_id=topic_id, now=now, generation=self._generation)


def subject_of(source_id: str, name: str) -> str:
    """What the signals of a measure are about."""
    return f"measure:{source_id}/{name}"
