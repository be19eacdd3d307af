"""Slow burn: a rise over a day or three that no hour of it shows.

The last 24 and 72 hours are held against the same hours of up to four weeks before, by the tail of a negative binomial whose unevenness is that of those days. A loud hour
counts for three times its usual at most, so that what it explains stays with `volume_spike`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar

import msgspec
import numpy as np
from pydantic import Field

from core.records import Words
from detectors.base import Finding, SignalOptions
from detectors.buckets import HOUR_S, MINUTE_S, Buckets, Rates
from detectors.bursts import Burst, Turn, advance, passed
from detectors.compared import compare
from detectors.tails import log10_tail, score, surprise, usual_range
from detectors.weeks import DAY_H, HOUR, Weeks, WeeksState, newly_closed, take_in

KIND = "slow_burn"
SCALES_H = (DAY_H, 3 * DAY_H)
LOOKS = {DAY_H: 6.0, 3 * DAY_H: 3.0}  # independent looks a day at such a sliding window, each given half the chance
QUIET = timedelta(hours=12)  # below the release level: then the burn is over
RELEASE = 0.5  # of the threshold's surprise: below, the burn has died down
DELAY = timedelta(minutes=20)  # what is said in an hour is in by then, mostly; a rise need not wait for the rest
CUT_SD, CUT_TIMES = 4.0, 3.0  # an hour counts for at most so many standard deviations above its usual, or so many times it
LEAST_KNOWN = 0.75  # of a window's hours
LOUD_H, LOUD = 2, 0.5  # hours that hold more than this part of what is beyond the usual explain it by themselves
STEP = 1.05  # times the day before: each of three days is above the last


class Options(SignalOptions):
    """When a slow rise is too much.

    `chance`: of noise to look like this at some time within a day; 5e-4 is once in five years. `min_ratio`: times the expected. `min_mentions` in 24 hours.
    `min_days`: of history to compare with.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"chance": 2e-5, "min_ratio": 1.7, "min_mentions": 80},
        "sensitive": {"chance": 5e-3, "min_ratio": 1.3, "min_mentions": 20},
    }

    chance: float = Field(default=5e-4, gt=0.0, lt=1.0)
    min_ratio: float = Field(default=1.4, ge=1.0)
    min_mentions: int = Field(default=40, ge=1)
    min_days: int = Field(default=7, ge=3)


class BurnState(WeeksState, frozen=True, kw_only=True):
    """The weeks before, and the burn under way."""

    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it was judged.

    `counts` by hour where we listened, and what was `expected` of each; `dispersion` of such windows, and `hourly` of an hour; `most` is what the fullest of
    `days` days before brought.
    """

    hours: int
    counts: list[float]
    expected: list[float]
    dispersion: float
    hourly: float
    most: float
    days: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says; see `volume_spike`. `counted`: the mentions, each hour cut."""

    observed: float
    counted: int
    expected: float
    fires: bool
    hot: bool
    score: float


