"""What people write and press in Discord, over a gateway that watches over us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerting import discord_gateway
from alerting.inbox.base import Reply
from alerting.inbox.discord import Options
from core.errors import DeliveryFailed
from tests.alerting.discord_listening import began, inbox, listened
from tests.alerting.discord_people import ALERT, Guild
from tests.alerting.discord_rules import Refusal, plain
from tests.alerting.discord_server import BOT, DIRECT, LAN, ROOM, STRANGER, snowflake
from tests.alerting.strict import AT, running


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Guild]:
    async with running(Guild()) as place:
        yield place


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Guild]:
    monkeypatch.setattr(discord_gateway, "PAUSE_S", (0.0, 0.0))
    async with running(Guild()) as found:
        yield found


async def heard(place: Guild, cursor: str | None) -> list[Reply]:
    """All that was said since; its end is a direct message."""
    await place.write("hết", channel_id=DIRECT, guild_id=None)
    came = await listened(inbox(place), lambda came: any(reply.text == "hết" for reply in came[-1].replies), cursor)
    return [reply for batch in came for reply in batch.replies if reply.text != "hết"]


async def test_an_answer_is_about_the_message_that_it_answers(place: Guild) -> None:
    cursor = await began(place)
    await place.write(f"<@{BOT}> Ok em nhận ạ", answers=ALERT)
    (reply,) = await heard(place, cursor)
    assert (reply.text, reply.sender, reply.about) == ("Ok em nhận ạ", LAN, {"channel": ROOM, "message": ALERT})
    assert reply.at.isoformat() == "2025-11-21T03:00:00.102000+00:00"


async def test_direct_messages_and_messages_with_our_name_are_heard_and_talk_in_a_channel_is_not(place: Guild) -> None:
    cursor = await began(place)
    await place.write("đóng", guild_id=None, channel_id=DIRECT)
    await place.write(f"<@!{BOT}> ai trực", mentions=[{"id": BOT}])
    await place.write("trưa nay ăn gì?")
    await place.write("nhận nhé", answers=snowflake(7), author_of_answered=STRANGER)
    await place.write("xem này", message_reference={"type": 1, "message_id": ALERT, "channel_id": ROOM})
    assert [(reply.text, reply.about) for reply in await heard(place, cursor)] == [("đóng", None), ("ai trực", None)]


@pytest.mark.parametrize(
    "more",
    [
        {"author": {"id": BOT, "bot": True}}, {"author": {"id": STRANGER, "bot": True}}, {"author": {"id": BOT}}, {"webhook_id": ROOM},
        {"type": 6}, {"content": None}, {"author": None}, {"id": "x"}, {"id": 7},
    ],
)  # fmt: skip
async def test_bots_webhooks_and_what_discord_never_sends_are_no_replies(place: Guild, more: dict[str, Any]) -> None:
    cursor = await began(place)
    await place.write("đóng", **{"guild_id": None, "channel_id": DIRECT, **more})
    assert await heard(place, cursor) == []


async def test_a_button_is_confirmed_at_once_and_its_answer_is_for_who_pressed_it(place: Guild) -> None:
    box = inbox(place)
    async with asyncio.timeout(5), aclosing(box.listen(None)) as batches:
        async for batch in batches:
            if not batch.replies:
                await place.press()
                continue
            (reply,) = batch.replies
            while not place.confirmed:  # noqa: ASYNC110 - nobody asks for the next reply meanwhile
                await asyncio.sleep(0.005)
            break
    assert (reply.text, reply.pressed, reply.sender, reply.about) == ("ack 12", True, LAN, {"channel": ROOM, "message": ALERT})
    assert "interaction-sesame" not in repr(reply)
    await box.answer(reply, "Đã ghi: *Lan* nhận #12 @everyone")
    assert [(plain(said["content"]), said["flags"]) for said in place.followed_up] == [("Đã ghi: *Lan* nhận #12 ＠everyone", 68)]
    await inbox(place).answer(reply, "Sau khi khởi động lại")
    assert place.answers() == ["Sau khi khởi động lại"]


async def test_a_button_in_a_direct_message_says_who_pressed_it(place: Guild) -> None:
    cursor = await began(place)
    await place.press(member=None, guild_id=None, user={"id": LAN}, channel_id=DIRECT)
    (reply,) = await heard(place, cursor)
    assert (reply.sender, reply.back["channel"]) == (LAN, DIRECT)


@pytest.mark.parametrize(
    "more", [{"pressed": "other:1"}, {"type": 2}, {"member": None}, {"data": {"component_type": 3, "custom_id": "tocsin:ack 12"}}]
)
async def test_what_is_no_button_of_ours_says_nothing(place: Guild, more: dict[str, Any]) -> None:
    cursor = await began(place)
    await place.press(**more)
    assert await heard(place, cursor) == []


async def test_an_answer_replies_and_pings_nobody(place: Guild) -> None:
    cursor = await began(place)
    await place.say("nhận")
    (reply,) = await heard(place, cursor)
    await inbox(place).answer(reply, "x" * 3000)
    (sent,) = place.messages.values()
    assert sent["message_reference"]["message_id"] == reply.native_id
    assert len(sent["content"]) == 2000
    place.refuses = Refusal(403, 50013)
    with pytest.raises(DeliveryFailed, match="Send Messages"):
        await inbox(place).answer(reply, "x")
    with pytest.raises(DeliveryFailed, match="where it came from"):
        await inbox(place).answer(Reply(native_id="1", sender=LAN, at=AT, text="x"), "x")


@pytest.mark.parametrize("options", [{}, {"token": "x", "replies": False}])
def test_a_token_is_needed_and_replies_can_be_switched_off(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="token"):
        Options.model_validate(options)


def test_somebody_is_known_by_the_id_of_their_channel(place: Guild) -> None:
    assert inbox(place).sender_of({"user": int(LAN)}) == LAN
    assert inbox(place).sender_of({"channel": ROOM}) is None
