"""Signed as Standard Webhooks says, and told rightly what became of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from alerting.base import Message
from alerting.notifiers.webhook import Notifier, Options
from core.errors import DeliveryFailed
from core.http import Fetcher, Limits

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
KEY = b"a key of thirty-two bytes, say so"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
MESSAGE = Message(
    kind="page", subject="S", body="B", short="s", language="vi", idempotency_key="k" * 64, thread_key="t", incident_id=12, severity="major"
)


class Bench:
    """A receiver that answers as it is told, and what the contract suite asks of this kind."""

    secrets = ("hook-token-9f3", SECRET, base64.b64encode(KEY).decode())
    fails = True
    permanent = True

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[dict[str, str], bytes]] = []
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self.server = TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        self.requests.append(({key.lower(): value for key, value in request.headers.items()}, await request.read()))
        return web.Response(status=self.status, headers=self.headers, body=b"taken" if "content-encoding" in self.headers else b"")

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"http://127.0.0.1:{self.server.port}/hook-token-9f3", "secret": SECRET}

    def received(self) -> list[dict[str, str]]:
        data = [json.loads(body)["data"] for _, body in self.requests]
        return [{"subject": one["subject"], "text": one["text"]} for one in data]

    async def refuse(self) -> None:
        self.status = 410

    async def go_down(self) -> None:
        await self.server.close()


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    found = Bench()
    async with found.server, Fetcher(now=lambda: AT, allow=[f"127.0.0.1:{found.server.port}"], limits=Limits(total_s=5)) as found.http:
        yield found


async def sent(place: Bench) -> None:
    await Notifier(Options.model_validate(place.options), http=place.http, now=lambda: AT).send(MESSAGE)


async def test_the_signature_is_the_one_of_standard_webhooks(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await sent(place)
    headers, body = place.requests[0]
    assert headers["webhook-id"] == f"msg_{'k' * 64}"
    assert headers["idempotency-key"] == "k" * 64
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    signed = hmac.new(KEY, f"msg_{'k' * 64}.{int(AT.timestamp())}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert headers["content-type"] == "application/json"
    told = json.loads(body)
    assert (told["type"], told["timestamp"], told["data"]["incident_id"], told["data"]["severity"]) == (
        "incident.page",
        AT.isoformat(),
        12,
        "major",
    )


async def test_without_a_secret_nothing_is_signed_and_any_text_is_a_secret(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        for secret in (None, "any text"):
            options = Options.model_validate(place.options | {"secret": secret})
            await Notifier(options, http=place.http, now=lambda: AT).send(MESSAGE)
    assert ["webhook-signature" in headers for headers, _ in place.requests] == [False, True]


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous"),
    [
        (400, True, False), (401, True, False), (403, True, False), (404, True, False), (410, True, False), (408, False, False),
        (425, False, False), (429, False, False), (500, False, True), (502, False, True), (503, False, True),
    ],
)  # fmt: skip
async def test_each_status_means_what_it_means(tmp_path: Path, status: int, permanent: bool, ambiguous: bool) -> None:
    async with bench(tmp_path) as place:
        place.status = status
        with pytest.raises(DeliveryFailed) as caught:
            await sent(place)
    assert (caught.value.permanent, caught.value.ambiguous, str(caught.value)) == (
        permanent,
        ambiguous,
        f"webhook 127.0.0.1 answered with status {status}",
    )


@pytest.mark.parametrize(("asked", "waits"), [("30", 30.0), ("86400", 900.0)])
async def test_it_waits_as_long_as_asked_within_reason(tmp_path: Path, asked: str, waits: float) -> None:
    async with bench(tmp_path) as place:
        place.status, place.headers = 429, {"retry-after": asked}
        with pytest.raises(DeliveryFailed) as caught:
            await sent(place)
    assert caught.value.retry_after_s == waits


async def test_an_address_that_is_not_allowed_is_refused_for_good(tmp_path: Path) -> None:
    async with bench(tmp_path) as place, Fetcher(now=lambda: AT) as guarded:
        with pytest.raises(DeliveryFailed, match="the address is not allowed") as caught:
            await Notifier(Options.model_validate(place.options), http=guarded, now=lambda: AT).send(MESSAGE)
    assert caught.value.permanent
    assert place.requests == []


async def test_an_answer_that_cannot_be_read_may_have_been_a_delivery(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        place.headers = {"content-encoding": "br"}
        with pytest.raises(DeliveryFailed) as caught:
            await sent(place)
    assert caught.value.ambiguous


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "ftp://a.example/x"}, "begins with http"),
        ({"url": "https:///x"}, "begins with http"),
        ({"url": "https://a.example", "secret": "whsec_not base64"}, "goes on in Base64"),
        ({"url": "https://a.example", "colour": "red"}, "Extra inputs"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(options)
