"""The page behind a test message: a scanner that opens it confirms nothing, a human's tap does."""

from alerting.weekly_test import planned_test
from store import channels, notifications
from tests.console.web.place import Place, field_of


def link(place: Place) -> str:
    planned = planned_test("ana", "phone", place.now)
    place.database.write_now(notifications.plan, [planned])
    for _ in range(2):
        place.database.write_now(channels.missed, "ana", "phone", place.now)
    return f"/t/{place.signer().link(planned.link_id or '', place.now)}"


async def test_opening_a_test_changes_nothing_and_the_button_confirms_the_channel(place: Place) -> None:
    address = link(place)
    page = await (await place.client.get(f"{address}?lang=en")).text()
    assert "I have read it" in page
    assert ("ana", "phone") in place.database.read_now(channels.red)
    response = await place.client.post(address, data={"nonce": field_of(page, "nonce")})
    assert response.status == 200
    assert "Cảm ơn" in await response.text() or "Thank you" in await response.text()
    assert place.database.read_now(channels.red) == {}


async def test_a_nonce_of_another_page_confirms_nothing(place: Place) -> None:
    address = link(place)
    assert (await place.client.post(address, data={"nonce": "forged"})).status == 200
    assert ("ana", "phone") in place.database.read_now(channels.red)


async def test_a_link_that_is_no_test_is_gone(place: Place) -> None:
    await place.incident()
    token = place.link().rpartition("/")[2]
    assert (await place.client.get(f"/t/{token}")).status == 410
    assert (await place.client.post(f"/t/{token}", data={"nonce": "x"})).status == 410
