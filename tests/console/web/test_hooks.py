import io
import json
from typing import Any

from aiohttp import ClientResponse

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
    from store.schema import used_nonces

    await push(place, POST)
    await place.database.write(lambda tx: tx.execute(used_nonces.delete()))
    assert (await (await push(place, POST)).json())["known"] == 1


async def test_while_the_enricher_is_far_behind_the_sender_is_asked_to_wait(place: Place) -> None:
    await place.simulation.store.mentions.publish(range(50_000))
    response = await push(place, POST)
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert place.database.read_now(mentions.count) == 0
