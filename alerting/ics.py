"""iCalendar (RFC 5545): shifts out, for a phone's calendar; time off and holidays in, from strangers' files.

A file from outside is bounded before and while it is read: bytes, events, occurrences, and what a repetition may cost. Events of whole days
and times without a zone are on the clock of the person, or of the rotation, whose calendar it is.
"""

from __future__ import annotations

import hashlib
import time as stopwatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from alerting.rotation import Shift
from alerting.wall import instant
from core.errors import TocsinError
from core.messages import Translator
from core.records import Record

if TYPE_CHECKING:
    from icalendar import Calendar, Component

MAX_BYTES: Final = 1_000_000
MAX_PARTS: Final = 5_000
MAX_OCCURRENCES: Final = 2_000
MAX_RULES: Final = 4  # of one event with its exceptions
MAX_SECONDS: Final = 5.0
EARLIEST: Final = 1900  # a series that begins before has too many days to walk through
PROBES: Final = 3_000  # candidates of a daily or weekly rule among which one must fit, or it walks on to the year 9999
_UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)
_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RARE: Final = ("BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER")


class CalendarUnreadable(TocsinError):
    """A calendar that cannot be used; the message says why, and holds nothing of its content."""


class Occurrence(Record, frozen=True, kw_only=True, gc=False):
    """One event of a calendar on one day, [starts_at, ends_at) in UTC; `uid` is its own. `is_free`: the calendar says that its owner can be had all the same."""

    uid: str
    name: str
    starts_at: datetime
    ends_at: datetime
    is_free: bool = False


def read_calendar(
    body: bytes, start: datetime, end: datetime, zone: ZoneInfo, *, seconds: Callable[[], float] = stopwatch.monotonic
) -> list[Occurrence]:
    """The events of an .ics file that touch [start, end), repetitions written out, cancelled ones left out; in order.

    Raises:
        CalendarUnreadable: it is no calendar, or asks for more than we do for a stranger.
    """
    calendar = _parsed(body)
    gives_up_at = seconds() + MAX_SECONDS
    found: list[Occurrence] = []
    for series in _series(calendar):
        if sum(map(_bounded, series.events)) > MAX_RULES:
            raise CalendarUnreadable("an event repeats by too many rules")
        found += _occurrences(series, start, end, zone)
        if len(found) > MAX_OCCURRENCES:
            raise CalendarUnreadable(f"more than {MAX_OCCURRENCES} events within the time that is looked at")
        if seconds() > gives_up_at:
            raise CalendarUnreadable(f"its repetitions take longer than {MAX_SECONDS:.0f} s to write out")
    return sorted(found, key=lambda one: (one.starts_at, one.uid))


