"""A card in Teams as the flow takes it: within 28 KB, nothing in it Markdown, and a button that opens our page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.teams import LIMITS, Notifier, Options
from core.errors import DeliveryFailed
from tests.alerting.strict import AT, Strict, only, running

LINK = "http://127.0.0.1:8765/i/abc.def"
SIGNATURE = "zG5c_sig_7Zq4kL"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Chuyện gì: ấm nổ\nTừ lúc: 21:04\n\n- [bấm](x) **đậm** _n_\n\nNhận: {LINK}",
    short=f"SỰ CỐ #12 {LINK} K7P2", language="vi", idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12,
    severity="critical",
)  # fmt: skip


class Flow(Strict):
    """A flow of Workflows with the trigger "When a Teams webhook request is received": answers 202, reads the card later."""

    secrets = (SIGNATURE,)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[dict[str, Any]] = []
        self.status = 202
        self.headers: dict[str, str] = {}

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"{self.url}/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig={SIGNATURE}"}

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.query["sig"], request.content_type) == ("POST", SIGNATURE, "application/json")
        if self.status != 202:
            return web.json_response({"error": {"code": "x", "message": SIGNATURE}}, status=self.status, headers=self.headers)
        assert len(await request.read()) <= 28_000
        body = await request.json()
        only(body, "type", "attachments")
        assert body["type"] == "message"
        (attachment,) = body["attachments"]
        only(attachment, "contentType", "contentUrl", "content")
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        _check(attachment["content"])
        self.cards.append(attachment["content"])
        return web.Response(status=202)

    def received(self) -> list[dict[str, str]]:
        found = []
        for card in self.cards:
            title, *lines = [(block["spacing"], block["inlines"][0]["text"]) for block in card["body"]]
            text = "".join(("\n\n" if gap == "Medium" else "\n") + line for gap, line in lines)
            found.append({"subject": title[1], "text": text.removeprefix("\n")})
        return found

    async def refuse(self) -> None:
        self.status = 404


def _check(card: dict[str, Any]) -> None:
    """The schema of an Adaptive Card 1.4, as far as it is used."""
    only(card, "$schema", "type", "version", "msteams", "body", "actions", "fallbackText", "lang")
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    for block in card["body"]:
        assert block["type"] == "RichTextBlock", "a TextBlock would read Markdown"
        only(block, "type", "spacing", "inlines")
        for run in block["inlines"]:
            only(run, "type", "text", "weight", "size", "color")
            assert run["type"] == "TextRun"
            assert run["text"]
            assert "{{" not in run["text"]
    for action in card.get("actions", ()):
        only(action, "type", "title", "url")
        assert action["type"] == "Action.OpenUrl"


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Flow]:
    async with running(Flow()) as found:
        yield found


@pytest.fixture
async def flow() -> AsyncIterator[Flow]:
    async with running(Flow()) as found:
        yield found


async def sent(place: Flow, message: Message = MESSAGE) -> str:
    return (await Notifier(Options.model_validate(place.options), http=place.http, now=lambda: AT).send(message)).detail


async def test_a_page_is_a_card_whose_lines_and_paragraphs_are_those_of_the_text(flow: Flow) -> None:
    assert await sent(flow) == "teams 127.0.0.1: the flow began (status 202)"
    assert flow.received() == [{"subject": MESSAGE.subject, "text": MESSAGE.body}]
    assert flow.cards[0]["body"][0]["inlines"][0]["color"] == "Attention"
    assert flow.cards[0]["actions"] == [{"type": "Action.OpenUrl", "title": "Xem và nhận xử lý", "url": LINK}]


async def test_without_a_link_there_is_no_button(flow: Flow) -> None:
    await sent(flow, replace(MESSAGE, link=None, body="Đã đóng"))
    assert "actions" not in flow.cards[0]


async def test_a_date_of_the_cards_own_is_not_written_by_strangers(flow: Flow) -> None:
    await sent(flow, replace(MESSAGE, body="{{DATE(2017-02-14T06:00:00Z, SHORT)}}"))
    assert flow.received()[0]["text"] == "{ {DATE(2017-02-14T06:00:00Z, SHORT)}}"


@pytest.mark.parametrize("body", ["ấm nổ\n" * 2000, "ấ" * 9000, '"\\\n' * 9000, "x\n" * 9000])
async def test_a_long_text_is_cut_to_what_a_message_holds_and_keeps_link_and_code(flow: Flow, body: str) -> None:
    await sent(flow, replace(MESSAGE, body=f"{body}{LINK} K7P2"))
    text = flow.received()[0]["text"]
    assert len(text) > 400
    assert LINK in text
    assert "K7P2" in text


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous", "waits"),
    [(400, True, False, None), (401, True, False, None), (404, True, False, None), (429, False, False, 12.0), (502, False, True, None)],
)
async def test_each_status_means_what_it_means(flow: Flow, status: int, permanent: bool, ambiguous: bool, waits: float | None) -> None:
    flow.status, flow.headers = status, {"retry-after": "12"} if waits else {}
    with pytest.raises(DeliveryFailed, match=f"teams 127.0.0.1 answered with status {status}") as caught:
        await sent(flow)
    assert (caught.value.permanent, caught.value.ambiguous, caught.value.retry_after_s) == (permanent, ambiguous, waits)
    assert SIGNATURE not in str(caught.value)


def test_it_says_what_it_cannot() -> None:
    assert (LIMITS.edits, LIMITS.answers, LIMITS.pictures) == (False, False, False)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://a.example", "the whole address"),
        ("https://acme.webhook.office.com/webhookb2/x", "old connectors"),
        ("https://", "the whole address"),
    ],
)
def test_wrong_options_say_how_to_mend_them(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate({"url": url})
