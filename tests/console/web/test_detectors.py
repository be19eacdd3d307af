"""The detectors page tells how right they were, and takes what nobody was told of."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from store import labels
from tests.console.web.place import Place


async def test_how_right_each_detector_was_stands_on_a_page(place: Place) -> None:
    number = (await place.incident()).id
    await place.press("resolve", number, reason="false_alarm")
    page = await (await place.client.get("/detectors?lang=en")).text()
    for words in ("single risky mention", "0% (0% to 79%)", "too few labels", "Nothing of this changes by itself"):
        assert words in page, words


async def record(place: Place, **form: str) -> str:
    sent = {"token": await place.token("/detectors"), "who": "ana", "topic": "acme", **form}
    response = await place.client.post("/detectors", data=sent)
    assert response.status == 200
    return await response.text()


async def test_what_was_missed_is_recorded_by_a_form_and_stands_closed(place: Place) -> None:
    at = (place.now - timedelta(hours=3)).astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    told = at.strftime("%Y-%m-%dT%H:%M")  # as a browser's field has it
    assert "Đã ghi thành sự cố #1" in await record(place, at=told, because="một video")
    (incident,) = place.incidents()
    assert (incident.kind, incident.status, incident.opened_at) == ("missed", "resolved", at)
    assert [each.comment for each in place.database.read_now(labels.of_incident, 1)] == ["một video"]


async def test_a_form_that_says_too_little_records_nothing(place: Place) -> None:
    later = (place.now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for form in ({"at": ""}, {"at": later}, {"at": "2026-11-20T10:00", "topic": "none"}):
        assert "Chưa ghi" in await record(place, **form)
    assert "ai" in await record(place, at="2026-11-20T10:00", who="")
    assert place.incidents() == []