def write_shifts(shifts: Iterable[Shift], *, name: Callable[[str], str], say: Translator, site: str, now: datetime) -> bytes:
    """An .ics calendar of shifts; the same shift has the same UID, so that a phone moves it rather than doubling it.

    Args:
        shifts: of one rotation or several.
        name: how a person is called.
        say: in whose language.
        site: the installation's name.
        now: when it is made.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    for key, value in (("VERSION", "2.0"), ("PRODID", "-//Tocsin//on call//EN"), ("METHOD", "PUBLISH"), ("CALSCALE", "GREGORIAN")):
        calendar.add(key, value)
    calendar.add("X-WR-CALNAME", say("ics.name", site=site))
    calendar.add("REFRESH-INTERVAL", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    for shift in shifts:
        event = Event()
        event.add("UID", f"{_digest(shift.rotation_id, shift.person, shift.ends_at.isoformat())}@tocsin")
        event.add("DTSTAMP", now)
        event.add("DTSTART", shift.starts_at)
        event.add("DTEND", shift.ends_at)
        event.add("SUMMARY", say("ics.shift", person=name(shift.person), rotation=shift.rotation_id))
        if shift.holiday:
            event.add("DESCRIPTION", shift.holiday)
        event.add("TRANSP", "TRANSPARENT")  # somebody on duty can still be invited
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _parsed(body: bytes) -> Calendar:
    from icalendar import Calendar

    if len(body) > MAX_BYTES:
        raise CalendarUnreadable(f"larger than {MAX_BYTES:,} bytes")
    if body.upper().count(b"BEGIN:") > MAX_PARTS:
        raise CalendarUnreadable(f"more than {MAX_PARTS:,} events")
    try:
        found = Calendar.from_ical(body)
    except _UNREADABLE as error:
        raise CalendarUnreadable("it is no iCalendar file") from error
    if not isinstance(found, Calendar):
        raise CalendarUnreadable("it is no iCalendar file")
    return found


def _series(calendar: Calendar) -> Iterator[Calendar]:
    """One calendar for each UID: an event with the exceptions to it."""
    from icalendar import Calendar

    events = sorted(calendar.walk("VEVENT"), key=_uid)
    zones = list(calendar.walk("VTIMEZONE"))
    for _, members in groupby(events, key=_uid):
        one = Calendar()
        for part in (*zones, *members):
            one.add_component(part)
        yield one


def _occurrences(series: Calendar, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    import recurring_ical_events

    try:
        found = recurring_ical_events.of(series).between(start - timedelta(days=1), end + timedelta(days=1))
        events = [(event, *_times(event, zone)) for event in found]
    except _UNREADABLE as error:
        raise CalendarUnreadable("an event in it has no times that can be read") from error
    for event, begins, ends in events:
        if begins < end and ends > start and begins < ends and str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield Occurrence(
                uid=_digest(_uid(event), begins.isoformat()),
                name=str(event.get("SUMMARY", ""))[:200],
                starts_at=begins,
                ends_at=ends,
                is_free=str(event.get("TRANSP", "")).upper() == "TRANSPARENT",
            )


def _times(event: Component, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return _instant(event.decoded("DTSTART"), zone), _instant(event.decoded("DTEND"), zone)


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    """In UTC; a day is its midnight, and what has no zone is in `zone`."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(ZoneInfo("UTC"))
    return instant(value if isinstance(value, datetime) else datetime.combine(value, time()), zone)


def _bounded(event: Component) -> int:
    """How many repetitions an event has; refuses one that would take forever to write out."""
    rules: Any = event.get("RRULE", [])
    begins = event.decoded("DTSTART", None)
    if not rules or begins is None:
        return 0
    day = begins.date() if isinstance(begins, datetime) else begins
    listed = rules if isinstance(rules, list) else [rules]
    for rule in listed:
        given = {key.upper(): [str(one).upper() for one in value] for key, value in rule.items()}
        often = given.get("FREQ", [""])[0]
        if often in _TOO_OFTEN or any(len(given.get(key, ())) > 1 for key in ("BYHOUR", "BYMINUTE", "BYSECOND")):
            raise CalendarUnreadable("an event repeats more than once a day; time off and holidays are whole days or hours of one")
        if day.year < EARLIEST:
            raise CalendarUnreadable(f"a repeated event begins before the year {EARLIEST}")
        if often in ("DAILY", "WEEKLY") and not _comes_at_all(given, day, often):
            raise CalendarUnreadable("a repeated event never comes, or only by a rule that is not supported")
    return len(listed)


def _comes_at_all(rule: Mapping[str, list[str]], day: date, often: str) -> bool:
    """Whether a daily or weekly rule meets a day among its first candidates."""
    if any(rule.get(key) for key in _RARE):
        return False
    try:
        step = timedelta(days=int(rule.get("INTERVAL", ["1"])[0]) * (7 if often == "WEEKLY" else 1))
        week = range(7) if often == "WEEKLY" and rule.get("BYDAY") else (0,)
        candidates = (day + number * step + timedelta(days=more) for number in range(PROBES) for more in week)
        return step > timedelta(0) and any(_fits(rule, each) for each in candidates)
    except _UNREADABLE:
        return False


def _fits(rule: Mapping[str, list[str]], day: date) -> bool:
    wanted: list[tuple[str, Any]] = [("BYMONTH", str(day.month)), ("BYMONTHDAY", str(day.day)), ("BYDAY", _DAYS[day.weekday()])]
    return all(not rule.get(key) or value in rule[key] for key, value in wanted)


def _uid(event: Component) -> str:
    return str(event.get("UID", ""))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
