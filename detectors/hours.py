"""The last hours of a topic as totals, kept in a detector's state: so that a window of a day or a week needs no minute rows from the database.

For signals that look further back than the rows in hand. Where a baseline is learnt, `baseline.learn` gives what it took in as `Hours`; of any other
column `totals` does. `join` keeps the newest. The rows in hand go on where the hours end (`State.settled_to`):

    usual, learnt = learn(state.baseline, settled, settled.mentions)       # instead of `absorb`
    hours = join(state.hours, learnt, keep=24)
    day = hours.since(fresh.end - DAY)                                     # and the rows of `fresh` on top

168 hours are about 2 kB of JSON; what is kept does not depend on how the hours were cut into calls.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec
import numpy as np

from detectors.buckets import HOUR_S, Buckets, Counts

HOUR = timedelta(hours=1)
DIGITS = 2  # behind the point, of what was expected and of the share that was heard


class Total(msgspec.Struct, frozen=True, gc=False):
    """The sum of some hours: `count` mentions, `expected` so many, in so many `hours`, of which `known_h` were heard."""

    count: int
    expected: float
    hours: int
    known_h: float


class Hours(msgspec.Struct, frozen=True, array_like=True):
    """Totals of clock hours, oldest first and without holes.

    Attributes:
        end: when the newest hour ends; None where there is none.
        counts: what we heard (unknown minutes bring nothing).
        expected: what was expected of the same known minutes, before the hour was learnt; zeros where nobody asked.
        known: the part that was heard, 0 to 1: of what is usual where a baseline tells it, else of minutes times sources.
    """

    end: datetime | None = None
    counts: tuple[int, ...] = ()
    expected: tuple[float, ...] = ()
    known: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def start(self) -> datetime | None:
        """When the oldest hour begins; None where there is none."""
        return None if self.end is None else self.end - len(self.counts) * HOUR

    def last(self, hours: int) -> Total:
        """The newest `hours`, or as many as there are."""
        hours = min(max(hours, 0), len(self.counts))
        first = len(self.counts) - hours
        return Total(sum(self.counts[first:]), math.fsum(self.expected[first:]), hours, math.fsum(self.known[first:]))

    def since(self, at: datetime) -> Total:
        """The hours that begin at `at` or later."""
        return self.last(0 if self.end is None else (self.end - at) // HOUR)

    def days(self) -> list[Total]:
        """The same in whole days of 24 hours, counted back from `end`, oldest first; an incomplete oldest day is left out."""
        return [self._cut(first, first + 24) for first in range(len(self.counts) % 24, len(self.counts), 24)]

    def _cut(self, first: int, last: int) -> Total:
        return Total(sum(self.counts[first:last]), math.fsum(self.expected[first:last]), last - first, math.fsum(self.known[first:last]))


def totals(buckets: Buckets, counts: Counts) -> Hours:
    """The clock hours of rows that end on a whole one (as `baseline.whole_hours` gives them; the first may lack its beginning); `counts` is one of their columns."""
    if not len(buckets):
        return Hours()
    lead = (int(buckets.start.timestamp()) % HOUR_S) // buckets.width_s
    begins = np.arange(0, lead + len(buckets), HOUR_S // buckets.width_s) - lead
    begins[0] = 0
    brought = np.add.reduceat(buckets.known(counts).sum(axis=1), begins)
    heard = np.add.reduceat((~buckets.unknown).sum(axis=1), begins) / (len(buckets.sources) * HOUR_S / buckets.width_s)
    known = tuple(round(share, DIGITS) for share in heard.tolist())
    return Hours(end=buckets.end, counts=tuple(brought.tolist()), expected=(0.0,) * len(known), known=known)


def join(hours: Hours, later: Hours, *, keep: int) -> Hours:
    """The newest `keep` hours of both; hours between the two are unknown, and what both hold is taken from `later`.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> both = join(Hours(noon, (3,), (2.0,), (1.0,)), Hours(noon + 2 * HOUR, (5,), (2.0,), (0.5,)), keep=24)
        >>> both.counts, both.known, both.last(2)
        ((3, 0, 5), (1.0, 0.0, 0.5), Total(count=5, expected=2.0, hours=2, known_h=0.5))
    """
    if later.end is None or later.start is None or hours.end is None:
        return hours if later.end is None else _newest(later, keep)
    between = min((later.start - hours.end) // HOUR, keep)
    upto, hole = len(hours) + min(between, 0), max(between, 0)
    if upto <= 0:
        return _newest(later, keep)
    joined = Hours(
        end=later.end,
        counts=(*hours.counts[:upto], *(0,) * hole, *later.counts),
        expected=(*hours.expected[:upto], *(0.0,) * hole, *later.expected),
        known=(*hours.known[:upto], *(0.0,) * hole, *later.known),
    )
    return _newest(joined, keep)


def _newest(hours: Hours, keep: int) -> Hours:
    if len(hours) <= keep:
        return hours
    return Hours(end=hours.end, counts=hours.counts[-keep:], expected=hours.expected[-keep:], known=hours.known[-keep:])
