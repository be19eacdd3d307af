"""What people write and press in Slack, over Socket Mode, from a workspace that watches over every envelope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerting import slack_socket
from alerting.inbox.base import Batch, Reply
from alerting.inbox.slack import Inbox, Options
from core.errors import DeliveryFailed, SourceRejected, SourceUnavailable, SourceUnreadable
from tests.alerting.slack_server import APP_TOKEN, BOT, BOT_TOKEN, DIRECT, LAN, ROOM, STRANGER, Slack
from tests.alerting.strict import AT, running

ALERT = "1763694000.000100"  # the message that people answer


class Bench(Slack):
    """What the contract suite asks of this kind: a thread in a room."""

    sender = LAN
    about = {"channel": ROOM, "ts": ALERT}  # noqa: RUF012 - never changed
    channel = {"kind": "slack", "channel": ROOM, "user": LAN}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.messages[ROOM, ALERT] = {"channel": ROOM, "text": "alert"}
        self.last: tuple[str, dict[str, Any]] | None = None

    @property
    def options(self) -> dict[str, Any]:
        return {"token": BOT_TOKEN, "app_token": APP_TOKEN, "api": self.api}

    async def write(self, text: str, sender: str = LAN, /, *, kind: str = "message", channel: str = ROOM, **event: Any) -> str:
        """Somebody writes; `event` overrules what stands in the event."""
        ts = f"1763694{self.number():03d}.000200"
        said = {"type": kind, "user": sender, "channel": channel, "text": text, "ts": ts, **event}
        payload = {"type": "event_callback", "event_id": f"Ev{ts}", "event": said, "authorizations": [{"user_id": BOT, "is_bot": True}]}
        self.last = "events_api", payload
        return await self.happen(*self.last)

    async def press(self, action: str = "tocsin:ack", value: str = "ack 12", channel: str = ROOM) -> str:
        container = {"type": "message", "channel_id": channel, "message_ts": ALERT, "is_ephemeral": False}
        actions = [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1763694200.000400"}]
        payload = {
            "type": "block_actions", "user": {"id": LAN, "username": "lan"}, "container": container, "actions": actions,
            "trigger_id": "t1", "response_url": f"{self.url}/response/response-sesame",
        }  # fmt: skip
        return await self.happen("interactive", payload)

    async def say(self, text: str) -> None:
        await self.write(text, thread_ts=ALERT, parent_user_id=BOT)

    async def intrude(self, text: str) -> None:
        await self.write(text, STRANGER, thread_ts=ALERT, parent_user_id=BOT)

    async def repeat(self) -> None:
        assert self.last is not None
        await self.happen(*self.last)

    def answers(self) -> list[str]:
        return [one["text"] for key, one in self.messages.items() if key != (ROOM, ALERT)]

    async def settle(self) -> None:
        """Until everything is confirmed."""
        async with asyncio.timeout(5):
            while self.waiting:  # noqa: ASYNC110 - as Slack sees it
                await asyncio.sleep(0.005)


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as place:
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def inbox(place: Bench) -> Inbox:
    return Inbox(Options.model_validate(place.options), http=place.http, now=lambda: AT)


async def replies(box: Inbox, count: int = 1) -> list[Reply]:
    """The next replies, confirmed."""
    came: list[Reply] = []
    async with asyncio.timeout(5), aclosing(box.listen(None)) as batches:
        async for batch in batches:
            came += batch.replies
            if len(came) >= count:
                break
    return came


async def heard(place: Bench) -> list[Reply]:
    """All that was heard of what happened before, each confirmed; the end is a direct message."""
    await place.write("hết", channel=DIRECT)
    came: list[Reply] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if any(one.text == "hết" for one in batch.replies):
                break
            came += batch.replies
    return came


async def test_an_answer_in_the_thread_is_about_the_message_that_began_it(place: Bench) -> None:
    await place.say("Ok em nhận ạ &amp; gọi &lt;kho&gt;")
    (reply,) = await heard(place)
    assert reply.text == "Ok em nhận ạ & gọi <kho>"
    assert (reply.sender, reply.about, reply.pressed) == (LAN, {"channel": ROOM, "ts": ALERT}, False)
    assert reply.back == {"channel": ROOM, "thread_ts": ALERT}


async def test_direct_messages_and_messages_with_our_name_are_heard_and_talk_in_a_room_is_not(place: Bench) -> None:
    await place.write("đóng", channel=DIRECT)
    await place.write(f"<@{BOT}> ai trực", kind="app_mention")
    await place.write("trưa nay ăn gì?")
    await place.write("nhận việc này nhé", thread_ts="1763690000.000100", parent_user_id="U0SOMEBODY")
    assert [(one.text, one.about) for one in await heard(place)] == [("đóng", None), ("ai trực", None)]


async def test_one_message_that_comes_as_two_events_has_one_id(place: Bench) -> None:
    await place.write(f"<@{BOT}> nhận", kind="app_mention", ts="1763694900.000200")
    await place.write(f"<@{BOT}> nhận", ts="1763694900.000200")
    assert [one.native_id for one in await heard(place)] == [f"{ROOM}:1763694900.000200"] * 2


@pytest.mark.parametrize(
    "event",
    [
        {"user": BOT}, {"bot_id": "B0TOCSIN"}, {"subtype": "message_changed", "message": {"text": "đóng"}}, {"subtype": "message_deleted"},
        {"subtype": "channel_join"}, {"hidden": True}, {"user": None}, {"text": None}, {"ts": 17},
    ],
)  # fmt: skip
async def test_apps_edits_and_what_slack_never_sends_are_no_replies(place: Bench, event: dict[str, Any]) -> None:
    await place.write("đóng", **{"channel": DIRECT, **event})
    assert await heard(place) == []


async def test_a_button_says_its_command_and_its_answer_is_for_who_pressed_it(place: Bench) -> None:
    await place.press()
    box = inbox(place)
    (reply,) = await replies(box)
    assert (reply.text, reply.pressed, reply.sender, reply.about) == ("ack 12", True, LAN, {"channel": ROOM, "ts": ALERT})
    await box.answer(reply, "Đã ghi: <Lan> nhận #12")
    assert [one["text"] for one in place.responses] == ["Đã ghi: &lt;Lan&gt; nhận #12"]
    assert "response-sesame" not in repr(reply)


async def test_after_a_restart_a_button_is_still_answered_to_who_pressed_it(place: Bench) -> None:
    await place.press()
    (reply,) = await replies(inbox(place))
    await inbox(place).answer(reply, "Đã ghi")
    assert [(one["channel"], one["user"], one["text"]) for one in place.ephemeral] == [(ROOM, LAN, "Đã ghi")]


async def test_other_apps_buttons_say_nothing(place: Bench) -> None:
    await place.press(action="link")
    assert await heard(place) == []


async def test_a_slash_command_is_a_reply_and_its_answer_is_for_who_typed_it(place: Bench) -> None:
    command = {
        "command": "/tocsin", "text": "nhận 12", "user_id": LAN, "channel_id": "C0ELSEWHERE", "team_id": "T0", "trigger_id": "13345.738",
        "response_url": f"{place.url}/response/response-sesame",
    }  # fmt: skip
    await place.happen("slash_commands", command)
    box = inbox(place)
    (reply,) = await replies(box)
    assert (reply.text, reply.sender, reply.about, reply.at) == ("nhận 12", LAN, None, AT)
    await box.answer(reply, "Đã ghi")
    assert len(place.responses) == 1


async def test_an_answer_to_a_stranger_is_seen_by_nobody_else(place: Bench) -> None:
    await place.intrude("nhận")
    box = inbox(place)
    (reply,) = await replies(box)
    asked = Reply(native_id=reply.native_id, sender=reply.sender, at=reply.at, text="", back={**reply.back, "stranger": True})
    await box.answer(asked, "Em chưa biết anh/chị là ai")
    assert [(one["user"], one["thread_ts"]) for one in place.ephemeral] == [(STRANGER, ALERT)]


async def test_an_answer_that_slack_refuses_is_told(place: Bench) -> None:
    await place.say("nhận")
    box = inbox(place)
    (reply,) = await replies(box)
    place.refuses = "not_in_channel"
    with pytest.raises(DeliveryFailed, match="not_in_channel"):
        await box.answer(reply, "Đã ghi")


async def test_an_envelope_is_confirmed_when_its_reply_is_in_good_hands_and_comes_again_when_it_is_not(place: Bench) -> None:
    await place.say("nhận")
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if batch.replies:
                break
    assert len(place.waiting) == 1  # whoever had it went away before it was kept
    (again,) = await heard(place)
    assert again == batch.replies[0]
    assert len(place.waiting) == 1  # the last message of `heard`


async def test_a_slow_hand_does_not_make_an_envelope_late(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "CONFIRM_S", 0.05)
    await place.say("nhận")
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if batch.replies:
                await place.settle()
                break
    assert place.confirmed


async def test_what_is_not_for_us_is_confirmed_too(place: Bench) -> None:
    await place.write("trưa nay ăn gì?")
    await place.happen("something_new", {})
    await heard(place)
    assert len(place.confirmed) == 2


async def test_a_connection_that_will_end_is_followed_before_it_does(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "BETWEEN_S", 0.0)
    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen("c")) as batches:
        async for batch in batches:
            came.append(batch)
            if len(came) == 1:
                await place.disconnect("warning")
            elif len(came) == 2:
                assert len(place.sockets) == 2
                await place.disconnect("refresh_requested", close=True)
                await place.say("nhận")
            elif batch.replies:
                break
    assert [one.text for batch in came for one in batch.replies] == ["nhận"]
    assert {one.cursor for one in came} == {"c"}


async def test_a_connection_that_breaks_early_is_told_and_a_good_one_is_replaced(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken_after_hello() -> None:
        async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
            async for batch in batches:
                if batch.replies:
                    return
                await place.sockets[0].close(code=1011)
                await place.say("nhận")

    with pytest.raises(SourceUnavailable, match="1011"):
        await broken_after_hello()
    monkeypatch.setattr(slack_socket, "GOOD_S", 0.0)
    monkeypatch.setattr(slack_socket, "BETWEEN_S", 0.0)
    await broken_after_hello()


async def test_socket_mode_switched_off_is_for_a_human_to_mend(place: Bench) -> None:
    async def listen() -> None:
        async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
            async for _ in batches:
                await place.disconnect("link_disabled")

    with pytest.raises(SourceRejected, match="Socket Mode is switched off"):
        await listen()


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        ("invalid_auth", SourceRejected, "connections:write"),
        ("not_allowed_token_type", SourceRejected, "connections:write"),
        ("internal_error", SourceUnavailable, "internal_error"),
        ((429, {"Retry-After": "7"}), SourceUnavailable, "429"),
    ],
)
async def test_why_no_connection_opens_is_told(place: Bench, refusal: Any, kind: type[Exception], says: str) -> None:
    place.refusals = [refusal]
    with pytest.raises(kind, match=says):
        await replies(inbox(place))


async def test_a_place_that_does_not_say_hello_is_not_slack(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "HELLO_S", 0.05)
    place.greets = False
    with pytest.raises(SourceUnreadable, match="hello"):
        await replies(inbox(place))


@pytest.mark.parametrize("without", ["token", "app_token"])
def test_both_tokens_are_needed(without: str) -> None:
    options = {"token": "xoxb-1", "app_token": "xapp-1"}
    del options[without]
    with pytest.raises(ValueError, match="app_token"):
        Options.model_validate(options)


def test_somebody_is_known_by_the_member_id_of_their_channel(place: Bench) -> None:
    box = inbox(place)
    assert box.sender_of({"user": LAN}) == LAN
    assert box.sender_of({"channel": ROOM}) is None
