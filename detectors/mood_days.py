"""How negative the last day was, by settled hours kept in a detector's state: so that a window of 24 hours needs no more rows than one of three."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from detectors import weeks
from detectors.buckets import Buckets, Counts
from detectors.compared import compare
from detectors.weeks import DAY_H, Weeks

LEAST_DAYS = 7  # of history that a day is compared with
LEAST_KNOWN = 0.75  # of its hours


class MoodDays(msgspec.Struct, frozen=True, kw_only=True):
    """Negative mentions by hour over four weeks; of the last day also all mentions, and the people of each hour."""

    negative: Weeks = Weeks()
    said: Weeks = Weeks()
    people: Weeks = Weeks()


class Day(NamedTuple):
    """A day by the hours of it that were heard: negative mentions, all mentions, the negative ones expected, the dispersion of such days, and its people."""

    negative: list[int]
    mentions: list[int]
    expected: list[float]
    dispersion: float
    authors: int


def absorb(days: MoodDays, settled: Buckets) -> MoodDays:
    """Take in settled rows of whole clock hours."""
    return MoodDays(
        negative=weeks.learn(days.negative, settled, settled.confident_negative),
        said=_a_day(days.said, settled, settled.mentions),
        people=_a_day(days.people, settled, settled.authors),
    )


def _a_day(before: Weeks, settled: Buckets, counts: Counts) -> Weeks:
    learnt = weeks.learn(before, settled, counts)
    return msgspec.structs.replace(learnt, counts=learnt.counts[-DAY_H:])


def last_day(days: MoodDays, least: int) -> Day | None:
    """The last settled day beside those before; None where fewer than `least` were negative, or too little is known."""
    if len(days.negative) < (LEAST_DAYS + 1) * DAY_H or len(days.said) < DAY_H:
        return None
    values = days.negative.values
    if np.nansum(values[-DAY_H:]) < least:
        return None
    found = compare(values, DAY_H)
    if found.days < LEAST_DAYS or found.known_h < LEAST_KNOWN * DAY_H:
        return None
    known = np.flatnonzero(~np.isnan(found.counts)).tolist()
    return Day(
        negative=[round(found.counts[hour]) for hour in known],
        mentions=[max(days.said.counts[hour], 0) for hour in known],
        expected=[round(float(found.usual[hour]), 3) for hour in known],
        dispersion=found.dispersion,
        authors=sum(max(count, 0) for count in days.people.counts),
    )
