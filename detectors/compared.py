"""A window of hours against the same hours of the days before it: how much was to be expected, and how unevenly such windows come. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.buckets import Rates
from detectors.weeks import DAY_H, KEPT_H, WEEK_D

LEAST_KNOWN = 0.75  # of a window's hours, to be compared at all
CUT_MAD = 4.0  # a day of the past counts for at most so many median deviations (as standard deviations) above the median
MAD_SD = 1.4826
FEW_DAYS = 14  # fewer say nothing about weekdays
UNEVEN = {6: 0.08, 24: 0.03, 72: 0.02}  # dispersion of windows of so many hours, where nothing is known yet
UNEVEN_DAYS = 8.0  # days that this guess is worth
DOUBT_DAYS = 4.0  # so much of the unevenness itself is added for each of the days that tell it
FLOOR = 0.002
MOST_HOURLY = 1.0


class Compared(NamedTuple):
    """A window beside its past.

    `observed` mentions in the `known_h` hours of it that were heard, where `expected` were usual, with `dispersion` (variance beyond Poisson over the squared mean), by
    what the same hours brought on `days` days before. `counts` and `usual` are its hours, NaN where unknown; `hourly` is the dispersion of one of them.
    `fewest` and `most`: what the emptiest and the fullest of those days brought, a crisis of the past cut.
    """

    observed: float
    expected: float
    dispersion: float
    hourly: float
    fewest: float
    most: float
    days: int
    known_h: int
    counts: Rates
    usual: Rates


def compare(values: Rates, hours: int) -> Compared:
    """The newest `hours` of `values` (mentions by hour, NaN where unknown) against the same hours of the days before.

    Weekdays are told apart as far as the past tells them apart (a one-way analysis of variance, shrunk); a crisis of the past is cut.

    Source: James-Stein shrinkage of group means, after Efron and Morris, "Data Analysis Using Stein's Estimator", JASA 70 (1975).
    """
    guess = UNEVEN.get(hours, UNEVEN[DAY_H])
    window = np.concatenate((np.full(max(0, hours - len(values)), np.nan), values[-hours:]))
    known = ~np.isnan(window)
    first = -(-hours // DAY_H)
    days = np.array([day for day in range(first, KEPT_H // DAY_H) if len(values) >= hours + DAY_H * day], dtype=np.int64)
    past = np.array([values[len(values) - hours - DAY_H * day : len(values) - DAY_H * day] for day in days]).reshape(len(days), hours)
    heard = ~np.isnan(past) & known
    enough = heard.sum(axis=1) >= max(1.0, LEAST_KNOWN * known.sum())
    past, heard, days = past[enough], heard[enough], days[enough]
    observed = float(window[known].sum())
    if not len(days):
        return Compared(observed, 0.0, guess, MOST_HOURLY, 0.0, 0.0, 0, int(known.sum()), window, np.zeros(hours))
    sums = _cut(np.where(heard, past, 0.0).sum(axis=1) * (known.sum() / heard.sum(axis=1)))
    expected, residuals, free = _expected(sums, days % WEEK_D)
    dispersion = _dispersion(residuals, free, expected, guess)
    by_hour = np.where(heard, past, 0.0).sum(axis=0) / np.maximum(heard.sum(axis=0), 1)
    usual = np.where(known, by_hour * (expected / max(float(by_hour[known].sum()), 1e-9)), np.nan)
    off = float(np.where(heard, (past - by_hour) ** 2 - by_hour, 0.0).sum()) / max(float((heard * by_hour**2).sum()), 1.0)
    hourly = min(max(off, FLOOR), MOST_HOURLY)
    return Compared(
        observed, expected, dispersion, hourly, float(sums.min()), float(sums.max()), len(days), int(known.sum()), window, usual
    )


def usual_hours(values: Rates, back: int, ahead: int) -> list[float]:
    """What is usual of the newest `back` hours and of `ahead` hours after them: the mean of the same hours on the days before; empty where a day is not known."""
    end = len(values)
    days = [
        values[end - back - DAY_H * day : end + ahead - DAY_H * day] for day in range(1, KEPT_H // DAY_H) if end - back - DAY_H * day >= 0
    ]
    if not days:
        return []
    past = np.array([day for day in days if len(day) == back + ahead])
    known = ~np.isnan(past)
    if not known.any(axis=0).all():
        return []
    means: list[float] = np.round(np.where(known, past, 0.0).sum(axis=0) / known.sum(axis=0), 2).tolist()
    return means


def _cut(sums: Rates) -> Rates:
    middle = float(np.median(sums))
    off = MAD_SD * float(np.median(np.abs(sums - middle)))
    return np.asarray(np.minimum(sums, middle + CUT_MAD * max(off, middle**0.5) + 1.0), dtype=np.float64)


def _expected(sums: Rates, weekdays: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[float, Rates, float]:
    """What today's weekday (0) brings, how far each day of the past was off what its weekday brings, and the degrees of freedom of that."""
    mean = float(sums.mean())
    if len(sums) < FEW_DAYS:
        return mean, sums - mean, max(len(sums) - 1.0, 1.0)
    members = np.bincount(weekdays, minlength=WEEK_D)
    means = np.bincount(weekdays, weights=sums, minlength=WEEK_D) / np.maximum(members, 1)
    groups = int((members > 0).sum())
    within = float(((sums - means[weekdays]) ** 2).sum()) / max(len(sums) - groups, 1)
    between = float((members * (means - mean) ** 2).sum()) / max(groups - 1, 1)
    trust = max(0.0, 1.0 - within / between) if between > 0.0 else 0.0
    fitted: Rates = mean + trust * (means - mean)
    free = max(len(sums) - 1.0 - trust * (groups - 1.0), 1.0)
    return (float(fitted[0]) if members[0] else mean), sums - fitted[weekdays], free


def _dispersion(residuals: Rates, free: float, expected: float, guess: float) -> float:
    """Variance beyond Poisson over the squared mean, shrunk to the guess, with what the mean itself is not known by."""
    days = len(residuals)
    square = max(expected, 1.0) ** 2
    excess = days * (float((residuals**2).sum()) / free - expected)
    learnt = (excess / square + guess * UNEVEN_DAYS) / (days + UNEVEN_DAYS)
    return max(learnt, FLOOR) * (1.0 + DOUBT_DAYS / days) + 1.0 / (days * max(expected, 1.0))
