"""How surprising is a count: tails of the two distributions that the detectors judge by; pure, standard library and numpy.

All answers are base-10 logarithms, so that "one in ten to the 400" is still a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

TINY = 1e-300  # keeps a continued fraction from dividing by zero
PRECISION = 1e-12  # relative; the continued fraction stops here
MAX_TERMS = 10_000
FAINT = 1e-9  # a dispersion that is none


def log10_tail(count: int, mean: float, dispersion: float) -> float:
    """log10 of P(X >= count) where X is negative binomial with this mean and variance mean + dispersion * mean^2.

    `dispersion` 0 is Poisson. A mean of 0 or less makes any positive count impossible (minus infinity).

    Example:
        >>> round(10 ** log10_tail(1, 1.0, 0.0), 6)  # 1 - 1/e
        0.632121
        >>> round(log10_tail(13, 1.0, 0.0), 2)
        -10.2
        >>> round(log10_tail(13, 1.0, 0.5), 2)  # the same count is less of a surprise where the topic is bursty
        -5.22

    Source: regularised incomplete beta function by the continued fraction of DLMF 8.17.22, rewritten in mean and dispersion so that it
    stays sound as the dispersion goes to zero.
    """
    if count <= 0:
        return 0.0
    if mean <= 0.0:
        return -math.inf
    if count <= mean:
        below = np.exp(_log_chances(count - 1, mean, dispersion)).sum()
        return math.log10(max(1.0 - float(below), TINY))
    log_chance = _log_chance(count, mean, dispersion)
    return min((log_chance + math.log(_tail_ratio(count, mean, dispersion))) / math.log(10.0), 0.0)


def log10_at_most(count: int, mean: float, dispersion: float) -> float:
    """log10 of P(X <= count) for a count below the mean of such a negative binomial: how rare is it that so little comes.

    Example:
        >>> round(log10_at_most(0, 10.0, 0.0), 2)  # exp(-10)
        -4.34
        >>> round(log10_at_most(0, 10.0, 0.5), 2)  # a bursty topic is often silent
        -1.56
    """
    if count < 0:
        return -math.inf
    chances = _log_chances(count, mean, dispersion)
    largest = float(chances.max())
    return min((largest + math.log(float(np.exp(chances - largest).sum()))) / math.log(10.0), 0.0)


def _log_chance(count: int, mean: float, dispersion: float) -> float:
    """Natural logarithm of P(X = count)."""
    if dispersion < FAINT:
        return count * math.log(mean) - mean - math.lgamma(count + 1.0)
    size, spread = 1.0 / dispersion, math.log1p(dispersion * mean)
    ways = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1.0)
    return ways + count * (math.log(dispersion * mean) - spread) - size * spread


def _log_chances(last: int, mean: float, dispersion: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Natural logarithms of P(X = 0 .. last)."""
    steps = np.arange(last, dtype=np.float64)
    spread = math.log1p(dispersion * mean)
    none_at_all = -mean if dispersion < PRECISION else -spread / dispersion
    rises = np.log1p(dispersion * steps) + math.log(mean) - np.log1p(steps) - spread
    return none_at_all + np.concatenate(([0.0], np.cumsum(rises)))


def _tail_ratio(count: int, mean: float, dispersion: float) -> float:
    """P(X >= count) / P(X = count) for a count above the mean, by Lentz's method."""
    share = mean / (1.0 + dispersion * mean)
    x = dispersion * share
    front = 1.0
    back = 1.0 / _away_from_zero(1.0 - (count * x + share) / (count + 1.0))
    ratio = back
    for m in range(1, MAX_TERMS):
        even = m * (share - m * x) / ((count + 2 * m - 1.0) * (count + 2 * m))
        odd = -(count + m) * (count * x + share + m * x) / ((count + 2 * m) * (count + 2 * m + 1.0))
        change = 1.0
        for term in (even, odd):
            back = 1.0 / _away_from_zero(1.0 + term * back)
            front = _away_from_zero(1.0 + term / front)
            change = front * back
            ratio *= change
        if abs(change - 1.0) < PRECISION:
            break
    return ratio


def _away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def usual_range(mean: float, dispersion: float, *, outside: float = 0.05) -> tuple[int, int]:
    """The counts (low, high) that hold all but `outside` of what a negative binomial draws, half of the rest on either side.

    Example:
        >>> usual_range(1.0, 0.0)
        (0, 3)
        >>> usual_range(30.0, 0.0)
        (20, 41)
    """
    edge = math.log10(outside / 2.0)
    high = _first(lambda count: log10_tail(count + 1, mean, dispersion) <= edge)
    low = _first(lambda count: 10.0 ** log10_tail(count + 1, mean, dispersion) < 1.0 - outside / 2.0)
    return low, high


def _first(holds: Callable[[int], bool]) -> int:
    """The smallest count from 0 for which a monotone condition holds, by doubling and halving."""
    if holds(0):
        return 0
    above = 1
    while not holds(above):
        above *= 2
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        if holds(middle):
            above = middle
        else:
            below = middle
    return above


def log10_share_tail(hits: int, of: int, share: float, weight: float) -> float:
    """log10 of P(K >= hits) among `of` draws whose usual share is known as well as `weight` earlier draws would tell it (beta-binomial).

    `share` stands strictly between 0 and 1; a large `weight` is the plain binomial.

    Example:
        >>> round(log10_share_tail(8, 10, 0.2, 1e9), 2)  # binomial
        -4.11
        >>> round(log10_share_tail(8, 10, 0.2, 40.0), 2)  # a share that drifts surprises less
        -3.34
    """
    if hits <= 0:
        return 0.0
    if hits > of:
        return -math.inf
    a, b = share * weight, (1.0 - share) * weight
    steps = np.arange(of, dtype=np.float64)
    rises = np.log(of - steps) - np.log1p(steps) + np.log(a + steps) - np.log(b + of - 1.0 - steps)
    none_at_all = float((np.log(b + steps) - np.log(weight + steps)).sum())
    chances = none_at_all + np.concatenate(([0.0], np.cumsum(rises)))[hits:]
    largest = float(chances.max())
    return min((largest + math.log(float(np.exp(chances - largest).sum()))) / math.log(10.0), 0.0)


def surprise(log10_chance: float, *, looks: float) -> float:
    """-log10 of a chance that was looked for so many times: 5 is one in a hundred thousand; never below 0."""
    return max(-log10_chance - math.log10(looks), 0.0)


def score(found: float, threshold: float) -> float:
    """A surprise on a scale from 0 to 1, with 0.5 at its threshold.

    Example:
        >>> score(5.0, 5.0), score(15.0, 5.0), score(math.inf, 5.0)
        (0.5, 0.75, 1.0)
    """
    return 1.0 if math.isinf(found) else found / (found + threshold)
