"""When to look at a source again. Pure: states and figures in, times out.

The operator's `every` is the usual interval and is never exceeded on our own account. A place where much is said is asked sooner, because
what it holds no more is lost to us; one that costs is asked as often as its budget bears.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from core.errors import SourceError, SourceUnavailable
from core.records import Record

LONGEST_BACKOFF: Final = timedelta(hours=6)
LONGEST_ASKED: Final = timedelta(days=1)  # longer nobody can ask to be left alone
JITTER: Final = 0.2  # of the backoff, so that sources that failed together do not come back together
STREAM_BACKOFF: Final = timedelta(seconds=5)  # a broken stream is taken up again soon
POLITE: Final = timedelta(minutes=1)  # sooner than this no place is asked again, unless the operator says so
FASTEST: Final = 4  # how many times more often than usual a hot place may be asked
HOT: Final = 10  # a look that brings more than so many new mentions came late, and may have missed some
COOLING: Final = 1.5  # how fast a place that was hot returns to its usual interval
DAY: Final = timedelta(days=1)


class Spent(Record, frozen=True, kw_only=True, gc=False):
    """What a source has cost since midnight UTC and may cost a day, in its platform's units; `looks` is how many looks that took."""

    cost: float
    looks: int
    per_day: float


def next_interval(every: timedelta, last: timedelta | None, new: int) -> timedelta:
    """The interval after a look that went well.

    Args:
        every: as configured.
        last: the one in force, None where none was learnt.
        new: mentions that this look brought.

    Example:
        >>> next_interval(timedelta(minutes=8), None, 20)
        datetime.timedelta(seconds=240)
    """
    last = last or every
    if new > HOT:
        fastest = min(every, max(every / FASTEST, POLITE))
        return max(fastest, min(last, every) / 2)
    return min(every, last * COOLING)


def affordable(interval: timedelta, spent: Spent, now: datetime) -> timedelta:
    """The interval stretched so that the rest of the day's budget lasts; until midnight UTC where it is spent.

    Example:
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> affordable(timedelta(minutes=1), Spent(cost=50, looks=50, per_day=62), noon)
        datetime.timedelta(seconds=3600)
    """
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    per_look = spent.cost / spent.looks if spent.looks else 0.0
    if per_look <= 0:
        return interval
    bears = int((spent.per_day - spent.cost) / per_look)
    return max(interval, (midnight - now) / bears) if bears > 0 else midnight - now


def refilled(interval: timedelta, left: float, cost: float, resets_at: datetime | None, now: datetime) -> timedelta:
    """The interval where the platform told what is left of its allowance: until it is filled up where the next look would not fit."""
    if resets_at is None or resets_at <= now or left > cost:
        return interval
    return max(interval, min(resets_at - now, DAY))


def backoff(source_id: str, every: timedelta, failures: int, error: SourceError) -> timedelta:
    """How long to leave a failing source alone: doubling from its own interval, +-20 %, or what it asked for if that is longer."""
    doubled = min(every * 2 ** min(failures, 16), LONGEST_BACKOFF)
    spread = int.from_bytes(hashlib.sha256(f"{source_id}/{failures}".encode()).digest()[:4]) / 2**32
    wait: timedelta = doubled * (1 - JITTER + 2 * JITTER * spread)
    asked = error.retry_after_s if isinstance(error, SourceUnavailable) else None
    return wait if asked is None else max(wait, timedelta(seconds=min(asked, LONGEST_ASKED.total_seconds())))
