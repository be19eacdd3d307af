"""People are told of duty ahead, once each: holes 7 days and 24 hours before, time off in a turn 14 days before, the note of a handover."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from alerting.coverage import Listening
from alerting.duty import DutyKeeper
from alerting.message import Reader
from alerting.notice import compose_notice, is_notice
from alerting.roster import roster_of
from alerting.settings import AlertingSettings
from core.on_call import Absence
from core.silences import Silence
from store import absences, notifications, silences
from store.database import Database
from tests import make

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=HANOI)
DAY = timedelta(days=1)
PEOPLE = [{"id": one, "name": one.title(), "channels": [{"kind": "log", "id": "phone"}]} for one in ("lan", "minh", "ha")]


class House:
    """The stage on a database, with a clock that the test moves."""

    def __init__(self, base, rotation, **more):
        policy = {"id": "default", "steps": [{"notify": "line"}]}
        given = {"people": PEOPLE, "rotations": [{"id": "line", **rotation}], "policies": [policy], "fallback": "ha", **more}
        self.settings = AlertingSettings.model_validate(given).settled(language="vi", timezone="Asia/Ho_Chi_Minh")
        self.base, self.now = base, MONDAY
        self.read = 0
        self.stage()

    def stage(self):
        self.keeper = DutyKeeper(make.store(self.base), roster=partial(roster_of, settings=self.settings), listening=Listening(sources={}))

    def away(self, person, after, days=1.0):
        start = MONDAY + after * DAY
        self.base.write_now(absences.add, Absence(person=person, starts_at=start, ends_at=start + days * DAY))

    async def forward(self, days):
        until = self.now + days * DAY
        while self.now < until:
            self.now = min(until, max(await self.keeper.step(self.now), self.now + timedelta(hours=12)))
        await self.keeper.step(self.now)

    def new(self):
        rows = self.base.read_now(notifications.of_incident, None)[self.read :]
        self.read += len(rows)
        return rows

    def told(self):
        return [(one.person, one.words.key) for one in self.new()]


@pytest.fixture
def base(sqlite_url):
    database = Database(sqlite_url, durable=False)
    yield database
    database.close()


async def test_a_hole_is_told_7_days_and_24_hours_ahead_once_each_to_the_fallback(base):
    house = House(base, {"people": ["lan"]})
    house.away("lan", after=20)
    await house.forward(5)
    assert house.told() == []
    await house.forward(8)
    assert sorted(house.told()) == [("ha", "notice.clash"), ("ha", "notice.gaps"), ("lan", "notice.clash")]
    house.stage()  # a restart
    await house.forward(5)
    assert house.told() == []
    await house.forward(1.5)
    assert house.told() == [("ha", "notice.gaps")]
    await house.forward(5)
    assert house.told() == []


async def test_a_hole_that_opens_today_is_told_once(base):
    house = House(base, {"people": ["lan"]})
    house.away("lan", after=0.5)
    await house.forward(4)
    assert [key for _, key in house.told()].count("notice.gaps") == 1


async def test_nights_that_are_drawn_empty_are_told_once_a_week_and_not_at_all_where_another_step_reaches_somebody(base):
    house = House(base, {"people": ["lan"], "restrictions": "Mon-Fri 09:00-18:00"})
    await house.forward(8)
    assert house.told() == [("ha", "notice.gaps")] * 2
    steps = [{"id": "default", "steps": [{"notify": "line"}, {"notify": "minh", "after": "15m"}]}]
    house = House(base, {"people": ["lan"], "restrictions": "Mon-Fri 09:00-18:00"}, policies=steps)
    house.new()
    await house.forward(8)
    assert house.told() == []


async def test_time_off_in_a_turn_is_told_14_days_ahead_to_both(base):
    house = House(base, {"people": ["lan", "minh"], "handover": "09:00", "starts": "2026-11-23"})
    house.away("lan", after=16.1)
    await house.forward(1)
    assert house.told() == []
    await house.forward(3)
    assert sorted(house.told()) == [("lan", "notice.clash"), ("minh", "notice.clash")]
    await house.forward(10)
    assert house.told() == []


async def test_who_comes_on_duty_gets_the_note_once(base):
    house = House(base, {"people": ["lan", "minh"], "handover": "09:00", "starts": "2026-11-23", "handover_notes": True})
    muted = Silence(matches={"topic": "acme"}, starts_at=MONDAY, ends_at=MONDAY + 9 * DAY, by="lan", comment="our campaign")
    base.write_now(silences.add, muted)
    assert await house.keeper.step(MONDAY + timedelta(minutes=50)) == MONDAY + timedelta(hours=1), "the handover itself"
    await house.keeper.step(MONDAY + timedelta(hours=1))
    await house.keeper.step(MONDAY + timedelta(hours=1, minutes=15))
    (note,) = house.new()
    assert (note.person, note.kind, is_notice(note)) == ("lan", "digest", True)
    message = compose_notice(note, Reader(person="lan", name="Lan", language="vi"))
    assert message.subject == "Bàn giao ca line: 0 vụ đang mở"
    assert "Không có vụ nào đang mở." in message.body
    assert "topic=acme đến 08:00 02/12/2026: our campaign" in message.body
    assert "Minh, line, từ 09:00 24/11/2026" in message.body
    english = compose_notice(note, Reader(person="lan", name="Lan", language="en")).body
    assert "Nothing is open." in english


async def test_a_note_that_is_hours_late_is_not_sent(base):
    house = House(base, {"people": ["lan", "minh"], "handover": "09:00", "handover_notes": True})
    await house.keeper.step(MONDAY + timedelta(hours=4))
    assert house.told() == []


async def test_without_a_fallback_everybody_hears_of_a_hole(base):
    house = House(base, {"people": ["lan"]}, fallback=None)
    house.away("lan", after=0.5)
    await house.keeper.step(MONDAY)
    assert sorted(person for person, key in house.told() if key == "notice.gaps") == ["ha", "lan", "minh"]
