"""How many mentions the next hours will bring at the pace of a burst: a damped trend of what is beyond the usual, with an interval that holds four times of five. Pure.

A burst's pace is fitted as a straight line in logarithms through the quarters of an hour since its onset, drawn towards no trend at all while these are few. Ahead, the trend is
damped, because bursts hardly ever keep their pace, and every hour takes a little away, because they end. The interval is that of a negative binomial whose
dispersion, by horizon, was set on simulated bursts and the onsets of real crises (`tests/detectors/test_forecast.py` measures how often it holds).

Source: damped trends after Gardner and McKenzie, "Forecasting Trends in Time Series", Management Science 31 (1985).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from detectors.tails import usual_range

QUARTERS = 8  # of the past: two hours
HORIZONS_H = (1, 3, 6)
DISPERSION = {1: 0.12, 3: 0.2, 6: 0.32}  # of what comes in so many hours, at a steady pace ...
STEEP = 3.0  # ... and so many times more for a trend of a factor e an hour
OUTSIDE = 0.2  # of the forecasts, what comes lies outside the interval
FADES = 0.8  # a quarter of an hour counts so much of the next for the pace of now
DAMPED_H = 0.7  # the trend goes on for about so long
ENDS = 0.1  # of the burst, in an hour
NO_TREND = 8.0  # mentions times squared hours that the guess of no trend is worth
STEEPEST = 1.0  # natural logarithm of the growth in an hour; more is never believed
LEAST_QUARTERS = 3  # from which on there is a trend


class Pace(NamedTuple):
    """Mentions an hour beyond the usual, now, and the natural logarithm of how many times as many there will be in an hour."""

    an_hour: float
    slope: float

    def beyond(self, since_h: float, until_h: float) -> float:
        """Mentions beyond the usual between so many hours from now."""
        steps = [turn / 4.0 + 0.125 for turn in range(round(since_h * 4), round(until_h * 4))]
        return sum(self.an_hour * math.exp(self.slope * DAMPED_H * (1.0 - math.exp(-at / DAMPED_H)) - ENDS * at) for at in steps) / 4.0


class Forecast(NamedTuple):
    """So many `mentions` within `hours` from now, the usual included; `low` to `high` holds four times of five."""

    hours: int
    mentions: float
    low: int
    high: int


def pace(counts: Sequence[float], usual: Sequence[float]) -> Pace:
    """The pace of a burst from the last quarters of an hour, oldest first, and what is usual of each.

    Example:
        >>> flat = pace([0, 0, 0, 4, 20, 20, 20, 20], [0.0] * 8)
        >>> round(flat.an_hour), abs(flat.slope)
        (80, 0.0)
        >>> pace([0, 0, 0, 4, 20, 25, 31, 39], [0.0] * 8).slope > 0.4
        True
    """
    beyond = [max(count - expected, 0.0) for count, expected in zip(counts, usual, strict=True)]
    least = max(2.0, 0.1 * max(beyond))
    onset = next((index for index, value in enumerate(beyond) if value >= least), len(beyond) - 1)
    since = beyond[onset + 1 :] or beyond[-1:]  # the burst began somewhere within its first quarter, so that one is too low
    ages = [(len(since) - 1 - index) / 4.0 for index in range(len(since))]
    fades = [FADES ** (4.0 * age) for age in ages]
    level = 4.0 * sum(map(float.__mul__, fades, map(float, since))) / sum(fades)
    if len(since) < LEAST_QUARTERS:
        return Pace(level, 0.0)
    weights = [value + 0.5 for value in since]
    middle = sum(map(float.__mul__, weights, ages)) / sum(weights)
    square = sum(weight * (age - middle) ** 2 for weight, age in zip(weights, ages, strict=True))
    together = -sum(weight * (age - middle) * math.log(weight) for weight, age in zip(weights, ages, strict=True))
    slope = min(max(together / (square + NO_TREND), -STEEPEST), STEEPEST)
    age = sum(map(float.__mul__, fades, ages)) / sum(fades)
    return Pace(level * math.exp(slope * age), slope)


def mentions_in(now: Pace, ahead: Sequence[float], hours: int) -> float:
    """How many mentions the next hours will bring; `ahead` is what is usual of each of them."""
    return now.beyond(0.0, hours) + math.fsum(ahead[:hours])


def forecast(now: Pace, ahead: Sequence[float]) -> list[Forecast]:
    """What 1, 3 and 6 hours will bring; `ahead` is what is usual of each of the next six hours."""
    told = []
    for hours in HORIZONS_H:
        mentions = mentions_in(now, ahead, hours)
        low, high = usual_range(max(mentions, 0.1), DISPERSION[hours] * (1.0 + STEEP * now.slope**2), outside=OUTSIDE)
        told.append(Forecast(hours, round(mentions, 1), low, high))
    return told
