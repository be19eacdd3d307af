"""How negative the last day was, by settled hours kept in a detector's state: so that a window of 24 hours needs no more rows than one of three."""

from __future__ import annotations

import msgspec
import numpy as np

from detectors import weeks
from detectors.buckets import Buckets, Counts
from detectors.compared import Compared, compare
from detectors.weeks import DAY_H, Weeks

LEAST_DAYS = 7  # of history that a day is compared with
LEAST_KNOWN = 0.75  # of its hours


class MoodDays(msgspec.Struct, frozen=True, kw_only=True):
    """Negative mentions by hour over four weeks; of the last day also all mentions, and the people of each hour."""

    negative: Weeks = Weeks()
    said: Weeks = Weeks()
    people: Weeks = Weeks()


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


def last_day(days: MoodDays, least: int) -> Compared | None:
    """The last settled day of negative mentions beside those before; None where there were fewer than `least`, or too little is known."""
    if len(days.negative) < (LEAST_DAYS + 1) * DAY_H or len(days.said) < DAY_H:
        return None
    values = days.negative.values
    if np.nansum(values[-DAY_H:]) < least:
        return None
    found = compare(values, DAY_H)
    return found if found.days >= LEAST_DAYS and found.known_h >= LEAST_KNOWN * DAY_H else None
