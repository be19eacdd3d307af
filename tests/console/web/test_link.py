"""The page behind an alert's link: opening it changes nothing, its button takes the incident once (A1 to A3)."""

import asyncio
from datetime import timedelta

import pytest

from alerting.events import Assigned, Event, Resolved
from alerting.respond import respond
from alerting.roster import roster_of
from console.assemble import Monitor
from tests.console.web.place import Place, field_of


async def nonce(place: Place, link: str) -> str:
    return field_of(await (await place.client.get(link)).text(), "nonce")


async def act(place: Place, event: Event) -> None:
    roster = place.database.read_now(place.simulation.monitor.roster)
    await place.database.write(respond, 1, event, place.now, roster, channel="cli")


async def test_the_button_takes_the_incident_for_the_person_of_the_link(place: Place) -> None:
    await place.incident()
    link = place.link()
    page = await (await place.client.get(link)).text()
    for words in ("Tôi nhận", "con tôi bị bỏng", "Việc làm ngay", "Ana"):
        assert words in page, words
    response = await place.client.post(link, data={"nonce": field_of(page, "nonce")})
    assert response.status == 200
    assert "Bạn đã nhận sự cố #1 lúc 12:00" in await response.text()
    assert place.incidents()[0].acknowledged_by == "ana"
    assert "Tôi nhận" not in await (await place.client.get(link)).text()


async def test_it_opens_from_any_machine_under_any_name(place: Place) -> None:
    await place.incident()
    link = place.link()
    headers = {"Host": "tocsin.example.org", "X-Forwarded-For": "192.0.2.7"}
    form = {"nonce": field_of(await (await place.client.get(link, headers=headers)).text(), "nonce")}
    response = await place.client.post(link, data=form, headers={**headers, "Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert response.status == 200


async def test_a_nonce_is_good_once_and_pressing_twice_shows_the_same(place: Place) -> None:
    await place.incident()
    link = place.link()
    form = {"nonce": await nonce(place, link)}
    for _ in range(2):
        response = await place.client.post(link, data=form)
        assert response.status == 200
        assert "Bạn đã nhận" in await response.text()
    assert place.kinds(1).count("acknowledged") == 1


async def test_a_hundred_hands_at_once_take_it_once(place: Place) -> None:
    await place.incident()
    link = place.link()
    nonces = [await nonce(place, link) for _ in range(20)]
    answers = await asyncio.gather(*(place.client.post(link, data={"nonce": nonces[number % 20]}) for number in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert place.kinds(1).count("acknowledged") == 1


async def test_without_a_good_nonce_nothing_happens(place: Place) -> None:
    await place.incident()
    link = place.link()
    used = await nonce(place, link)
    before = place.dump()
    for form in ({}, {"nonce": ""}, {"nonce": used + "x"}, {"nonce": place.signer().nonce("another", place.now)}):
        response = await place.client.post(link, data=form)
        assert response.status == 409
        assert "bấm lại" in await response.text()
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await place.client.post(link, data={"nonce": used}, headers=headers)).status == 403
    assert place.dump() == before


async def test_an_old_page_asks_to_press_again(place: Place) -> None:
    await place.incident()
    link = place.link()
    form = {"nonce": await nonce(place, link)}
    place.simulation.clock.advance_to(place.now + timedelta(hours=2))
    response = await place.client.post(link, data=form)
    assert response.status == 409
    again = await place.client.post(link, data={"nonce": field_of(await response.text(), "nonce")})
    assert again.status == 200


async def test_the_second_person_sees_who_was_first(place: Place) -> None:
    await place.incident()
    link = place.link()
    await place.press("take", 1, who="ben")
    assert "Ben đã nhận lúc 12:00" in await (await place.client.get(link)).text()


@pytest.mark.parametrize("end", [Assigned(by="ana", to="ben"), Resolved(by="ana", reason="fixed")])
async def test_a_link_dies_when_the_incident_is_closed_or_given_to_somebody_else(place: Place, end: Event) -> None:
    await place.incident()
    link = place.link()
    form = {"nonce": await nonce(place, link)}
    await act(place, end)
    for response in (await place.client.get(link), await place.client.post(link, data=form)):
        assert response.status == 410
        assert "không còn dùng được" in await response.text()
    assert "acknowledged" not in place.kinds(1)


async def test_a_link_dies_when_its_person_leaves(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.incident()
    link = place.link()
    form = {"nonce": await nonce(place, link)}
    settings = place.simulation.monitor.config.alerting
    without_ana = settings.model_copy(update={"people": tuple(person for person in settings.people if person.id != "ana")})
    monkeypatch.setattr(Monitor, "roster", lambda _, tx: roster_of(tx, without_ana))
    for response in (await place.client.get(link), await place.client.post(link, data=form)):
        assert response.status == 410
    assert "acknowledged" not in place.kinds(1)


async def test_a_link_lives_for_a_day(place: Place) -> None:
    await place.incident()
    link = place.link()
    place.simulation.clock.advance_to(place.now + timedelta(hours=23))
    assert (await place.client.get(link)).status == 200
    place.simulation.clock.advance_to(place.now + timedelta(hours=1))
    assert (await place.client.get(link)).status == 410


async def test_a_false_token_is_gone_and_tells_nothing(place: Place) -> None:
    await place.incident()
    link = place.link()
    for path in ("/i/x", f"{link}x", "/i/" + "a" * 4000, "/i/%00", "/i/<script>"):
        response = await place.client.get(path)
        assert response.status == 410, path
        page = await response.text()
        assert "<script" not in page
        assert "Acme" not in page.replace("Acme community", "")


async def test_the_page_speaks_another_language_when_asked(place: Place) -> None:
    await place.incident()
    assert '<html lang="vi">' in await (await place.client.get(place.link())).text()
    assert '<html lang="en">' in await (await place.client.get(f"{place.link()}?lang=en")).text()
