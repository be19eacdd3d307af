"""Calendars become time off; one that fails keeps what it said, and says since when."""

from datetime import timedelta

import pytest

from alerting.calendars import CalendarReader, calendars_of, states
from alerting.roster import roster_of
from alerting.settings import AlertingSettings
from core.answers import Answer
from core.errors import SourceUnavailable
from store import absences
from store.database import Database
from tests import make
from tests.alerting.test_ics import calendar

SECRET = "https://calendar.example/private-8f3a/lan.ics"
LEAVE = "DTSTART;VALUE=DATE:20261123|DTEND;VALUE=DATE:20261125|SUMMARY:dentist"


class Web:
    """The guarded session's `fetch`, with an answer that the test lays out."""

    def __init__(self) -> None:
        self.answer: Answer | Exception = Answer(status=200, headers={}, body=calendar(LEAVE), url=SECRET)
        self.asked: list[str] = []

    async def fetch(self, url: str, *, source: str) -> Answer:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def base(sqlite_url):
    database = Database(sqlite_url, durable=False)
    yield database
    database.close()


def settings(**lan):
    people = [{"id": "lan", **lan}, {"id": "minh"}]
    lines = [
        {"id": "line", "people": ["lan", "minh"]},
        {"id": "abroad", "people": ["minh"], "holidays": "days.ics", "on_holidays": "nobody"},
    ]
    return AlertingSettings.model_validate({"people": people, "rotations": lines}).settled(language="vi", timezone="Asia/Ho_Chi_Minh")


def reader(base, folder, web=None, **lan):
    return CalendarReader(make.store(base), settings(**lan), http=web or Web(), folder=folder)


async def test_a_calendar_by_address_becomes_time_off_on_the_persons_clock(base, tmp_path):
    web = Web()
    stage = reader(base, tmp_path, web, calendar=SECRET.replace("https", "webcal"))
    assert await stage.step(make.NOON) == make.NOON + timedelta(hours=1)
    (off,) = [one for one in base.read_now(absences.listing) if one.person == "lan"]
    assert (off.starts_at.isoformat(), off.ends_at - off.starts_at) == ("2026-11-22T17:00:00+00:00", timedelta(days=2))
    assert (off.comment, off.origin) == ("", "calendar:lan"), "why somebody is away is nobody's business"
    assert web.asked == [SECRET]
    await stage.step(make.NOON + timedelta(minutes=30))
    assert len(web.asked) == 1, "once an hour"


async def test_one_that_fails_keeps_what_it_said_and_tells_no_address(base, tmp_path):
    web = Web()
    stage = reader(base, tmp_path, web, calendar=SECRET)
    await stage.step(make.NOON)
    web.answer = SourceUnavailable("calendar:lan", "HTTP 503")
    await stage.step(make.NOON + timedelta(hours=1))
    assert [one.person for one in base.read_now(absences.listing)] == ["lan"]
    lan = next(one for one in base.read_now(states, settings(calendar=SECRET)) if one.origin == "calendar:lan")
    assert (lan.error, lan.read_at, lan.events) == ("HTTP 503", make.NOON, 1)
    assert "private-8f3a" not in repr(settings(calendar=SECRET))


@pytest.mark.parametrize(
    "answer", [Answer(status=404, headers={}, body=b"", url=SECRET), Answer(status=200, headers={}, body=b"<html>", url=SECRET)]
)
async def test_what_is_no_calendar_stands_in_its_row(base, tmp_path, answer):
    web = Web()
    web.answer = answer
    await reader(base, tmp_path, web, calendar=SECRET).step(make.NOON)
    lan = base.read_now(states, settings(calendar=SECRET))[0]
    assert lan.error
    assert lan.read_at is None
    assert "private-8f3a" not in lan.error


async def test_a_file_of_holidays_takes_free_days_too_and_a_missing_one_says_so(base, tmp_path):
    stage = reader(base, tmp_path)
    await stage.step(make.NOON)
    (row,) = base.read_now(states, settings())
    assert (row.origin, row.error) == ("holidays:abroad", "the file cannot be read: No such file or directory")
    (tmp_path / "days.ics").write_bytes(calendar("DTSTART;VALUE=DATE:20261123|TRANSP:TRANSPARENT|SUMMARY:Company day"))
    await stage.step(make.NOON + timedelta(hours=1))
    roster = base.read_now(roster_of, settings())
    assert roster.on_call("abroad", make.NOON) == "minh"
    assert roster.on_call("abroad", make.NOON + timedelta(days=2)) is None


async def test_free_events_are_no_time_off(base, tmp_path):
    (tmp_path / "lan.ics").write_bytes(calendar("DTSTART;VALUE=DATE:20261123|TRANSP:TRANSPARENT"))
    await reader(base, tmp_path, calendar="lan.ics").step(make.NOON)
    assert base.read_now(absences.listing) == []


async def test_a_calendar_that_is_no_longer_configured_is_forgotten(base, tmp_path):
    await reader(base, tmp_path, calendar=SECRET).step(make.NOON)
    await reader(base, tmp_path).step(make.NOON)
    assert base.read_now(absences.listing) == []
    assert [one.origin for one in calendars_of(settings())] == ["holidays:abroad"]
