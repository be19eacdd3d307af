"""What kind of day it is beside its place in the week: the day of the month (payday), the days around Tết, and the operator's events.

A day may be several `Occasion`s. Each says how much more is expected before anything is known (`guess`) and how much such a guess is worth; the
baseline learns the rest, per occasion, so that a campaign's days are not taken for the usual. What has a name is said in the finding, and raises the
volume that is expected; it excuses nothing else: a risk rings as ever, and so does a turn of the mood.

Tết is the first day of the first lunar month as it is reckoned in Vietnam (UTC+7), 2000 to 2100; that is not always China's (2007, 2030).

Source: J. Meeus, "Astronomical Algorithms", 2nd ed. (1998), ch. 25 (place of the sun) and 49 (new moons); the rule of the calendar after H. Aslaksen,
"The Mathematics of the Chinese Calendar" (2010): the winter solstice stands in the 11th month, and of thirteen months the first without a principal term is a leap month.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

import msgspec

DAY: Final = timedelta(days=1)
HANOI: Final = timedelta(hours=7)
J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
NEW_MOON: Final = 5.09766  # days after J2000 of a mean new moon
LUNATION: Final = 29.530588861  # days
MORE: Final = 2.0  # times the usual, of an event that the operator expects more of
VIETNAM: Final = frozenset({"Asia/Ho_Chi_Minh", "Asia/Saigon"})  # where the year turns with Tết


class Occasion(msgspec.Struct, frozen=True, gc=False):
    """One thing that makes a day another than its weekday.

    Attributes:
        key: what is learnt about it stands under this key.
        name: as the finding says it; empty where nobody needs to be told.
        guess: times the usual, before anything is learnt.
        days: how many whole days of experience the guess is worth.
        less: whether less than usual is expected.
    """

    key: str
    name: str = ""
    guess: float = 1.0
    days: float = 1.0
    less: bool = False


class Event(msgspec.Struct, frozen=True, gc=False):
    """An expected rise or fall that the operator wrote down; both days included, as days of the topic's time zone."""

    name: str
    since: date
    until: date
    expect: Literal["more", "less"] = "more"


class Calendar(msgspec.Struct, frozen=True):
    """The days that are not as their weekday is; `tet` where the year turns with Tết.

    Example:
        >>> calendar = Calendar(events=(Event("11/11", date(2026, 11, 10), date(2026, 11, 12)),))
        >>> [occasion.key for occasion in calendar.on(date(2026, 11, 11))]
        ['day:11', 'event:11/11']
        >>> calendar.names(date(2026, 11, 9), date(2026, 11, 10))
        ['11/11']
    """

    events: tuple[Event, ...] = ()
    tet: bool = False

    def on(self, day: date) -> tuple[Occasion, ...]:
        """What this local day is; the day of the month always."""
        return _on(self, day)

    def names(self, since: date, until: date) -> list[str]:
        """What has a name between two local days, both included, in order, each once: for the words of a finding."""
        days = (since + turn * DAY for turn in range((until - since).days + 1))
        return list(dict.fromkeys(occasion.name for day in days for occasion in self.on(day) if occasion.name))

    def expects_less(self, day: date) -> bool:
        """Whether the operator expects less than usual on this local day, so that quiet is no surprise."""
        return any(occasion.less for occasion in self.on(day))

    def keys(self) -> frozenset[str]:
        """The keys of the events; what was learnt of others is forgotten."""
        return frozenset(_key(event) for event in self.events)


PLAIN: Final = Calendar()


@lru_cache(maxsize=4096)
def _on(calendar: Calendar, day: date) -> tuple[Occasion, ...]:
    found = [_of_month(day)]
    if calendar.tet and (part := tet_part(day)):
        found.append(Occasion(f"tet:{part}", "Tết"))
    for event in calendar.events:
        if event.since <= day <= event.until:
            less = event.expect == "less"  # a guess below 1 would make an ordinary day an alarm; what is missing is soon learnt
            found.append(Occasion(_key(event), event.name, 1.0 if less else MORE, 0.25 if less else 0.5, less))
    return tuple(found)


def _key(event: Event) -> str:
    return f"event:{event.name}"


def _of_month(day: date) -> Occasion:
    """The day of the month; the last one by itself, because wages are paid on it whatever its number."""
    return Occasion("day:last" if (day + DAY).day == 1 else f"day:{day.day}", days=4.0)


def tet_part(day: date) -> str | None:
    """Which part of the season a day is: "before" (from the 23rd of the 12th lunar month), "eve", "days" (1st to 3rd), "after" (to the 10th); else None.

    Example:
        >>> [tet_part(date(2026, 2, day)) for day in (9, 10, 16, 17, 20, 27)]
        [None, 'before', 'eve', 'days', 'after', None]
    """
    first = tet(day.year)
    since = (day - first).days
    if since >= 0:
        return "days" if since < 3 else "after" if since < 10 else None  # noqa: PLR2004 - days of the month
    if since == -1:
        return "eve"
    return "before" if day >= _last_month(day.year) + 22 * DAY else None


