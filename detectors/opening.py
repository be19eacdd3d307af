"""Opening hours: when somebody is there to answer, and how much of that time has passed. Pure.

Hours are wall time of a zone, so that nine stays nine when the clocks change; lengths are of real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from core.records import Record
from detectors.seasons import hung_kings, tet

DAY: Final = timedelta(days=1)
MOST_DAYS: Final = 400  # that are looked ahead for an open one
FIXED: Final = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})  # month and day of Vietnam's public holidays that follow the sun
TET_DAYS: Final = 5  # from the eve


class OpenHours(Record, frozen=True, kw_only=True, gc=False):
    """From `opens` to before `closes` (minutes after midnight, 1440 is the next one) on some weekdays (0 is Monday) of a zone, not on holidays.

    `holidays`: of which country; None keeps none. `closed`: other days on which nobody is there.

    Example:
        >>> shop = OpenHours(opens=8 * 60, closes=21 * 60, zone=ZoneInfo("Asia/Ho_Chi_Minh"))
        >>> shop.after(datetime(2026, 11, 21, 13, 30, tzinfo=UTC), timedelta(hours=1)).isoformat()  # 20:30 in Hanoi
        '2026-11-22T01:30:00+00:00'
    """

    opens: int
    closes: int
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    holidays: Literal["VN"] | None = None
    closed: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at `at` (aware)."""
        return next(self._stretches(at), (at + DAY, at))[0] <= at

    def after(self, at: datetime, length: timedelta) -> datetime:
        """The instant (UTC) at which the hours have been open for so long since `at`; far ahead where they hardly ever open."""
        left = length
        for opens, closes in self._stretches(at):
            begins = max(opens, at)
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
        return at.astimezone(UTC) + MOST_DAYS * DAY

    def between(self, start: datetime, end: datetime) -> timedelta:
        """For how long the hours were open from `start` to `end`."""
        open_for = timedelta(0)
        for opens, closes in self._stretches(start):
            if opens >= end:
                break
            open_for += min(closes, end) - max(opens, start)
        return open_for

    def _stretches(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches that end after `at`, in order (UTC)."""
        first = at.astimezone(self.zone).date()
        for day in (first + turn * DAY for turn in range(MOST_DAYS)):
            if self._is_kept(day):
                opens, closes = self._instant(day, self.opens), self._instant(day, self.closes)
                if closes > at:
                    yield opens, closes

    def _is_kept(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.closed and not (self.holidays == "VN" and is_public_holiday(day))

    def _instant(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, 1440)
        return datetime.combine(day + days * DAY, time(*divmod(rest, 60)), tzinfo=self.zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def is_public_holiday(day: date) -> bool:
    """Whether it is a public holiday of Vietnam: New Year, five days of Tết from its eve, the Hùng Kings, 30 April, 1 May, 2 September.

    The second day of the National Day, and days that are moved, are decided each year: they are no holidays here.

    Source: Labour Code of Vietnam (45/2019/QH14), article 112.

    Example:
        >>> [is_public_holiday(date(2026, *day)) for day in ((2, 15), (2, 16), (2, 20), (2, 21), (4, 26), (9, 2))]
        [False, True, True, False, True, True]
    """
    eve = tet(day.year) - DAY
    return (day.month, day.day) in FIXED or eve <= day < eve + TET_DAYS * DAY or day == hung_kings(day.year)
