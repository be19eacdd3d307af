"""Volume spike: far more mentions than this topic draws at this hour of the week.

Four windows are judged at once, a quarter of an hour to a day, over all sources that we have listened to for three days or more. Of a slow topic the chance
decides: how often would noise bring so many? A busy one bursts by itself every few days, so there its own past bursts decide: is this one new? A source that
is younger is judged by a plain rule, and the finding says that its history is too thin.
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
from detectors.baseline import whole_hours
from detectors.buckets import HOUR_S, QUARTER_S, Buckets
from detectors.bursts import Burst, Turn, advance, passed
from detectors.novelty import bar
from detectors.tails import log10_tail, score, surprise, usual_range
from detectors.windows import HOUR, Lately, Usual, Window, lately, learn, windows

KIND = "volume_spike"
# Sixty looks in an hour are worth about 40 independent ones at a sliding quarter, 10 at a sliding hour; each window is given a part of the chance.
LOOKS = {QUARTER_S: 80.0, HOUR_S: 20.0, 6 * HOUR_S: 8.0, 24 * HOUR_S: 4.0}
RELEASE = 0.25  # of the threshold: below it, a burst cools
QUIET = timedelta(hours=9)  # so long, and the burst is over
MANY = 10  # mentions in an hour, from which its ratio to the usual says how grave it is: a burst that was told with fewer is told again


class Options(SignalOptions):
    """When more is too much.

    `chance`: of noise to look like this at some time within an hour; 1e-4 is once in fourteen months, and less often as measured. Of a busy topic, `newness`: how far beyond its usual bursts (1 is
    measured, 1.7 is for few alarms), and `busy_chance`: of noise to fill one window so. `min_ratio`: times the expected. `min_mentions` and `min_authors`: in the window, and within the hour. `thin_*`: the least an hour of
    young sources must bring; where they have been heard for some hours, also far beyond their mean so far.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"chance": 1e-6, "newness": 1.85, "busy_chance": 1e-6, "min_ratio": 3.0, "min_mentions": 12, "min_authors": 5, "thin_mentions": 60, "thin_authors": 20},
        "sensitive": {"chance": 1e-3, "newness": 0.75, "busy_chance": 3e-3, "min_ratio": 1.5, "min_mentions": 4, "thin_mentions": 15, "thin_authors": 5},
    }  # fmt: skip

    chance: float = Field(default=1e-4, gt=0.0, lt=1.0)
    newness: float = Field(default=1.0, gt=0.0)
    busy_chance: float = Field(default=3e-4, gt=0.0, lt=1.0)
    min_ratio: float = Field(default=2.0, ge=1.0)
    min_mentions: int = Field(default=6, ge=1)
    min_authors: int = Field(default=3, ge=1)
    thin_mentions: int = Field(default=30, ge=1)
    thin_authors: int = Field(default=10, ge=1)


