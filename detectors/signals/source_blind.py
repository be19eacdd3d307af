"""Source blind: a place is not heard, or is silent when it usually is not.

Unknown is not zero: a forum that does not answer is no calm forum, and one that answers and brings nothing may have changed its address or its login. The first
is told by polls that fail, the second by comparison with the same hours of the days before, so that a place that sleeps at night wakes nobody,
and by the chance of such a gap, so that one that speaks in bursts is given longer than one that ticks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from pydantic import Field

from core.durations import Duration
from core.records import Words
from detectors.base import BlindSpot, Finding, SignalOptions, SourceHealth
from detectors.tails import score, surprise

KIND = "source_blind"
EMPTY: Final = 0.1  # of them may have been empty too
LATELY: Final = timedelta(minutes=15)  # failing so long, together with most others
TOGETHER: Final = 5  # fewer sources than this are never called our own line
NAMED: Final = 5  # sources named in a sentence
DAY: Final = timedelta(days=1)
LEAST_UNEVEN: Final = 0.1  # nothing that people do is as even as pure chance; of few days the unevenness is hardly known


class Options(SignalOptions):
    """When a source is blind.

    `failures`: polls in a row. `gaps`: times its usual gap between mentions, or its interval between polls; never sooner than `least`. `chance`: of such a silence on any day.
    `min_expected`: mentions that a silent stretch usually holds, in at least `min_stretches` such stretches before.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"least": timedelta(hours=2), "chance": 1e-3, "min_expected": 10.0},
        "sensitive": {"chance": 5e-2, "min_expected": 3.0},
    }

    failures: int = Field(default=5, ge=2)
    gaps: float = Field(default=3.0, ge=1.0)
    least: Duration = timedelta(hours=1)
    chance: float = Field(default=1e-2, gt=0.0, lt=1.0)
    min_expected: float = Field(default=5.0, gt=0.0)
    min_stretches: int = Field(default=5, ge=1, le=14)


