"""Negative surge: the mood about a topic has turned.

Only mentions count whose negative tone the model would stand by. Two questions are asked of the last hour, the last three hours and, once an hour, of the last settled day: is
so large a share of the mentions negative by chance, and are there so many negative ones by chance? Either may fire, where there are enough of them from enough people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from core.records import Words
from detectors import mood_days, shares
from detectors.base import Finding, SignalOptions, State
from detectors.baseline import WARM_H, Baseline, absorb, whole_hours
from detectors.buckets import HOUR_S, Buckets, Mask
from detectors.bursts import Burst, Turn, advance, passed
from detectors.mood_days import MoodDays, last_day
from detectors.shares import Share
from detectors.tails import log10_share_tail, log10_tail, score, surprise, usual_range

KIND = "negative_surge"
SCALES = (HOUR_S, 3 * HOUR_S)
DAY_S = 24 * HOUR_S
DAY_LEAST = 3  # times the least of an hour, in a day
LOOKS = 10.0  # an hour, as in volume_spike; the two windows and the two questions are too much alike to count more
CRUDE = 0.5  # of the threshold's surprise, asked of the share while the history is thin
RELEASE = 0.5


class Options(SignalOptions):
    """When the mood has turned.

    `chance`: of noise to look like this at some time within an hour. `min_negative` and `min_authors`: in the window. `min_share` of all mentions,
    and `min_ratio` times the usual share. `thin_*`: the plain rule for an hour of young sources,
    whose share must also stand out from what little is known.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {
            "chance": 1e-7,
            "min_negative": 15,
            "min_authors": 8,
            "min_share": 0.4,
            "min_ratio": 2.0,
            "thin_negative": 30,
            "thin_authors": 20,
        },
        "sensitive": {"chance": 1e-4, "min_negative": 5, "min_authors": 3, "min_share": 0.25, "thin_negative": 8, "thin_authors": 5},
    }

    chance: float = Field(default=1e-5, gt=0.0, lt=1.0)
    min_negative: int = Field(default=8, ge=1)
    min_authors: int = Field(default=5, ge=1)
    min_share: float = Field(default=0.3, gt=0.0, le=1.0)
    min_ratio: float = Field(default=1.5, ge=1.0)
    thin_negative: int = Field(default=15, ge=1)
    thin_authors: int = Field(default=10, ge=1)
    thin_share: float = Field(default=0.5, gt=0.0, le=1.0)


class SurgeState(State, frozen=True, kw_only=True):
    """The usual number of negative mentions, their usual share, the days by hour, and the burst under way."""

    baseline: Baseline = Baseline()
    share: Share = Share()
    days: MoodDays = MoodDays()
    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it was judged: `negative` (confident), `expected` (negative) and `mentions` by row, or by hour of a day; `usual_share` and its `weight`; `thin`: the plain rule."""

    scale_s: int
    negative: list[int]
    mentions: list[int]
    expected: list[float]
    dispersion: float
    usual_share: float
    weight: float
    authors: int
    thin: bool


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says; see `volume_spike`."""

    negative: int
    share: float
    expected: float
    fires: bool
    hot: bool
    score: float