class SpikeState(State, frozen=True, kw_only=True):
    """What is usual, and the burst under way."""

    usual: Usual = Usual()
    burst: Burst = Burst()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a window says: whether it is over the threshold, or at least over the release level; 0.5 is the threshold's score.

    `log10_chance`: that noise does it in an hour; None where no distribution tells.
    """

    fires: bool
    hot: bool
    score: float
    log10_chance: float | None


class Detector:
    """Volume spike: far more mentions than this topic draws at this hour of the week.

    The tail of a negative binomial, with the topic's own unevenness, tells how often chance alone would bring so many; it is right at one mention an hour,
    where a deviation in units of a standard deviation is not. One burst is told once, again when it reaches ten, and when it has trebled.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> week = [1 if minute % 60 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), week + [1] * 12, topic_id="acme")
        >>> [(finding.observed, finding.scale_s, finding.words.key) for finding in findings(Detector(Options()), series)]
        [(6.0, 900, 'signal.volume_spike'), (10.0, 900, 'signal.volume_spike.growth')]

    Source: Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance systems", Statist. Med. 32 (2013); for busy
    topics `detectors/novelty.py`.
    """

    version = "2"
    sure: tuple[float, ...] = ()

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self) -> SpikeState:
        """Nothing known yet."""
        return SpikeState()

    def step(self, state: SpikeState, buckets: Buckets) -> tuple[SpikeState, Finding | None]:
        """Learn from the settled hours, judge the newest windows; see `detectors.base.Detector.step`."""
        fresh = buckets.since(state.settled_to)
        if not len(fresh):
            return state, None
        state, fresh = self.settle(state, fresh)
        if fresh.so_many("mentions", HOUR_S) < self._options.min_mentions / 2 and not state.burst.is_open:
            return state, None  # nothing can fire; most minutes of most topics end here, before anything is worked out
        rows = lately(state.usual, fresh)
        state, finding, _ = self.look(state, rows, len(rows), fresh)
        return state, finding

    def settle(self, state: SpikeState, fresh: Buckets) -> tuple[SpikeState, Buckets]:
        """Learn from the settled hours; returns the rows that remain."""
        settled = whole_hours(fresh, keep=HOUR)
        if settled is None:
            return msgspec.structs.replace(state, settled_to=fresh.start), fresh
        return msgspec.structs.replace(state, usual=learn(state.usual, settled), settled_to=settled.end), fresh.since(settled.end)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the options and the window that the finding froze."""
        return _verdict(msgspec.convert(frozen["window"], Window), Options(**frozen["options"])).score

    def look(self, state: SpikeState, rows: Lately, upto: int, heard: Buckets) -> tuple[SpikeState, Finding | None, float]:
        """Judge the windows that end with row `upto` of `rows`, which were cut from `heard`; with the score, also where nothing is found."""
        if rows.in_last_hour(upto) < self._options.min_mentions / 2 and not state.burst.is_open:
            return state, None, 0.0  # nothing can fire; most minutes of most topics end here
        least, times = (0, 0.0) if state.burst.is_open else (self._options.min_mentions, self._options.min_ratio)
        cut = windows(state.usual, rows, upto, least=least, times=times)
        judged = [(window, _verdict(window, self._options)) for window in cut]
        found = max((verdict.score for _, verdict in judged), default=0.0)
        fires = any(verdict.fires for _, verdict in judged)
        if not state.burst.is_open and not fires:
            return state, None, found
        hot = any(verdict.hot for _, verdict in judged)
        newest = rows.start + timedelta(seconds=(upto - 1) * rows.width_s)
        chance = min((verdict.log10_chance for _, verdict in judged if verdict.fires and verdict.log10_chance is not None), default=None)
        size = rows.in_last_hour(upto)
        sure = 0 if chance is None else passed(self.sure, score(-chance, -math.log10(self._options.chance)))
        burst, turn = advance(state.burst, newest, fires=fires, hot=hot, size=size, quiet=QUIET, sure=sure + (size >= MANY))
        state = msgspec.structs.replace(state, burst=burst)
        if turn is None:
            return state, None, found
        window, verdict = max(judged, key=lambda each: (each[1].fires, each[1].score))
        verdict = msgspec.structs.replace(verdict, log10_chance=chance)  # of the rarest window: each has its part of the chance
        return state, self._finding(state, heard.rows(0, upto).last(HOUR_S), window, verdict, turn), verdict.score

    def _finding(self, state: SpikeState, hour: Buckets, window: Window, verdict: Verdict, turn: Turn) -> Finding:
        low, high = (None, None) if window.thin else usual_range(window.expected, window.dispersion)
        return Finding(
            kind=KIND,
            bucket_start=hour.newest,
            window_start=window.start,
            window_end=hour.end,
            scale_s=window.scale_s,
            observed=float(window.observed),
            expected=None if window.thin else window.expected,
            low=low,
            high=high,
            score=verdict.score,
            words=_words(hour, window, turn, self._options),
            frozen={
                "version": self.version,
                "options": self._options.model_dump(),
                "window": msgspec.to_builtins(window),
                "log10_chance": verdict.log10_chance,
                "heard_rows": dict(zip(hour.sources, (~hour.unknown).sum(axis=0).tolist(), strict=True)),
                "an_hour": {source: rate.an_hour for source, rate in state.usual.baseline.rates.items()},
            },
        )


def _is_enough(window: Window, options: Options) -> bool:
    if window.thin:
        return window.observed >= options.thin_mentions and window.authors >= options.thin_authors
    many = window.observed >= options.min_mentions and window.authors >= options.min_authors
    return many and window.observed >= options.min_ratio * window.expected


def _verdict(window: Window, options: Options) -> Verdict:
    threshold, gate = -math.log10(options.chance), -math.log10(options.busy_chance)
    newness = math.inf
    if window.excess is not None and window.top is not None:
        newness = window.excess / bar(window.top, options.newness)
        if newness < RELEASE:
            return Verdict(fires=False, hot=False, score=score(max(newness, 0.0), 1.0), log10_chance=None)
    tail = log10_tail(window.observed, window.expected, window.dispersion) if window.observed > window.expected else 0.0
    found = surprise(tail, looks=LOOKS[window.scale_s])
    if window.thin:
        strength, hot = min(found / threshold, window.observed / options.thin_mentions), window.observed >= RELEASE * options.thin_mentions
    elif math.isinf(newness):
        strength, hot = found / threshold, found >= RELEASE * threshold
    else:
        strength, hot = min(newness, -tail / gate), True
    chance = None if window.thin or math.isinf(found) else -found
    return Verdict(fires=strength >= 1.0 and _is_enough(window, options), hot=hot, score=score(strength, 1.0), log10_chance=chance)


def _words(hour: Buckets, window: Window, turn: Turn, options: Options) -> Words:
    args: dict[str, Any] = {"topic": hour.topic_id, "observed": window.observed, "scale": window.scale_s, "authors": window.authors}
    if window.thin:
        return Words(key=f"signal.{KIND}.warm_up", args=args | {"threshold": options.thin_mentions})
    args |= {"expected": round(window.expected, 1), "times": round(window.observed / max(window.expected, 1.0), 1)}
    events = hour.calendar.names(window.start.astimezone(hour.zone).date(), hour.newest.astimezone(hour.zone).date())
    if events:
        return Words(key=f"signal.{KIND}.during", args=args | {"events": ", ".join(events)})
    return Words(key=f"signal.{KIND}" if turn == "onset" else f"signal.{KIND}.growth", args=args)
