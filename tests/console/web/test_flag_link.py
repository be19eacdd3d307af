"""The page behind a question for counters: for a moderator's phone, from anywhere; it can do nothing but count this one post."""

from __future__ import annotations

from datetime import timedelta

from alerting.events import Resolved
from alerting.respond import respond
from store import mentions, readings
from tests.console.web.place import Place, field_of


async def asked(place: Place) -> str:
    """The path of the link that Ben, who flagged, got after a quarter of an hour."""
    await place.incident(evidence=(await place.flag(by="ben"),))
    await place.simulation.run_until(place.now + timedelta(minutes=16))
    link = next(message.link for _, to, _, message in place.simulation.sent if to == "ben" and message.link and "/f/" in message.link)
    return link.removeprefix("http://127.0.0.1:8765")


async def test_the_page_takes_the_counters_of_the_person_of_the_link(place: Place) -> None:
    link = await asked(place)
    headers = {"Host": "tocsin.example.org", "X-Forwarded-For": "192.0.2.7"}
    page = await (await place.client.get(link, headers=headers)).text()
    for words in ("Nhờ Ben xem lại bài này", "Hội mẹ bỉm HN", "Sữa Acme có dị vật", "Bài đã bị xóa"):
        assert words in page, words
    assert "Tôi nhận" not in page
    form = {"nonce": field_of(page, "nonce"), "likes": "1,2k", "who": "ana"}
    response = await place.client.post(link, data=form, headers={**headers, "Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert response.status == 200
    assert "Đã ghi số của bài" in await response.text()
    series = place.database.read_now(readings.of, [place.flagged])[place.flagged]
    assert [(one.likes, one.by) for one in series] == [(120, "ben"), (1200, "ben")]
    assert "counters_read" in place.kinds(1)


async def test_opening_it_changes_nothing_and_a_nonce_is_good_once(place: Place) -> None:
    link = await asked(place)
    before = place.dump()
    form = {"nonce": field_of(await (await place.client.get(link)).text(), "nonce"), "likes": "200"}
    assert place.dump() == before
    assert (await place.client.post(link, data=form)).status == 200
    again = await place.client.post(link, data=form)
    assert again.status == 409
    assert "Trang này đã dùng rồi" in await again.text()
    assert len(place.database.read_now(readings.of, [place.flagged])[place.flagged]) == 2


async def test_a_number_that_cannot_be_read_spends_nothing(place: Place) -> None:
    link = await asked(place)
    nonce = field_of(await (await place.client.get(link)).text(), "nonce")
    page = await (await place.client.post(link, data={"nonce": nonce, "likes": "nhiều"})).text()
    assert "Không đọc được số" in page
    assert (await place.client.post(link, data={"nonce": nonce, "likes": "130"})).status == 200
    assert "Chưa ai ghi số nào" in await (await place.client.post(link, data={"nonce": nonce})).text()


async def test_the_post_may_be_gone(place: Place) -> None:
    link = await asked(place)
    nonce = field_of(await (await place.client.get(link)).text(), "nonce")
    page = await (await place.client.post(link, data={"nonce": nonce, "gone": "1"})).text()
    assert "không hỏi lại" in page
    (found,) = place.database.read_now(mentions.get, [place.flagged])
    assert found.deleted_at is not None


async def test_it_is_no_key_to_the_incident_nor_the_incidents_link_one_to_the_counters(place: Place) -> None:
    link = await asked(place)
    assert (await place.client.get(link.replace("/f/", "/i/"))).status == 410
    of_page = next(message.link for _, to, _, message in place.simulation.sent if to == "ana" and message.link and "/i/" in message.link)
    assert (await place.client.get(of_page.removeprefix("http://127.0.0.1:8765").replace("/i/", "/f/"))).status == 410
    nonce = field_of(await (await place.client.get(link)).text(), "nonce")
    assert (await place.client.post(link.replace("/f/", "/i/"), data={"nonce": nonce})).status == 410
    assert place.incidents()[0].acknowledged_by is None


async def test_a_false_link_an_old_one_and_the_incidents_end_are_the_end_of_it(place: Place) -> None:
    link = await asked(place)
    assert (await place.client.get(f"{link}x")).status == 410
    assert (await place.client.post(f"{link}x", data={"nonce": "x", "likes": "1"})).status == 410
    assert (await place.client.post(link, data={"nonce": "x", "likes": "1"})).status == 409
    roster = place.database.read_now(place.simulation.monitor.roster)
    await place.database.write(respond, 1, Resolved(by="ana", reason="fixed"), place.now, roster, channel="cli")
    assert (await place.client.get(link)).status == 410
