"""The parts of what is usual: the rate of a source, the shape of a week, special days, unevenness, each shrunk to a guess while there is little to learn from. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from detectors.seasons import Occasion

DAYS, HOURS = 7, 24
CELLS = DAYS * HOURS
RATE_PRIOR = 0.1  # mentions an hour of a source that nothing is known of
DAY_PRIOR = 3.0  # mentions that a flat day is worth against the hour of the day
WEEKDAY_PRIOR = 100.0  # mentions that a week of like days is worth against the weekday
WEEK_PRIOR = 40.0  # mentions that hour of the day and weekday are worth against the hour of the week
SPECIAL_PRIOR = 40.0  # mentions that the guess about a special day is worth, on top of its days
MOST_DOUBT = 0.5  # a daily rhythm not learnt yet looks like unevenness, which must not keep it from being learnt
SCATTER_PRIOR = 0.05  # dispersion of a topic that nothing is known of ...
SCATTER_WEIGHT = 50.0  # ... what that guess is worth, in squared mentions ...
BUSY_SCATTER = 0.3  # ... and of a busy one, which is always uneven ...
BUSY_HOURS = 12.0  # ... worth so many of its hours
SCATTER_FLOOR = 0.005
NOTHING = (0.0, 0.0)
RATE_FORGETS = 0.5 ** (1 / 72)  # an hour known fades to half in three days: a level that doubled is usual within a week
PLAIN_FORGETS = 0.5 ** (1 / 336)  # ... of the plain mean in two weeks
RATE_WEIGHT = 0.25  # hours of listening that this guess is worth


class Rate(msgspec.Struct, frozen=True, array_like=True):
    """What one source brings: mentions and ordinary hours known (both fading in days), hours known in all; and `plain` mentions and hours, fading in weeks.

    An hour is as many ordinary ones as the shape of the week and the day's factors say. The plain mean is what that shape is learnt against.
    """

    mentions: float = 0.0
    hours: float = 0.0
    known_h: float = 0.0
    plain: tuple[float, float] = (0.0, 0.0)

    @property
    def an_hour(self) -> float:
        """Mentions an ordinary hour, lately."""
        return (self.mentions + RATE_PRIOR * RATE_WEIGHT) / (self.hours + RATE_WEIGHT)

    @property
    def mean(self) -> float:
        """Mentions an hour, in the mean over weeks."""
        return (self.plain[0] + RATE_PRIOR * RATE_WEIGHT) / (self.plain[1] + RATE_WEIGHT)

    def learn(self, came: float, heard_h: float, *, times: float) -> Rate:
        """With an hour more, of which `heard_h` was heard, and which usually brings so many `times` an ordinary one."""
        return Rate(
            self.mentions * RATE_FORGETS + came,
            self.hours * RATE_FORGETS + heard_h * times,
            self.known_h + heard_h,
            (self.plain[0] * PLAIN_FORGETS + came, self.plain[1] * PLAIN_FORGETS + heard_h),
        )


def shape(seen: Sequence[float], thought: Sequence[float], cell: int, *, scatter: float, an_hour: float) -> float:
    """How many times the mean a local hour of the week brings (0 is Monday 00).

    `scatter` (the topic's dispersion) and `an_hour` (its mean mentions) tell how little a single uneven hour says: the guesses then weigh more.
    """
    doubt = 1.0 + min(scatter, MOST_DOUBT) * an_hour
    day, weekday = slice(cell % HOURS, None, HOURS), slice(cell - cell % HOURS, cell - cell % HOURS + HOURS)
    of_day = (sum(seen[day]) + DAY_PRIOR * doubt) / (sum(thought[day]) + DAY_PRIOR * doubt)
    alike = WEEKDAY_PRIOR * doubt + HOURS * an_hour  # and one whole day: that on which a topic begins is lopsided
    of_weekday = (sum(seen[weekday]) + alike) / (sum(thought[weekday]) + alike)
    return (seen[cell] + WEEK_PRIOR * doubt * of_day * of_weekday) / (thought[cell] + WEEK_PRIOR * doubt)


def factor(special: Mapping[str, tuple[float, float]], occasions: Iterable[Occasion], *, an_hour: float) -> float:
    """How many times its weekday a day brings, all that it is multiplied; 1 where nothing is known and nothing expected."""
    return math.prod(factor_of(special.get(occasion.key, NOTHING), occasion, an_hour) for occasion in occasions)


def factor_of(learnt: tuple[float, float], occasion: Occasion, an_hour: float) -> float:
    """How many times the usual one occasion brings: what was brought over what was expected without it, in usual days, shrunk to the guess."""
    brought, expected = learnt
    weight = occasion.days + SPECIAL_PRIOR / (HOURS * max(an_hour, RATE_PRIOR))
    return (brought + occasion.guess * weight) / (expected + weight)


def unevenness(excess: float, weight: float, *, an_hour: float) -> float:
    """Dispersion (variance beyond Poisson over the squared mean) from the two sums of `Baseline.scatter`, shrunk to guesses."""
    busy = BUSY_HOURS * an_hour**2
    return max((excess + SCATTER_PRIOR * SCATTER_WEIGHT + BUSY_SCATTER * busy) / (weight + SCATTER_WEIGHT + busy), SCATTER_FLOOR)
