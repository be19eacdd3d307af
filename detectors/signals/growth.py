"""Growth: a burst that gathers pace, and how large it will be in some hours.

Where the last hour is well beyond the usual, the pace of the burst is carried on for 1, 3 and 6 hours (`detectors/forecast.py`). It is told when the pace will double
within three hours, or when the next three hours will bring more than the operator's size: while there is still time to prepare.
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
from detectors.buckets import HOUR_S, MINUTE_S, QUARTER_S, Buckets
from detectors.bursts import Burst, Turn, advance
from detectors.compared import usual_hours
from detectors.forecast import QUARTERS, Pace, forecast, mentions_in, pace
from detectors.tails import score
from detectors.weeks import DAY_H, HOUR, Weeks, WeeksState, newly_closed, take_in

KIND = "growth"
AHEAD_H = 3  # the forecast that is judged and told
BACK_H, USUAL_H = 3, 12  # hours before the newest closed one of which the usual is kept, and hours in all
LEAST_HEARD = 0.8  # of the usual volume, throughout the last two hours
RISING = 0.1  # slope of a burst that gathers pace at all
DELAY = timedelta(minutes=20)


class Options(SignalOptions):
    """When a burst grows too fast.

    `min_mentions` and `min_authors`: in the last hour. `min_ratio`: times the usual of that hour. `doubles`: times the pace of the last hour that is to be expected in three
    hours. `size`: mentions that the next three hours are to bring, beyond twice the usual. `min_days`: of history.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"min_mentions": 40, "min_authors": 20, "min_ratio": 3.0, "size": 600},
        "sensitive": {"min_mentions": 12, "min_authors": 6, "min_ratio": 2.0, "size": 150},
    }

    min_mentions: int = Field(default=20, ge=4)
    min_authors: int = Field(default=10, ge=1)
    min_ratio: float = Field(default=2.5, ge=1.0)
    doubles: float = Field(default=2.0, gt=1.0)
    size: int = Field(default=300, ge=1)
    min_days: int = Field(default=3, ge=1)


class GrowthState(WeeksState, frozen=True, kw_only=True):
    """The weeks before; what is `usual` of each of the hours from three before `judged_to` on (empty: not known); the burst under way."""

    usual: tuple[float, ...] = ()
    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What was judged: the last quarters of an hour, oldest first, what is usual of each, and of each of the hours `ahead`; `authors` in the last hour."""

    quarters: list[int]
    usual: list[float]
    ahead: list[float]
    authors: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What it says: mentions in the last hour and their usual, the pace, and what three hours will bring; 0.5 is the threshold's score."""

    observed: int
    expected: float
    pace: Pace
    mentions: float
    fires: bool
    score: float


