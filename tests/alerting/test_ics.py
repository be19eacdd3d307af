"""Calendars out and in: what a phone reads, and what strangers' files may cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from alerting.ics import MAX_BYTES, CalendarUnreadable, read_calendar, write_shifts
from alerting.rotation import Shift
from core.messages import translator
from tests import make

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=400)


def calendar(*events: str, more: str = "") -> bytes:
    listed = [f"BEGIN:VEVENT|UID:{number}|{event}|END:VEVENT|" for number, event in enumerate(events)]
    return f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:x|{more}{''.join(listed)}END:VCALENDAR|".replace("|", "\r\n").encode()


def read(*events: str) -> list[tuple[str, str]]:
    found = read_calendar(calendar(*events), START, END, HANOI)
    return [tuple(f"{at.astimezone(HANOI):%Y-%m-%d %H:%M}" for at in (one.starts_at, one.ends_at)) for one in found]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("DTSTART;VALUE=DATE:20261123|DTEND;VALUE=DATE:20261125", ("2026-11-23 00:00", "2026-11-25 00:00")),
        ("DTSTART;VALUE=DATE:20261123", ("2026-11-23 00:00", "2026-11-24 00:00")),
        ("DTSTART:20261123T090000|DTEND:20261123T100000", ("2026-11-23 09:00", "2026-11-23 10:00")),
        ("DTSTART;TZID=Europe/Paris:20261123T090000|DURATION:PT2H", ("2026-11-23 15:00", "2026-11-23 17:00")),
        ("DTSTART:20261123T020000Z|DTEND:20261123T030000Z", ("2026-11-23 09:00", "2026-11-23 10:00")),
    ],
)
def test_days_and_floating_times_are_on_the_persons_clock(event: str, found: tuple[str, str]) -> None:
    assert read(event) == [found]


def test_a_repetition_is_written_out_within_its_end_without_its_exceptions() -> None:
    weekly = "DTSTART;VALUE=DATE:20261106|RRULE:FREQ=WEEKLY;UNTIL=20261201|EXDATE;VALUE=DATE:20261120"
    assert [start for start, _ in read(weekly)] == [f"2026-11-{day:02} 00:00" for day in (6, 13, 27)]
    assert len(read("DTSTART;VALUE=DATE:20261106|RRULE:FREQ=WEEKLY;COUNT=3")) == 3
    assert len(read("DTSTART;VALUE=DATE:20261106|RRULE:FREQ=YEARLY")) == 2


def test_one_changed_occurrence_replaces_the_one_of_the_series() -> None:
    series = "BEGIN:VEVENT|UID:s|DTSTART:20261106T020000Z|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=2|END:VEVENT|"
    moved = "BEGIN:VEVENT|UID:s|RECURRENCE-ID:20261107T020000Z|DTSTART:20261107T050000Z|DURATION:PT1H|END:VEVENT|"
    found = read_calendar(calendar(more=series + moved), START, END, HANOI)
    assert [one.starts_at.hour for one in found] == [2, 5]
    assert len({one.uid for one in found}) == 2


def test_cancelled_events_are_left_out_and_free_ones_marked() -> None:
    assert read("DTSTART;VALUE=DATE:20261123|STATUS:CANCELLED") == []
    (free,) = read_calendar(calendar("DTSTART;VALUE=DATE:20261123|TRANSP:TRANSPARENT|SUMMARY:Tết"), START, END, HANOI)
    assert (free.is_free, free.name) == (True, "Tết")


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:19700101T000000Z|RRULE:FREQ=SECONDLY",
        "DTSTART:19700101T000000Z|RRULE:FREQ=MINUTELY;INTERVAL=1",
        "DTSTART:20261101T000000Z|RRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3",
        "DTSTART:00010101T000000Z|RRULE:FREQ=DAILY",
        "DTSTART:19700101T000000Z|RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=SU",
        "DTSTART:19700101T000000Z|RRULE:FREQ=WEEKLY;BYSETPOS=99;BYDAY=MO",
        "DTSTART:20261101T000000Z|RRULE:FREQ=DAILY;INTERVAL=0",
        "DTSTART:20261101T000000Z|" + "RRULE:FREQ=YEARLY|" * 9,
        "SUMMARY:no times",
        "DTSTART:20261101T000000Z|DURATION:P9999999D",
    ],
)
def test_an_event_that_would_cost_too_much_or_has_no_times_is_refused_at_once(event: str) -> None:
    with pytest.raises(CalendarUnreadable):
        read(event)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"<html>",
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n" * 6000,
        b"x" * (MAX_BYTES + 1),
    ],
)
def test_what_is_no_calendar_says_so(body: bytes) -> None:
    with pytest.raises(CalendarUnreadable):
        read_calendar(body, START, END, HANOI)


def test_a_calendar_of_too_many_days_is_refused() -> None:
    with pytest.raises(CalendarUnreadable, match="more than 2000"):
        read(*["DTSTART:20261101T000000Z|DURATION:PT1H|RRULE:FREQ=DAILY"] * 6)


def test_writing_out_ends_when_its_time_is_over() -> None:
    clock = iter(range(0, 100, 3))
    with pytest.raises(CalendarUnreadable, match="5 s"):
        read_calendar(calendar(*["DTSTART:20261101T000000Z"] * 9), START, END, HANOI, seconds=lambda: next(clock))


def test_shifts_read_back_as_they_were_written_and_keep_their_names() -> None:
    shift = Shift(rotation_id="line", person="lan", starts_at=make.NOON, ends_at=make.NOON + timedelta(hours=3), holiday="Tết")

    def written(now: datetime) -> list:  # type: ignore[type-arg]
        body = write_shifts([shift], name={"lan": "Lan"}.__getitem__, say=translator("vi"), site="Acme", now=now)
        return Calendar.from_ical(body).walk("VEVENT")

    (event,), (again,) = written(make.NOON), written(make.NOON + timedelta(days=1))
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"]), event["UID"]) == ("Trực: Lan (line)", "Tết", again["UID"])
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (shift.starts_at, shift.ends_at)
