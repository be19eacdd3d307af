"""A page into a real Matrix room, the answer heard, the copy changed in place: on Synapse."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from alerting.base import Message
from alerting.inbox.base import Reply
from alerting.inbox.carry import Carrier
from alerting.inbox.handle import Handler
from alerting.inbox.matrix import Inbox
from alerting.inbox.matrix import Options as InboxOptions
from alerting.inbox.receive import Inboxes
from alerting.notifiers.matrix import LIMITS, Notifier, Options
from core.errors import DeliveryFailed, SourceRejected
from core.http import Fetcher
from store.database import Database
from tests import make
from tests.alerting.desk import LIBRARY, Desk
from tests.alerting.inbox.fake import PEOPLE, POLICIES
from tests.servers.synapse import Synapse, User, missing, synapse

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]
LINK = "http://127.0.0.1:8765/i/abc.def?x=1&y=2"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Chuyện gì: <nổ> & cháy\n\nNhận: {LINK}", short="s", language="vi",
    idempotency_key="k" * 64, thread_key="t", link=LINK, incident_id=12, severity="critical",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Synapse]:
    with synapse() as running:
        yield running


@pytest.fixture(scope="module")
def people(server: Synapse) -> tuple[User, User, User]:
    """Our account, and two people."""
    return server.user("tocsin"), server.user("lan"), server.user("mallory")


@pytest.fixture
async def http(server: Synapse) -> AsyncIterator[Fetcher]:
    async with Fetcher(now=now, allow=[f"127.0.0.1:{server.port}"]) as found:
        yield found


def now() -> datetime:
    return datetime.now(UTC)


def notifier(server: Synapse, us: User, room: str, http: Fetcher) -> Notifier:
    return Notifier(Options.model_validate({"homeserver": server.url, "token": us.token, "room": room}), http=http, now=now)


def inbox(server: Synapse, us: User, http: Fetcher, **more: Any) -> Inbox:
    return Inbox(InboxOptions.model_validate({"homeserver": server.url, "token": us.token, **more}), http=http, now=now)


async def look(box: Inbox, cursor: str | None) -> tuple[list[Reply], str | None]:
    (batch,) = [batch async for batch in box.listen(cursor)]
    return list(batch.replies), batch.cursor


async def test_a_page_is_read_answered_and_changed_in_place(server: Synapse, people: tuple[User, User, User], http: Fetcher) -> None:
    us, lan, mallory = people
    room = lan.room(us.id, mallory.id)
    mallory.call("POST", f"/join/{room}", {})
    page = notifier(server, us, room, http)
    receipt = await page.send(MESSAGE)  # it joins by itself
    assert (await page.send(replace(MESSAGE, possible_repeat=True))).ref == receipt.ref
    (said,) = lan.messages(room)
    assert said["content"]["body"] == f"{MESSAGE.subject}\n\n{MESSAGE.body}"
    assert said["content"]["m.mentions"] == {}
    assert receipt.ref == {"room": room, "event": said["event_id"]}

    box = inbox(server, us, http)
    _, cursor = await look(box, None)
    lan.react(room, said["event_id"], "👍")
    mallory.say(room, "nhận")
    answer = {"m.in_reply_to": {"event_id": said["event_id"]}}
    lan.say(room, "dạ em nhận ạ", **{"m.relates_to": answer})
    replies, cursor = await look(box, cursor)
    while len(replies) < 2:
        more, cursor = await look(box, cursor)
        replies += more
    assert [(reply.sender, reply.text, reply.about) for reply in replies] == [
        (mallory.id, "nhận", None), (lan.id, "dạ em nhận ạ", receipt.ref),
    ]  # fmt: skip
    assert box.sender_of({"room": room, "user": lan.id}) == lan.id
    await box.answer(replies[1], "Đã ghi: Lan nhận #12")
    await page.edit(replace(MESSAGE, body="Lan đang lo", link=None), receipt.ref or {})
    found = {event["event_id"]: event for event in lan.messages(room)}
    replaced = found[said["event_id"]]["unsigned"]["m.relations"]["m.replace"]
    assert replaced["content"]["m.new_content"]["body"] == f"{MESSAGE.subject}\n\nLan đang lo"
    ours = next(event for event in found.values() if event["content"]["body"] == "Đã ghi: Lan nhận #12")
    assert ours["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == replies[1].native_id
    assert (await look(box, cursor))[0] == [], "our own words are no replies"


async def test_an_answer_in_the_room_takes_the_incident_and_the_copy_says_so(
    server: Synapse, people: tuple[User, User, User], http: Fetcher, sqlite_url: str
) -> None:
    us, lan, _ = people
    room = lan.room(us.id)
    database = Database(sqlite_url, durable=False)
    desk = Desk(database, limits=LIMITS, people=PEOPLE, policies=POLICIES)
    desk.phones["lan"] = notifier(server, us, room, http)  # type: ignore[assignment]
    handler = Handler(desk.settings, {"matrix": {lan.id: "lan"}}, roster=desk.roster, carrier=Carrier(LIBRARY))
    inboxes = Inboxes(desk.store, {"matrix": inbox(server, us, http)}, handler, now=lambda: desk.now)
    await inboxes.step(desk.now)  # the first look: from here on it is heard
    await desk.hear(make.signal())
    await desk.forward()
    (page,) = lan.messages(room)
    lan.say(room, "ok em nhận nha", **{"m.relates_to": {"m.in_reply_to": {"event_id": page["event_id"]}}})
    async with asyncio.timeout(60):
        while desk.incident.acknowledged_by is None or len(lan.messages(room)) < 3:
            desk.now += timedelta(seconds=2)
            await inboxes.step(desk.now)
            await asyncio.sleep(0.2)
    await inboxes.close()
    assert (desk.incident.acknowledged_by, desk.timeline()[-1].words.args["via"]) == ("lan", "matrix")
    answer = lan.messages(room)[0]["content"]["body"]
    assert answer.startswith("Em đã ghi: chị Lan nhận #1")
    await desk.forward()
    edits = [event["content"]["m.new_content"]["body"] for event in lan.messages(room) if "m.new_content" in event["content"]]
    assert len(edits) == 1
    assert "Lan" in edits[0]
    database.close()


async def test_an_update_stands_in_the_thread_and_the_picture_is_kept(
    server: Synapse, people: tuple[User, User, User], http: Fetcher
) -> None:
    us, lan, _ = people
    room = lan.room(us.id)
    page = notifier(server, us, room, http)
    first = await page.send(replace(MESSAGE, idempotency_key="p" * 64, picture=_png(), picture_says="420 lượt nhắc"))
    assert first.detail == "matrix: the homeserver took it"
    update = replace(MESSAGE, kind="update", idempotency_key="u" * 64, thread_ref=first.ref)
    second = await page.send(update)
    with_edit_as_root = await page.send(replace(update, idempotency_key="w" * 64, thread_ref=second.ref))  # no thread begins in a thread
    found = {event["event_id"]: event["content"] for event in lan.messages(room)}
    assert found[str((second.ref or {})["event"])]["m.relates_to"]["event_id"] == (first.ref or {})["event"]
    assert "m.relates_to" not in found[str((with_edit_as_root.ref or {})["event"])]
    (picture,) = [content for content in found.values() if content["msgtype"] == "m.image"]
    assert (picture["body"], picture["info"]["w"], picture["info"]["h"]) == ("420 lượt nhắc", 2, 1)


async def test_an_encrypted_room_gets_nothing_and_a_room_without_invitation_neither(
    server: Synapse, people: tuple[User, User, User], http: Fetcher
) -> None:
    us, lan, _ = people
    locked, foreign = lan.room(us.id, encrypted=True), lan.room()
    with pytest.raises(DeliveryFailed, match="encrypted end-to-end") as encrypted:
        await notifier(server, us, locked, http).send(MESSAGE)
    with pytest.raises(DeliveryFailed, match="status 403") as uninvited:
        await notifier(server, us, foreign, http).send(MESSAGE)
    assert (encrypted.value.permanent, uninvited.value.permanent) == (True, True)
    assert lan.messages(locked) == []


async def test_an_invitation_is_accepted_from_who_may_invite_only(server: Synapse, people: tuple[User, User, User], http: Fetcher) -> None:
    us, lan, mallory = people
    box = inbox(server, us, http, invited_by=[lan.id])
    _, cursor = await look(box, None)
    wanted, unwanted = lan.room(us.id), mallory.room(us.id)
    await look(box, cursor)
    joined = us.call("GET", "/joined_rooms")["joined_rooms"]
    assert (wanted in joined, unwanted in joined) == (True, False)


async def test_more_than_one_answer_of_the_homeserver_holds_is_heard_in_order(
    server: Synapse, people: tuple[User, User, User], http: Fetcher
) -> None:
    us, lan, _ = people
    room = lan.room(us.id)
    us.call("POST", f"/join/{room}", {})
    box = inbox(server, us, http)
    _, cursor = await look(box, None)
    texts = [f"câu {number}" for number in range(105)]
    for text in texts:
        lan.say(room, text)
    replies, _ = await look(box, cursor)
    assert [reply.text for reply in replies] == texts


async def test_a_false_token_is_refused_for_good(server: Synapse, people: tuple[User, User, User], http: Fetcher) -> None:
    us, lan, _ = people
    false = User(server, us.id, "syt_false")
    with pytest.raises(DeliveryFailed, match="the access token is not valid any more") as refused:
        await notifier(server, false, lan.room(us.id), http).send(MESSAGE)
    assert refused.value.permanent
    with pytest.raises(SourceRejected):
        await look(inbox(server, false, http), None)


def _png() -> bytes:
    """Two black points."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0\0")), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
