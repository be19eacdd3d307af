"""What is usual for a topic: how much each source brings, at which hours of its week, on which days, and how unevenly.

The rate of a source is its own; the shape of the week is the topic's, in local time, so that a change of the clocks moves it along. An hour of the week is
shrunk towards its hour of the day times its weekday, and these towards the plain mean, while there are few mentions to learn from. Days that are not as their weekday is
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
from detectors.hours import Hours
from detectors.learner import WARM_H, Learner
from detectors.shapes import CELLS, HOURS, Rate, factor, shape, unevenness

__all__ = ["WARM_H", "Baseline", "Learning", "Rate", "absorb", "learn", "local_hours", "whole_hours"]

NEW_SCATTER = 2.0  # on top for a topic heard for the first time: its night may be another's noon
NEW_HALVES_H = 24.0  # ... and half of it after so many known hours
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
    rates = [baseline.rates.get(source, UNHEARD) for source in buckets.sources]
    learner = Learner(rates, baseline.seen, baseline.thought, baseline.special, baseline.scatter, buckets.calendar)
    for (cell, day), brought, listened in zip(local_hours(buckets, len(quarters)), quarters, known, strict=True):
        learner.hour(cell, day, brought, listened)
    events = buckets.calendar.keys()  # what was learnt of others is forgotten
    learnt = Baseline(
        rates={**baseline.rates, **dict(zip(buckets.sources, learner.rates, strict=True))},
        seen=tuple(learner.seen),
        thought=tuple(learner.thought),
        special={key: pair for key, pair in learner.special.items() if not key.startswith("event:") or key in events},
        scatter=(learner.scatter[0], learner.scatter[1]),
    )
    return learnt, learner.hours(buckets.end)


def _quarters(values: Counts | Mask, lead: int, width_s: int) -> Counts:
    """Sums by clock hour and quarter, shape (hours, 4, sources); `lead` rows are missing in front."""
    per = QUARTER_S // width_s
    padded = np.concatenate((np.zeros((lead, values.shape[1]), dtype=np.int64), values))
    return np.asarray(padded.reshape(-1, 4, per, values.shape[1]).sum(axis=2), dtype=np.int64)