class Detector:
    """Negative surge: more, and a larger part, of what is said is negative than this topic is used to.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> week = [1 if minute % 10 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> tone = [0] * len(week) + [1] * 12
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), week + [1] * 12, confident_negative=tone, negative=tone, topic_id="acme")
        >>> [(finding.observed, finding.words.key, finding.words.args["share"]) for finding in findings(Detector(Options()), series)]
        [(8.0, 'signal.negative_surge', 0.62)]

    Source: the beta-binomial as the predictive law of a share that is itself learnt; Gelman et al., "Bayesian Data Analysis", 3rd ed., ch. 2.
    """

    version = "2"
    sure: tuple[float, ...] = ()
    on_sentiment = True  # what is usual is forgotten where labels notably change what is negative

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> SurgeState:
        """Nothing known yet."""
        return SurgeState()

    def step(self, state: SurgeState, buckets: Buckets) -> tuple[SurgeState, Finding | None]:
        """Learn from the settled hours, judge the last hour and three hours, and a day where one has just settled; see `detectors.base.Detector.step`."""
        fresh = buckets.since(state.settled_to)
        if not len(fresh):
            return state, None
        settled = whole_hours(fresh, keep=timedelta(seconds=SCALES[-1]))
        day = None
        if settled is not None:
            state = _learnt(state, settled)
            day = _day(state, self._options)
        elif state.settled_to is None:
            state = msgspec.structs.replace(state, settled_to=fresh.start)
        if day is None and not state.burst.is_open and not _may_fire(state, buckets, self._options):
            return state, None  # most minutes of most topics end here
        burst, finding = self._judge(state, fresh.last(SCALES[-1]), day)
        return (state if burst == state.burst else msgspec.structs.replace(state, burst=burst)), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _judge(self, state: SurgeState, rows: Buckets, day: Window | None) -> tuple[Burst, Finding | None]:
        size = rows.so_many("confident_negative", SCALES[-1])
        windows = [*_windows(state, rows), *([] if day is None else [day])]
        if not state.burst.is_open and not any(_is_enough(window, self._options) for window in windows):
            return state.burst, None
        judged = [(window, _verdict(window, self._options)) for window in windows]
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        hot = any(each.hot for _, each in judged)
        sure = passed(self.sure, verdict.score if verdict.fires else 0.0)
        burst, turn = advance(
            state.burst,
            rows.newest,
            fires=verdict.fires,
            hot=hot,
            size=max(size, sum(day.negative) * SCALES[-1] / DAY_S if day else 0),
            sure=sure,
        )
        if turn is None:
            return burst, None
        end = state.settled_to if window.scale_s == DAY_S and state.settled_to else rows.end
        return burst, self._finding(rows, end, window, verdict, turn)

    def _finding(self, rows: Buckets, end: datetime, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        low, high = (None, None) if window.thin else usual_range(verdict.expected, window.dispersion)
        return Finding(
            kind=KIND,
            bucket_start=end - timedelta(seconds=rows.width_s),
            window_start=end - timedelta(seconds=window.scale_s),
            window_end=end,
            scale_s=window.scale_s,
            observed=float(verdict.negative),
            expected=None if window.thin else verdict.expected,
            low=low,
            high=high,
            unit="negative",
            score=verdict.score,
            words=_words(rows.topic_id, window, verdict, turn, self._options),
            frozen={
                "version": self.version,
                "options": self._options.model_dump(),
                "window": msgspec.to_builtins(window),
                "heard_rows": dict(zip(rows.sources, (~rows.unknown).sum(axis=0).tolist(), strict=True)),
            },
        )


def _may_fire(state: SurgeState, buckets: Buckets, options: Options) -> bool:
    """Whether there are negative mentions enough, and where all sources are known, a share of them large enough: a cheap question."""
    least = min(options.min_negative, options.thin_negative)
    if buckets.so_many("confident_negative", SCALES[-1]) < least:
        return False
    rates = [state.baseline.rates.get(source) for source in buckets.sources]
    if any(rate is None or rate.known_h < WARM_H for rate in rates):
        return True
    share = max(options.min_share, options.min_ratio * state.share.usual)
    counts = ((buckets.so_many("confident_negative", scale_s), buckets.so_many("mentions", scale_s)) for scale_s in SCALES)
    return any(negative >= options.min_negative and negative >= share * mentions for negative, mentions in counts)


def _learnt(state: SurgeState, settled: Buckets) -> SurgeState:
    return msgspec.structs.replace(
        state,
        baseline=absorb(state.baseline, settled, settled.confident_negative),
        share=shares.absorb(state.share, settled, settled.confident_negative, settled.mentions),
        days=mood_days.absorb(state.days, settled),
        settled_to=settled.end,
    )


def _day(state: SurgeState, options: Options) -> Window | None:
    """The last settled day, by hours."""
    day = last_day(state.days, DAY_LEAST * options.min_negative)
    if day is None:
        return None
    return Window(scale_s=DAY_S, usual_share=state.share.usual, weight=state.share.weight, thin=False, **day._asdict())


def _windows(state: SurgeState, rows: Buckets) -> list[Window]:
    mature = state.baseline.known_hours(rows.sources) >= WARM_H
    windows = _cut(state, rows, mature, SCALES) if mature.any() else []
    return windows if mature.all() else [*windows, *_cut(state, rows, ~mature, (HOUR_S,), thin=True)]


def _cut(state: SurgeState, rows: Buckets, counted: Mask, scales: tuple[int, ...], *, thin: bool = False) -> list[Window]:
    negative = rows.known(rows.confident_negative)[:, counted].sum(axis=1).tolist()
    mentions = rows.known(rows.mentions)[:, counted].sum(axis=1).tolist()
    authors = rows.known(rows.authors)[:, counted].sum(axis=1).tolist()
    expected = [] if thin else state.baseline.expected(rows, counted).tolist()
    return [
        Window(
            scale_s=min(scale_s, len(rows) * rows.width_s),
            negative=negative[-(scale_s // rows.width_s) :],
            mentions=mentions[-(scale_s // rows.width_s) :],
            expected=expected[-(scale_s // rows.width_s) :],
            dispersion=state.baseline.dispersion(scale_s),
            usual_share=state.share.usual,
            weight=state.share.weight,
            authors=sum(authors[-(scale_s // rows.width_s) :]),
            thin=thin,
        )
        for scale_s in scales
    ]


def _is_enough(window: Window, options: Options) -> bool:
    negative, share = sum(window.negative), sum(window.negative) / max(sum(window.mentions), 1)
    if window.thin:
        return negative >= options.thin_negative and window.authors >= options.thin_authors and share >= options.thin_share
    times = DAY_LEAST if window.scale_s == DAY_S else 1
    enough = negative >= times * options.min_negative and window.authors >= times * options.min_authors and share >= options.min_share
    if share >= options.min_ratio * window.usual_share:
        return enough
    more = window.scale_s == DAY_S and negative >= options.min_ratio * math.fsum(window.expected)
    return enough and more and share >= window.usual_share  # a topic that is mostly negative can only be so more often


def _verdict(window: Window, options: Options) -> Verdict:
    negative, mentions, expected = sum(window.negative), sum(window.mentions), math.fsum(window.expected)
    share, threshold = negative / max(mentions, 1), -math.log10(options.chance)
    by_share = log10_share_tail(min(negative, mentions), mentions, window.usual_share, window.weight)
    if window.thin:
        fires = -by_share >= CRUDE * threshold and _is_enough(window, options)
        hot, scored = negative >= RELEASE * options.thin_negative, score(negative, options.thin_negative)
        return Verdict(negative=negative, share=share, expected=0.0, fires=fires, hot=hot, score=scored)
    by_count = log10_tail(negative, expected, window.dispersion) if negative > expected else 0.0
    found = surprise(min(by_share, by_count), looks=LOOKS)
    fires = found >= threshold and _is_enough(window, options)
    hot = found >= RELEASE * threshold and negative >= RELEASE * options.min_negative
    return Verdict(negative=negative, share=share, expected=expected, fires=fires, hot=hot, score=score(found, threshold))


def _words(topic: str, window: Window, verdict: Verdict, turn: Turn, options: Options) -> Words:
    args: dict[str, Any] = {
        "topic": topic,
        "observed": verdict.negative,
        "scale": window.scale_s,
        "mentions": sum(window.mentions),
        "share": round(verdict.share, 2),
        "authors": window.authors,
    }
    if window.thin:
        return Words(key=f"signal.{KIND}.warm_up", args=args | {"threshold": options.thin_negative})
    args |= {"expected": round(verdict.expected, 1), "usual_share": round(window.usual_share, 2)}
    return Words(key=f"signal.{KIND}" if turn == "onset" else f"signal.{KIND}.growth", args=args)