def tet(year: int) -> date:
    """The first day of the lunar year that begins in this year, in Vietnam.

    Example:
        >>> tet(2026).isoformat(), tet(2007).isoformat()
        ('2026-02-17', '2007-02-17')
    """
    return _month(year, 1)


def hung_kings(year: int) -> date:
    """The day of the Hùng Kings, the 10th of the 3rd lunar month.

    Example:
        >>> hung_kings(2023).isoformat(), hung_kings(2026).isoformat()  # 2023 had a leap month before
        ('2023-04-29', '2026-04-26')
    """
    return _month(year, 3) + 9 * DAY


@lru_cache(maxsize=512)
def _month(year: int, month: int) -> date:
    """The first day of a lunar month, 1 to 10, of the lunar year that begins in this year."""
    eleventh = _eleventh_month(year - 1)
    place = month + 1
    if _eleventh_month(year) - eleventh > 12:  # noqa: PLR2004 - a year of thirteen months
        signs = [_sign(_new_moon(eleventh + turn)) for turn in range(14)]
        leap = next(turn for turn in range(1, 13) if signs[turn] == signs[turn + 1])
        place += leap <= place
    return _new_moon(eleventh + place)


@lru_cache(maxsize=256)
def _last_month(year: int) -> date:
    """The first day of the lunar month before Tết."""
    return _new_moon(round(((tet(year) - J2000.date()).days - NEW_MOON) / LUNATION) - 1)


def _eleventh_month(year: int) -> int:
    """The number (see `_new_moon`) of the month that holds the winter solstice of a year."""
    solstice = next(day for day in (date(year, 12, 20) + turn * DAY for turn in range(5)) if _sign(day) != _sign(day + DAY))
    number = math.ceil(((solstice - J2000.date()).days - NEW_MOON) / LUNATION) + 1
    while _new_moon(number) > solstice:
        number -= 1
    return number


def _sign(day: date) -> int:
    """The twelfth of its way that the sun stands in when this day begins in Hanoi; two days of one sign have no principal term between them."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - HANOI
    centuries = ((midnight - J2000) / DAY + _delta_t(day.year)) / 36525.0
    anomaly = math.radians(357.52911 + 35999.05029 * centuries - 0.0001537 * centuries**2)
    centre = (
        (1.914602 - 0.004817 * centuries) * math.sin(anomaly)
        + (0.019993 - 0.000101 * centuries) * math.sin(2.0 * anomaly)
        + 0.000289 * math.sin(3.0 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * centuries)
    longitude = 280.46646 + 36000.76983 * centuries + 0.0003032 * centuries**2 + centre - 0.00569 - 0.00478 * math.sin(node)
    return int(longitude % 360.0 // 30.0)


def _new_moon(number: int) -> date:
    """The day in Hanoi of the new moon so many after that of 6 January 2000; the largest terms, good to a few minutes."""
    t = number / 1236.85
    earth = 1.0 - 0.002516 * t
    sun = math.radians(2.5534 + 29.10535670 * number - 0.0000014 * t**2)
    moon = math.radians(201.5643 + 385.81693528 * number + 0.0107582 * t**2)
    latitude = math.radians(160.7108 + 390.67050284 * number - 0.0016118 * t**2)
    node = math.radians(124.7746 - 1.56375588 * number + 0.0020672 * t**2)
    days = (
        NEW_MOON + LUNATION * number + 0.00015437 * t**2
        - 0.40720 * math.sin(moon) + 0.17241 * earth * math.sin(sun) + 0.01608 * math.sin(2 * moon) + 0.01039 * math.sin(2 * latitude)
        + 0.00739 * earth * math.sin(moon - sun) - 0.00514 * earth * math.sin(moon + sun) + 0.00208 * earth**2 * math.sin(2 * sun)
        - 0.00111 * math.sin(moon - 2 * latitude) - 0.00057 * math.sin(moon + 2 * latitude) + 0.00056 * earth * math.sin(2 * moon + sun)
        - 0.00042 * math.sin(3 * moon) + 0.00042 * earth * math.sin(sun + 2 * latitude) - 0.00038 * earth * math.sin(2 * latitude - sun)
        - 0.00024 * earth * math.sin(2 * moon - sun) - 0.00017 * math.sin(node)
        + 0.000325 * math.sin(math.radians(299.77 + 0.107408 * number))
    )  # fmt: skip
    at = J2000 + days * DAY
    return (at - _delta_t(at.year) * DAY + HANOI).date()


def _delta_t(year: int) -> float:
    """Days that the clock of the orbits is ahead of ours: 64 s in 2000, some three minutes in 2100."""
    return (64.0 + 0.4 * (year - 2000) + 0.009 * (year - 2000) ** 2) / 86_400.0
