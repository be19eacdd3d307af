"""Volume spike: far more mentions than this topic draws at this hour of the week.

Two windows are judged, the last quarter of an hour and the last hour, over all sources that we have listened to for three days or more. A source that is
younger is judged by a plain rule, and the finding says that its history is too thin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from core.records import Words
from detectors.base import Finding, SignalOptions, State
from detectors.baseline import WARM_H, Baseline, absorb, whole_hours
from detectors.buckets import HOUR_S, QUARTER_S, Buckets, Mask
from detectors.bursts import Burst, Turn, advance
from detectors.tails import log10_tail, score, surprise, usual_range

KIND = "volume_spike"
SCALES = (QUARTER_S, HOUR_S)
# Sixty looks in an hour are worth about 40 independent ones at a sliding quarter, 10 at a sliding hour; each window is given half the chance.
LOOKS = {QUARTER_S: 80.0, HOUR_S: 20.0}
RELEASE = 0.5  # of the threshold's surprise and of the least mentions: below both, a burst cools
CRUDE_H = 2.0  # settled hours from which on a young source's own mean is asked too
THIN_DISPERSION = 1.0  # added while the history is thin: its hours of the day and its unevenness are guesses


class Options(SignalOptions):
    """When more is too much.

    `chance`: of noise to look like this at some time within an hour; 3e-5 is once in four years. `min_ratio`: times the expected. `min_mentions` and `min_authors`: in the
    window, and within the hour. `thin_*`: the least an hour of young sources must bring; where they have been heard for some hours, also far beyond
    their mean so far.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"chance": 1e-6, "min_ratio": 3.0, "min_mentions": 20, "min_authors": 5, "thin_mentions": 60, "thin_authors": 20},
        "sensitive": {"chance": 1e-3, "min_ratio": 1.5, "min_mentions": 6, "min_authors": 3, "thin_mentions": 15, "thin_authors": 5},
    }

    chance: float = Field(default=3e-5, gt=0.0, lt=1.0)
    min_ratio: float = Field(default=2.0, ge=1.0)
    min_mentions: int = Field(default=10, ge=1)
    min_authors: int = Field(default=3, ge=1)
    thin_mentions: int = Field(default=30, ge=1)
    thin_authors: int = Field(default=10, ge=1)


class SpikeState(State, frozen=True, kw_only=True):
    """What is usual, and the burst under way."""

    baseline: Baseline = Baseline()
    burst: Burst = Burst()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it was judged.

    `counts` and `expected` by row, of the judged sources where we listened; `authors` within the last hour; `thin` where the plain rule judges.
    """

    scale_s: int
    counts: list[int]
    expected: list[float]
    dispersion: float
    authors: int
    thin: bool


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says: whether it is over the threshold, or at least over the release level; 0.5 is the threshold's score."""

    observed: int
    expected: float
    fires: bool
    hot: bool
    score: float


