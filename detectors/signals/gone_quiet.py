"""Gone quiet: a topic that people usually talk about is talked about no more, though its sources are heard.

A shop that closed, a group that was shut, a query that a platform no longer answers, a fandom that left: silence is news where there usually is talk. The last 6 and 24
hours are held against the same hours of up to four weeks before. They end before what is usually still on its way, and of hours in which we did not hear, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import numpy as np
from pydantic import Field

from core.records import Words
from detectors.base import Finding, SignalOptions
from detectors.buckets import HOUR_S, MINUTE_S, Buckets, Rates
from detectors.bursts import Burst, advance
from detectors.compared import compare
from detectors.tails import log10_at_most, score, surprise, usual_range
from detectors.weeks import DAY_H, HOUR, Weeks, WeeksState, newly_closed, take_in

KIND = "gone_quiet"
SCALES_H = (6, DAY_H)
LOOKS = {6: 16.0, DAY_H: 8.0}  # independent looks a day at such a sliding window; each is given half the chance
QUIET = timedelta(hours=6)  # of usual talk: then the silence is over
OVER = 2.0  # times the ratio that fires: with more talk than this the silence is over
TET = "tet:"


class Options(SignalOptions):
    """When silence is news.

    `chance`: of noise to look like this at some time within a day. `max_ratio`: of the expected. `min_expected`: mentions that such a window usually holds. `min_days`: of
    history to compare with. `delay_min`: minutes that mentions are given to arrive; take more where sources are slower.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"chance": 1e-6, "max_ratio": 0.1, "min_expected": 60},
        "sensitive": {"chance": 1e-3, "max_ratio": 0.3, "min_expected": 15},
    }

    chance: float = Field(default=1e-4, gt=0.0, lt=1.0)
    max_ratio: float = Field(default=0.2, ge=0.0, lt=1.0)
    min_expected: int = Field(default=30, ge=5)
    min_days: int = Field(default=7, ge=3)
    delay_min: int = Field(default=45, ge=0, le=720)


class QuietState(WeeksState, frozen=True, kw_only=True):
    """The weeks before, and the silence under way."""

    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it was judged: `observed` mentions in `hours` that were all heard; `fewest` is what the emptiest of `days` days brought in the same hours."""

    hours: int
    observed: int
    expected: float
    dispersion: float
    fewest: float
    days: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says: whether it is news, or at least no usual talk again; 0.5 is the threshold's score."""

    fires: bool
    silent: bool
    score: float


class Detector:
    """Gone quiet: a topic that people usually talk about is talked about no more, though its sources are heard.

    The lower tail of a negative binomial, and fewer than on any of the days compared with. Nights are quiet on all of them. In the weeks of Tết, and on days of which the
    operator expects less, nothing is said.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> days = [1 if minute % 6 == 3 else 0 for minute in range(9 * 24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), days + [0] * 420 + [1], topic_id="acme")
        >>> [(finding.scale_s // 3600, finding.observed, finding.expected) for finding in findings(Detector(Options()), series)]
        [(6, 0.0, 60.0)]

    Source: the lower tail after Noufaily et al., Statist. Med. 32 (2013); weekdays after Efron and Morris, JASA 70 (1975).
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._delay = timedelta(minutes=options.delay_min)

    def start(self) -> QuietState:
        """Nothing known yet."""
        return QuietState()

    def step(self, state: QuietState, buckets: Buckets) -> tuple[QuietState, Finding | None]:
        """Once an hour: take in what is settled, judge the last six hours and the last day; see `detectors.base.Detector.step`."""
        upto = newly_closed(state, buckets, self._delay)
        if upto is None:
            return state, None
        state, weeks = take_in(state, buckets, upto)
        burst, finding = self._judge(state.burst, weeks, buckets)
        return msgspec.structs.replace(state, burst=burst), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _judge(self, burst: Burst, weeks: Weeks, buckets: Buckets) -> tuple[Burst, Finding | None]:
        if weeks.end is None or len(weeks) < (self._options.min_days + 1) * DAY_H or _less_is_expected(weeks, buckets):
            return burst, None
        values = weeks.values
        if (
            not burst.is_open
            and np.nansum(values[-SCALES_H[0] :]) * DAY_H > self._options.max_ratio * np.nansum(values[-2 * DAY_H :]) * SCALES_H[0]
        ):
            return burst, None  # it talks as ever
        judged = [
            (window, _verdict(window, self._options)) for hours in SCALES_H if (window := _window(values, hours, self._options)) is not None
        ]
        if not judged:
            return burst, None
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        newest = weeks.end - timedelta(seconds=MINUTE_S)
        silent = any(each.silent for _, each in judged)
        burst, turn = advance(burst, newest, fires=verdict.fires, hot=silent, size=1.0, quiet=QUIET)
        return burst, None if turn is None else self._finding(weeks, buckets.topic_id, window, verdict)

    def _finding(self, weeks: Weeks, topic: str, window: Window, verdict: Verdict) -> Finding:
        assert weeks.end is not None
        low, high = usual_range(window.expected, window.dispersion)
        args = {"topic": topic, "observed": window.observed, "scale": window.hours * HOUR_S, "expected": round(window.expected, 1)}
        return Finding(
            kind=KIND,
            bucket_start=weeks.end - timedelta(seconds=MINUTE_S),
            window_start=weeks.end - window.hours * HOUR,
            window_end=weeks.end,
            scale_s=window.hours * HOUR_S,
            observed=float(window.observed),
            expected=window.expected,
            low=low,
            high=high,
            score=verdict.score,
            words=Words(key=f"signal.{KIND}", args=args | {"days": window.days}),
            frozen={"version": self.version, "options": self._options.model_dump(), "window": msgspec.to_builtins(window)},
        )


def _less_is_expected(weeks: Weeks, buckets: Buckets) -> bool:
    """Whether any local day of the last 24 hours is one of Tết, or one of which the operator expects less."""
    assert weeks.end is not None
    days = {at.astimezone(buckets.zone).date() for at in (weeks.end - DAY_H * HOUR, weeks.end - timedelta(seconds=MINUTE_S))}
    occasions = [occasion for day in days for occasion in buckets.calendar.on(day)]
    return any(occasion.less or occasion.key.startswith(TET) for occasion in occasions)


def _window(values: Rates, hours: int, options: Options) -> Window | None:
    """The newest hours, where all of them were heard and enough is known and usual; else None."""
    found = compare(values, hours)
    if found.known_h < hours or found.days < options.min_days or found.expected < options.min_expected:
        return None
    return Window(
        hours=hours,
        observed=round(found.observed),
        expected=round(found.expected, 3),
        dispersion=found.dispersion,
        fewest=found.fewest,
        days=found.days,
    )


def _verdict(window: Window, options: Options) -> Verdict:
    tail = log10_at_most(window.observed, window.expected, window.dispersion) if window.observed < window.expected else 0.0
    found, threshold = surprise(tail, looks=LOOKS[window.hours]), -math.log10(options.chance)
    little = window.observed <= options.max_ratio * window.expected and window.observed < window.fewest
    silent = window.observed <= OVER * options.max_ratio * window.expected
    return Verdict(fires=found >= threshold and little, silent=silent, score=score(found, threshold))
