"""Detectors as one kind of function, a series in, scores and alarms out: ours, the published rules of four others, and a plain z-score.

The rules are asked for whole series at once by the same arithmetic as the signals (`detectors.rules`); a test holds that both ring alike.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.detect_series import DAY, HOUR, WEEK, Flags, Judge, Judged, Numbers, Series
from detectors import rules
from detectors.scoring import score_series
from detectors.sensitivity import Sensitivity

HEARD = rules.HEARD
SPACING = 3 * HOUR  # rows: a rule that rings on and on is one alarm, as in its signal
CLOSES = 9 * HOUR  # rows under the threshold after which a peer's burst is over


def ours(sensitivity: Sensitivity) -> Judge:
    """The volume spike as shipped, at a preset."""

    def judge(series: Series) -> Judged:
        values = [None if np.isnan(value) else float(value) for value in series.values]
        rows = list(score_series(series.times, values, sensitivity=sensitivity, zone=series.zone))
        return Judged(np.array([row.score for row in rows]), np.array([row.alarm for row in rows]))

    return judge


def published() -> dict[str, Judge]:
    """The four rules at their middle level; those that leave the bound open at a higher one too, and Socialmetrix's at its lowest, with which it advises to begin."""
    return {
        "Meltwater's rule": rule(meltwater),
        "Meltwater's rule, 5 times": rule(lambda series: meltwater(series, times=5.0)),
        "Salesforce's rule": rule(salesforce),
        "Salesforce's rule, 200 %": rule(lambda series: salesforce(series, percent=200.0)),
        "Socialmetrix's rule": rule(socialmetrix),
        "Socialmetrix's rule, low": rule(lambda series: socialmetrix(series, deviations=1.5)),
        "Huginn's rule": rule(huginn, spacing=2 * DAY, from_told=True),
    }


def rule(ratio: Callable[[Series], Numbers], *, spacing: int = SPACING, from_told: bool = False) -> Judge:
    """A rule that says how many times its bound each row reaches; one alarm until it was silent for `spacing`, or, `from_told`, so long after the last."""

    def judge(series: Series) -> Judged:
        times = np.nan_to_num(ratio(series), nan=0.0)
        alarms, last = np.zeros(len(series), dtype=np.bool_), -spacing - 1
        for row in np.flatnonzero(times >= 1.0).tolist():
            far = row - last > spacing if from_told else row - last >= spacing
            alarms[row] = far
            last = row if far or not from_told else last
        return Judged(times, alarms)

    return judge


def meltwater(series: Series, *, times: float = 3.0) -> Numbers:
    """How many times its bound Meltwater's rule sees, in each row."""
    usual = usual_in(series, HOUR)
    half_day = back(usual_in(series, 12 * HOUR), HOUR) / 12
    return _ratio(seen_in(series, HOUR), rules.meltwater_rings_from(half_day, back(usual, DAY), back(usual, WEEK), times=times))


def salesforce(series: Series, *, percent: float = 100.0) -> Numbers:
    """How many times its bound Salesforce's rule sees."""
    usual = usual_in(series, DAY)
    weeks = np.stack([back(usual, week * WEEK) for week in range(1, 5)])
    return _ratio(seen_in(series, DAY), rules.salesforce_rings_from(weeks, percent=percent))


def socialmetrix(series: Series, *, deviations: float = 2.0) -> Numbers:
    """How many times its bound Socialmetrix's rule sees, once an hour."""
    return _each_hour(series, lambda hours: _socialmetrix(hours, deviations))


def _socialmetrix(hours: Numbers, deviations: float) -> float:
    week, day = hours[-168:], hours[-24:]
    known = week[~np.isnan(week)]
    if len(known) < 72 or np.isnan(day).any() or day.sum() <= 24 * known.mean():
        return 0.0
    return float(day.sum() / rules.socialmetrix_rings_from(known.mean(), known.std(), deviations=deviations))


def huginn(series: Series, *, deviations: float = 3.0) -> Numbers:
    """How many times its bound Huginn's rule sees, once an hour."""
    return _each_hour(series, lambda hours: _huginn(hours, deviations))


def _huginn(hours: Numbers, deviations: float) -> float:
    before, newest = hours[-14 * 24 - 1 : -1], hours[-1]
    known = before[~np.isnan(before)]
    if len(known) < 4 or not newest > known.mean():
        return 0.0
    return float(newest / max(rules.huginn_rings_from(known.mean(), known.std(), deviations=deviations), 1e-9))


def z_score(series: Series) -> Numbers:
    """Deviations above the mean of the seven days before."""
    filled = np.where(series.known, series.values, 0.0)
    count, total, squares = (_sums(each, WEEK) for each in (series.known.astype(float), filled, filled**2))
    count, total, squares = (back(each, 1) for each in (count, total, squares))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        spread = np.sqrt(np.maximum(squares / count - mean**2, 1e-6))
        scores = np.where(count >= HOUR, (filled - mean) / spread, 0.0)
    return np.maximum(np.nan_to_num(scores), 0.0)


def bursts(scores: Numbers, threshold: float, closes: int = CLOSES) -> Flags:
    """One alarm for one burst: rows at the threshold or over it, after `closes` rows under it."""
    over = np.flatnonzero(scores >= threshold)
    alarms = np.zeros(len(scores), dtype=np.bool_)
    alarms[over[np.diff(over, prepend=-closes - 1) > closes]] = True
    return alarms


def seen_in(series: Series, rows: int) -> Numbers:
    """Mentions in the window of so many rows that ends with each row."""
    return _sums(np.where(series.known, series.values, 0.0), rows)


def usual_in(series: Series, rows: int) -> Numbers:
    """The same, filled up for what was not heard; NaN where less than half was."""
    heard = _sums(series.known.astype(float), rows)
    return np.where(heard >= HEARD * rows, seen_in(series, rows) * rows / np.maximum(heard, 1.0), np.nan)


def back(values: Numbers, rows: int) -> Numbers:
    """What stood so many rows before; NaN before the series begins."""
    return np.concatenate((np.full(min(rows, len(values)), np.nan), values[: max(0, len(values) - rows)]))


def _sums(values: Numbers, rows: int) -> Numbers:
    total = np.concatenate(([0.0], np.cumsum(values)))
    last = np.arange(1, len(values) + 1)
    return total[last] - total[np.maximum(last - rows, 0)]


def _ratio(observed: Numbers, rings_from: Numbers) -> Numbers:
    with np.errstate(invalid="ignore", divide="ignore"):
        return observed / rings_from


def _each_hour(series: Series, ratio: Callable[[Numbers], float]) -> Numbers:
    """A rule over whole clock hours, asked when one is over."""
    step_s = 3600 // HOUR
    lead = int(series.start.timestamp()) % 3600 // step_s
    whole = usual_in(series, HOUR)
    ends = np.arange(HOUR - 1 - lead, len(series), HOUR)
    ends = ends[ends >= 0]
    hours, answers = whole[ends], np.zeros(len(series))
    for number, end in enumerate(ends.tolist()):
        answers[end] = ratio(hours[max(0, number - 14 * 24) : number + 1])
    return answers
