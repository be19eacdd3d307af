"""Which days are holidays where a rotation is on duty: by the `holidays` library for a country, or as an .ics calendar said. Pure.

A holiday runs from midnight to midnight on the rotation's clock. A country's days are worked out once a year and country; the library knows the
lunar ones (Tết) as the government announces them, and its own rule beyond.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from alerting.on_call_settings import RotationSettings
from alerting.wall import instant_cached
from core.on_call import Absence
from core.records import Record

STORED_AS: Final = "holidays:"  # and the rotation's id: whose "absences" are the days of its .ics calendar
_COUNTRY: Final = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z0-9-]{1,10}))?")


class Holiday(Record, frozen=True, kw_only=True, gc=False):
    """One day, or several, by name."""

    name: str
    starts_at: datetime
    ends_at: datetime


def is_country(calendar: str) -> bool:
    """Whether `holidays:` names a country, and no .ics calendar."""
    return _COUNTRY.fullmatch(calendar) is not None


def check_country(calendar: str) -> None:
    """Refuse a country, or a part of one, of which no holidays are known.

    Raises:
        ValueError: there are none; the message says how to write one.
    """
    from holidays import country_holidays  # 50 ms, which a verb without holidays shall not pay

    country, _, part = calendar.upper().partition("-")
    try:
        country_holidays(country, subdiv=part or None, years=())
    except NotImplementedError as error:
        raise ValueError(f"no holidays are known of {calendar!r}; write a country as in VN or DE-BY, or an .ics calendar") from error


def days_of(calendar: str, year: int) -> Mapping[date, str]:
    """A country's holidays of a year, in its own language; none of a country that is not known: `check_country` told so at the start."""
    return _days_of(calendar.upper(), year)


@lru_cache(maxsize=256)
def _days_of(calendar: str, year: int) -> Mapping[date, str]:
    from holidays import country_holidays

    country, _, part = calendar.partition("-")
    try:
        language = country_holidays(country, subdiv=part or None).default_language  # else it follows the process's locale
        return dict(country_holidays(country, subdiv=part or None, years=year, language=language))
    except NotImplementedError:
        return {}


def holiday_at(rotation: RotationSettings, at: datetime, stored: Sequence[Absence]) -> Holiday | None:
    """The holiday of a rotation that covers `at` (aware); None on other days."""
    found = holidays_between(rotation, at, at + timedelta(microseconds=1), stored)
    return found[0] if found else None


def holidays_between(rotation: RotationSettings, start: datetime, end: datetime, stored: Sequence[Absence]) -> list[Holiday]:
    """The holidays of a rotation that touch [start, end), in order; `stored` holds the days of .ics calendars."""
    if rotation.holidays is None:
        return []
    if not is_country(rotation.holidays):
        theirs = f"{STORED_AS}{rotation.id}"
        days = [Holiday(name=one.comment, starts_at=one.starts_at, ends_at=one.ends_at) for one in stored if one.person == theirs]
        return sorted((one for one in days if one.starts_at < end and one.ends_at > start), key=lambda one: one.starts_at)
    zone = ZoneInfo(rotation.timezone or "UTC")
    found = []
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        name = days_of(rotation.holidays, day.year).get(day)
        begins, ends = (instant_cached(datetime.combine(each, time()), zone) for each in (day, day + timedelta(days=1)))
        if name is not None and begins < end and ends > start:
            found.append(Holiday(name=name, starts_at=begins, ends_at=ends))
        day += timedelta(days=1)
    return found
