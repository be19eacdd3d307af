"""How what is usual is learnt: one clock hour after another into the parts of a `Baseline`. Pure but for its own lists."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from detectors.hours import DIGITS as HOUR_DIGITS
from detectors.hours import Hours
from detectors.seasons import Calendar, Occasion
from detectors.shapes import HOURS, NOTHING, RATE_PRIOR, Rate, factor, factor_of, shape, unevenness

WARM_H = 72.0  # known hours before a source is judged against its history
CELL_FORGETS = 0.5 ** (1 / 8)  # an hour of the week fades to half in eight weeks
SPECIAL_FORGETS = 0.5 ** (1 / 144)  # an hour of a special day fades to half in six such days
SCATTER_FORGETS = 0.5 ** (1 / 504)
TRUSTED_H = 48.0  # known hours before the mean is sound enough to learn the week's shape against it in full
CUT_SD = 4.0  # an hour teaches at most so many standard deviations above the expected
CUT_SCATTER_SD = 5.0
YOUNG_CUT = 10.0  # a young source may bring ten times what is thought of it ...
YOUNG_ANYWAY = 50.0  # ... and so many more
DIGITS = 3  # behind the point, of what is kept by hours of the week; more would only make the state longer
FINE_DIGITS = 5  # of factors, which count in days


class Learner:
    """A baseline laid open, one clock hour after another. Plain numbers: a topic has a few sources, for which arrays would be slower.

    Args:
        rates: by source, in the order of the columns; the others as `Baseline` has them.
        calendar: which local days are special.
    """

    def __init__(
        self,
        rates: list[Rate],
        seen: Sequence[float],
        thought: Sequence[float],
        special: Mapping[str, tuple[float, float]],
        scatter: Sequence[tuple[float, float]],
        calendar: Calendar,
    ) -> None:
        self.rates, self.calendar = rates, calendar
        self.seen, self.thought = list(seen), list(thought)
        self.special, self.scatter = dict(special), list(scatter)
        self.told: list[tuple[int, float, float]] = []

    def hour(self, cell: int, day: date, brought: list[list[int]], listened: list[list[float]]) -> None:
        """Learn a clock hour by its place in the local week and its local day: mentions brought and hours listened, by quarter and source."""
        heard = [math.fsum(column) for column in zip(*listened, strict=True)]
        if not any(heard):
            self.told.append((0, 0.0, 0.0))
            return
        occasions, an_hour = self.calendar.on(day), self._an_hour()
        scatter = unevenness(*self.scatter[1], an_hour=an_hour)
        of_week = shape(self.seen, self.thought, cell, scatter=scatter, an_hour=an_hour)
        times = of_week * factor(self.special, occasions, an_hour=an_hour)
        usual = [rate.an_hour * times for rate in self.rates]
        self._tell(brought, heard, usual)
        self._learn_scatter(cell, brought, listened, usual)
        believed = [
            self._believed(turn, sum(column), usual[turn] * heard[turn], scatter) for turn, column in enumerate(zip(*brought, strict=True))
        ]
        if self._mature():  # before, nobody knows what a day of this topic is
            self._learn_day(occasions, math.fsum(believed), math.fsum(map(float.__mul__, usual, heard)) / times * of_week)
            times = of_week * factor(self.special, occasions, an_hour=an_hour)
        self.rates = [
            rate.learn(came, part, times=times) if part else rate for rate, came, part in zip(self.rates, believed, heard, strict=True)
        ]
        flat = math.fsum(rate.mean * part for rate, part in zip(self.rates, heard, strict=True))
        trust = min(max(rate.known_h for rate in self.rates) / TRUSTED_H, 1.0)
        self.seen[cell] = round(self.seen[cell] * CELL_FORGETS + math.fsum(believed) * trust, DIGITS)
        self.thought[cell] = round(self.thought[cell] * CELL_FORGETS + flat * trust * times / of_week, DIGITS)

    def _an_hour(self) -> float:
        return math.fsum(rate.an_hour for rate in self.rates)

    def _mature(self) -> list[int]:
        return [turn for turn, rate in enumerate(self.rates) if rate.known_h >= WARM_H]

    def _believed(self, turn: int, came: int, expected: float, scatter: float) -> float:
        """What an hour of one source teaches at most."""
        if self.rates[turn].known_h < WARM_H:
            return min(came, YOUNG_CUT * expected + YOUNG_ANYWAY)
        return min(came, expected + CUT_SD * math.sqrt(expected + scatter * expected**2) + 1.0)

    def _tell(self, brought: list[list[int]], heard: list[float], usual: list[float]) -> None:
        known, mature = math.fsum(usual[turn] * heard[turn] for turn in self._mature()), self._mature()
        full = math.fsum(usual[turn] for turn in mature)
        self.told.append((sum(quarter[turn] for quarter in brought for turn in mature), known, known / full if full else 0.0))

    def _learn_scatter(self, cell: int, brought: list[list[int]], listened: list[list[float]], usual: list[float]) -> None:
        if not sum(self.thought[cell % HOURS :: HOURS]):
            return  # an hour of the day never met before says nothing about unevenness
        judged, an_hour = self._mature() or range(len(usual)), self._an_hour()
        seen = [float(sum(quarter[turn] for turn in judged)) for quarter in brought]
        thought = [math.fsum(quarter[turn] * usual[turn] for turn in judged) for quarter in listened]
        for pair, counts, means in ((0, seen, thought), (1, [sum(seen)], [math.fsum(thought)])):
            excess, weight = self.scatter[pair]
            learnt = unevenness(excess, weight, an_hour=an_hour)
            share = len(means)  # four quarters together weigh as much as their hour
            off = [
                min(count - mean, CUT_SCATTER_SD * math.sqrt(mean + learnt * mean**2)) for count, mean in zip(counts, means, strict=True)
            ]
            beyond = math.fsum(each**2 - mean for each, mean in zip(off, means, strict=True))
            self.scatter[pair] = (
                excess * SCATTER_FORGETS + beyond * share,
                weight * SCATTER_FORGETS + math.fsum(mean**2 for mean in means) * share,
            )

    def _learn_day(self, occasions: tuple[Occasion, ...], came: float, expected: float) -> None:
        """Learn the factors of a day, each by what the others leave over, in days of the topic's mean."""
        day = HOURS * max(self._an_hour(), RATE_PRIOR)
        factors = [factor_of(self.special.get(occasion.key, NOTHING), occasion, self._an_hour()) for occasion in occasions]
        for occasion, own in zip(occasions, factors, strict=True):
            brought, without = self.special.get(occasion.key, NOTHING)
            others = math.prod(factors) / own
            self.special[occasion.key] = (
                round(brought * SPECIAL_FORGETS + came / day, FINE_DIGITS),
                round(without * SPECIAL_FORGETS + expected * others / day, FINE_DIGITS),
            )

    def hours(self, end: datetime) -> Hours:
        """What was learnt, hour by hour."""
        counts, expected, known = zip(*self.told, strict=True) if self.told else ((), (), ())
        return Hours(
            end=end if self.told else None,
            counts=counts,
            expected=tuple(round(value, HOUR_DIGITS) for value in expected),
            known=tuple(round(value, HOUR_DIGITS) for value in known),
        )