class Detector:
    """Source blind: refused, failing, not asked by anybody, or silent against its habit.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> forum = SourceHealth(id="forum", every_s=300, last_success_at=noon - timedelta(hours=1), failures=3, last_error="HTTP 503")
        >>> [(spot.why, spot.detail) for spot in Detector(Options()).unheard([forum], noon)]
        [('failing', 'HTTP 503')]
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def unheard(self, sources: Sequence[SourceHealth], now: datetime, *, others: int = 0) -> list[BlindSpot]:
        """Those that cannot be heard; see `detectors.base.SourceDetector.unheard`."""
        asked = [source for source in sources if source.last_success_at or source.failures]
        down = {source.id for source in asked if _is_down(source, now)}
        if len(down) >= TOGETHER and len(down) > (len(asked) + others) / 2:
            ours = [_spot(source, "network", now) for source in asked if source.id in down]
            return [*ours, *(spot for source in sources if source.id not in down and (spot := self._unheard(source, now)))]
        return [spot for source in sources if (spot := self._unheard(source, now)) is not None]

    def silence(self, source: SourceHealth) -> tuple[datetime, datetime] | None:
        """The stretch without a mention, as far as we listened; see `detectors.base.SourceDetector.silence`."""
        last, heard = source.last_mention_at, source.last_success_at
        if last is None or heard is None or source.usual_gap_s is None or source.failures or source.paused_because is not None:
            return None
        start = max(last, source.heard_since or last)
        until = heard - timedelta(seconds=source.usual_delay_s or 0.0)  # what was said since then has not arrived yet
        return (start, until) if until - start >= self._patience(source.usual_gap_s) else None

    def silent(self, source: SourceHealth, stretch: tuple[datetime, datetime], before: Sequence[int]) -> BlindSpot | None:
        """Silent where such a stretch usually holds enough, and is hardly ever empty; see `detectors.base.SourceDetector.silent`."""
        if len(before) < self._options.min_stretches:
            return None
        expected, over_s = math.fsum(before) / len(before), (stretch[1] - stretch[0]).total_seconds()
        empty = sum(count == 0 for count in before)
        if expected < self._options.min_expected or empty > EMPTY * len(before) or surprise_of(before, over_s) < self._threshold:
            return None
        return BlindSpot(
            source_id=source.id, why="silent", since=stretch[0], expected=float(round(expected)), over_s=over_s, before=tuple(before)
        )

    def is_over(self, spot: BlindSpot, source: SourceHealth) -> bool:
        """Whether it is heard, or speaks, again."""
        if spot.why == "silent":
            return source.last_mention_at is not None and source.last_mention_at > spot.since
        heard = source.last_success_at is not None and source.last_success_at > spot.since
        return heard and not source.failures and source.paused_because is None

    def tell(self, spots: Sequence[BlindSpot], now: datetime, facts: Mapping[str, Any]) -> Finding:
        """One finding for all that went blind together."""
        first = min(spots, key=lambda spot: (spot.since, spot.source_id))
        told = [
            {"id": one.source_id, "why": one.why, "since": one.since.isoformat(), "over_s": one.over_s, "before": list(one.before)}
            for one in spots
        ]
        frozen = {**facts, "version": self.version, "options": self._options.model_dump(mode="json"), "sources": told}
        return Finding(
            kind=KIND,
            bucket_start=first.since,
            window_start=first.since,
            window_end=max(now, first.since + timedelta(minutes=1)),
            scale_s=max(60, int((now - first.since).total_seconds())),
            observed=float(len(spots)),
            expected=None,
            low=None,
            high=None,
            unit="sources",
            score=self.rejudge(frozen),
            words=_words(spots, first, facts),
            frozen=frozen,
        )

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """Certain where a source does not answer; how far beyond the threshold where it is silent."""
        threshold = -math.log10(frozen["options"]["chance"])
        found = [surprise_of(one["before"], one["over_s"]) if one["why"] == "silent" else math.inf for one in frozen["sources"]]
        return score(max(found), threshold)

    @property
    def _threshold(self) -> float:
        return -math.log10(self._options.chance)

    def _unheard(self, source: SourceHealth, now: datetime) -> BlindSpot | None:
        patience = self._patience(source.every_s)
        if source.paused_because is not None:
            return _spot(source, "refused", now)
        long_ago = source.last_success_at is None or now - source.last_success_at >= patience
        if source.failures >= self._options.failures or (source.failures > 1 and source.last_success_at is not None and long_ago):
            return _spot(source, "failing", now)
        return _spot(source, "unasked", now) if long_ago and _is_forgotten(source, now, patience) else None

    def _patience(self, usual_s: float) -> timedelta:
        return max(timedelta(seconds=self._options.gaps * usual_s), self._options.least)


def surprise_of(before: Sequence[int], over_s: float) -> float:
    """How surprising it is (-log10 of the chance on any day) that a source says nothing for `over_s` seconds, where like stretches held these counts. Pure.

    The chance of none at all of a negative binomial as uneven as the counts are, times the gaps that a day has.

    Example:
        >>> round(surprise_of([20] * 14, 3600), 1), round(surprise_of([2, 60, 1, 30, 5, 40, 2], 3600), 1)
        (2.1, 0.0)
    """
    expected = math.fsum(before) / len(before)
    spread = math.fsum((count - expected) ** 2 for count in before) / len(before)
    uneven = max((spread - expected) / expected**2, LEAST_UNEVEN)
    gaps = max(1.0, expected * DAY.total_seconds() / over_s)
    return surprise(-math.log10(1.0 + uneven * expected) / uneven, looks=gaps)


def _is_down(source: SourceHealth, now: datetime) -> bool:
    """Whether it fails lately, and not by its own refusal."""
    lately = source.last_success_at is None or now - source.last_success_at >= LATELY
    return source.failures > 1 and source.paused_because is None and lately


def _is_forgotten(source: SourceHealth, now: datetime, patience: timedelta) -> bool:
    """Whether its turn came long ago, and nobody has it in hand."""
    held = source.claimed_until is not None and source.claimed_until > now
    return not source.failures and source.next_poll_at is not None and now - source.next_poll_at >= patience and not held


def _spot(source: SourceHealth, why: Any, now: datetime) -> BlindSpot:
    return BlindSpot(source_id=source.id, why=why, since=source.last_success_at or now, detail=source.paused_because or source.last_error)


def _words(spots: Sequence[BlindSpot], first: BlindSpot, facts: Mapping[str, Any]) -> Words:
    names = sorted(spot.source_id for spot in spots)
    args: dict[str, Any] = {"source": ", ".join(names[:NAMED]), "since": first.since.isoformat()}
    if any(spot.why == "network" for spot in spots):
        return Words(key=f"signal.{KIND}.network", args={**args, "blind": len(spots), "all": facts.get("all", len(spots))})
    if len(spots) > 1:
        return Words(key=f"signal.{KIND}.many", args={**args, "blind": len(spots), "sources": names[:NAMED] + ["…"] * (len(names) > NAMED)})
    if first.why == "silent":
        return Words(key=f"signal.{KIND}.silent", args={**args, "expected": first.expected})
    key = f"signal.{KIND}" if first.why == "failing" else f"signal.{KIND}.{first.why}"
    return Words(key=key, args={**args, "reason": first.detail or "-"})
