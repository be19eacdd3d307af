"""Times as feeds write them: RFC 822 (RSS), RFC 3339 and its W3C profile (Atom, RDF), and the common slips of both. Pure.

A time without a zone is unknown, never UTC: a Vietnamese post taken so would be shifted by seven hours.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache
from typing import Final

from listener.base import known_time

_MAX_CHARS: Final = 100
_BLANKS = re.compile(r"\s+")
_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:T|\s)\s*(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?\s*(\D.*)\Z|(\d{4})(\d\d)(\d\d)T(\d\d):?(\d\d):?(\d\d)\s*(\D.*)\Z",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])\s*(\d{1,2})(?::?(\d\d))?\s*(?:\([^)]*\))?\Z", re.IGNORECASE)
_TAIL = re.compile(r"[\s\d](\(?(?:(?:UTC|GMT)?\s?[+-]\s?\d{1,2}:?(?:\d\d)?|[A-Z]{1,5})\)?)\s*(?:\([^)]*\))?\Z", re.IGNORECASE)
# Names that mean one thing (those of RFC 822 and of Vietnam's neighbourhood); a name such as IST or CST elsewhere means several.
_NAMES: Final = {
    "Z": 0.0, "UT": 0.0, "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "CET": 1.0, "CEST": 2.0, "EET": 2.0, "EEST": 3.0, "ICT": 7.0, "SGT": 8.0, "JST": 9.0,
    "KST": 9.0, "EST": -5.0, "EDT": -4.0, "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0, "PDT": -7.0,
}  # fmt: skip


def read_time(text: str | None) -> datetime | None:
    """The moment in UTC; None for what is no time, names no zone, or lies outside 1970 to 2199."""
    return _read(text) if text and len(text) <= _MAX_CHARS else None


def utc_text(text: str) -> str | None:
    """The same as RFC 3339, for parsers that want it so."""
    at = read_time(text)
    return None if at is None else at.isoformat()


@lru_cache(maxsize=4096)
def _read(text: str) -> datetime | None:
    text = _BLANKS.sub(" ", text).strip()
    found = _ISO.match(text)
    try:
        return known_time(_iso(found) if found else _rfc822(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, fraction, zone = found.groups()[:8]
    if year is None:
        year, month, day, hour, minute, second, zone = found.groups()[8:]
        fraction = None
    offset = _offset(zone)
    if offset is None:
        return None
    at = datetime(int(year), int(month), int(day), tzinfo=timezone(offset))
    parts = timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0), microseconds=int((fraction or "").ljust(6, "0")))
    return _within_a_day(at, parts)


def _rfc822(text: str) -> datetime | None:
    tail = _TAIL.search(text)
    offset = _offset(tail[1].strip("()")) if tail else None
    parts = parsedate_tz(text[: tail.start(1)] if tail else text)
    if offset is None or parts is None or ":" not in text:
        return None
    at = datetime(*parts[:3], tzinfo=timezone(offset))
    return _within_a_day(at, timedelta(hours=parts[3], minutes=parts[4], seconds=parts[5]))


def _within_a_day(midnight: datetime, into: timedelta) -> datetime:
    # 24:00:00 and a leap second are written by some; both are the moment after.
    if not timedelta() <= into <= timedelta(days=1, seconds=1):
        raise ValueError("no time of a day")
    return (midnight + into).astimezone(UTC)


def _offset(zone: str | None) -> timedelta | None:
    zone = (zone or "").strip()
    hours = _NAMES.get(zone.upper())
    if hours is not None:
        return timedelta(hours=hours)
    found = _OFFSET.match(zone)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -offset if found[1] == "-" else offset
