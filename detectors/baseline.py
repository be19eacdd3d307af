"""What is usual for a topic: how much each source brings, at which hours of its week, and how unevenly.

The rate of a source is its own; the shape of the week is the topic's, in local time, so that a change of the clocks moves it along. An hour of the week is
shrunk towards its hour of the day, and that towards the plain mean, while there are few mentions to learn from. A minute in which we did not listen to a
source counts on neither side. One crisis does not become usual: what an hour brings beyond belief is cut before it is learnt.

Source: indirect standardisation with gamma-Poisson shrinkage; outbreaks down-weighted as in Farrington et al., "A Statistical Algorithm for
the Early Detection of Outbreaks of Infectious Disease", J. R. Statist. Soc. A 159 (1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import numpy as np

from detectors.buckets import HOUR_S, QUARTER_S, Buckets, Counts, Mask, Rates

DAYS, HOURS = 7, 24
CELLS = DAYS * HOURS
WARM_H = 72.0  # known hours before a source is judged against its history
RATE_FORGETS = 0.5 ** (1 / 336)  # an hour known fades to half in two weeks
CELL_FORGETS = 0.5 ** (1 / 8)  # an hour of the week fades to half in eight weeks
SCATTER_FORGETS = 0.5 ** (1 / 504)
RATE_PRIOR = 0.1  # mentions an hour of a source that nothing is known of
RATE_WEIGHT = 0.25  # hours of listening that this guess is worth
DAY_PRIOR = 6.0  # mentions that a flat day is worth against the hour of the day
WEEK_PRIOR = 40.0  # mentions that the hour of the day is worth against the hour of the week
MOST_DOUBT = 0.5  # a daily rhythm not learnt yet looks like unevenness, which must not keep it from being learnt
SCATTER_PRIOR = 0.05  # dispersion of a topic that nothing is known of
SCATTER_WEIGHT = 50.0  # what that guess is worth, in squared mentions
SCATTER_FLOOR = 0.005
CUT_SD = 4.0  # an hour teaches at most so many standard deviations above the expected
CUT_SCATTER_SD = 5.0
YOUNG_CUT = 10.0  # a young source may bring ten times what is thought of it ...
YOUNG_ANYWAY = 50.0  # ... and so many more
DIGITS = 4  # behind the point, of the hours of the week; more would only make the state longer


class Rate(msgspec.Struct, frozen=True, array_like=True):
    """What one source brings: mentions and hours known (both fading), and hours known in all."""

    mentions: float = 0.0
    hours: float = 0.0
    known_h: float = 0.0

    @property
    def an_hour(self) -> float:
        """Mentions an hour, in the mean over the week."""
        return (self.mentions + RATE_PRIOR * RATE_WEIGHT) / (self.hours + RATE_WEIGHT)


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The usual of one topic.

    Attributes:
        rates: by source id.
        seen: mentions learnt, by local hour of the week (Monday 00 is 0).
        thought: mentions that a flat week would have brought in the same known time.
        scatter: for windows of a quarter and of an hour: squared excess beyond Poisson, and squared expectation, both fading.
    """

    rates: dict[str, Rate] = {}
    seen: tuple[float, ...] = (0.0,) * CELLS
    thought: tuple[float, ...] = (0.0,) * CELLS
    scatter: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def warm(self) -> bool:
        """Whether any source has at least three days of known time."""
        return any(rate.known_h >= WARM_H for rate in self.rates.values())

    def known_hours(self, sources: tuple[str, ...]) -> Rates:
        """How many hours we have listened to each of these sources, shape (sources,)."""
        return np.array([self.rates[source].known_h if source in self.rates else 0.0 for source in sources])

    def expected(self, buckets: Buckets, of: Mask) -> Rates:
        """Mentions expected in each row from the sources `of`, where we listened to them; shape (n,)."""
        if not len(buckets):
            return np.zeros(0)
        rates = np.array([self.rates.get(source, Rate()).an_hour for source in buckets.sources])
        level = (~buckets.unknown @ np.where(of, rates, 0.0)) * (buckets.width_s / HOUR_S)
        first = int(buckets.start.timestamp()) % HOUR_S
        hours = (first + np.arange(len(buckets)) * buckets.width_s) // HOUR_S
        doubt = {"scatter": unevenness(*self.scatter[1]), "an_hour": float(rates.sum())}
        shapes = np.array([shape(self.seen, self.thought, cell, **doubt) for cell in local_hours(buckets, int(hours[-1]) + 1)])
        return np.asarray(level * shapes[hours], dtype=np.float64)

    def dispersion(self, seconds: int) -> float:
        """Variance beyond Poisson over the squared mean, for windows of this width, with what is not yet known added on top."""
        learnt = unevenness(*self.scatter[0 if seconds <= QUARTER_S else 1])
        known_h = max((rate.known_h for rate in self.rates.values()), default=0.0)
        mentions = sum(rate.mentions for rate in self.rates.values())
        return learnt * (1.0 + HOURS / (HOURS + known_h)) + 1.0 / (1.0 + mentions)


