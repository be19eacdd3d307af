"""Hours of the week in local wall time ("Mon-Fri 09:00-18:00", "22:00-07:00"), and whose sleep they guard. Pure.

A window begins on its day and may end on the next. Its edges are instants, as handovers are: 02:30 in the hour a clock skips is the jump, in an
hour that comes twice it is the first time. So a window has one beginning and one end on every day, whatever the clocks do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from alerting.wall import instant_cached

if TYPE_CHECKING:
    from alerting.settings import PersonSettings
    from core.records import Severity

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN: Final = 24 * 60
LONGEST: Final = timedelta(days=8)  # quiet hours that never end hold nothing longer than this
_VIETNAMESE: Final = {"t2": 0, "t3": 1, "t4": 2, "t5": 3, "t6": 4, "t7": 5, "cn": 6}
_CLOCKS: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_HOW: Final = "write it as 'Mon-Fri 09:00-18:00', 'Sat,Sun' or '22:00-07:00'"


@dataclass(frozen=True, slots=True)
class Hours:
    """One window: on `days` (0 is Monday) from minute `start` to minute `end` after that day's midnight; beyond 1440 it ends on the next day."""

    days: tuple[int, ...] = tuple(range(7))
    start: int = 0
    end: int = DAY_MIN


def parse_hours(text: str) -> Hours:
    """Read days, clocks, or both; days alone are whole days, clocks alone are every day.

    Raises:
        ValueError: another shape; the message shows how to write it.

    Example:
        >>> parse_hours("Fri,Sat 22:00-07:00")
        Hours(days=(4, 5), start=1320, end=1860)
    """
    if not text.strip():
        raise ValueError(f"nothing is written there; {_HOW}")
    days, _, clocks = text.strip().partition(" ") if not _CLOCKS.fullmatch(text.strip()) else ("", "", text.strip())
    start, end = _clocks(clocks, text) if clocks.strip() else (0, DAY_MIN)
    return Hours(days=_days(days, text) if days else tuple(range(7)), start=start, end=end)


def _read(value: object) -> object:
    if isinstance(value, (str, Hours)):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(parse_hours(one) if isinstance(one, str) else one for one in value)


Week = Annotated[tuple[Hours, ...], BeforeValidator(_read, json_schema_input_type=str | tuple[str, ...])]
"""A pydantic field: one window as text, or a list of them."""

NIGHT: Final = (Hours(start=22 * 60, end=31 * 60),)
"""When people sleep who have said nothing else."""


def windows(hours: Sequence[Hours], zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Every window that touches [start, end), as instants (UTC), not clipped, in order of their beginning."""
    found = []
    day, last = start.astimezone(zone).date() - timedelta(days=2), end.astimezone(zone).date()
    while day <= last:
        for one in hours:
            if day.weekday() in one.days:
                begins, ends = (_at(day, minute, zone) for minute in (one.start, one.end))
                if begins < end and ends > start and begins < ends:
                    found.append((begins, ends))
        day += timedelta(days=1)
    return sorted(found)


def is_within(hours: Sequence[Hours], at: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant (aware) lies in one of the windows."""
    return any(begins <= at < ends for begins, ends in windows(hours, zone, at, at + timedelta(microseconds=1)))


def ends_at(hours: Sequence[Hours], at: datetime, zone: ZoneInfo) -> datetime:
    """The end of the windows that cover `at`, those that follow without a break joined; at most eight days on. `at` itself where none does."""
    until = at.astimezone(UTC)
    for begins, ends in windows(hours, zone, at, at + LONGEST):
        if begins <= until < ends:
            until = ends
    return min(until, at.astimezone(UTC) + LONGEST)


def held_until(person: PersonSettings, severity: Severity, at: datetime) -> datetime | None:
    """When a message of `severity` that is due at `at` (aware) may reach `person` (UTC): the end of their quiet hours. None: it goes at once.

    Severities in the `only` of the quiet hours break through. The clock is the person's own.
    """
    quiet = person.quiet_hours
    if quiet is None or severity in quiet.only:
        return None
    until = ends_at(quiet.hours, at, ZoneInfo(person.timezone or "UTC"))
    return until if until > at else None


def is_awake(person: PersonSettings, at: datetime) -> bool:
    """Whether `at` is outside the person's quiet hours, or outside 22:00 to 07:00 of their own clock where they have none."""
    return not is_within(_sleep(person), at, ZoneInfo(person.timezone or "UTC"))


def awake_at(person: PersonSettings, at: datetime) -> datetime:
    """`at`, or when the person's quiet hours or night is over (UTC): for what can wait until morning."""
    return ends_at(_sleep(person), at, ZoneInfo(person.timezone or "UTC"))


def _sleep(person: PersonSettings) -> Sequence[Hours]:
    return NIGHT if person.quiet_hours is None else person.quiet_hours.hours


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return instant_cached(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def _clocks(text: str, whole: str) -> tuple[int, int]:
    found = _CLOCKS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{whole!r} are no hours; {_HOW}")
    first_h, first_min, last_h, last_min = map(int, found.groups())
    start, end = first_h * 60 + first_min, last_h * 60 + last_min
    if start >= DAY_MIN or end > DAY_MIN or max(first_min, last_min) >= 60:  # noqa: PLR2004 - minutes
        raise ValueError(f"{whole!r} names a time that no clock shows; {_HOW}")
    return start, end if end > start else end + DAY_MIN


def _days(text: str, whole: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.replace("–", "-").partition("-")
        begin, end = _day(first, whole), _day(last if dash else first, whole)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _day(text: str, whole: str) -> int:
    word = text.strip().lower()
    if word in _VIETNAMESE:
        return _VIETNAMESE[word]
    if len(word) < 3 or word[:3] not in WEEKDAYS:  # noqa: PLR2004 - letters
        raise ValueError(f"{whole!r} names no day of the week; {_HOW}")
    return WEEKDAYS.index(word[:3])
