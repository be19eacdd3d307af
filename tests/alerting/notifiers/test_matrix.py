"""An alert in a Matrix room: once, with nobody pinged, in its thread, changed in place, and never in the clear where all else is encrypted."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message, Receipt
from alerting.notifiers.matrix import Notifier, Options
from core.errors import DeliveryFailed
from tests.alerting.homeserver import ALIAS, INVITED, LAN, LOCKED, ROOM, TOKEN, Homeserver
from tests.alerting.strict import AT, running

LINK = "http://127.0.0.1:8765/i/abc.def?x=1&y=2"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Chuyện gì: <nổ> & cháy @room\n\nNhận: {LINK}", short="s", language="vi",
    idempotency_key="k" * 64, thread_key="incident-live-12", link=LINK, incident_id=12, severity="critical",
)  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 640, 320) + b"rest"


class Bench(Homeserver):
    """What the contract suite asks of this kind."""

    def received(self) -> list[dict[str, str]]:
        shown: dict[str, dict[str, Any]] = {}
        for _, event in self.events:
            new = event["content"].get("m.new_content")
            shown[event["content"]["m.relates_to"]["event_id"] if new else event["event_id"]] = new or event["content"]
        texts = [content for content in shown.values() if content["msgtype"] != "m.image"]
        parts = [(content["body"].partition("\n\n"), content["formatted_body"]) for content in texts]
        return [{"subject": subject, "text": text, "html": html} for (subject, _, text), html in parts]

    async def refuse(self) -> None:
        self.fault = (403, {"errcode": "M_FORBIDDEN", "error": TOKEN})


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as found:
        # The same transaction is the same message; the suite sends many different ones with one key.
        found.transactions = Forgetful()
        yield found


class Forgetful(dict[str, str]):
    """Remembers no transaction."""

    def __contains__(self, key: object) -> bool:
        return False


@pytest.fixture
async def server() -> AsyncIterator[Bench]:
    async with running(Bench()) as found:
        yield found


def notifier(place: Homeserver, **change: Any) -> Notifier:
    return Notifier(Options.model_validate(place.options | change), http=place.http, now=lambda: AT)


async def test_a_page_arrives_as_text_and_html_and_pings_nobody(server: Bench) -> None:
    receipt = await notifier(server).send(MESSAGE)
    (content,) = server.ours
    assert receipt == Receipt(id="$event0", detail="matrix: the homeserver took it", ref={"room": ROOM, "event": "$event0"})
    assert content["body"] == f"{MESSAGE.subject}\n\nChuyện gì: <nổ> & cháy ＠room\n\nNhận: {LINK}"
    assert content["formatted_body"] == (
        "<p><strong>[KHẨN CẤP] SỰ CỐ #12 Acme</strong></p><p>Chuyện gì: &lt;nổ&gt; &amp; cháy ＠room</p>"
        '<p>Nhận: <a href="http://127.0.0.1:8765/i/abc.def?x=1&amp;y=2">http://127.0.0.1:8765/i/abc.def?x=1&amp;y=2</a></p>'
    )
    assert content["m.mentions"] == {}


async def test_a_repeat_is_no_second_message(server: Bench) -> None:
    first = await notifier(server).send(MESSAGE)
    again = await notifier(server).send(replace(MESSAGE, possible_repeat=True))
    assert first == again
    assert len(server.ours) == 1


async def test_what_follows_stands_in_the_thread_of_the_first(server: Bench) -> None:
    first = await notifier(server).send(MESSAGE)
    await notifier(server).send(replace(MESSAGE, kind="update", idempotency_key="u" * 64, thread_ref=first.ref))
    assert server.ours[1]["m.relates_to"] == {
        "rel_type": "m.thread", "event_id": "$event0", "is_falling_back": True, "m.in_reply_to": {"event_id": "$event0"},
    }  # fmt: skip


async def test_where_the_first_message_is_gone_the_page_goes_out_all_the_same(server: Bench) -> None:
    await notifier(server).send(replace(MESSAGE, thread_ref={"room": ROOM, "event": "$gone"}))
    await notifier(server).send(replace(MESSAGE, idempotency_key="v" * 64, thread_ref={"room": "!other:hs.test", "event": "$event0"}))
    assert ["m.relates_to" in content for content in server.ours] == [False, False]


async def test_a_copy_is_changed_in_place(server: Bench) -> None:
    receipt = await notifier(server).send(MESSAGE)
    taken = replace(MESSAGE, body="Lan đang lo", link=None, idempotency_key=MESSAGE.idempotency_key)
    edited = await notifier(server).edit(taken, receipt.ref or {})
    await notifier(server).edit(taken, receipt.ref or {})
    assert len(server.ours) == 2, "the same edit twice is one"
    change = server.ours[1]
    assert change["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$event0"}
    assert change["m.new_content"]["body"] == f"{MESSAGE.subject}\n\nLan đang lo"
    assert change["m.new_content"]["m.mentions"] == {}
    assert edited.ref == receipt.ref, "the next edit is of the first message, too"


async def test_the_picture_comes_after_the_text_with_words_for_who_cannot_see_it(server: Bench) -> None:
    await notifier(server).send(replace(MESSAGE, picture=PNG, picture_says="420 lượt nhắc, bình thường 30"))
    assert server.uploads == [PNG]
    assert server.ours[1] == {
        "msgtype": "m.image", "body": "420 lượt nhắc, bình thường 30", "filename": "chart.png", "url": "mxc://hs.test/media1",
        "info": {"mimetype": "image/png", "size": len(PNG), "w": 640, "h": 320}, "m.mentions": {},
    }  # fmt: skip


async def test_a_picture_that_fails_holds_no_page_back(server: Bench) -> None:
    server.largest = 10
    receipt = await notifier(server).send(replace(MESSAGE, picture=PNG))
    assert receipt.detail == "matrix: the homeserver took it; without its picture (matrix answered with status 413: too large)"


async def test_it_joins_the_room_that_it_was_invited_to(server: Bench) -> None:
    await notifier(server, room=INVITED).send(MESSAGE)
    assert server.rooms[INVITED].joined
    assert server.calls[:3] == [f"GET /_matrix/client/v3/rooms/{INVITED}/state/m.room.encryption", f"POST /_matrix/client/v3/join/{INVITED}",
                                f"GET /_matrix/client/v3/rooms/{INVITED}/state/m.room.encryption"]  # fmt: skip


async def test_a_room_may_be_named_by_its_alias(server: Bench) -> None:
    receipt = await notifier(server, room=ALIAS).send(MESSAGE)
    assert receipt.ref == {"room": ROOM, "event": "$event0"}


async def test_nothing_is_said_in_the_clear_in_an_encrypted_room(server: Bench) -> None:
    with pytest.raises(DeliveryFailed, match="encrypted end-to-end") as caught:
        await notifier(server, room=LOCKED).send(MESSAGE)
    assert caught.value.permanent
    with pytest.raises(DeliveryFailed, match="encrypted end-to-end"):  # it was open when the message went out
        await notifier(server).edit(MESSAGE, {"room": LOCKED, "event": "$event0"})
    assert server.events == []


async def test_a_room_without_invitation_is_a_refusal_for_good(server: Bench) -> None:
    with pytest.raises(DeliveryFailed, match="not in the room, was not invited") as caught:
        await notifier(server, room="!foreign:hs.test").send(MESSAGE)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("status", "code", "permanent", "ambiguous", "waits"),
    [
        (401, "M_UNKNOWN_TOKEN", True, False, None),
        (403, "M_FORBIDDEN", True, False, None),
        (413, "M_TOO_LARGE", True, False, None),
        (429, "M_LIMIT_EXCEEDED", False, False, 2.5),
        (502, "M_UNKNOWN", False, True, None),
    ],
)
async def test_each_error_means_what_it_means(
    server: Bench, status: int, code: str, permanent: bool, ambiguous: bool, waits: float | None
) -> None:
    server.fault = (status, {"errcode": code, "error": TOKEN} | ({"retry_after_ms": 2500} if waits else {}))
    with pytest.raises(DeliveryFailed, match=f"status {status}") as caught:
        await notifier(server).send(MESSAGE)
    assert (caught.value.permanent, caught.value.ambiguous, caught.value.retry_after_s) == (permanent, ambiguous, waits)
    assert TOKEN not in str(caught.value)


def test_what_all_channels_share_may_say_who_may_invite() -> None:
    Options.model_validate({"homeserver": "https://hs.test", "token": TOKEN, "room": ROOM, "invited_by": [LAN]})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"homeserver": "matrix.example.org"}, "such as https://matrix.example.org"),
        ({"room": "crisis"}, "should match pattern"),
        ({"user": "lan"}, "should match pattern"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_wrong_options_say_how_to_mend_them(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Options.model_validate({"homeserver": "https://hs.test", "token": TOKEN, "room": ROOM, "user": LAN} | change)
    assert TOKEN not in str(caught.value)
