"""A page in Discord: its text, its buttons, its replies, to a server that checks every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.discord import Notifier, Options
from core.errors import DeliveryFailed
from tests.alerting.discord_rules import Refusal, plain, what_people_see
from tests.alerting.discord_server import DIRECT, HOOK, HOOK_TOKEN, LAN, ROOM, TOKEN, Discord
from tests.alerting.strict import AT, running

LINK = "http://127.0.0.1:8765/i/WyJhYmMi.sig-nature"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Ấm *Acme* nổ\n- kho_1\nXem: {LINK}\nMã: K7P2", short=f"[KHẨN CẤP] #12 Acme {LINK} K7P2",
    language="vi", idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12, severity="critical",
)  # fmt: skip


class Bench(Discord):
    """What the contract suite asks of this kind."""

    @property
    def options(self) -> dict[str, Any]:
        return {"token": TOKEN, "user": LAN, "api": self.api}

    def received(self) -> list[dict[str, Any]]:
        return [what_people_see(one, LINK) for one in self.messages.values()]

    async def refuse(self) -> None:
        self.refuses = Refusal(403, 50007)


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as place:
        place.nonces = _Forgetful()  # the suite sends several pages with one key
        yield place


class _Forgetful(dict[str, str]):
    """Nonces of so long ago that they count no more."""

    def __contains__(self, nonce: object) -> bool:
        return False


@pytest.fixture
async def place() -> AsyncIterator[Bench]:
    async with running(Bench()) as found:
        yield found


def notifier(place: Bench, **options: Any) -> Notifier:
    return Notifier(Options.model_validate({**place.options, **options}), http=place.http, now=lambda: AT)


def by_webhook(place: Bench) -> Notifier:
    address = f"{place.url}/api/webhooks/{HOOK}/{HOOK_TOKEN}"
    return Notifier(Options.model_validate({"webhook": address}), http=place.http, now=lambda: AT)


async def test_a_page_has_a_bold_first_line_escaped_text_and_buttons_in_the_readers_language(place: Bench) -> None:
    receipt = await notifier(place).send(MESSAGE)
    ((identity, sent),) = place.messages.items()
    assert sent["content"].split("\n") == [
        "**\\[KHẨN CẤP\\] SỰ CỐ #12 Acme**", "Ấm \\*Acme\\* nổ", "\\- kho\\_1", f"Xem: <{LINK}>", "Mã: K7P2",
        "-# Trả lời ngay đây: nhận, chuyển cấp, đóng, báo nhầm",
    ]  # fmt: skip
    assert [(key["label"], key["custom_id"], key["style"]) for key in sent["components"][0]["components"]] == [
        ("Tôi nhận", "tocsin:ack 12", 1),
        ("Chuyển lên cấp trên", "tocsin:escalate 12", 2),
        ("Báo nhầm", "tocsin:false 12", 2),
    ]
    assert (sent["allowed_mentions"], sent["flags"]) == ({"parse": []}, 4)
    assert receipt.ref == {"channel": DIRECT, "message": identity}


async def test_a_direct_conversation_is_opened_once_and_a_repeat_shows_once(place: Bench) -> None:
    sender = notifier(place)
    first = await sender.send(MESSAGE)
    again = await sender.send(replace(MESSAGE, possible_repeat=True))
    assert place.calls.count("POST /api/v10/users/@me/channels") == 1
    assert again.ref == first.ref
    assert len(place.messages) == 1


async def test_in_a_channel_a_page_names_whom_it_is_for_and_an_update_answers_the_first(place: Bench) -> None:
    sender = notifier(place, channel=int(ROOM))
    first = await sender.send(MESSAGE)
    await sender.send(replace(MESSAGE, kind="resolved", idempotency_key="r", thread_ref=first.ref))
    page, closing = place.messages.values()
    assert page["content"].startswith(f"<@{LAN}> **")
    assert page["allowed_mentions"] == {"parse": [], "users": [LAN]}
    assert closing["message_reference"] == {"message_id": first.id, "fail_if_not_exists": False}
    assert closing["allowed_mentions"] == {"parse": []}
    assert closing["flags"] == 4 | 1 << 12
    assert "components" not in closing


async def test_where_no_replies_are_heard_there_are_no_buttons(place: Bench) -> None:
    await notifier(place, replies=False).send(MESSAGE)
    assert place.received()[0]["buttons"] == []


async def test_a_text_too_long_for_a_message_goes_on_in_an_embed(place: Bench) -> None:
    body = "Ấm _nổ_\n" * 300 + LINK
    await notifier(place).send(replace(MESSAGE, body=body))
    (sent,) = place.messages.values()
    assert plain(sent["embeds"][0]["description"]).replace(f"<{LINK}>", LINK) == body
    assert f"<{LINK}> K7P2" in sent["content"]
    assert sent["flags"] == 0


async def test_a_copy_is_edited_and_its_buttons_go(place: Bench) -> None:
    sender = notifier(place)
    receipt = await sender.send(MESSAGE)
    assert receipt.ref is not None
    await sender.edit(replace(MESSAGE, subject="SỰ CỐ #12: Lan đang lo", body="Lan đang lo từ 21:04"), receipt.ref)
    (now,) = place.received()
    assert (now["subject"], now["text"], now["buttons"]) == ("SỰ CỐ #12: Lan đang lo", "Lan đang lo từ 21:04", [])


@pytest.mark.parametrize("ref", [{"channel": DIRECT, "message": "1763694000"}, {}, {"channel": "../x", "message": "1"}])
async def test_what_cannot_be_edited_is_told_for_good(place: Bench, ref: dict[str, Any]) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        await notifier(place).edit(MESSAGE, ref)
    assert caught.value.permanent


async def test_a_chart_goes_with_the_alert(place: Bench) -> None:
    await notifier(place).send(replace(MESSAGE, picture=b"\x89PNG chart", picture_says="Lượt nhắc theo giờ"))
    (sent,) = place.messages.values()
    assert sent["files"] == {"files[0]": b"\x89PNG chart"}
    assert sent["attachments"] == [{"id": 0, "filename": "chart.png", "description": "Lượt nhắc theo giờ"}]
    assert sent["components"]


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (413, 40005)])
async def test_a_chart_that_is_refused_never_keeps_the_alert_back(place: Bench, status: int, code: int) -> None:
    sender = notifier(place, channel=ROOM)
    place.refusals = [Refusal(status, code)]
    receipt = await sender.send(replace(MESSAGE, picture=b"chart"))
    assert receipt.detail.endswith(", without its picture")
    assert place.received()[0]["buttons"]


async def test_a_form_that_discord_does_not_like_goes_out_once_more_as_plain_text(place: Bench) -> None:
    place.refusals = [Refusal(400, 50035)]
    receipt = await notifier(place, channel=ROOM).send(MESSAGE)
    (sent,) = place.messages.values()
    assert plain(sent["content"]).replace(f"<{LINK}>", LINK) == f"<@{LAN}> {MESSAGE.subject}\n{MESSAGE.body}"
    assert "components" not in sent
    assert receipt.detail.endswith(", as plain text")


async def test_without_the_right_to_read_history_an_update_is_no_reply(place: Bench) -> None:
    place.refusals = [Refusal(400, 160002)]
    first = {"channel": ROOM, "message": "1763694000000"}
    receipt = await notifier(place, channel=ROOM).send(replace(MESSAGE, kind="update", thread_ref=first))
    assert receipt.detail.endswith(", not as a reply")


@pytest.mark.parametrize(
    ("refusal", "permanent", "ambiguous", "waits", "says"),
    [
        (Refusal(401, 0), True, False, None, "token is refused"),
        (Refusal(403, 50001), True, False, None, "View Channel"),
        (Refusal(403, 50013), True, False, None, "Send Messages"),
        (Refusal(403, 50007), True, False, None, "takes no direct messages"),
        (Refusal(404, 10003), True, False, None, "no such channel"),
        (Refusal(429, 0, retry_after=1.25), False, False, 1.25, "429"),
        (Refusal(429, 40003, retry_after=4000), False, False, 900.0, "429"),
        (Refusal(500, 0), False, True, None, "500"),
        (Refusal(502, 130000), False, True, None, "502"),
    ],
)
async def test_each_refusal_means_what_it_means(
    place: Bench, refusal: Refusal, permanent: bool, ambiguous: bool, waits: float | None, says: str
) -> None:
    place.refusals = [refusal]
    with pytest.raises(DeliveryFailed) as caught:
        await notifier(place, channel=ROOM).send(MESSAGE)
    failed = caught.value
    assert (failed.permanent, failed.ambiguous, failed.retry_after_s) == (permanent, ambiguous, waits)
    assert says in failed.reason
    assert len(place.calls) == 1


async def test_a_webhook_carries_the_alert_and_its_edits_and_nothing_that_it_cannot(place: Bench) -> None:
    sender = by_webhook(place)
    receipt = await sender.send(MESSAGE)
    assert receipt.ref is not None
    await sender.edit(replace(MESSAGE, subject="Lan đang lo", body="từ 21:04"), receipt.ref)
    (sent,) = place.received()
    assert (sent["subject"], sent["text"], sent["buttons"]) == ("Lan đang lo", "từ 21:04", [])
    place.refuses = Refusal(404, 10015)
    with pytest.raises(DeliveryFailed, match="webhook was deleted") as caught:
        await sender.send(MESSAGE)
    assert HOOK_TOKEN not in repr(caught.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "or `webhook`"),
        ({"token": "x"}, "`user` or `channel`"),
        ({"webhook": f"https://discord.com/api/webhooks/{HOOK}/x", "user": LAN}, "has its channel already"),
        ({"webhook": "https://discord.com/channels/1/2"}, "as Discord gives it"),
        ({"token": "x", "user": "lan#1234"}, "should match pattern"),
        ({"token": "x", "user": True}, "valid string"),
        ({"token": "x", "user": LAN, "api": "discord.com"}, "begins with https"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(options)