class Detector:
    """Growth: a burst that gathers pace, and how large it will be in some hours.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> week = [1 if minute % 20 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> burst = [(minute // 30 + 1) // 2 + minute // 45 for minute in range(120)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), week + burst, topic_id="acme")
        >>> [finding.words.args["forecast"] > 300 for finding in findings(Detector(Options()), series)]
        [True]

    Source: see `detectors/forecast.py`.
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> GrowthState:
        """Nothing known yet."""
        return GrowthState()

    def step(self, state: GrowthState, buckets: Buckets) -> tuple[GrowthState, Finding | None]:
        """Take in what is settled, once an hour; judge the last two hours where the last one is far beyond the usual; see `detectors.base.Detector.step`."""
        upto = newly_closed(state, buckets, DELAY)
        if upto is not None:
            state, weeks = take_in(state, buckets, upto)
            state = msgspec.structs.replace(state, usual=_usual(weeks, self._options))
        last_hour = buckets.so_many("mentions", HOUR_S)
        if last_hour < self._options.min_mentions or last_hour < self._options.min_ratio * _least_usual(state, buckets):
            return state, None  # most minutes of most topics end here
        window = _window(state, buckets)
        if window is None:
            return state, None
        verdict = _verdict(window, self._options)
        hot = verdict.observed >= max(self._options.min_mentions, self._options.min_ratio * verdict.expected)
        burst, turn = advance(state.burst, buckets.newest, fires=verdict.fires, hot=hot, size=verdict.mentions)
        finding = None if turn is None else self._finding(buckets, window, verdict, turn)
        return msgspec.structs.replace(state, burst=burst), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _finding(self, buckets: Buckets, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        forecasts = forecast(verdict.pace, window.ahead)
        told = next(one for one in forecasts if one.hours == AHEAD_H)
        args = {
            "topic": buckets.topic_id,
            "forecast": round(told.mentions),
            "low": told.low,
            "high": told.high,
            "by": (buckets.end + told.hours * HOUR).isoformat(),
            "observed": verdict.observed,
            "scale": HOUR_S,
            "authors": window.authors,
        }
        return Finding(
            kind=KIND,
            bucket_start=buckets.newest,
            window_start=buckets.end - HOUR,
            window_end=buckets.end,
            scale_s=HOUR_S,
            observed=float(verdict.observed),
            expected=verdict.expected,
            low=None,
            high=None,
            score=verdict.score,
            words=Words(key=f"signal.{KIND}" if turn == "onset" else f"signal.{KIND}.growth", args=args),
            frozen={
                "version": self.version,
                "options": self._options.model_dump(),
                "window": msgspec.to_builtins(window),
                "forecast": [one._asdict() for one in forecasts],
            },
        )


def _usual(weeks: Weeks, options: Options) -> tuple[float, ...]:
    if len(weeks) < options.min_days * DAY_H:
        return ()
    return tuple(usual_hours(weeks.values, BACK_H, USUAL_H - BACK_H))


def _least_usual(state: GrowthState, buckets: Buckets) -> float:
    """What is at least usual of the last hour, of the little that must be heard; beyond all bounds where that is not known."""
    if not state.usual or state.judged_to is None:
        return math.inf
    hour = (buckets.end - state.judged_to) // HOUR + BACK_H
    return LEAST_HEARD * min(state.usual[hour - 1 : hour + 1], default=math.inf)


def _window(state: GrowthState, buckets: Buckets) -> Window | None:
    """The last two hours of the sources that were heard all through, in quarters that end now; None where these are too few, or nothing is known of the hours."""
    rows = buckets.last(QUARTERS * QUARTER_S)
    begun = (rows.start - ((state.judged_to or rows.start) - BACK_H * HOUR)) // timedelta(seconds=MINUTE_S)
    per = QUARTER_S // rows.width_s
    if len(rows) < QUARTERS * per or begun < 0 or begun + (2 + 6) * 60 > USUAL_H * 60:
        return None
    blind = np.asarray(rows.unknown.any(axis=0)).tolist()
    levels = [(state.weeks.levels.get(source), not missed) for source, missed in zip(rows.sources, blind, strict=True)]
    counted = [level is not None and level.counts and known for level, known in levels]
    whole = math.fsum(level.an_hour for level in state.weeks.levels.values() if level.counts)
    part = math.fsum(level.an_hour for (level, _), is_in in zip(levels, counted, strict=True) if level is not None and is_in)
    if not whole or part < LEAST_HEARD * whole:
        return None
    quarters = rows.mentions[:, counted].sum(axis=1).reshape(QUARTERS, per).sum(axis=1).tolist()
    authors = int(rows.authors[-HOUR_S // rows.width_s :, counted].sum())
    by_hour = [usual * part / whole for usual in state.usual]
    usual = [by_hour[(begun + 15 * turn + 7) // 60] / 4.0 for turn in range(QUARTERS)]
    ahead = [by_hour[(begun + (QUARTERS * 15) + 60 * turn + 30) // 60] for turn in range(6)]
    return Window(quarters=quarters, usual=usual, ahead=ahead, authors=authors)


def _verdict(window: Window, options: Options) -> Verdict:
    observed, expected = sum(window.quarters[-4:]), math.fsum(window.usual[-4:])
    now = pace(window.quarters, window.usual)
    mentions = mentions_in(now, window.ahead, AHEAD_H)
    then = now.beyond(AHEAD_H - 0.5, AHEAD_H + 0.5) + window.ahead[AHEAD_H]
    usual = math.fsum(window.ahead[:AHEAD_H])
    doubled = then / (options.doubles * max(observed, 1))
    large = mentions / max(options.size, 2.0 * usual)
    enough = observed >= max(options.min_mentions, options.min_ratio * expected) and window.authors >= options.min_authors
    found = max(doubled, large) if now.slope >= RISING else 0.0
    return Verdict(
        observed=observed,
        expected=expected,
        pace=now,
        mentions=mentions,
        fires=enough and found >= 1.0,
        score=score(found, 1.0),
    )
