"""What is usual for a number that somebody else counts: at this hour of the week, at this hour of the day, and in the hours before. Pure numpy.

Of few numbers the hour of the week tells little, so it is shrunk towards the hour of the day, and that towards the plain mean. One crisis does not become
usual: what lies far above the middle of its hour of the day is cut before it is learnt. An interval that nobody told is unknown and stands in no mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

import numpy as np

from core.records import Record

Point = tuple[datetime, float]
DAY_WEIGHT: Final = 3.0  # numbers that the plain mean is worth against the hour of the day
WEEK_WEIGHT: Final = 4.0  # and the hour of the day against the hour of the week
CUT: Final = 3.0  # times the middle of the hour of the day, and so many more
CUT_ANYWAY: Final = 5.0
SCATTER_FLOOR: Final = 0.02  # nothing that people do is as even as pure chance
SCATTER_MOST: Final = 2.0
LEAST: Final = 0.2  # expected of a measure that was always zero
LATELY: Final = (
    timedelta(hours=4),
    timedelta(hours=1),
)  # the hours before that count: a burst that began within the last hour is no excuse
FEWEST_LATELY: Final = 3
GAPS: Final = 200  # of the newest intervals that tell the width of one
SHORTEST_S: Final = 60


class Usual(Record, frozen=True, kw_only=True, gc=False):
    """What one interval usually holds, and how uneven that is beyond chance; `days` of history it was learnt from, `numbers` how many."""

    expected: float
    dispersion: float
    days: float
    numbers: int


def step_of(points: Sequence[Point]) -> int | None:
    """How wide an interval is, in seconds: the middle gap between two numbers, a minute at least; None of fewer than two."""
    newest = points[-GAPS - 1 :]
    gaps = [(after[0] - before[0]).total_seconds() for before, after in itertools.pairwise(newest)]
    gaps = [gap for gap in gaps if gap > 0]
    return max(SHORTEST_S, round(float(np.median(gaps)))) if gaps else None


def usual_at(history: Sequence[Point], at: datetime, zone: tzinfo) -> Usual:
    """What is usual at `at` by what was told before, oldest first; nothing of `at` or later is looked at."""
    past = [point for point in history if point[0] < at]
    if not past:
        return Usual(expected=LEAST, dispersion=SCATTER_FLOOR, days=0.0, numbers=0)
    hours = np.array([_hour(when, zone) for when, _ in past])
    values = _cut(np.array([value for _, value in past], dtype=float), hours % 24)
    expected = _expected(values, hours)
    here = _at(values, hours, _hour(at, zone))
    lately = [value for when, value in past if at - LATELY[0] <= when < at - LATELY[1]]
    if len(lately) >= FEWEST_LATELY:
        here = max(here, float(np.mean(lately)))
    spread = float(np.sum(np.square(values - expected) - expected) / np.sum(np.square(expected)))
    return Usual(
        expected=here,
        dispersion=min(max(spread, SCATTER_FLOOR), SCATTER_MOST),
        days=(at - past[0][0]) / timedelta(days=1),
        numbers=len(past),
    )


Values = np.ndarray[tuple[int], np.dtype[np.float64]]
Hours = np.ndarray[tuple[int], np.dtype[np.int64]]


def _hour(at: datetime, zone: tzinfo) -> int:
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def _cut(values: Values, hours: Hours) -> Values:
    """The values, with what lies beyond belief for their hour of the day cut."""
    whole = float(np.median(values))
    most = np.empty_like(values)
    for hour in np.unique(hours):
        mine = hours == hour
        middle = float(np.median(values[mine])) if mine.sum() >= FEWEST_LATELY else whole
        most[mine] = CUT * middle + CUT_ANYWAY
    return np.minimum(values, most)


def _expected(values: Values, hours: Hours) -> Values:
    """What was to be expected at each of the values, as learnt from all of them."""
    by_hour = {int(hour): _at(values, hours, int(hour)) for hour in np.unique(hours)}
    return np.array([by_hour[int(hour)] for hour in hours])


def _at(values: Values, hours: Hours, hour: int) -> float:
    """What an hour of the week holds, shrunk towards its hour of the day, and that towards the plain mean."""
    plain = float(values.mean())
    daily = values[hours % 24 == hour % 24]
    weekly = values[hours == hour]
    day = (float(daily.sum()) + DAY_WEIGHT * plain) / (len(daily) + DAY_WEIGHT)
    week = (float(weekly.sum()) + WEEK_WEIGHT * day) / (len(weekly) + WEEK_WEIGHT)
    return max(week, LEAST)
