import io
import json
from typing import Any

from aiohttp import ClientResponse

from listener import facebook_pushed, zalo
from listener.base import Page
from listener.collectors.webhook import sign
from store import mentions, sources
from tests.console.web.place import SECRET, Place

POST = {"text": "Acme kettle on fire", "native_id": "1", "author": "lan"}


async def push(place: Place, body: Any, *, id: str = "msg_1", late_s: int = 0, source: str = "care", **headers: str) -> ClientResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = str(int(place.now.timestamp()) + late_s)
    signed = {"webhook-id": id, "webhook-timestamp": sent, "webhook-signature": sign(id, sent, data, SECRET)}
    return await place.client.post(f"/hooks/{source}", data=data, headers={**signed, **headers})


async def test_a_signed_message_is_stored_before_it_is_answered(place: Place) -> None:
    response = await push(place, {"mentions": [POST, {"text": "another"}, {"nothing": 1}]})
    assert response.status == 202
    told = await response.json()
    assert (told["new"], told["known"], told["skipped"]) == (2, 0, 1)
    assert place.database.read_now(mentions.count) == 2
    assert place.database.read_now(sources.get, "care").mentions == 2


async def test_a_message_that_comes_again_is_taken_once(place: Place) -> None:
    assert (await push(place, POST)).status == 202
    again = await push(place, {"text": "something else"})
    assert again.status == 200
    assert (await again.json())["status"] == "taken before"
    assert (await (await push(place, POST, id="msg_2")).json())["known"] == 1
    assert place.database.read_now(mentions.count) == 1


async def test_what_is_not_signed_or_not_now_is_refused(place: Place) -> None:
    before = place.dump()
    for response in (
        await place.client.post("/hooks/care", json=POST),
        await push(place, POST, late_s=301),
        await push(place, POST, late_s=-301),
        await push(place, POST, **{"webhook-signature": "v1,AAAA"}),
        await push(place, POST, **{"webhook-id": "other"}),
    ):
        assert response.status == 401
        assert list(await response.json()) == ["error"]
    assert place.dump() == before


async def test_an_unknown_source_or_one_that_is_polled_takes_nothing(place: Place) -> None:
    for source in ("nobody", "forum", "%3Cscript%3E"):
        response = await push(place, POST, source=source)
        assert response.status == 404
        assert "script" not in await response.text()


async def test_what_cannot_be_read_is_told_in_one_line(place: Place) -> None:
    before = place.dump()
    for number, body in enumerate((b"{", b"[" * 100_000, b'"text"', b"\xff", [{"text": 5}], [POST] * 1_001)):
        response = await push(place, body, id=f"msg_{number}")
        assert response.status == 422, body[:20]
        assert len((await response.json())["error"].splitlines()) == 1
    assert place.dump() == before


async def test_a_message_over_a_megabyte_is_refused(place: Place) -> None:
    big = io.BytesIO(b"[" + b" " * 1_048_576 + b"]")
    assert (await place.client.post("/hooks/care", data=big)).status == 413

    async def pieces() -> Any:
        for _ in range(20):
            yield b" " * 65_536

    response = await place.client.post("/hooks/care", data=pieces())
    assert response.status == 413
    assert list(await response.json()) == ["error"]


async def test_a_retry_after_a_crash_between_storing_and_remembering_adds_nothing(place: Place) -> None:
    from store.schema_paging import used_nonces

    await push(place, POST)
    await place.database.write(lambda tx: tx.execute(used_nonces.delete()))
    assert (await (await push(place, POST)).json())["known"] == 1


async def test_while_the_enricher_is_far_behind_the_sender_is_asked_to_wait(place: Place) -> None:
    await place.simulation.store.mentions.publish(range(50_000))
    response = await push(place, POST)
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert place.database.read_now(mentions.count) == 0


COMMENT = {
    "item": "comment",
    "verb": "add",
    "post_id": "100_1",
    "comment_id": "1_5",
    "message": "Ấm cháy",
    "from": {"id": "7", "name": "Lan"},
}


async def push_as_meta(place: Place, value: dict[str, Any], *, secret: str = SECRET) -> ClientResponse:
    body = json.dumps({"object": "page", "entry": [{"id": "100", "changes": [{"field": "feed", "value": value}]}]}).encode()
    return await place.client.post("/hooks/trang", data=body, headers={"X-Hub-Signature-256": facebook_pushed.sign(body, secret)})


async def push_as_zalo(place: Place, *, secret: str = SECRET) -> ClientResponse:
    told = {
        "app_id": "1",
        "event_name": "user_send_text",
        "timestamp": "5",
        "sender": {"id": "7"},
        "message": {"msg_id": "m1", "text": "Ấm"},
    }
    body = json.dumps(told).encode()
    return await place.client.post("/hooks/zalo", data=body, headers={"X-ZEvent-Signature": "mac=" + zalo.sign("1", body, "5", secret)})


async def looked_at(place: Place, source: str) -> None:
    """As if the Poller had finished its first look there."""
    await place.simulation.monitor.poller.receive(source, Page(), place.now)


async def test_what_meta_pushes_is_taken_and_taken_back(place: Place) -> None:
    await looked_at(place, "trang")
    response = await push_as_meta(place, COMMENT)
    assert (response.status, (await response.json())["new"]) == (200, 1), "Meta takes no other status for success"
    again = await push_as_meta(place, COMMENT)
    assert (await again.json())["status"] == "taken before"
    assert (await push_as_meta(place, COMMENT | {"verb": "remove"})).status == 200
    (mention,) = place.database.read_now(mentions.get, [1])
    assert mention.deleted_at is not None


async def test_what_zalo_pushes_is_taken(place: Place) -> None:
    await looked_at(place, "zalo")
    assert (await push_as_zalo(place)).status == 200
    assert place.database.read_now(mentions.count) == 1


async def test_before_its_first_look_a_polled_source_asks_for_what_is_pushed_again(place: Place) -> None:
    for response in (await push_as_meta(place, COMMENT), await push_as_zalo(place)):
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
    assert place.database.read_now(mentions.count) == 0


async def test_a_push_with_another_secret_is_refused(place: Place) -> None:
    before = place.dump()
    for response in (await push_as_meta(place, COMMENT, secret="other"), await push_as_zalo(place, secret="other")):
        assert response.status == 401
    assert place.dump() == before


async def test_a_platform_that_asks_whether_the_address_is_ours_hears_its_challenge(place: Place) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "115820"}
    response = await place.client.get("/hooks/trang", params=query)
    assert (response.status, response.content_type, await response.text()) == (200, "text/plain", "115820")
    assert (await place.client.get("/hooks/trang", params=query | {"hub.verify_token": "x"})).status == 401
    assert (await place.client.get("/hooks/forum", params=query)).status == 404
    assert (await place.client.get("/hooks/care", params=query)).status == 200, "a kind without a challenge says what it is"