def shape(seen: Sequence[float], thought: Sequence[float], cell: int, *, scatter: float, an_hour: float) -> float:
    """How many times the mean a local hour of the week brings (0 is Monday 00).

    `scatter` (the topic's dispersion) and `an_hour` (its mean mentions) tell how little a single uneven hour says: the guesses then weigh more.
    """
    doubt = 1.0 + min(scatter, MOST_DOUBT) * an_hour
    day = slice(cell % HOURS, None, HOURS)
    of_day = (sum(seen[day]) + DAY_PRIOR * doubt) / (sum(thought[day]) + DAY_PRIOR * doubt)
    return (seen[cell] + WEEK_PRIOR * doubt * of_day) / (thought[cell] + WEEK_PRIOR * doubt)


def unevenness(excess: float, weight: float) -> float:
    """Dispersion (variance beyond Poisson over the squared mean) from the two sums of `Baseline.scatter`, shrunk to a guess."""
    return max((excess + SCATTER_PRIOR * SCATTER_WEIGHT) / (weight + SCATTER_WEIGHT), SCATTER_FLOOR)


def local_hours(buckets: Buckets, count: int) -> list[int]:
    """Local hours of the week of `count` clock hours from the one that holds the first row."""
    first = buckets.start.replace(minute=0, second=0, microsecond=0)
    local = ((first + timedelta(hours=i)).astimezone(buckets.zone) for i in range(count))
    return [at.weekday() * HOURS + at.hour for at in local]


def whole_hours(buckets: Buckets, *, keep: timedelta) -> Buckets | None:
    """The leading rows that may be learnt from: settled, whole clock hours, not needed again by a window of length `keep`; None if none."""
    upto = min(buckets.settled_to, buckets.end - keep).replace(minute=0, second=0, microsecond=0)
    return buckets.until(upto) if upto > buckets.start else None


def absorb(baseline: Baseline, buckets: Buckets, counts: Counts) -> Baseline:
    """Learn from rows of whole clock hours (the first may lack its beginning); `counts` is one of their columns.

    What is learnt does not depend on how the hours were cut into calls.
    """
    lead = (int(buckets.start.timestamp()) % HOUR_S) // buckets.width_s
    quarters = _quarters(np.where(buckets.unknown, 0, counts), lead, buckets.width_s).astype(np.float64)
    known = _quarters(~buckets.unknown, lead, buckets.width_s) * (buckets.width_s / HOUR_S)
    learner = _Learner(baseline, buckets.sources)
    for cell, brought, listened in zip(local_hours(buckets, len(quarters)), quarters, known, strict=True):
        if listened.any():
            learner.hour(cell, brought, listened)
    return learner.baseline()


