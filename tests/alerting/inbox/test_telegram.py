"""What people write to the bot and which buttons they press, from a Bot API that keeps updates as the real one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import alerting.inbox.telegram as module
from alerting.inbox.base import Reply
from alerting.inbox.telegram import LIMIT, Inbox, Options
from core.errors import DeliveryFailed, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from tests.alerting.strict import at_work
from tests.alerting.telegram_server import BOT, NOON, TOKEN, Telegram
from tests.core.site import serving

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN, STRANGER, ALERT = 7_000_000_123, 8_000_000_456, 42
GROUP = {"id": -1_001_234, "type": "supergroup", "title": "Acme: trực"}


class Bench:
    """What the contract suite asks of this kind."""

    secrets = (TOKEN, TOKEN.partition(":")[2])
    sender = str(LAN)

    def __init__(self) -> None:
        self.channel = {"token": TOKEN, "chat": LAN}
        self.about = {"chat": LAN, "message": ALERT}
        self.telegram = Telegram()
        self.http: Fetcher

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "api": self.telegram.api}

    async def say(self, text: str) -> None:
        self.telegram.written(text, LAN, answers=ALERT)

    async def intrude(self, text: str) -> None:
        self.telegram.written(text, STRANGER)

    async def repeat(self) -> None:
        self.telegram.put({key: value for key, value in self.telegram.updates[-1].items() if key != "update_id"})

    def answers(self) -> list[str]:
        return [one["text"] for one in self.telegram.sent("sendMessage")]

    async def go_down(self) -> None:
        self.telegram.always = (502, "Bad Gateway", {})

    async def come_back(self) -> None:
        self.telegram.always = None


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    place = Bench()
    async with at_work(place, place.telegram):
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def inbox(place: Bench, **options: Any) -> Inbox:
    return Inbox(Options.model_validate(place.options | options), http=place.http, now=lambda: AT)


async def heard(box: Inbox, cursor: str | None = None) -> tuple[list[Reply], str | None]:
    """What one look brings."""
    came: list[Reply] = []
    async for batch in box.listen(cursor):
        came += batch.replies
        cursor = batch.cursor
    return came, cursor


async def test_a_message_says_who_wrote_it_when_and_what_it_answers(place: Bench) -> None:
    await place.say("nhận")
    ((reply,), cursor) = await heard(inbox(place))
    assert (reply.sender, reply.text, reply.about, reply.pressed) == (str(LAN), "nhận", {"chat": LAN, "message": ALERT}, False)
    assert reply.at == datetime.fromtimestamp(NOON + 101, UTC)
    assert cursor == f"{BOT['id']}:5001"


async def test_a_button_is_its_command_and_is_answered_with_a_notice(place: Bench) -> None:
    place.telegram.pressed("ack 12", LAN, LAN, ALERT)
    box = inbox(place)
    ((reply,), _) = await heard(box)
    await box.answer(reply, "Đã ghi: chị Lan nhận #12.")
    assert (reply.sender, reply.text, reply.about, reply.pressed, reply.at) == (
        str(LAN),
        "ack 12",
        {"chat": LAN, "message": ALERT},
        True,
        AT,
    )
    assert place.telegram.sent("answerCallbackQuery") == [
        {"callback_query_id": reply.back["query"], "text": "Đã ghi: chị Lan nhận #12.", "show_alert": True}
    ]
    assert place.answers() == []


async def test_a_long_answer_to_a_button_or_one_that_comes_too_late_is_a_message(place: Bench) -> None:
    place.telegram.pressed("ack 12", LAN, LAN, ALERT)
    box = inbox(place)
    ((reply,), _) = await heard(box)
    await box.answer(reply, "Bước đầu: " + "x" * 300)
    place.telegram.refusals = [(400, "Bad Request: query is too old and response timeout expired or query ID is invalid", {})]
    await box.answer(reply, "ngắn")
    assert "text" not in place.telegram.sent("answerCallbackQuery")[0]  # the button stops waiting all the same
    assert place.answers() == ["Bước đầu: " + "x" * 300, "ngắn"]
    assert place.telegram.sent("sendMessage")[0]["reply_parameters"] == {"message_id": ALERT, "allow_sending_without_reply": True}


async def test_an_answer_that_cannot_be_said_is_told(place: Bench) -> None:
    place.telegram.pressed("ack 12", LAN, LAN, ALERT)
    box = inbox(place)
    ((reply,), _) = await heard(box)
    place.telegram.always = (429, "Too Many Requests: retry after 3", {"retry_after": 3})
    with pytest.raises(DeliveryFailed) as caught:
        await box.answer(reply, "x")
    assert caught.value.retry_after_s == 3.0


@pytest.mark.parametrize(
    ("text", "answers", "said"),
    [
        ("/nhan 12", None, "nhan 12"), ("/nhan@tocsin_alerts_bot", None, "nhan"), ("/BAO_NHAM@Tocsin_Alerts_Bot chiến dịch", None, "bao nham chiến dịch"),
        ("@tocsin_alerts_bot nhận 12", None, "nhận 12"), ("@tocsin_alerts_bot, nhận", None, "nhận"), ("nhận", ALERT, "nhận"),
        ("/nhan@other_bot 12", None, None), ("nhận 12", None, None), ("@other_bot nhận", None, None), ("chị @tocsin_alerts_bot nhận đi", None, None), ("@tocsin_alerts_bot", None, None),
    ],
)  # fmt: skip
async def test_in_a_group_only_what_is_meant_for_us_is_heard(place: Bench, text: str, answers: int | None, said: str | None) -> None:
    place.telegram.written(text, LAN, chat=GROUP, answers=answers)
    came, _ = await heard(inbox(place))
    assert [one.text for one in came] == ([] if said is None else [said])
    assert all(one.back["chat"] == GROUP["id"] and one.sender == str(LAN) for one in came)


async def test_an_answer_to_somebody_elses_message_in_a_group_is_not_for_us(place: Bench) -> None:
    other = {"message_id": 9, "date": NOON, "chat": GROUP, "from": {"id": STRANGER, "is_bot": False, "first_name": "x"}, "text": "ai nhận?"}
    place.telegram.written("nhận", LAN, chat=GROUP, reply_to_message=other)
    assert await heard(inbox(place)) == ([], f"{BOT['id']}:5001")


@pytest.mark.parametrize("text", ["/start", "/start abc", "/id", "/start@tocsin_alerts_bot"])
async def test_who_presses_start_learns_the_line_for_the_configuration(place: Bench, text: str) -> None:
    place.telegram.written(text, STRANGER)
    place.telegram.written(text, STRANGER, chat=GROUP)
    came, _ = await heard(inbox(place))
    private, group = place.answers()
    assert came == []
    assert private.endswith(f"- {{kind: telegram, chat: {STRANGER}}}")
    assert group.endswith(f"- {{kind: telegram, chat: {GROUP['id']}, user: {STRANGER}}}")
    assert "Mã của anh/chị" in private


async def test_start_is_no_trouble_where_it_cannot_be_answered(place: Bench) -> None:
    place.telegram.written("/start", STRANGER)
    place.telegram.refusals = [(403, "Forbidden: bot was blocked by the user", {})]
    assert await heard(inbox(place)) == ([], f"{BOT['id']}:5001")


async def test_what_is_no_text_or_cannot_be_read_is_passed_over_and_confirmed(place: Bench) -> None:
    place.telegram.put({"message": {"message_id": 1, "date": NOON, "chat": {"id": LAN, "type": "private"}, "from": BOT, "sticker": {}}})
    place.telegram.put({"message": {"message_id": "one"}})
    place.telegram.put({"poll": {}})
    await place.say("nhận")
    came, cursor = await heard(inbox(place))
    assert [one.text for one in came] == ["nhận"]
    assert cursor == f"{BOT['id']}:5004"


async def test_all_that_waits_is_fetched_in_one_look_and_none_twice(place: Bench) -> None:
    for number in range(LIMIT + 20):
        await place.say(f"ghi: {number}")
    came, cursor = await heard(inbox(place))
    assert len({one.native_id for one in came}) == LIMIT + 20
    assert cursor == f"{BOT['id']}:{5000 + LIMIT + 20}"


async def test_a_cursor_of_another_bot_is_not_gone_on_from(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0)
    await place.say("nhận")
    assert [one.text for one in (await heard(inbox(place), "999:999999"))[0]] == ["nhận"]
    assert (await heard(inbox(place), f"{BOT['id']}:5001")) == ([], f"{BOT['id']}:5001")


async def test_a_long_poll_ends_as_soon_as_something_comes(place: Bench) -> None:
    box = inbox(place)
    _, cursor = await heard(box)
    coming = asyncio.ensure_future(heard(box, cursor))
    await place.telegram.asked.wait()
    await place.say("nhận")
    assert [one.text for one in (await coming)[0]] == ["nhận"]
    assert place.telegram.sent("getUpdates")[-1] == {
        "offset": 0,
        "limit": 100,
        "timeout": 50,
        "allowed_updates": ["message", "callback_query"],
    }


async def test_a_webhook_elsewhere_or_a_wrong_token_is_told_with_the_mend(place: Bench) -> None:
    place.telegram.webhook = "https://old.example/hook"
    with pytest.raises(SourceRejected, match="remove it with deleteWebhook"):
        await heard(inbox(place))
    with pytest.raises(SourceRejected, match="take a new one from @BotFather"):
        await heard(inbox(place, token=TOKEN[:-1] + "X"))


@pytest.mark.parametrize(
    ("status", "says", "parameters", "kind", "waits"),
    [
        (
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            {},
            SourceUnavailable,
            None,
        ),
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}, SourceUnavailable, 7.0),
        (502, "Bad Gateway", {}, SourceUnavailable, None),
    ],
)
async def test_what_passes_is_waited_for(
    place: Bench, status: int, says: str, parameters: dict[str, Any], kind: type[SourceUnavailable], waits: float | None
) -> None:
    place.telegram.always = (status, says, parameters)
    with pytest.raises(kind) as caught:
        await heard(inbox(place))
    assert caught.value.retry_after_s == waits
    assert caught.value.__context__ is None


async def test_an_answer_that_is_none_of_the_bot_api_is_unreadable(place: Bench) -> None:
    async with serving() as other, Fetcher(now=lambda: AT, allow=[other.pair]) as http:
        other.answer = lambda _: web.json_response({"hello": "there"})
        box = Inbox(Options.model_validate({"token": TOKEN, "api": other.url("")}), http=http, now=lambda: AT)
        with pytest.raises(SourceUnreadable, match="none of the Bot API"):
            await heard(box)
    del place


@pytest.mark.parametrize(
    ("channel", "sender"),
    [({"chat": LAN}, str(LAN)), ({"chat": str(LAN)}, str(LAN)), ({"chat": -100123}, None), ({"chat": -100123, "user": LAN}, str(LAN)), ({"chat": "@acme"}, None), ({}, None)],
)  # fmt: skip
def test_a_person_is_known_by_a_private_chat_or_by_a_user(channel: dict[str, Any], sender: str | None) -> None:
    box = Inbox(Options.model_validate({"token": TOKEN}), http=Fetcher(now=lambda: AT), now=lambda: AT)
    assert box.sender_of(channel) == sender
