"""Real series with labelled bursts (Numenta's realTweets), under the Numenta scorer and in the terms of who is on call.

Ours rings as shipped; nothing is chosen. A peer that only scores gets, in hindsight, the threshold that is best for it on all series, raw and with
bursts closed after nine quiet hours; "splits" is the mean over all ways to choose the threshold on three series and judge by it on the other two.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.detect_judges import bursts, ours, published, z_score
from bench.detect_peers import Peer, peers
from bench.detect_scorer import PROFILES, Scored, best_threshold, score_of
from bench.detect_series import HOUR, WEEK, Flags, Judged, Labelled, Numbers, Series
from bench.detect_tables import interval, table

DRAWS = 2000
LEARNT_ON = 3  # series of a split on which the threshold is chosen
GRID = 60  # thresholds tried where alarms depend on the threshold, not only which rows ring
SETTINGS = ("quiet", "balanced", "sensitive")


@dataclass(frozen=True)
class Told:
    """How alarms did: windows found, false episodes a series-week, minutes from the middle of the window."""

    found: int
    windows: int
    false_a_week: float
    delay_min: float


def run(labelled: list[Labelled], *, quick: bool = False) -> None:
    """Print the tables."""
    scored = [Scored(each) for each in labelled]
    names = ", ".join(each.series.name for each in labelled)
    print(f"## Labelled series of mentions ({names}; {sum(each.windows for each in scored)} windows)\n")
    rows = []
    for level in SETTINGS:
        judged = [ours(level)(each.labelled.series) for each in scored]
        rows.append(_as_shipped(f"Tocsin, {level}", judged, scored))
        if level == "balanced":
            rows.append(_swept("Tocsin, balanced, by its score *", [each.scores for each in judged], scored))
    for name, judge in (*published().items(), ("a clock, every 36 h", _clock)):
        rows.append(_as_shipped(name, [judge(each.labelled.series) for each in scored], scored))
    for name, peer in (("z-score of 7 days", z_score), *peers(quick=quick).items()):
        rows += _by_threshold(name, peer, scored)
    head = ("detector", "std (90 %)", "low FP", "low FN", "splits 3/2", "found", "false a week", "delay, min")
    print(table(head, rows))
    print("\\* at the threshold that is best on these very series. Delay from the middle of a window, where people saw the burst.\n")


def _clock(series: Series) -> Judged:
    rows = np.arange(len(series)) % (36 * HOUR) == 0
    return Judged(rows.astype(float), rows)


def _as_shipped(name: str, judged: list[Judged], scored: list[Scored]) -> tuple[str, ...]:
    alarms = [each.alarms for each in judged]
    splits = _splits(scored, [np.where(each.alarms, each.scores, 0.0) for each in judged], closes=None)
    return _row(name, scored, alarms, splits)


def _by_threshold(name: str, peer: Peer, scored: list[Scored]) -> list[tuple[str, ...]]:
    scores = [peer(each.labelled.series) for each in scored]
    closed = _best_closed(scored, scores)
    return [
        _swept(f"{name} *", scores, scored),
        _row(f"{name}, bursts *", scored, [bursts(values, closed) for values in scores], _splits(scored, scores, closes=9)),
    ]


def _swept(name: str, scores: list[Numbers], scored: list[Scored]) -> tuple[str, ...]:
    threshold = best_threshold(scored, scores, "standard")
    return _row(name, scored, [values >= threshold for values in scores], _splits(scored, scores, closes=None))


def _best_closed(scored: list[Scored], scores: list[Numbers]) -> float:
    """The threshold that is best where a burst rings once."""
    tried = np.unique(np.quantile(np.concatenate(scores), 1.0 - np.geomspace(1e-5, 0.2, GRID)))
    return float(max(tried, key=lambda threshold: score_of(scored, [bursts(values, threshold) for values in scores], "standard")))


def _splits(scored: list[Scored], scores: list[Numbers], *, closes: int | None) -> float:
    """Mean score on the series left out, the threshold chosen on the others."""
    if len(scored) <= LEARNT_ON:
        return float("nan")
    judged = []
    for chosen in combinations(range(len(scored)), LEARNT_ON):
        rest = [number for number in range(len(scored)) if number not in chosen]
        learnt = [scored[number] for number in chosen], [scores[number] for number in chosen]
        threshold = best_threshold(*learnt, "standard") if closes is None else _best_closed(*learnt)
        ring = (lambda values: values >= threshold) if closes is None else (lambda values: bursts(values, threshold))  # noqa: B023 - called at once
        judged.append(score_of([scored[number] for number in rest], [ring(scores[number]) for number in rest], "standard"))
    return float(np.mean(judged))


def _row(name: str, scored: list[Scored], alarms: list[Flags], splits: float) -> tuple[str, ...]:
    told = tell(scored, alarms)
    by_profile = [score_of(scored, alarms, profile) for profile in PROFILES]
    low, high = _interval(scored, alarms)
    return (
        name,
        f"{by_profile[0]:.1f} ({low:.0f} to {high:.0f})",
        *(f"{score:.1f}" for score in by_profile[1:]),
        "-" if np.isnan(splits) else f"{splits:.1f}",
        f"{told.found}/{told.windows}",
        f"{told.false_a_week:.2f}",
        "-" if np.isnan(told.delay_min) else f"{told.delay_min:.0f}",
    )


def _interval(scored: list[Scored], alarms: list[Flags]) -> tuple[float, float]:
    """Of the standard score, series drawn anew."""
    raw = np.array([one.raw(rung, "standard") for one, rung in zip(scored, alarms, strict=True)])
    windows = np.array([one.windows for one in scored])
    drawn = np.random.default_rng(1).integers(0, len(scored), (DRAWS, len(scored)))
    sums, counts = raw[drawn].sum(axis=1), windows[drawn].sum(axis=1)
    return interval(100.0 * (sums + counts) / (2.0 * counts))


def tell(scored: list[Scored], alarms: list[Flags]) -> Told:
    """Windows found, false episodes (rows within an hour are one), and the median delay."""
    found, false, weeks, delays = 0, 0, 0.0, []
    for one, rung in zip(scored, alarms, strict=True):
        judged = np.arange(len(rung)) >= one.first
        rows = np.flatnonzero(rung & judged & (one.window_of < 0))
        false += int((np.diff(rows, prepend=-WEEK) > HOUR).sum())
        weeks += float((judged & (one.window_of < 0)).sum()) / WEEK
        for number, (left, right) in enumerate(one.labelled.windows):
            inside = np.flatnonzero(rung & judged & (one.window_of == number))
            found += bool(len(inside))
            delays += [(inside[0] - (left + right) / 2) * 5.0] if len(inside) else []
    return Told(found, sum(one.windows for one in scored), false / weeks, float(np.median(delays)) if delays else float("nan"))
