"""Negative surge: the mood about a topic has turned.

Only mentions count whose negative tone the model would stand by. Two questions are asked of the last hour and the last three hours: is so large a share of the
mentions negative by chance, and are there so many negative ones by chance? Either may fire, where there are enough of them from enough people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from core.records import Words
from detectors import shares
from detectors.base import Finding, SignalOptions, State
from detectors.baseline import WARM_H, Baseline, absorb, whole_hours
from detectors.buckets import HOUR_S, Buckets, Mask
from detectors.bursts import Burst, Turn, advance, passed
from detectors.shares import Share
from detectors.tails import log10_share_tail, log10_tail, score, surprise, usual_range

KIND = "negative_surge"
SCALES = (HOUR_S, 3 * HOUR_S)
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
    """The usual number of negative mentions, their usual share, and the burst under way."""

    baseline: Baseline = Baseline()
    share: Share = Share()
    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it was judged: `negative` (confident), `expected` (negative) and `mentions` by row; `usual_share` and its `weight`; `thin`: the plain rule."""

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

    version = "1"
    sure: tuple[float, ...] = ()
    on_sentiment = True  # what is usual is forgotten where labels notably change what is negative

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> SurgeState:
        """Nothing known yet."""
        return SurgeState()

    def step(self, state: SurgeState, buckets: Buckets) -> tuple[SurgeState, Finding | None]:
        """Learn from the settled hours, judge the last hour and three hours; see `detectors.base.Detector.step`."""
        fresh = buckets.since(state.settled_to)
        if not len(fresh):
            return state, None
        settled = whole_hours(fresh, keep=timedelta(seconds=SCALES[-1]))
        if settled is not None:
            state = msgspec.structs.replace(
                state,
                baseline=absorb(state.baseline, settled, settled.confident_negative),
                share=shares.absorb(state.share, settled, settled.confident_negative, settled.mentions),
            )
        burst, finding = self._judge(state, fresh.last(SCALES[-1]))
        settled_to = fresh.start if settled is None else settled.end
        return msgspec.structs.replace(state, settled_to=settled_to, burst=burst), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _judge(self, state: SurgeState, rows: Buckets) -> tuple[Burst, Finding | None]:
        size = int(rows.known(rows.confident_negative).sum())
        if size < RELEASE * self._options.min_negative and not state.burst.is_open:
            return state.burst, None  # nothing can fire
        windows = _windows(state, rows)
        if not state.burst.is_open and not any(_is_enough(window, self._options) for window in windows):
            return state.burst, None
        judged = [(window, _verdict(window, self._options)) for window in windows]
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        hot = any(each.hot for _, each in judged)
        sure = passed(self.sure, verdict.score if verdict.fires else 0.0)
        burst, turn = advance(state.burst, rows.newest, fires=verdict.fires, hot=hot, size=size, sure=sure)
        return burst, None if turn is None else self._finding(rows, window, verdict, turn)

    def _finding(self, rows: Buckets, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        low, high = (None, None) if window.thin else usual_range(verdict.expected, window.dispersion)
        return Finding(
            kind=KIND,
            bucket_start=rows.newest,
            window_start=rows.end - timedelta(seconds=window.scale_s),
            window_end=rows.end,
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
    enough = negative >= options.min_negative and window.authors >= options.min_authors
    return enough and share >= max(options.min_share, options.min_ratio * window.usual_share)


def _verdict(window: Window, options: Options) -> Verdict:
    negative, mentions, expected = sum(window.negative), sum(window.mentions), math.fsum(window.expected)
    share, threshold = negative / max(mentions, 1), -math.log10(options.chance)
    by_share = log10_share_tail(negative, mentions, window.usual_share, window.weight)
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