class Detector:
    """Volume spike: far more mentions than this topic draws at this hour of the week.

    The tail of a negative binomial, with the topic's own unevenness, tells how often chance alone would bring so many; it is right at one mention an hour,
    where a deviation in units of a standard deviation is not. One burst is told once, and again when it has trebled.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> week = [1 if minute % 60 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), week + [1] * 12, topic_id="acme")
        >>> [(finding.observed, finding.scale_s, finding.words.key) for finding in findings(Detector(Options()), series)]
        [(10.0, 900, 'signal.volume_spike')]

    Source: Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance systems", Statist. Med. 32 (2013).
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> SpikeState:
        """Nothing known yet."""
        return SpikeState()

    def step(self, state: SpikeState, buckets: Buckets) -> tuple[SpikeState, Finding | None]:
        """Learn from the settled hours, judge the newest quarter and hour; see `detectors.base.Detector.step`."""
        fresh = buckets.since(state.settled_to)
        if not len(fresh):
            return state, None
        settled = whole_hours(fresh, keep=timedelta(seconds=HOUR_S))
        baseline = state.baseline if settled is None else absorb(state.baseline, settled, settled.mentions)
        burst, finding = self._judge(baseline, state.burst, fresh.last(HOUR_S))
        settled_to = fresh.start if settled is None else settled.end
        return SpikeState(settled_to=settled_to, baseline=baseline, burst=burst), finding

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def _judge(self, baseline: Baseline, burst: Burst, hour: Buckets) -> tuple[Burst, Finding | None]:
        size = int(hour.known(hour.mentions).sum())
        if size < RELEASE * self._options.min_mentions and not burst.is_open:
            return burst, None  # nothing can fire; most minutes of most topics end here
        windows = _windows(baseline, hour)
        if not burst.is_open and not any(_is_enough(window, self._options) for window in windows):
            return burst, None
        judged = [(window, _verdict(window, self._options)) for window in windows]
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        hot = any(each.hot for _, each in judged)
        burst, turn = advance(burst, hour.newest, fires=verdict.fires, hot=hot, size=size)
        return burst, None if turn is None else self._finding(baseline, hour, window, verdict, turn)

    def _finding(self, baseline: Baseline, hour: Buckets, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        low, high = (None, None) if window.thin else usual_range(verdict.expected, window.dispersion)
        return Finding(
            kind=KIND,
            bucket_start=hour.newest,
            window_start=hour.end - timedelta(seconds=window.scale_s),
            window_end=hour.end,
            scale_s=window.scale_s,
            observed=float(verdict.observed),
            expected=None if window.thin else verdict.expected,
            low=low,
            high=high,
            score=verdict.score,
            words=_words(hour.topic_id, window, verdict, turn, self._options),
            frozen={
                "version": self.version,
                "options": self._options.model_dump(),
                "window": msgspec.to_builtins(window),
                "heard_rows": dict(zip(hour.sources, (~hour.unknown).sum(axis=0).tolist(), strict=True)),
                "an_hour": {source: rate.an_hour for source, rate in baseline.rates.items()},
            },
        )


def _windows(baseline: Baseline, hour: Buckets) -> list[Window]:
    known_h = baseline.known_hours(hour.sources)
    mature, crude = known_h >= WARM_H, known_h >= CRUDE_H
    windows: list[Window] = []
    if mature.any():
        windows += _cut(baseline, hour, mature, mature, SCALES)
    if not mature.all():
        windows += _cut(baseline, hour, ~mature, crude & ~mature, (HOUR_S,), thin=True)
    return windows


def _cut(baseline: Baseline, hour: Buckets, counted: Mask, compared: Mask, scales: tuple[int, ...], *, thin: bool = False) -> list[Window]:
    counts = hour.known(hour.mentions)[:, counted].sum(axis=1).tolist()
    expected = baseline.expected(hour, compared).tolist()
    authors = int(hour.known(hour.authors)[:, counted].sum())
    return [
        Window(
            scale_s=scale_s,
            counts=counts[-(scale_s // hour.width_s) :],
            expected=expected[-(scale_s // hour.width_s) :],
            dispersion=baseline.dispersion(scale_s) + (THIN_DISPERSION if thin else 0.0),
            authors=authors,
            thin=thin,
        )
        for scale_s in scales
    ]


def _is_enough(window: Window, options: Options) -> bool:
    observed = sum(window.counts)
    if window.thin:
        return observed >= options.thin_mentions and window.authors >= options.thin_authors
    many = observed >= options.min_mentions and window.authors >= options.min_authors
    return many and observed >= options.min_ratio * math.fsum(window.expected)


def _verdict(window: Window, options: Options) -> Verdict:
    observed, expected = sum(window.counts), math.fsum(window.expected)
    tail = log10_tail(observed, expected, window.dispersion) if observed > expected else 0.0
    found, threshold = surprise(tail, looks=LOOKS[window.scale_s]), -math.log10(options.chance)
    fires = found >= threshold and _is_enough(window, options)
    if window.thin:
        hot, scored = observed >= RELEASE * options.thin_mentions, score(observed, options.thin_mentions)
    else:
        hot = found >= RELEASE * threshold and observed >= RELEASE * options.min_mentions
        scored = score(found, threshold)
    return Verdict(observed=observed, expected=expected, fires=fires, hot=hot, score=scored)


def _words(topic: str, window: Window, verdict: Verdict, turn: Turn, options: Options) -> Words:
    args: dict[str, Any] = {"topic": topic, "observed": verdict.observed, "scale": window.scale_s, "authors": window.authors}
    if window.thin:
        return Words(key=f"signal.{KIND}.warm_up", args=args | {"threshold": options.thin_mentions})
    args |= {"expected": round(verdict.expected, 1), "times": round(verdict.observed / max(verdict.expected, 1.0), 1)}
    return Words(key=f"signal.{KIND}" if turn == "onset" else f"signal.{KIND}.growth", args=args)
