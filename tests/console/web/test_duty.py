"""The on-call page tells who has duty and where nobody has; the shifts go into a phone's calendar by an address that only its owner has."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from core.on_call import Absence, Override, Swap
from store import absences, overrides, swaps
from tests import make
from tests.console.web.place import console

ALERTING = {
    "people": [{"id": "ana", "name": "Ana"}, {"id": "ben", "name": "Ben"}, {"id": "chi", "name": "Chi"}],
    "rotations": [
        {"id": "line", "people": ["ana", "ben"], "handover": "09:00", "holidays": "VN"},
        {"id": "office", "people": ["chi"], "restrictions": "Mon-Fri 09:00-18:00"},
    ],
    "policies": [{"id": "default", "steps": [{"notify": "office"}, {"notify": "line", "after": "15m"}]}],
}


@pytest.fixture
async def duty_place(tmp_path, sqlite_template):
    async with console(tmp_path, sqlite_template, alerting=ALERTING) as built:
        yield built


async def read(place, path):
    answer = await place.client.get(path)
    return answer.status, await answer.text()


async def test_the_page_tells_who_and_where_nobody(duty_place):
    database = duty_place.simulation.store.database
    away = Absence(person="ana", starts_at=make.NOON, ends_at=make.NOON + timedelta(days=3))
    database.write_now(absences.add, away)
    asked = Swap(rotation_id="line", asked_by="ana", person="ben", starts_at=away.starts_at, ends_at=away.ends_at, asked_at=make.NOON)
    database.write_now(swaps.add, asked)
    status, page = await read(duty_place, "/on-call")
    assert status == 200
    assert "Lịch trực" in page
    assert "Đang trực: Ben đến" in page
    assert "Ana nghỉ trong ca line" in page
    assert "T2 09:00 23/11/2026" in page, "people plan by days of the week"
    assert "Ana nhờ Ben trực thay line" in page
    assert "khoảng trống do lịch vẽ như vậy" in page, "the office's nights are drawn so"
    assert "ngày lễ: Ngày Văn hóa Việt Nam" in page


async def test_a_page_without_rotations_says_so(place):
    status, page = await read(place, "/on-call")
    assert (status, "Chưa có lịch trực" in page) == (200, True)


async def test_the_calendar_of_one_person_holds_their_shifts_alone(duty_place):
    token = duty_place.simulation.monitor.signer.calendar("ana")
    answer = await duty_place.client.get(f"/on-call/{token}.ics")
    assert (answer.status, answer.content_type) == (200, "text/calendar")
    events = Calendar.from_ical(await answer.read()).walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in events} == {"Trực: Ana (line)"}
    whole = Calendar.from_ical(await (await duty_place.client.get("/on-call.ics")).read()).walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in whole} == {"Trực: Ana (line)", "Trực: Ben (line)", "Trực: Chi (office)"}


@pytest.mark.parametrize("token", ["x", "ImFuYSI.wrong", "somebody-who-left"])
async def test_a_false_address_opens_nothing(duty_place, token):
    if token == "somebody-who-left":
        token = duty_place.simulation.monitor.signer.calendar("zoe")
    status, _ = await read(duty_place, f"/on-call/{token}.ics")
    assert status == 404


async def test_an_override_moves_the_shift_in_the_calendar(duty_place):
    until = make.NOON + timedelta(hours=3)
    over = Override(rotation_id="line", person="chi", starts_at=make.NOON, ends_at=until)
    duty_place.simulation.store.database.write_now(overrides.add, over)
    _, page = await read(duty_place, "/on-call")
    assert "Đang trực: Chi đến 15:00 21/11/2026" in page
