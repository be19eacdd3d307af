"""What people write and press in Discord, over a gateway that watches over every heartbeat and sequence number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerting import discord_gateway
from alerting.inbox.base import Batch, Reply
from alerting.inbox.discord import Inbox, Options
from core.errors import DeliveryFailed, SourceRejected, SourceUnavailable
from tests.alerting.discord_server import APPLICATION, BOT, DIRECT, GUILD, LAN, ROOM, STRANGER, TOKEN, Discord, Refusal, plain, snowflake
from tests.alerting.strict import AT, running

ALERT = snowflake(1)  # the message that people answer


class Bench(Discord):
    """What the contract suite asks of this kind: a channel of a server."""

    sender = LAN
    about = {"channel": ROOM, "message": ALERT}  # noqa: RUF012 - never changed
    channel = {"kind": "discord", "channel": ROOM, "user": LAN}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[str, Any] = {}

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "api": self.api}

    async def write(
        self, text: str, sender: str = LAN, /, *, answers: str | None = None, author_of_answered: str = BOT, **more: Any
    ) -> None:
        """Somebody writes in the channel; `more` overrules what stands in the message, None takes away."""
        said: dict[str, Any] = {
            "id": snowflake(self.number()), "type": 0, "channel_id": ROOM, "guild_id": GUILD, "content": text, "mentions": [],
            "author": {"id": sender, "username": "lan"}, "timestamp": "2025-11-21T03:00:00+00:00", **more,
        }  # fmt: skip
        if answers is not None:
            said |= {"type": 19, "message_reference": {"type": 0, "message_id": answers, "channel_id": ROOM}}
            said["referenced_message"] = {"id": answers, "author": {"id": author_of_answered, "bot": True}}
        self.last = {key: value for key, value in said.items() if value is not None}
        await self.dispatch("MESSAGE_CREATE", self.last)

    async def press(self, pressed: str = "tocsin:ack 12", **more: Any) -> None:
        interaction = {
            "id": snowflake(self.number()), "application_id": APPLICATION, "type": 3, "token": "interaction-sesame", "version": 1,
            "guild_id": GUILD, "channel_id": ROOM, "member": {"user": {"id": LAN}}, "message": {"id": ALERT, "channel_id": ROOM},
            "data": {"component_type": 2, "custom_id": pressed}, **more,
        }  # fmt: skip
        await self.interact({key: value for key, value in interaction.items() if value is not None})

    async def say(self, text: str) -> None:
        await self.write(text, answers=ALERT, mentions=[{"id": BOT}])

    async def intrude(self, text: str) -> None:
        await self.write(text, STRANGER, answers=ALERT, mentions=[{"id": BOT}])

    async def repeat(self) -> None:
        await self.dispatch("MESSAGE_CREATE", self.last)

    def answers(self) -> list[str]:
        return [plain(one["content"]) for one in self.messages.values()]


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as place:
        yield place


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(discord_gateway, "PAUSE_S", (0.0, 0.0))
    async with running(Bench()) as found:
        yield found


def inbox(place: Bench, **options: Any) -> Inbox:
    return Inbox(Options.model_validate({**place.options, **options}), http=place.http, now=lambda: AT)


async def listened(box: Inbox, enough: Callable[[list[Batch]], bool], cursor: str | None = None) -> list[Batch]:
    """What is heard until it is enough."""
    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(box.listen(cursor)) as batches:
        async for batch in batches:
            came.append(batch)
            if enough(came):
                return came
    raise AssertionError("the stream ended")


def one(came: list[Batch]) -> bool:
    return bool(came)


async def began(place: Bench) -> str | None:
    """The cursor of a session that has begun, and is not listened to now."""
    return (await listened(inbox(place), one))[-1].cursor


async def heard(place: Bench, cursor: str | None) -> list[Reply]:
    """All that was said since; its end is a direct message."""
    await place.write("hết", channel_id=DIRECT, guild_id=None)
    came = await listened(inbox(place), lambda came: any(reply.text == "hết" for reply in came[-1].replies), cursor)
    return [reply for batch in came for reply in batch.replies if reply.text != "hết"]


async def test_an_answer_is_about_the_message_that_it_answers(place: Bench) -> None:
    cursor = await began(place)
    await place.write(f"<@{BOT}> Ok em nhận ạ", answers=ALERT)
    (reply,) = await heard(place, cursor)
    assert (reply.text, reply.sender, reply.about) == ("Ok em nhận ạ", LAN, {"channel": ROOM, "message": ALERT})
    assert reply.at.isoformat() == "2025-11-21T03:00:00.102000+00:00"


async def test_direct_messages_and_messages_with_our_name_are_heard_and_talk_in_a_channel_is_not(place: Bench) -> None:
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
async def test_bots_webhooks_and_what_discord_never_sends_are_no_replies(place: Bench, more: dict[str, Any]) -> None:
    cursor = await began(place)
    await place.write("đóng", **{"guild_id": None, "channel_id": DIRECT, **more})
    assert await heard(place, cursor) == []


async def test_a_button_is_confirmed_at_once_and_its_answer_is_for_who_pressed_it(place: Bench) -> None:
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


async def test_a_button_in_a_direct_message_says_who_pressed_it(place: Bench) -> None:
    cursor = await began(place)
    await place.press(member=None, guild_id=None, user={"id": LAN}, channel_id=DIRECT)
    (reply,) = await heard(place, cursor)
    assert (reply.sender, reply.back["channel"]) == (LAN, DIRECT)


@pytest.mark.parametrize(
    "more", [{"pressed": "other:1"}, {"type": 2}, {"member": None}, {"data": {"component_type": 3, "custom_id": "tocsin:ack 12"}}]
)
async def test_what_is_no_button_of_ours_says_nothing(place: Bench, more: dict[str, Any]) -> None:
    cursor = await began(place)
    await place.press(**more)
    assert await heard(place, cursor) == []


async def test_an_answer_replies_and_pings_nobody(place: Bench) -> None:
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


async def test_heartbeats_go_out_in_time_with_the_last_number_though_a_reply_is_handled_slowly(place: Bench) -> None:
    place.interval_ms = 60
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for _ in batches:
            while len(place.beats) < 3:  # noqa: ASYNC110 - whoever listens is busy
                await asyncio.sleep(0.01)
            break
    assert place.beats[-1] == 1


async def test_a_heartbeat_that_is_asked_for_goes_out_at_once_and_its_answer_is_a_sign_of_life(place: Bench) -> None:
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for _ in batches:
            if place.beats:
                break
            await place.tell({"op": 1, "d": None, "s": None, "t": None})
    assert place.beats == [1]


async def test_a_connection_that_answers_no_heartbeat_is_replaced_and_the_session_resumed(place: Bench) -> None:
    place.interval_ms = 30
    place.answers_heartbeats = False
    came = await listened(inbox(place), lambda came: len(came) == 2)
    assert (place.identified, place.resumed) == (1, 1)
    assert place.left_with[0] == 4000
    assert all(batch.cursor for batch in came)


async def test_what_was_said_while_nobody_listened_comes_after_a_restart(place: Bench) -> None:
    cursor = await began(place)
    for word in ("một", "hai"):
        await place.say(word)
    came = await listened(inbox(place), lambda came: sum(len(batch.replies) for batch in came) == 2, cursor)
    again = await listened(inbox(place), lambda came: sum(len(batch.replies) for batch in came) == 1, came[0].cursor)
    assert [reply.text for batch in came for reply in batch.replies] == ["một", "hai"]
    assert [reply.text for batch in again for reply in batch.replies] == ["hai"]
    assert place.identified == 1


async def test_when_discord_asks_for_it_another_connection_resumes(place: Bench) -> None:
    async def go_on(came: list[Batch]) -> None:
        if len(came) == 1:
            await place.tell({"op": 7, "d": None, "s": None, "t": None})

    came: list[Batch] = []
    async with asyncio.timeout(5), aclosing(inbox(place).listen(None)) as batches:
        async for batch in batches:
            came.append(batch)
            await go_on(came)
            if len(came) == 2:
                break
    assert (place.identified, place.resumed) == (1, 1)


async def test_a_session_that_is_gone_begins_anew(place: Bench) -> None:
    cursor = await began(place)
    place.resumes = False
    (batch,) = await listened(inbox(place), one, cursor)
    assert (place.identified, place.resumed) == (2, 0)
    assert batch.cursor != cursor


async def test_a_server_that_is_gone_is_asked_for_another(place: Bench) -> None:
    cursor = (await began(place) or "").replace(place.pair, "127.0.0.1:9")
    await place.say("nhận")
    await listened(inbox(place), lambda came: bool(came[-1].replies), cursor)
    assert place.resumed == 1


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (4004, SourceRejected, "token"),
        (4014, SourceRejected, "Message Content Intent"),
        (4013, SourceRejected, "intents"),
        (4000, SourceUnavailable, "4000"),
    ],
)
async def test_what_a_close_code_means_is_told(place: Bench, code: int, kind: type[Exception], says: str) -> None:
    place.closes_with = code
    with pytest.raises(kind, match=says):
        await began(place)


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        (Refusal(401, 0), SourceRejected, "token is refused"),
        (Refusal(429, 0, retry_after=3.5), SourceUnavailable, "429"),
        (Refusal(503, 0), SourceUnavailable, "503"),
    ],
)
async def test_why_no_connection_opens_is_told(place: Bench, refusal: Refusal, kind: type[Exception], says: str) -> None:
    place.refusals = [refusal]
    with pytest.raises(kind, match=says):
        await began(place)


async def test_it_waits_when_no_session_may_begin_today(place: Bench) -> None:
    place.remaining = 0
    with pytest.raises(SourceUnavailable, match="today") as caught:
        await began(place)
    assert caught.value.retry_after_s == 60


async def test_the_privileged_intent_is_asked_for_where_it_is_wanted(place: Bench) -> None:
    place.message_content = True
    assert await listened(inbox(place, message_content=True), one)


@pytest.mark.parametrize("options", [{}, {"token": "x", "replies": False}])
def test_a_token_is_needed_and_replies_can_be_switched_off(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="token"):
        Options.model_validate(options)


def test_somebody_is_known_by_the_id_of_their_channel(place: Bench) -> None:
    assert inbox(place).sender_of({"user": int(LAN)}) == LAN
    assert inbox(place).sender_of({"channel": ROOM}) is None
