"""A page in Slack: its blocks, its thread, its buttons, to a workspace that checks every call."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.slack import Notifier, Options
from core.errors import DeliveryFailed
from tests.alerting.slack_rules import what_people_see
from tests.alerting.slack_server import APP_TOKEN, BOT_TOKEN, DIRECT, LAN, ROOM, Slack
from tests.alerting.strict import AT, running

LINK = "http://127.0.0.1:8765/i/WyJhYmMi.sig-nature"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Ấm Acme nổ & cháy\nXem: {LINK}\nMã: K7P2", short=f"[KHẨN CẤP] #12 Acme {LINK} K7P2",
    language="vi", idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12, severity="critical",
)  # fmt: skip
ROOT = Path(__file__).parents[3]
HOOK = "/services/T0/B0/hook-sesame"


class Bench(Slack):
    """What the contract suite asks of this kind."""

    @property
    def options(self) -> dict[str, Any]:
        return {"token": BOT_TOKEN, "app_token": APP_TOKEN, "user": LAN, "api": self.api}

    def received(self) -> list[dict[str, Any]]:
        return [what_people_see(one, LINK) for one in self.messages.values()]

    async def refuse(self) -> None:
        self.refuses = "account_inactive"


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with running(Bench()) as place:
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found


def notifier(place: Bench, **options: Any) -> Notifier:
    given = {**place.options, **options}
    return Notifier(
        Options.model_validate({key: value for key, value in given.items() if value is not None}), http=place.http, now=lambda: AT
    )


def by_webhook(place: Bench) -> Notifier:
    return Notifier(Options.model_validate({"webhook": f"{place.url}{HOOK}"}), http=place.http, now=lambda: AT)


async def test_a_page_has_a_header_its_text_and_buttons_in_the_readers_language(place: Bench) -> None:
    receipt = await notifier(place).send(MESSAGE)
    (((channel, ts), sent),) = place.messages.items()
    assert channel == DIRECT
    header, text, hint, actions = sent["blocks"]
    assert header["text"]["text"] == MESSAGE.subject
    assert text["text"]["text"] == f"Ấm Acme nổ &amp; cháy\nXem: <{LINK}>\nMã: K7P2"
    assert hint["elements"][0]["text"] == "Trả lời ngay đây: nhận, chuyển cấp, đóng, báo nhầm"
    assert [(one["text"]["text"], one["action_id"], one["value"]) for one in actions["elements"]] == [
        ("Tôi nhận", "tocsin:ack", "ack 12"),
        ("Chuyển lên cấp trên", "tocsin:escalate", "escalate 12"),
        ("Báo nhầm", "tocsin:false", "false 12"),
    ]
    assert sent["text"] == MESSAGE.short
    assert receipt.ref == {"channel": DIRECT, "ts": ts}


async def test_a_direct_conversation_is_opened_once(place: Bench) -> None:
    sender = notifier(place)
    await sender.send(MESSAGE)
    await sender.send(MESSAGE)
    assert place.calls.count("POST /api/conversations.open") == 1


async def test_in_a_channel_a_page_names_whom_it_is_for_and_an_update_names_nobody(place: Bench) -> None:
    sender = notifier(place, channel="#crisis")
    first = await sender.send(MESSAGE)
    await sender.send(replace(MESSAGE, kind="update", thread_ref=first.ref))
    page, update = place.messages.values()
    assert page["blocks"][1]["text"]["text"] == f"<@{LAN}>"
    assert [block["type"] for block in update["blocks"]] == ["header", "section"]
    assert first.ref is not None
    assert (first.ref["channel"], update["thread_ts"]) == (ROOM, first.ref["ts"])


async def test_where_no_replies_are_heard_there_are_no_buttons(place: Bench) -> None:
    await notifier(place, app_token=None).send(MESSAGE)
    assert place.received()[0]["buttons"] == []


async def test_a_copy_is_edited_and_its_buttons_go(place: Bench) -> None:
    sender = notifier(place)
    receipt = await sender.send(MESSAGE)
    assert receipt.ref is not None
    edited = await sender.edit(replace(MESSAGE, subject="SỰ CỐ #12: Lan đang lo", body="Lan đang lo từ 21:04"), receipt.ref)
    (now,) = place.received()
    assert (now["subject"], now["text"], now["buttons"]) == ("SỰ CỐ #12: Lan đang lo", "Lan đang lo từ 21:04", [])
    assert edited.ref == receipt.ref


async def test_what_cannot_be_edited_is_told_for_good(place: Bench) -> None:
    with pytest.raises(DeliveryFailed, match="message_not_found") as caught:
        await notifier(place).edit(MESSAGE, {"channel": DIRECT, "ts": "1.2"})
    assert caught.value.permanent


async def test_a_long_text_goes_out_in_several_sections_and_nothing_is_lost(place: Bench) -> None:
    body = "\n".join(f"Việc {number}: {'<&>' * 40}" for number in range(14)) + "\n" + "ấ" * 700 + f"\n{LINK}"
    await notifier(place).send(replace(MESSAGE, body=body))
    sections = [block["text"]["text"] for block in next(iter(place.messages.values()))["blocks"] if block["type"] == "section"]
    assert len(sections) > 1
    assert place.received()[0]["text"].replace("\n", "") == body.replace("\n", "")


async def test_a_chart_goes_below_the_alert(place: Bench) -> None:
    receipt = await notifier(place).send(replace(MESSAGE, picture=b"\x89PNG chart", picture_says="Lượt nhắc theo giờ"))
    ((file,), ref) = (place.files.values(), receipt.ref)
    assert ref is not None
    assert (file["bytes"], file["alt_txt"], file["shared"]) == (b"\x89PNG chart", "Lượt nhắc theo giờ", ref["ts"])


@pytest.mark.parametrize("error", ["missing_scope", "file_uploads_disabled", "internal_error"])
async def test_a_chart_that_fails_never_keeps_the_alert_back(place: Bench, error: str) -> None:
    sender = notifier(place)
    await sender.send(MESSAGE)  # opens the conversation
    place.refusals = []
    original = place._files_getUploadURLExternal
    place._files_getUploadURLExternal = lambda arguments: original(arguments) and error  # type: ignore[method-assign]
    receipt = await sender.send(replace(MESSAGE, picture=b"chart"))
    assert receipt.detail.endswith(", without its picture")
    assert len(place.messages) == 2


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_blocks_that_slack_does_not_like_go_out_once_more_as_plain_text(place: Bench, error: str) -> None:
    sender = notifier(place, channel=ROOM)
    place.refusals = [error]
    receipt = await sender.send(MESSAGE)
    (sent,) = place.messages.values()
    assert "blocks" not in sent
    assert sent["mrkdwn"] is False
    assert sent["text"] == f"{MESSAGE.subject}\nẤm Acme nổ &amp; cháy\nXem: {LINK}\nMã: K7P2"
    assert receipt.detail.endswith(", as plain text")
    place.refusals = [error]
    assert receipt.ref is not None
    await sender.edit(replace(MESSAGE, subject="Lan đang lo"), receipt.ref)
    assert place.received()[0]["subject"] == "Lan đang lo"


async def test_a_second_refusal_is_one_for_good(place: Bench) -> None:
    place.refuses = "invalid_blocks"
    with pytest.raises(DeliveryFailed, match="invalid_blocks") as caught:
        await notifier(place, channel=ROOM).send(MESSAGE)
    assert caught.value.permanent
    assert len(place.calls) == 2


async def test_a_thread_that_is_gone_does_not_keep_an_update_back(place: Bench) -> None:
    receipt = await notifier(place).send(replace(MESSAGE, kind="update", thread_ref={"channel": DIRECT, "ts": "1.2"}))
    assert receipt.detail.endswith(", outside of its thread")
    assert "blocks" in next(iter(place.messages.values()))


@pytest.mark.parametrize(
    ("refusal", "permanent", "ambiguous", "waits", "says"),
    [
        ("invalid_auth", True, False, None, "invalid_auth"),
        ("token_revoked", True, False, None, "token_revoked"),
        ("account_inactive", True, False, None, "account_inactive"),
        ("channel_not_found", True, False, None, "invite the app"),
        ("not_in_channel", True, False, None, "/invite"),
        ("is_archived", True, False, None, "is_archived"),
        ("missing_scope", True, False, None, "needs the scope im:write"),
        ("ratelimited", False, False, 30.0, "ratelimited"),
        ("service_unavailable", False, False, None, "service_unavailable"),
        ("something_new", False, False, None, "something_new"),
        ("fatal_error", False, True, None, "fatal_error"),
        ("internal_error", False, True, None, "internal_error"),
        ((429, {"Retry-After": "86400"}), False, False, 900.0, "429"),
        ((503, {}), False, True, None, "503"),
        ((200, {}), False, True, None, "cannot be read"),
    ],
)
async def test_each_refusal_means_what_it_means(
    place: Bench, refusal: str | tuple[int, dict[str, str]], permanent: bool, ambiguous: bool, waits: float | None, says: str
) -> None:
    place.refusals = [refusal]
    with pytest.raises(DeliveryFailed) as caught:
        await notifier(place, channel=ROOM).send(MESSAGE)
    failed = caught.value
    assert (failed.permanent, failed.ambiguous, failed.retry_after_s) == (permanent, ambiguous, waits)
    assert says in failed.reason
    assert len(place.calls) == 1


async def test_a_webhook_carries_the_alert_and_nothing_that_it_cannot(place: Bench) -> None:
    sender = by_webhook(place)
    receipt = await sender.send(replace(MESSAGE, picture=b"chart"))
    (sent,) = place.by_webhook
    assert [block["type"] for block in sent["blocks"]] == ["header", "section"]
    assert receipt.ref is None
    with pytest.raises(DeliveryFailed, match="cannot be changed"):
        await sender.edit(MESSAGE, {})
    place.refusals = ["invalid_blocks"]
    assert (await sender.send(MESSAGE)).detail.endswith("as plain text")


@pytest.mark.parametrize(
    ("refusal", "permanent", "ambiguous"),
    [
        ("no_service", True, False),
        ("channel_is_archived", True, False),
        ((429, {"Retry-After": "5"}), False, False),
        ((500, {}), False, True),
    ],
)
async def test_what_a_webhook_answers_means_what_it_means(place: Bench, refusal: Any, permanent: bool, ambiguous: bool) -> None:
    place.refusals = [refusal]
    with pytest.raises(DeliveryFailed) as caught:
        await by_webhook(place).send(MESSAGE)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
    assert "hook-sesame" not in repr(caught.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "or `webhook`"),
        ({"token": "xoxb-1"}, "`user` or `channel`"),
        ({"webhook": "https://hooks.slack.com/services/T/B/x", "channel": "C012"}, "has its channel already"),
        ({"webhook": "hooks.slack.com/x"}, "https://hooks.slack.com/services"),
        ({"token": "xoxb-1", "channel": "crisis"}, "should match pattern"),
        ({"token": "xoxb-1", "user": "@lan"}, "should match pattern"),
        ({"token": "xoxb-1", "user": "U012", "api": "slack.com/api"}, "begins with https"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(options)


def test_the_manifest_in_the_documentation_asks_for_what_is_used_and_for_no_more() -> None:
    (text,) = re.findall(r"```yaml\n(display_information:.*?)```", (ROOT / "docs" / "notifiers.md").read_text(encoding="utf-8"), re.DOTALL)
    manifest = yaml.safe_load(text)
    used = {"chat:write", "im:write", "im:history", "app_mentions:read", "commands", "files:write"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == used
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["message.im", "app_mention"]
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["features"]["slash_commands"][0]["command"] == "/tocsin"
