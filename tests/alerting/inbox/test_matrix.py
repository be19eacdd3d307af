"""What people write in a Matrix room comes back once, with what it answers; what is no reply does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from alerting.inbox.base import Batch, Reply
from alerting.inbox.matrix import Inbox, Options
from core.errors import SourceRejected, SourceUnavailable
from core.http import Fetcher, Limits
from tests.alerting.homeserver import INVITED, LAN, MALLORY, ME, ROOM, TOKEN, Homeserver
from tests.alerting.strict import AT, running


class Bench(Homeserver):
    """What the contract suite asks of this kind."""

    channel: dict[str, Any] = {"room": ROOM, "user": LAN}  # noqa: RUF012
    sender = LAN

    def __init__(self) -> None:
        super().__init__()
        self.page = self.write(ME, {"msgtype": "m.text", "body": "SỰ CỐ #12"})
        self.about = {"room": ROOM, "event": self.page}

    @property
    def options(self) -> dict[str, Any]:
        return {"homeserver": self.url, "token": TOKEN}

    async def say(self, text: str) -> None:
        self.write(LAN, answering(self.page, text))

    async def intrude(self, text: str) -> None:
        self.write(MALLORY, answering(self.page, text))

    async def repeat(self) -> None:
        self.events.append(self.events[-1])

    def answers(self) -> list[str]:
        return [content["body"] for content in self.ours[1:]]


def answering(event: str, text: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": text, "m.relates_to": {"m.in_reply_to": {"event_id": event}}}


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as found:
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Bench]:
    async with running(Bench()) as found:
        yield found


def inbox(place: Bench, **change: Any) -> Inbox:
    return Inbox(Options.model_validate(place.options | change), http=place.http, now=lambda: AT)


async def look(box: Inbox, cursor: str | None) -> Batch:
    """One look."""
    (batch,) = [batch async for batch in box.listen(cursor)]
    return batch


async def said(place: Bench, *contents: dict[str, Any], sender: str = LAN) -> tuple[Reply, ...]:
    """What is heard of these."""
    box = inbox(place)
    began = await look(box, None)
    for content in contents:
        place.write(sender, content)
    return (await look(box, began.cursor)).replies


async def test_what_was_said_before_the_first_look_is_no_reply(server: Bench) -> None:
    await server.say("nhận")
    box = inbox(server)
    began = await look(box, None)
    assert began.replies == ()
    await server.say("đóng")
    assert [reply.text for reply in (await look(box, began.cursor)).replies] == ["đóng"]


async def test_an_answer_names_the_message_and_a_message_in_a_thread_its_first(server: Bench) -> None:
    root = {"rel_type": "m.thread", "event_id": "$root"}
    replies = await said(
        server,
        {"msgtype": "m.text", "body": "nhận"},
        answering("$page", "nhận"),
        {"msgtype": "m.text", "body": "nhận", "m.relates_to": root},
        {"msgtype": "m.text", "body": "nhận", "m.relates_to": root | {"is_falling_back": True, "m.in_reply_to": {"event_id": "$latest"}}},
        {"msgtype": "m.text", "body": "nhận", "m.relates_to": root | {"m.in_reply_to": {"event_id": "$latest"}}},
    )
    assert [reply.about for reply in replies] == [
        None, {"room": ROOM, "event": "$page"}, {"room": ROOM, "event": "$root"}, {"room": ROOM, "event": "$root"}, {"room": ROOM, "event": "$latest"},
    ]  # fmt: skip


async def test_what_an_older_client_quotes_is_left_out(server: Bench) -> None:
    (reply,) = await said(server, answering("$page", f"> <{ME}> SỰ CỐ #12\n> đóng\n\nok em nhận ạ\nkèm ghi chú"))
    assert reply.text == "ok em nhận ạ\nkèm ghi chú"


@pytest.mark.parametrize(
    "content",
    [
        {"msgtype": "m.notice", "body": "nhận"},
        {"msgtype": "m.image", "body": "nhận", "url": "mxc://hs.test/x"},
        {"msgtype": "m.text", "body": "* nhận", "m.new_content": {}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"}},
        {"msgtype": "m.text"},
        {"msgtype": "m.text", "body": 7},
        {},
    ],
)
async def test_notices_pictures_edits_and_broken_events_are_no_replies(server: Bench, content: dict[str, Any]) -> None:
    assert await said(server, content) == ()


async def test_a_thumb_and_our_own_words_are_no_replies(server: Bench) -> None:
    box = inbox(server)
    began = await look(box, None)
    thumb = {"m.relates_to": {"rel_type": "m.annotation", "event_id": server.page, "key": "👍"}}
    server.write(LAN, thumb, kind="m.reaction")
    server.write(ME, {"msgtype": "m.text", "body": "nhận"})
    assert (await look(box, began.cursor)).replies == ()


async def test_a_time_from_the_future_is_now(server: Bench) -> None:
    box = inbox(server)
    began = await look(box, None)
    ahead = int((AT + timedelta(days=9)).timestamp() * 1000)
    server.write(LAN, {"msgtype": "m.text", "body": "nhận"}, at_ms=ahead)
    server.write(LAN, {"msgtype": "m.text", "body": "nhận"}, at_ms=10**30)
    assert [reply.at for reply in (await look(box, began.cursor)).replies] == [AT, AT]


async def test_more_than_one_answer_holds_is_fetched_in_order(server: Bench) -> None:
    server.limit = 3
    texts = [f"câu {number}" for number in range(11)]
    replies = await said(server, *({"msgtype": "m.text", "body": text} for text in texts))
    assert [reply.text for reply in replies] == texts
    assert len({reply.native_id for reply in replies}) == len(texts)


async def test_nobody_makes_us_deaf_by_saying_much(server: Bench) -> None:
    async with Fetcher(now=lambda: AT, allow=[server.pair], limits=Limits(wire_bytes=30_000, per_host=2)) as server.http:
        replies = await said(
            server, *({"msgtype": "m.text", "body": f"{n} {'x' * 9_000}"} for n in range(8)), {"msgtype": "m.text", "body": "nhận"}
        )
    assert [reply.text.split()[0] for reply in replies] == [*map(str, range(8)), "nhận"]
    assert max(len(reply.text) for reply in replies) == 4_000


async def test_a_homeserver_that_forgot_where_we_were_is_listened_to_anew(server: Bench) -> None:
    server.forgets.add("s99")
    with capture_logs() as lines:
        batch = await look(inbox(server), "s99")
    assert (batch.replies, batch.cursor) == ((), "s1")
    assert lines[0]["event"] == "inbox begins anew: the homeserver does not know where we were"


async def test_an_invitation_is_accepted_from_those_who_may_invite_only(server: Bench) -> None:
    with capture_logs() as lines:
        await look(inbox(server), None)
    assert not server.rooms[INVITED].joined
    assert [line["event"] for line in lines] == ["invitation left alone: nobody in invited_by"]
    await look(inbox(server, invited_by=[LAN]), "s0")
    assert server.rooms[INVITED].joined


async def test_the_answer_stands_below_in_its_thread_and_pings_nobody(server: Bench) -> None:
    (alone, threaded) = await said(
        server,
        {"msgtype": "m.text", "body": "nhận"},
        {"msgtype": "m.text", "body": "nhận", "m.relates_to": {"rel_type": "m.thread", "event_id": server.page}},
    )
    box = inbox(server)
    for reply in (alone, alone, threaded):
        await box.answer(reply, "Đã ghi: <Lan> @room nhận #12")
    first, second = server.ours[1:]
    assert first["body"] == "Đã ghi: <Lan> ＠room nhận #12"
    assert first["formatted_body"] == "Đã ghi: &lt;Lan&gt; ＠room nhận #12"
    assert first["m.relates_to"] == {"m.in_reply_to": {"event_id": alone.native_id}}
    assert second["m.relates_to"] == {
        "rel_type": "m.thread", "event_id": server.page, "is_falling_back": False, "m.in_reply_to": {"event_id": threaded.native_id},
    }  # fmt: skip


async def test_a_refused_token_and_an_outage_are_told_apart(server: Bench) -> None:
    box = inbox(server)
    began = await look(box, None)
    server.fault = (401, {"errcode": "M_UNKNOWN_TOKEN", "error": TOKEN})
    with pytest.raises(SourceRejected, match="not valid any more") as refused:
        await look(box, began.cursor)
    with pytest.raises(SourceRejected, match="not valid any more"):
        await look(inbox(server), None)
    server.fault = (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 4000})
    with pytest.raises(SourceUnavailable) as later:
        await look(box, began.cursor)
    assert later.value.retry_after_s == 4.0
    assert TOKEN not in str(refused.value)


def test_a_person_writes_as_the_user_of_the_channel(tmp_path: Path) -> None:
    box = Inbox(Options.model_validate({"homeserver": "https://hs.test", "token": TOKEN}), http=None, now=lambda: AT)  # type: ignore[arg-type]
    assert box.sender_of({"room": ROOM, "user": LAN}) == LAN
    assert box.sender_of({"room": ROOM}) is None
