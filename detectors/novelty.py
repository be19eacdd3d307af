"""How new a burst is to a topic: its excess in units of the topic's own restlessness, against the largest such bursts of its last fortnight.

Some topics burst every other day; a tail of any distribution then cries at each of them. Here past bursts raise the bar for the next one: neither the
spread nor the daily maxima are cut. The bar never falls below what plain unevenness reaches by itself.

Source: measured on series of brand mentions at five-minute steps; the normalisation by block maxima after Coles, "An Introduction to Statistical
Modeling of Extreme Values" (2001), ch. 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from detectors.buckets import HOUR_S, QUARTER_S

STEP_S: Final = 300  # windows are learnt each five minutes
WIDTHS: Final = (QUARTER_S // STEP_S, HOUR_S // STEP_S)  # steps of a quarter and of an hour
SHORT: Final = (QUARTER_S, HOUR_S)
LONG: Final = (6 * HOUR_S, 24 * HOUR_S)  # learnt each hour
SCALES: Final = (*SHORT, *LONG)
FORGETS: Final = 0.5 ** (1 / 336)  # what an hour taught fades to half in two weeks
GUESS_H: Final = 1.0  # hours that the guess of a spread is worth
FLOOR: Final = 2.0  # mentions: no window is steadier than that
DAYS: Final = 14  # whose maxima are remembered
GUESS: Final = 10.0  # spreads: the largest window of a fortnight where nothing is known
CUT: Final = 10.0  # times the guess so far that a day may teach
BAR: Final = 0.593  # of the fortnight's largest window; measured
LEAST_BAR: Final = 6.0  # spreads; gamma-shaped hours of shape 2 pass it about once in ten weeks


class Novelty(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a topic's restlessness.

    Attributes:
        hours: hours learnt, fading.
        squares: squared excess of the windows that ended in an hour, in the mean, summed over the hours and fading; by `SCALES`.
        tail: what the last hour brought and what was expected of it, by step of five minutes, oldest first.
        day: the local day under way, as an ordinal.
        top: its most unusual window so far, in spreads.
        tops: those of the days before, at most `DAYS`, oldest first.
    """

    hours: float = 0.0
    squares: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    tail: tuple[tuple[float, float], ...] = ()
    day: int = 0
    top: float = 0.0
    tops: tuple[float, ...] = ()

    def spread(self, scale_s: int, expected: float) -> float:
        """Standard deviation of a window, in mentions, where `expected` are expected."""
        return _spread(self.squares[SCALES.index(scale_s)], self.hours, expected)

    def dispersion(self, scale_s: int, expected: float) -> float:
        """Variance beyond Poisson over the squared mean, by what windows of this width have shown; at least 0."""
        if expected <= 0.0 or not self.hours:
            return 0.0
        return max(0.0, self.squares[SCALES.index(scale_s)] / self.hours - expected) / expected**2

    def excess(self, scale_s: int, brought: float, expected: float) -> float:
        """How many spreads a window lies above what was expected; negative below."""
        return (brought - expected) / self.spread(scale_s, expected)

    @property
    def usual_top(self) -> float:
        """The largest window of a fortnight, in spreads; a guess while few days are known."""
        known = len(self.tops)
        return (DAYS * GUESS + known * max(self.tops, default=0.0)) / (DAYS + known)


def bar(usual_top: float, newness: float) -> float:
    """Spreads from which a window is news, where a fortnight's largest is `usual_top`; `newness` 1 is measured, more asks for more."""
    return max(newness * BAR * usual_top, LEAST_BAR)


def learn(
    novelty: Novelty,
    brought: Sequence[float],
    expected: Sequence[float],
    *,
    day: int,
    known: float = 1.0,
    excesses: tuple[float, float] = (0.0, 0.0),
) -> Novelty:
    """Learn from one clock hour.

    Args:
        novelty: as it stood.
        brought: mentions by step of five minutes, where we listened.
        expected: as many, by what was usual before this hour.
        day: the local day as an ordinal.
        known: what part of the hour we listened.
        excesses: mentions beyond the expected in the six hours, and the day, that end with this hour.

    Example:
        >>> calm = learn(Novelty(), [1.0] * 12, [1.0] * 12, day=1)
        >>> calm.squares, round(calm.hours, 2), len(calm.tail)
        ((0.0, 0.0, 0.0, 0.0), 1.0, 11)
    """
    if day != novelty.day:
        novelty = msgspec.structs.replace(novelty, day=day, top=0.0, tops=_turned(novelty))
    steps = [*novelty.tail, *zip(brought, expected, strict=True)]
    hours, (quarter, hour, *long), top = novelty.hours, novelty.squares, novelty.top
    most, part = CUT * novelty.usual_top, known / len(brought)
    fade = FORGETS**part
    for upto in range(len(novelty.tail) + 1, len(steps) + 1):  # one after another, so that a burst widens the spread while it lasts
        (off_quarter, in_quarter), (off_hour, in_hour) = (_excess(steps, upto, width) for width in WIDTHS)
        unusual = max(off_quarter / _spread(quarter, hours, in_quarter), off_hour / _spread(hour, hours, in_hour))
        top = max(top, min(unusual, most))
        quarter, hour = quarter * fade + part * off_quarter**2, hour * fade + part * off_hour**2
        hours = hours * fade + part
    six, day_long = (was * FORGETS**known + known * off**2 for was, off in zip(long, excesses, strict=True))
    return Novelty(
        hours=hours,
        squares=(quarter, hour, six, day_long),
        tail=tuple(steps[-WIDTHS[1] + 1 :]),
        day=day,
        top=top,
        tops=novelty.tops,
    )


def _excess(steps: Sequence[tuple[float, float]], upto: int, width: int) -> tuple[float, float]:
    """Of the window of so many steps that ends before `upto`: mentions beyond the expected, and those expected."""
    inside = steps[max(0, upto - width) : upto]
    expected = sum(each[1] for each in inside)
    return sum(each[0] for each in inside) - expected, expected


def _spread(squares: float, hours: float, expected: float) -> float:
    return math.sqrt((squares + GUESS_H * (expected + FLOOR**2)) / (hours + GUESS_H) + FLOOR**2)


def _turned(novelty: Novelty) -> tuple[float, ...]:
    """The daily maxima with that of the day that is over, where there was one."""
    return (*novelty.tops, novelty.top)[-DAYS:] if novelty.day else ()
