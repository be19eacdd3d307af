"""A push message as ntfy documents it: sizes, priorities, the button, the picture, and one notification for a repeat or an update."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.ntfy import Notifier, Options
from core.errors import DeliveryFailed
from tests.alerting.strict import AT, Strict, only, running, said

LINK = "http://127.0.0.1:8765/i/abc.def"
TOPIC, TOKEN = "acme-crisis-7Zq4kL", "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme", body=f"Chuyện gì: ấm nổ\n\nNhận: {LINK}", short=f"SỰ CỐ #12 {LINK} K7P2", language="vi",
    idempotency_key="k" * 64, thread_key="t", link=LINK, ack_code="K7P2", incident_id=12, severity="critical",
)  # fmt: skip


class Ntfy(Strict):
    """Publishing as JSON at the root, a picture by PUT at the topic; messages above 4,096 bytes would become attachments, which nobody reads."""

    secrets = (TOPIC, TOKEN)

    def __init__(self) -> None:
        super().__init__()
        self.published: list[dict[str, Any]] = []
        self.pictures: list[dict[str, str]] = []
        self.login = f"Bearer {TOKEN}"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.largest = 2**21

    @property
    def options(self) -> dict[str, Any]:
        return {"server": self.url, "topic": TOPIC, "token": TOKEN}

    async def answer(self, request: web.Request) -> web.Response:
        assert said(request, "authorization") == self.login
        if self.status != 200:
            return web.json_response(
                {"code": 40301, "http": self.status, "error": f"said of {TOPIC}"}, status=self.status, headers=self.headers
            )
        if request.method == "PUT":
            return await self._attach(request)
        assert (request.method, request.path, request.content_type) == ("POST", "/", "application/json")
        body = await request.json()
        only(body, "topic", "message", "title", "tags", "priority", "actions", "click", "sequence_id")
        assert body["topic"] == TOPIC
        assert 0 < len(body["message"].encode()) <= 4096
        assert len(body["title"].encode()) <= 1024
        assert body["priority"] in (1, 2, 3, 4, 5)
        assert re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body["sequence_id"])
        for action in body.get("actions", ()):
            assert (action["action"], action["url"]) == ("view", body["click"]), "a button that sends something would carry a key"
            only(action, "action", "label", "url", "clear")
        self.published.append(body)
        return web.json_response({"id": f"id{len(self.published)}", "event": "message", "topic": TOPIC})

    async def _attach(self, request: web.Request) -> web.Response:
        assert request.path == f"/{TOPIC}"
        if len(await request.read()) > self.largest:
            return web.json_response({"code": 41301, "http": 413, "error": "x"}, status=413)
        self.pictures.append({name: said(request, name) for name in ("filename", "message", "sequence-id")})
        return web.json_response({"id": "picture"})

    def received(self) -> list[dict[str, str]]:
        return [{"subject": one["title"], "text": one["message"]} for one in self.published]

    async def refuse(self) -> None:
        self.status = 403


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Ntfy]:
    async with running(Ntfy()) as found:
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Ntfy]:
    async with running(Ntfy()) as found:
        yield found


def notifier(place: Ntfy, **change: Any) -> Notifier:
    return Notifier(Options.model_validate({**place.options, **change}), http=place.http, now=lambda: AT)


async def test_a_page_is_published_with_its_priority_and_a_button_that_opens_our_page(server: Ntfy) -> None:
    receipt = await notifier(server).send(MESSAGE)
    (body,) = server.published
    assert (receipt.id, receipt.ref) == ("id1", {"sequence": body.pop("sequence_id")})
    assert body == {
        "topic": TOPIC, "title": MESSAGE.subject, "message": MESSAGE.body, "priority": 5, "tags": ["rotating_light"], "click": LINK,
        "actions": [{"action": "view", "label": "Xem và nhận xử lý", "url": LINK, "clear": False}],
    }  # fmt: skip


@pytest.mark.parametrize(("severity", "priority"), [("critical", 5), ("major", 4), ("minor", 3), ("watch", 2)])
async def test_the_graver_the_louder(server: Ntfy, severity: Any, priority: int) -> None:
    await notifier(server).send(replace(MESSAGE, severity=severity))
    assert server.published[0]["priority"] == priority


async def test_news_of_a_critical_that_is_in_hand_is_not_loud(server: Ntfy) -> None:
    await notifier(server).send(replace(MESSAGE, kind="resolved", link=None))
    assert server.published[0]["priority"] == 3
    assert "actions" not in server.published[0]


async def test_a_repeat_and_an_update_are_the_same_notification_on_the_phone(server: Ntfy) -> None:
    first = await notifier(server).send(MESSAGE)
    await notifier(server).send(replace(MESSAGE, possible_repeat=True))
    edited = await notifier(server).edit(
        replace(MESSAGE, kind="update", idempotency_key="u" * 64, body="Lan đang lo", link=None), first.ref or {}
    )
    assert len({one["sequence_id"] for one in server.published}) == 1
    assert edited.ref == first.ref
    await notifier(server).send(replace(MESSAGE, idempotency_key="v" * 64))
    assert server.published[-1]["sequence_id"] != server.published[0]["sequence_id"]


async def test_bytes_are_counted_not_letters(server: Ntfy) -> None:
    await notifier(server).send(replace(MESSAGE, body=f"{'ấm nổ ' * 900}{LINK} K7P2", subject="ấ" * 600))
    text = server.published[0]["message"]
    assert 3900 < len(text.encode()) <= 4096
    assert LINK in text
    assert "K7P2" in text


async def test_the_picture_follows_and_its_failure_is_only_told(server: Ntfy) -> None:
    receipt = await notifier(server).send(replace(MESSAGE, picture=b"\x89PNG", picture_says="420 lượt\nnhắc"))
    assert server.pictures[0]["filename"] == "chart.png"
    assert str(make_header(decode_header(server.pictures[0]["message"]))) == "420 lượt nhắc"
    server.largest = 1
    again = await notifier(server).send(replace(MESSAGE, picture=b"\x89PNG"))
    assert receipt.detail == "ntfy 127.0.0.1 took it"
    assert again.detail == "ntfy 127.0.0.1 took it; without its picture (status 413)"


async def test_a_login_by_name_or_none_at_all(server: Ntfy) -> None:
    server.login = "Basic " + base64.b64encode("lan:mật khẩu".encode()).decode()
    await notifier(server, token=None, username="lan", password="mật khẩu").send(MESSAGE)
    server.login = ""
    await notifier(server, token=None).send(MESSAGE)
    assert len(server.published) == 2


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous", "waits"),
    [(400, True, False, None), (401, True, False, None), (413, True, False, None), (429, False, False, 30.0), (507, False, True, None)],
)
async def test_each_status_means_what_it_means(server: Ntfy, status: int, permanent: bool, ambiguous: bool, waits: float | None) -> None:
    server.status, server.headers = status, {"retry-after": "30"} if waits else {}
    with pytest.raises(DeliveryFailed, match=f"ntfy 127.0.0.1 answered with status {status}: error 40301") as caught:
        await notifier(server).send(MESSAGE)
    assert (caught.value.permanent, caught.value.ambiguous, caught.value.retry_after_s) == (permanent, ambiguous, waits)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"topic": "a topic"}, "of letters, digits"),
        ({"topic": TOPIC, "server": "https://ntfy.sh/acme-crisis"}, "the topic goes into `topic`"),
        ({"topic": TOPIC, "username": "lan"}, "come together"),
        ({"topic": TOPIC, "username": "lan", "password": "x", "token": TOKEN}, "not both"),
        ({"topic": TOPIC, "reply_topic": "x"}, "Extra inputs"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Options.model_validate(options)
    assert TOPIC not in str(caught.value)
