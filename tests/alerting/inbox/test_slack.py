"""What people write and press in Slack, over Socket Mode, from a workspace that watches over every envelope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerting.inbox.base import Reply
from alerting.inbox.slack import Inbox, Options
from core.errors import DeliveryFailed
from tests.alerting.slack_people import ALERT, Workspace
from tests.alerting.slack_server import BOT, DIRECT, LAN, ROOM, STRANGER
from tests.alerting.strict import AT, running


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Workspace]:
    async with running(Workspace()) as place:
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workspace]:
    async with bench(tmp_path) as found:
        yield found


def inbox(place: Workspace) -> Inbox:
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


async def heard(place: Workspace) -> list[Reply]:
    """All that was heard of what happened before, each confirmed; the end is a direct message."""
    await place.write("hết", channel=DIRECT)
    came: list[Reply] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            if any(one.text == "hết" for one in batch.replies):
                break
            came += batch.replies
    return came


async def test_an_answer_in_the_thread_is_about_the_message_that_began_it(place: Workspace) -> None:
    await place.say("Ok em nhận ạ &amp; gọi &lt;kho&gt;")
    (reply,) = await heard(place)
    assert reply.text == "Ok em nhận ạ & gọi <kho>"
    assert (reply.sender, reply.about, reply.pressed) == (LAN, {"channel": ROOM, "ts": ALERT}, False)
    assert reply.back == {"channel": ROOM, "thread_ts": ALERT}


async def test_direct_messages_and_messages_with_our_name_are_heard_and_talk_in_a_room_is_not(place: Workspace) -> None:
    await place.write("đóng", channel=DIRECT)
    await place.write(f"<@{BOT}> ai trực", kind="app_mention")
    await place.write("trưa nay ăn gì?")
    await place.write("nhận việc này nhé", thread_ts="1763690000.000100", parent_user_id="U0SOMEBODY")
    assert [(one.text, one.about) for one in await heard(place)] == [("đóng", None), ("ai trực", None)]


async def test_one_message_that_comes_as_two_events_has_one_id(place: Workspace) -> None:
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
async def test_apps_edits_and_what_slack_never_sends_are_no_replies(place: Workspace, event: dict[str, Any]) -> None:
    await place.write("đóng", **{"channel": DIRECT, **event})
    assert await heard(place) == []


async def test_a_button_says_its_command_and_its_answer_is_for_who_pressed_it(place: Workspace) -> None:
    await place.press()
    box = inbox(place)
    (reply,) = await replies(box)
    assert (reply.text, reply.pressed, reply.sender, reply.about) == ("ack 12", True, LAN, {"channel": ROOM, "ts": ALERT})
    await box.answer(reply, "Đã ghi: <Lan> nhận #12")
    assert [one["text"] for one in place.responses] == ["Đã ghi: &lt;Lan&gt; nhận #12"]
    assert "response-sesame" not in repr(reply)


async def test_after_a_restart_a_button_is_still_answered_to_who_pressed_it(place: Workspace) -> None:
    await place.press()
    (reply,) = await replies(inbox(place))
    await inbox(place).answer(reply, "Đã ghi")
    assert [(one["channel"], one["user"], one["text"]) for one in place.ephemeral] == [(ROOM, LAN, "Đã ghi")]


async def test_other_apps_buttons_say_nothing(place: Workspace) -> None:
    await place.press(action="link")
    assert await heard(place) == []


async def test_a_slash_command_is_a_reply_and_its_answer_is_for_who_typed_it(place: Workspace) -> None:
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


async def test_an_answer_to_a_stranger_is_seen_by_nobody_else(place: Workspace) -> None:
    await place.intrude("nhận")
    box = inbox(place)
    (reply,) = await replies(box)
    asked = Reply(native_id=reply.native_id, sender=reply.sender, at=reply.at, text="", back={**reply.back, "stranger": True})
    await box.answer(asked, "Em chưa biết anh/chị là ai")
    assert [(one["user"], one["thread_ts"]) for one in place.ephemeral] == [(STRANGER, ALERT)]


async def test_an_answer_that_slack_refuses_is_told(place: Workspace) -> None:
    await place.say("nhận")
    box = inbox(place)
    (reply,) = await replies(box)
    place.refuses = "not_in_channel"
    with pytest.raises(DeliveryFailed, match="not_in_channel"):
        await box.answer(reply, "Đã ghi")


@pytest.mark.parametrize("without", ["token", "app_token"])
def test_both_tokens_are_needed(without: str) -> None:
    options = {"token": "xoxb-1", "app_token": "xapp-1"}
    del options[without]
    with pytest.raises(ValueError, match="app_token"):
        Options.model_validate(options)


def test_somebody_is_known_by_the_member_id_of_their_channel(place: Workspace) -> None:
    box = inbox(place)
    assert box.sender_of({"user": LAN}) == LAN
    assert box.sender_of({"channel": ROOM}) is None