class Detector:
    """Slow burn: a rise over a day or three that no hour of it shows.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> days = [1 if minute % 6 == 3 else 0 for minute in range(9 * 24 * 60)]
        >>> day = [1 if minute % 6 in (1, 3) else 0 for minute in range(24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), days + day, topic_id="acme")
        >>> [(finding.scale_s // 3600, finding.observed, finding.expected) for finding in findings(Detector(Options()), series)]
        [(24, 410.0, 240.0)]

    Source: Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance systems", Statist. Med. 32 (2013).
    """

    version = "1"
    sure: tuple[float, ...] = ()

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> BurnState:
        """Nothing known yet."""
        return BurnState()

    def step(self, state: BurnState, buckets: Buckets) -> tuple[BurnState, Finding | None]:
        """Once an hour: take in what is settled, judge the last day and three days; see `detectors.base.Detector.step`."""
        upto = newly_closed(state, buckets, DELAY)
        if upto is None:
            return state, None
        state, weeks = take_in(state, buckets, upto)
        burst, finding = self._judge(state.burst, weeks, buckets.topic_id)
        return msgspec.structs.replace(state, burst=burst), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _judge(self, burst: Burst, weeks: Weeks, topic: str) -> tuple[Burst, Finding | None]:
        if weeks.end is None or len(weeks) < (self._options.min_days + 1) * DAY_H:
            return burst, None
        values = weeks.values
        if not burst.is_open and np.nansum(values[-DAY_H:]) < self._options.min_mentions:
            return burst, None
        windows = [window for hours in SCALES_H if (window := _window(values, hours)).days >= self._options.min_days]
        if not windows:
            return burst, None
        judged = [(window, _verdict(window, self._options)) for window in windows]
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        newest = weeks.end - timedelta(seconds=MINUTE_S)
        hot = any(each.hot for _, each in judged)
        size, sure = verdict.observed * DAY_H / window.hours, passed(self.sure, verdict.score if verdict.fires else 0.0)
        burst, turn = advance(burst, newest, fires=verdict.fires, hot=hot, size=size, quiet=QUIET, sure=sure)
        return burst, None if turn is None else self._finding(weeks, topic, window, verdict, turn)

    def _finding(self, weeks: Weeks, topic: str, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        assert weeks.end is not None
        low, high = usual_range(verdict.expected, window.dispersion)
        return Finding(
            kind=KIND,
            bucket_start=weeks.end - timedelta(seconds=MINUTE_S),
            window_start=weeks.end - window.hours * HOUR,
            window_end=weeks.end,
            scale_s=window.hours * HOUR_S,
            observed=verdict.observed,
            expected=verdict.expected,
            low=low,
            high=high,
            score=verdict.score,
            words=_words(topic, weeks.values, window, verdict, turn),
            frozen={"version": self.version, "options": self._options.model_dump(), "window": msgspec.to_builtins(window)},
        )


def _window(values: Rates, hours: int) -> Window:
    found = compare(values, hours)
    known = ~np.isnan(found.counts)
    return Window(
        hours=hours,
        counts=found.counts[known].tolist(),
        expected=np.round(found.usual[known], 3).tolist(),
        dispersion=found.dispersion,
        hourly=found.hourly,
        most=found.most,
        days=found.days if found.known_h >= LEAST_KNOWN * hours else 0,
    )


def _verdict(window: Window, options: Options) -> Verdict:
    observed, expected = math.fsum(window.counts), math.fsum(window.expected)
    counted = round(math.fsum(map(min, window.counts, _most(window))))
    tail = log10_tail(counted, expected, window.dispersion) if counted > expected else 0.0
    found, threshold = surprise(tail, looks=LOOKS[window.hours]), -math.log10(options.chance)
    beyond = sorted((count - usual for count, usual in zip(window.counts, window.expected, strict=True)), reverse=True)
    slow = counted > window.most and sum(beyond[:LOUD_H]) < LOUD * (observed - expected)
    enough = slow and counted >= options.min_ratio * expected and observed >= options.min_mentions * window.hours / DAY_H
    return Verdict(
        observed=observed,
        counted=counted,
        expected=expected,
        fires=found >= threshold and enough,
        hot=found >= RELEASE * threshold,
        score=score(found, threshold),
    )


def _most(window: Window) -> list[float]:
    """What each hour counts for at most: more is a loud hour's, which is told by itself."""
    return [max(usual + CUT_SD * math.sqrt(usual + window.hourly * usual**2) + 1.0, CUT_TIMES * usual) for usual in window.expected]


def _words(topic: str, values: Rates, window: Window, verdict: Verdict, turn: Turn) -> Words:
    args: dict[str, Any] = {
        "topic": topic,
        "observed": verdict.observed,
        "scale": window.hours * HOUR_S,
        "expected": round(verdict.expected, 1),
        "more": round(verdict.observed / verdict.expected - 1.0, 2),
    }
    usual = verdict.expected * DAY_H / window.hours
    days = [usual, *(float(np.nansum(day)) for day in np.split(values[-SCALES_H[-1] :], 3))]
    if all(later >= STEP * earlier for earlier, later in pairwise(days)):
        a_day = {"first": days[1], "second": days[2], "third": days[3], "usual": round(usual)}
        return Words(key=f"signal.{KIND}.days", args=args | a_day)
    return Words(key=f"signal.{KIND}" if turn == "onset" else f"signal.{KIND}.growth", args=args)
