"""Lengths of time and times of day as people type them: "30p", "1h30", "nửa tiếng", "tới 22:00", "until 10pm", "tới 8h sáng". Pure."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
NOON: Final = 12
_LONGEST_H: Final = 12  # more hours than these, without "tới", are a time of day: "hoãn 22h"
_MINUTES = re.compile(r"(\d{1,3}) ?(?:p|ph|phut|m|min|mins|minutes?|')")
_HOURS = re.compile(r"(\d{1,2}) ?(?:h|g|gio|tieng|hours?|hrs?)(?: ?(\d{1,2}) ?(?:p|ph|phut|m|min)?)?")
_AND_A_HALF = re.compile(r"(\d{1,2}) ?(?:h|g|gio|tieng) ruoi")
_HALF = re.compile(r"nua (?:tieng|gio)|half an hour")
_DAYS = re.compile(r"(\d) ?(?:ngay|days?|d)")
_CLOCK = re.compile(
    r"(?:(toi|den|until|till?|to) )?(\d{1,2})(?:(:)| ?(h|g|gio) ?)?(\d{2})? ?(sang|trua|chieu|toi|dem|am|pm)?(?: (?:mai|nay))?"
)


_IN_THE_MORNING = re.compile(r"(?:toi|den|until|till|to) (?:sang mai|mai|ngay mai|tomorrow|tomorrow morning)")
_MORNING: Final = time(8)


def length(text: str) -> timedelta | None:
    """A length of time in bare letters; None where it is none."""
    text = text.removeprefix("for ").removeprefix("trong ").removeprefix("them ")
    if found := _MINUTES.fullmatch(text):
        return timedelta(minutes=int(found[1]))
    if found := _AND_A_HALF.fullmatch(text):
        return timedelta(hours=int(found[1]), minutes=30)
    if (found := _HOURS.fullmatch(text)) and int(found[1]) <= _LONGEST_H:
        return timedelta(hours=int(found[1]), minutes=int(found[2] or 0))
    if _HALF.fullmatch(text):
        return timedelta(minutes=30)
    found = _DAYS.fullmatch(text)
    return timedelta(days=int(found[1])) if found else None


def clock(text: str) -> time | None:
    """A time of day in bare letters, "toi 22h", "22:00", "until 10 pm"; None where it is none."""
    if _IN_THE_MORNING.fullmatch(text):
        return _MORNING
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    until, hour, colon, letter, minute, part = found[1], int(found[2]), found[3], found[4], int(found[5] or 0), found[6]
    if not (until or colon or letter or part) or (found[5] and not (colon or letter)) or (colon and not found[5]):
        return None
    if part in ("chieu", "toi", "dem", "pm") and 0 < hour < NOON:
        hour += NOON
    return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004


def next_at(at: time, now: datetime, zone: str) -> datetime:
    """The next time that a clock of this zone (IANA) shows `at`, after `now` (aware)."""
    local = now.astimezone(ZoneInfo(zone))
    today = datetime.combine(local.date(), at, local.tzinfo)
    return today if today > local else datetime.combine(local.date() + DAY, at, local.tzinfo)
