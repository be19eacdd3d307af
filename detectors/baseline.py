"""What is usual for a topic: how much each source brings, at which hours of its week, on which days, and how unevenly.

The rate of a source is its own; the shape of the week is the topic's, in local time, so that a change of the clocks moves it along. An hour of the week is
shrunk towards its hour of the day, and that towards the plain mean, while there are few mentions to learn from. Days that are not as their weekday is
(`detectors.seasons`: payday, Tết, the operator's events) have a factor of their own, so that they bend nothing else. A minute in which we did not listen to
a source counts on neither side. One crisis does not become usual: what an hour brings beyond belief is cut before it is learnt. A level that changes for good is
usual within a week.

    expected(row) = sum of the rates of the sources heard * shape(local hour of the week) * factors of the local day

`absorb` learns; `learn` also tells, hour by hour, what was expected before, for `detectors.hours`. `learning` says how far a topic is from being warm.

Source: indirect standardisation with gamma-Poisson shrinkage; outbreaks down-weighted as in Farrington et al., "A Statistical Algorithm for
the Early Detection of Outbreaks of Infectious Disease", J. R. Statist. Soc. A 159 (1996).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from detectors.buckets import HOUR_S, QUARTER_S, Buckets, Counts, Mask, Rates
from detectors.hours import DIGITS as HOUR_DIGITS
from detectors.hours import Hours
from detectors.seasons import Calendar, Occasion
from detectors.shapes import CELLS, HOURS, NOTHING, RATE_PRIOR, factor, factor_of, shape, unevenness

WARM_H = 72.0  # known hours before a source is judged against its history
RATE_FORGETS = 0.5 ** (1 / 72)  # an hour known fades to half in three days: a level that doubled is usual within a week
CELL_FORGETS = 0.5 ** (1 / 8)  # an hour of the week fades to half in eight weeks
SPECIAL_FORGETS = 0.5 ** (1 / 144)  # an hour of a special day fades to half in six such days
SCATTER_FORGETS = 0.5 ** (1 / 504)
RATE_WEIGHT = 0.25  # hours of listening that this guess is worth
NEW_SCATTER = 2.0  # on top for a topic heard for the first time: its night may be another's noon
NEW_HALVES_H = 24.0  # ... and half of it after so many known hours
CUT_SD = 4.0  # an hour teaches at most so many standard deviations above the expected
CUT_SCATTER_SD = 5.0
YOUNG_CUT = 10.0  # a young source may bring ten times what is thought of it ...
YOUNG_ANYWAY = 50.0  # ... and so many more
DIGITS = 3  # behind the point, of what is kept by hours of the week; more would only make the state longer
FINE_DIGITS = 5  # of factors, which count in days


class Rate(msgspec.Struct, frozen=True, array_like=True):
    """What one source brings: mentions and ordinary hours known (both fading), and hours known in all."""

    mentions: float = 0.0
    hours: float = 0.0
    known_h: float = 0.0

    @property
    def an_hour(self) -> float:
        """Mentions an hour, in the mean over the week."""
        return (self.mentions + RATE_PRIOR * RATE_WEIGHT) / (self.hours + RATE_WEIGHT)


UNHEARD = Rate()


class Learning(msgspec.Struct, frozen=True, gc=False):
    """How far what is usual is known: `known_h` hours heard of `of_h`, of the source heard longest; `young` sources of `sources` are not there yet."""

    known_h: float
    of_h: float
    young: int
    sources: int


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The usual of one topic.

    Attributes:
        rates: by source id.
        seen: mentions learnt, by local hour of the week (Monday 00 is 0).
        thought: mentions that a flat week would have brought in the same known time.
        special: of a day that is not as its weekday is, by `Occasion.key`: brought, and expected without it, both in usual days and fading.
        scatter: for windows of a quarter and of an hour: squared excess beyond Poisson, and squared expectation, both fading.
    """

    rates: dict[str, Rate] = {}
    seen: tuple[float, ...] = (0.0,) * CELLS
    thought: tuple[float, ...] = (0.0,) * CELLS
    special: dict[str, tuple[float, float]] = {}
    scatter: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def warm(self) -> bool:
        """Whether any source has at least three days of known time."""
        return any(rate.known_h >= WARM_H for rate in self.rates.values())

    @property
    def an_hour(self) -> float:
        """Mentions an hour from all sources, in the mean over the week."""
        return math.fsum(rate.an_hour for rate in self.rates.values())

    def learning(self, sources: Iterable[str]) -> Learning:
        """How far it is learnt, of these sources."""
        known = [self.rates[source].known_h if source in self.rates else 0.0 for source in sources]
        return Learning(max(known, default=0.0), WARM_H, sum(known_h < WARM_H for known_h in known), len(known))

    def known_hours(self, sources: tuple[str, ...]) -> Rates:
        """How many hours we have listened to each of these sources, shape (sources,)."""
        return np.array([self.rates[source].known_h if source in self.rates else 0.0 for source in sources])

    def expected(self, buckets: Buckets, of: Mask) -> Rates:
        """Mentions expected in each row from the sources `of`, where we listened to them; shape (n,)."""
        if not len(buckets):
            return np.zeros(0)
        rates = [self.rates.get(source, UNHEARD).an_hour for source in buckets.sources]
        an_hour = math.fsum(rates)
        scatter = unevenness(*self.scatter[1], an_hour=an_hour)
        lead = int(buckets.start.timestamp()) % HOUR_S // buckets.width_s
        per = HOUR_S // buckets.width_s
        times = [
            shape(self.seen, self.thought, cell, scatter=scatter, an_hour=an_hour)
            * factor(self.special, buckets.calendar.on(day), an_hour=an_hour)
            * (buckets.width_s / HOUR_S)
            for cell, day in local_hours(buckets, (lead + len(buckets) - 1) // per + 1)
        ]
        by_row = np.repeat(times, per)[lead : lead + len(buckets)]
        if buckets.all_known:
            return by_row * math.fsum(rate for rate, is_in in zip(rates, of.tolist(), strict=True) if is_in)
        return np.asarray(by_row * (~buckets.unknown @ np.where(of, rates, 0.0)), dtype=np.float64)

    def dispersion(self, seconds: int, *, known_h: float | None = None) -> float:
        """Variance beyond Poisson over the squared mean, for windows of this width, with what is not yet known added on top.

        `known_h`: how long the judged sources are known, where these are not the longest known; on the first day that alone adds 2 to 1.
        """
        learnt = unevenness(*self.scatter[0 if seconds <= QUARTER_S else 1], an_hour=self.an_hour)
        longest = max((rate.known_h for rate in self.rates.values()), default=0.0)
        known_h = longest if known_h is None else known_h
        mentions = math.fsum(rate.mentions for rate in self.rates.values())
        new = NEW_SCATTER * math.exp2(-known_h / NEW_HALVES_H)
        return learnt * (1.0 + HOURS / (HOURS + known_h)) + 1.0 / (1.0 + mentions) + new


def local_hours(buckets: Buckets, count: int) -> list[tuple[int, date]]:
    """The local hour of the week (0 is Monday 00) and the local day of `count` clock hours, from the one that holds the first row."""
    first = int(buckets.start.timestamp()) // HOUR_S
    return [_local(hour, buckets.zone) for hour in range(first, first + count)]


@lru_cache(maxsize=4096)
def _local(hour: int, zone: ZoneInfo) -> tuple[int, date]:
    """Of the clock hour so many hours after the epoch; all topics of a zone ask for the same ones."""
    at = datetime.fromtimestamp(hour * HOUR_S, zone)
    return at.weekday() * HOURS + at.hour, at.date()


def whole_hours(buckets: Buckets, *, keep: timedelta) -> Buckets | None:
    """The leading rows that may be learnt from: settled, whole clock hours, not needed again by a window of length `keep`; None if none."""
    upto = min(buckets.settled_to, buckets.end - keep).replace(minute=0, second=0, microsecond=0)
    return buckets.until(upto) if upto > buckets.start else None


def absorb(baseline: Baseline, buckets: Buckets, counts: Counts) -> Baseline:
    """Learn from rows of whole clock hours (the first may lack its beginning); `counts` is one of their columns.

    What is learnt does not depend on how the hours were cut into calls.
    """
    return learn(baseline, buckets, counts)[0]


def learn(baseline: Baseline, buckets: Buckets, counts: Counts) -> tuple[Baseline, Hours]:
    """As `absorb`, and the hours that were learnt: counts and expectations of the sources that were known for three days by then."""
    lead = (int(buckets.start.timestamp()) % HOUR_S) // buckets.width_s
    quarters = _quarters(buckets.known(counts), lead, buckets.width_s).tolist()
    known = (_quarters(~buckets.unknown, lead, buckets.width_s) * (buckets.width_s / HOUR_S)).tolist()
    learner = _Learner(baseline, buckets.sources, buckets.calendar)
    for (cell, day), brought, listened in zip(local_hours(buckets, len(quarters)), quarters, known, strict=True):
        learner.hour(cell, day, brought, listened)
    return learner.baseline(), learner.hours(buckets.end)


def _quarters(values: Counts | Mask, lead: int, width_s: int) -> Counts:
    """Sums by clock hour and quarter, shape (hours, 4, sources); `lead` rows are missing in front."""
    per = QUARTER_S // width_s
    padded = np.concatenate((np.zeros((lead, values.shape[1]), dtype=np.int64), values))
    return np.asarray(padded.reshape(-1, 4, per, values.shape[1]).sum(axis=2), dtype=np.int64)


class _Learner:
    """A baseline laid open, one clock hour after another. Plain numbers: a topic has a few sources, for which arrays would be slower."""

    def __init__(self, baseline: Baseline, sources: tuple[str, ...], calendar: Calendar) -> None:
        self.was, self.sources, self.calendar = baseline, sources, calendar
        self.rates = [baseline.rates.get(source, Rate()) for source in sources]
        self.seen, self.thought = list(baseline.seen), list(baseline.thought)
        self.special = dict(baseline.special)
        self.scatter = list(baseline.scatter)
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
        self.rates = [
            Rate(rate.mentions * RATE_FORGETS + came, rate.hours * RATE_FORGETS + part * times, rate.known_h + part) if part else rate
            for rate, came, part in zip(self.rates, believed, heard, strict=True)
        ]
        flat = math.fsum(rate.an_hour * part for rate, part in zip(self.rates, heard, strict=True))
        self._learn_day(occasions, math.fsum(believed), flat * of_week)
        self.seen[cell] = round(self.seen[cell] * CELL_FORGETS + math.fsum(believed), DIGITS)
        self.thought[cell] = round(self.thought[cell] * CELL_FORGETS + flat * times / of_week, DIGITS)

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

    def baseline(self) -> Baseline:
        """What is known now; of events, only those that still stand in the calendar."""
        events = self.calendar.keys()
        return Baseline(
            rates={**self.was.rates, **dict(zip(self.sources, self.rates, strict=True))},
            seen=tuple(self.seen),
            thought=tuple(self.thought),
            special={key: pair for key, pair in self.special.items() if not key.startswith("event:") or key in events},
            scatter=(self.scatter[0], self.scatter[1]),
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
