"""A page in Telegram: all of it, with its buttons, to a Bot API that checks every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.buttons import link_label
from alerting.notifiers.telegram import MAX_CAPTION, MAX_TEXT, Notifier, Options
from core.errors import DeliveryFailed
from core.http import Fetcher
from tests.alerting.strict import at_work
from tests.alerting.telegram_server import PNG, TOKEN, Telegram, alive, units

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN = 7_000_000_123
LINK = "https://tocsin.acme.example/i/abc.def"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme 🔥", body=f"Ấm Acme nổ\nXem: {LINK}\nMã: K7P2", short=f"[KHẨN CẤP] SỰ CỐ #12 Acme 🔥 {LINK} K7P2",
    language="vi", idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12, severity="critical",
)  # fmt: skip


class Bench:
    """What the contract suite asks of this kind."""

    secrets = (TOKEN, TOKEN.partition(":")[2])
    fails = True
    permanent = True

    def __init__(self) -> None:
        self.telegram = Telegram()
        self.http: Fetcher

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "chat": LAN, "api": self.telegram.api}

    def received(self) -> list[dict[str, Any]]:
        return [shown(one) for one in self.telegram.messages.values()]

    async def refuse(self) -> None:
        self.telegram.always = (403, "Forbidden: bot was blocked by the user", {})

    async def go_down(self) -> None:
        await self.telegram.server.close()


def shown(held: dict[str, Any]) -> dict[str, Any]:
    """What a chat shows of a message."""
    text = held.get("text", held.get("caption", ""))
    rows = (held.get("reply_markup") or {}).get("inline_keyboard", [])
    subject, _, rest = text.partition("\n")
    return {"subject": subject, "text": rest, "whole": text, "buttons": [key["text"] for row in rows for key in row], "alive": alive(text)}


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    place = Bench()
    async with at_work(place, place.telegram):
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def notifier(place: Bench, **options: Any) -> Notifier:
    return Notifier(Options.model_validate(place.options | options), http=place.http, now=lambda: AT)


async def test_a_page_has_a_bold_first_line_no_preview_and_buttons_in_the_readers_language(place: Bench) -> None:
    receipt = await notifier(place).send(MESSAGE)
    (sent,) = place.telegram.sent("sendMessage")
    assert sent["text"] == f"{MESSAGE.subject}\n{MESSAGE.body}"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": units(MESSAGE.subject)}]
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["reply_markup"]["inline_keyboard"] == [
        [{"text": "Tôi nhận", "callback_data": "ack 12"}],
        [{"text": "Chuyển lên cấp trên", "callback_data": "escalate 12"}, {"text": "Báo nhầm", "callback_data": "false 12"}],
        [{"text": "Xem và nhận xử lý", "url": LINK}],
    ]
    assert receipt.ref == {"chat": LAN, "message": int(receipt.id)}
    assert "disable_notification" not in sent


async def test_a_test_is_confirmed_by_a_button(place: Bench) -> None:
    await notifier(place).send(replace(MESSAGE, kind="test", incident_id=None))
    assert place.telegram.sent("sendMessage")[0]["reply_markup"] == {"inline_keyboard": [[{"text": "Kênh này hoạt động", "url": LINK}]]}


async def test_what_follows_answers_the_first_message_and_a_closing_makes_no_sound(place: Bench) -> None:
    sender = notifier(place, topic=5)
    first = await sender.send(MESSAGE)
    await sender.send(replace(MESSAGE, kind="resolved", thread_ref=first.ref))
    closing = place.telegram.sent("sendMessage")[1]
    assert closing["reply_parameters"] == {"message_id": int(first.id), "allow_sending_without_reply": True}
    assert closing["disable_notification"] is True
    assert closing["message_thread_id"] == 5
    assert place.received()[1]["buttons"] == [link_label(replace(MESSAGE, kind="resolved"))]


@pytest.mark.parametrize(
    "link", [None, "http://127.0.0.1:8765/i/x", "http://localhost:8765/i/x", "http://192.168.1.7/i/x", "http://pi.local/i/x"]
)
async def test_a_link_that_no_phone_opens_has_no_button(place: Bench, link: str | None) -> None:
    await notifier(place).send(replace(MESSAGE, link=link))
    assert place.received()[0]["buttons"] == ["Tôi nhận", "Chuyển lên cấp trên", "Báo nhầm"]


async def test_a_text_that_is_too_long_is_cut_as_telegram_counts_and_keeps_link_and_code(place: Bench) -> None:
    await notifier(place).send(replace(MESSAGE, body="👨‍👩‍👧‍👦" * 1500))
    (sent,) = place.telegram.sent("sendMessage")
    assert MAX_TEXT - 11 <= units(sent["text"]) <= MAX_TEXT
    assert LINK in sent["text"]
    assert "K7P2" in sent["text"]
    assert sent["text"].endswith("👦…")


async def test_a_picture_carries_a_short_text_and_stands_below_a_long_one(place: Bench) -> None:
    told = replace(MESSAGE, picture=PNG + b"chart", picture_says="Lượt nhắc theo giờ")
    one = await notifier(place).send(told)
    both = await notifier(place).send(replace(told, body="x" * MAX_CAPTION))
    caption, below = place.telegram.sent("sendPhoto")
    assert caption["caption"] == f"{MESSAGE.subject}\n{MESSAGE.body}"
    assert caption["photo"] == PNG + b"chart"
    assert caption["reply_markup"]["inline_keyboard"]
    assert one.ref == {"chat": LAN, "message": int(one.id), "photo": True}
    assert below["caption"] == "Lượt nhắc theo giờ"
    assert below["reply_parameters"]["message_id"] == int(both.id)
    assert below["disable_notification"] is True
    assert both.ref == {"chat": LAN, "message": int(both.id)}


async def test_a_picture_that_fails_never_keeps_the_alert_back(place: Bench) -> None:
    told = replace(MESSAGE, picture=PNG, picture_says="")
    place.telegram.refusals = [(400, "Bad Request: PHOTO_INVALID_DIMENSIONS", {})]
    short = await notifier(place).send(told)
    sender = notifier(place)
    place.telegram.refusals = []
    sent = await sender.send(replace(told, body="x" * 2000, picture=PNG + b"x" * 10_000_001))
    assert place.telegram.faults.pop() == "sendPhoto: PHOTO_INVALID"
    assert [one["whole"].splitlines()[0] for one in place.received()] == [MESSAGE.subject] * 2
    assert short.detail.endswith("as plain text")
    assert sent.detail.endswith("without its picture")


@pytest.mark.parametrize(
    "says",
    ["can't parse entities: Unsupported start tag", "message thread not found", "inline keyboard button URL is invalid: Wrong HTTP URL"],
)
async def test_a_bad_request_goes_out_once_more_as_plain_text_with_its_buttons(place: Bench, says: str) -> None:
    place.telegram.refusals = [(400, f"Bad Request: {says}", {})]
    receipt = await notifier(place, topic=9).send(replace(MESSAGE, thread_ref={"chat": LAN, "message": 3}))
    _, plain = place.telegram.sent("sendMessage")
    assert sorted(plain) == ["chat_id", "link_preview_options", "reply_markup", "text"]
    assert plain["text"] == f"{MESSAGE.subject}\n{MESSAGE.body}"
    assert [len(row) for row in plain["reply_markup"]["inline_keyboard"]] == [1, 2]
    assert receipt.detail.endswith("as plain text")


async def test_a_second_bad_request_is_a_refusal_for_good(place: Bench) -> None:
    place.telegram.always = (400, "Bad Request: chat not found", {})
    with pytest.raises(DeliveryFailed, match="chat not found") as caught:
        await notifier(place).send(MESSAGE)
    assert caught.value.permanent
    assert len(place.telegram.calls) == 2


@pytest.mark.parametrize(
    ("status", "says", "parameters", "permanent", "ambiguous", "waits"),
    [
        (403, "Forbidden: bot was blocked by the user", {}, True, False, None),
        (401, "Unauthorized", {}, True, False, None),
        (404, "Not Found", {}, True, False, None),
        (429, "Too Many Requests: retry after 31", {"retry_after": 31}, False, False, 31.0),
        (429, "Too Many Requests: retry after 9999", {"retry_after": 9999}, False, False, 900.0),
        (500, "Internal Server Error", {}, False, True, None),
    ],
)
async def test_each_refusal_means_what_it_means(
    place: Bench, status: int, says: str, parameters: dict[str, Any], permanent: bool, ambiguous: bool, waits: float | None
) -> None:
    place.telegram.always = (status, says, parameters)
    with pytest.raises(DeliveryFailed) as caught:
        await notifier(place).send(MESSAGE)
    failed = caught.value
    assert (failed.permanent, failed.ambiguous, failed.retry_after_s) == (permanent, ambiguous, waits)
    assert says.partition(":")[0] in failed.reason or "@BotFather" in failed.reason.replace("\uff20", "@")
    assert len(place.telegram.calls) == 1


async def test_a_wrong_token_says_where_to_get_a_new_one_and_not_which_it_was(place: Bench) -> None:
    other = TOKEN[:-1] + "X"
    with pytest.raises(DeliveryFailed, match="knows no bot by this token") as caught:
        await notifier(place, token=other).send(MESSAGE)
    assert caught.value.permanent
    assert other.partition(":")[2] not in repr(caught.value)


async def test_a_group_that_became_a_supergroup_is_found_again_and_its_new_id_is_said(place: Bench) -> None:
    place.telegram.moved = {-42: -1_000_042}
    sender = notifier(place, chat=-42)
    receipt = await sender.send(MESSAGE)
    await sender.send(MESSAGE)
    assert receipt.ref == {"chat": -1_000_042, "message": int(receipt.id)}
    assert "-1000042" in receipt.detail
    assert [one["chat_id"] for one in place.telegram.sent("sendMessage")] == [-42, -1_000_042, -1_000_042]


@pytest.mark.parametrize("picture", [None, PNG])
async def test_a_copy_is_edited_and_its_buttons_go(place: Bench, picture: bytes | None) -> None:
    sender = notifier(place)
    receipt = await sender.send(replace(MESSAGE, picture=picture))
    taken = replace(MESSAGE, kind="update", subject="SỰ CỐ #12: Lan đang lo")
    assert receipt.ref is not None
    again = await sender.edit(taken, receipt.ref)
    assert place.received()[0]["subject"] == "SỰ CỐ #12: Lan đang lo"
    assert place.received()[0]["buttons"] == []
    assert (await sender.edit(taken, receipt.ref)).ref == again.ref == receipt.ref  # the second time nothing is left to change


async def test_a_message_that_is_gone_cannot_be_edited(place: Bench) -> None:
    with pytest.raises(DeliveryFailed, match="message to edit not found") as caught:
        await notifier(place).edit(MESSAGE, {"chat": LAN, "message": 1})
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"token": "bot123", "chat": 1}, "as @BotFather gives it"),
        ({"token": TOKEN}, "Field required"),
        ({"token": TOKEN, "chat": "Lan"}, "that the bot tells after /start"),
        ({"token": TOKEN, "chat": "@Lan Nguyễn"}, "that the bot tells after /start"),
        ({"token": TOKEN, "chat": 1, "api": "ftp://x"}, "http or https"),
        ({"token": TOKEN, "chat": 1, "colour": "red"}, "Extra inputs"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(options)


@pytest.mark.parametrize(("written", "read"), [(7, 7), ("7", 7), ("-1001234567890", -1001234567890), ("@acme_alerts", "@acme_alerts")])
def test_a_chat_may_be_written_as_a_number_or_as_text(written: int | str, read: int | str) -> None:
    assert Options.model_validate({"token": TOKEN, "chat": written}).chat == read
