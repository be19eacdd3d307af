"""Times as exports write them, without a zone: the operator says which. Pure.

Feeds without a zone are unknown to us, because anybody may write them; an export is the operator's own, so one option settles it. Days come before months
where both could be ("05/11/2026" is the fifth of November), unless the operator says otherwise.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.text import unmarked
from listener.base import known_time

DEFAULT_ZONE: Final = "Asia/Ho_Chi_Minh"
NOON: Final = 12
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2}(?!\d))")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]*(?:thang|thg|t)?[ .-]*([a-z]{3,9}|\d{1,2})[.,]?[ -]*(?:nam )?(\d{4})")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_CLOCK = re.compile(r"(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,]\d+)?)? ?(am|pm|sa|ch)?(?![\d/])")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_MILLIS: Final = 1e11


def zone_of(name: str) -> str:
    """The name of a time zone, checked.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; write it as Asia/Ho_Chi_Minh") from error
    return name


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of a checked name."""
    return ZoneInfo(name)


def read_local(text: str, where: tzinfo, *, day_first: bool = True) -> tuple[datetime, bool] | None:
    """The moment in UTC and whether its time of day was told (else it is midnight there); None for what is no date.

    Understood: RFC 3339 with or without zone, seconds or milliseconds since 1970, "21/11/2026 14:05", "14:05 21-11-2026", "21/11/26 2:05 CH",
    "Nov 21, 2026 2:05 PM", "21 Nov 2026", "21 tháng 11 năm 2026". A time told twice by a change of the clocks is the first.

    Example:
        >>> read_local("05/11/2026 14:05", ZoneInfo("Asia/Ho_Chi_Minh"))
        (datetime.datetime(2026, 11, 5, 7, 5, tzinfo=datetime.timezone.utc), True)
    """
    text = " ".join(text.split())[:60]
    whole = _whole(text)
    if whole is not None:
        return whole
    low = unmarked(text)
    found = _date(low, day_first=day_first)
    if found is None:
        return None
    (year, month, day), rest = found
    try:
        clock = _clock(rest)
        at = known_time(datetime.combine(datetime(year, month, day, tzinfo=where), clock or time(), where))
    except ValueError:
        return None
    return None if at is None else (at, clock is not None)


def _whole(text: str) -> tuple[datetime, bool] | None:
    """A time that says its zone itself, or counts from 1970."""
    if _EPOCH.fullmatch(text):
        seconds = float(text)
        at = known_time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds / 1_000 if seconds > _MILLIS else seconds))
        return None if at is None else (at, True)
    try:
        at = known_time(datetime.fromisoformat(text))
    except ValueError:
        return None
    return None if at is None else (at, True)


def _date(text: str, *, day_first: bool) -> tuple[tuple[int, int, int], str] | None:
    """Year, month and day, and the text without them."""
    for shape in (_ISO, _DAY, _MONTH_FIRST, _NAMED):
        found = shape.search(text)
        parts = None if found is None else _parts(shape, found, day_first=day_first)
        if found is not None and parts is not None:
            return parts, f"{text[: found.start()]} {text[found.end() :]}"
    return None


def _parts(shape: re.Pattern[str], found: re.Match[str], *, day_first: bool) -> tuple[int, int, int] | None:
    one, two, three = found.groups()
    if shape is _ISO:
        return int(one), int(two), int(three)
    if shape is _DAY:
        first, second, year = int(one), int(two), int(three) if len(three) > 2 else 2000 + int(three)  # noqa: PLR2004 - digits
        swapped = second > NOON or (not day_first and first <= NOON)
        return (year, first, second) if swapped else (year, second, first)
    name, day = (one, two) if shape is _MONTH_FIRST else (two, one)
    month = int(name) if name.isdigit() else _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else 0
    return (int(three), month, int(day)) if month else None


def _clock(text: str) -> time | None:
    """The time of day in a text, by 12 or 24 hours (SA and CH are the Vietnamese AM and PM)."""
    found = _CLOCK.search(text)
    if found is None:
        return None
    hour, half = int(found[1]), found[4]
    if half:
        hour = hour % NOON + (NOON if half in ("pm", "ch") else 0)
    return time(hour, int(found[2]), int(found[3] or 0))