def _quarters(values: Counts | Mask, lead: int, width_s: int) -> Counts:
    """Sums by clock hour and quarter, shape (hours, 4, sources); `lead` rows are missing in front."""
    per = QUARTER_S // width_s
    padded = np.concatenate((np.zeros((lead, values.shape[1]), dtype=np.int64), values))
    return np.asarray(padded.reshape(-1, 4, per, values.shape[1]).sum(axis=2), dtype=np.int64)


class _Learner:
    """A baseline laid open: arrays in the order of the sources, one clock hour after another."""

    def __init__(self, baseline: Baseline, sources: tuple[str, ...]) -> None:
        rates = [baseline.rates.get(source, Rate()) for source in sources]
        self.was = baseline
        self.sources = sources
        self.mentions = np.array([rate.mentions for rate in rates])
        self.hours = np.array([rate.hours for rate in rates])
        self.known_h = np.array([rate.known_h for rate in rates])
        self.seen = list(baseline.seen)
        self.thought = list(baseline.thought)
        self.scatter = [list(pair) for pair in baseline.scatter]

    def hour(self, cell: int, brought: Rates, listened: Rates) -> None:
        """Learn one clock hour: `brought` mentions and `listened` hours, both (4, sources)."""
        rates, scatter = self._rates(), unevenness(*self.scatter[1])
        expected = listened * rates * shape(self.seen, self.thought, cell, scatter=scatter, an_hour=float(rates.sum()))
        hour_seen, hour_expected = brought.sum(axis=0), expected.sum(axis=0)
        mature = self.known_h >= WARM_H
        self._learn_scatter(cell, brought, expected, mature)
        spread = np.sqrt(hour_expected + unevenness(*self.scatter[1]) * hour_expected**2)
        cut = np.where(mature, hour_expected + CUT_SD * spread + 1.0, YOUNG_CUT * hour_expected + YOUNG_ANYWAY)
        believed = np.minimum(hour_seen, cut)
        fade = np.where(listened.sum(axis=0) > 0, RATE_FORGETS, 1.0)
        self.mentions = self.mentions * fade + believed
        self.hours = self.hours * fade + listened.sum(axis=0)
        self.known_h = self.known_h + listened.sum(axis=0)
        self.seen[cell] = round(self.seen[cell] * CELL_FORGETS + float(believed.sum()), DIGITS)
        self.thought[cell] = round(self.thought[cell] * CELL_FORGETS + float((listened * self._rates()).sum()), DIGITS)

    def _rates(self) -> Rates:
        return (self.mentions + RATE_PRIOR * RATE_WEIGHT) / (self.hours + RATE_WEIGHT)

    def _learn_scatter(self, cell: int, brought: Rates, expected: Rates, mature: Mask) -> None:
        if not sum(self.thought[cell % HOURS :: HOURS]):
            return  # an hour of the day never met before says nothing about unevenness
        judged = mature if mature.any() else slice(None)
        seen, thought = brought[:, judged].sum(axis=1), expected[:, judged].sum(axis=1)
        for pair, counts, means in ((0, seen, thought), (1, seen.sum(keepdims=True), thought.sum(keepdims=True))):
            excess, weight = self.scatter[pair]
            cut = CUT_SCATTER_SD * np.sqrt(means + unevenness(*self.scatter[pair]) * means**2)
            off = np.minimum(counts - means, cut)
            share = len(means)  # four quarters together weigh as much as their hour
            self.scatter[pair] = [
                excess * SCATTER_FORGETS + float((off**2 - means).sum()) * share,
                weight * SCATTER_FORGETS + float((means**2).sum()) * share,
            ]

    def baseline(self) -> Baseline:
        """What is known now."""
        columns = zip(self.sources, self.mentions.tolist(), self.hours.tolist(), self.known_h.tolist(), strict=True)
        learnt = {source: Rate(mentions=mentions, hours=hours, known_h=known_h) for source, mentions, hours, known_h in columns}
        quarter, hour = ((excess, weight) for excess, weight in self.scatter)
        return Baseline(rates={**self.was.rates, **learnt}, seen=tuple(self.seen), thought=tuple(self.thought), scatter=(quarter, hour))
