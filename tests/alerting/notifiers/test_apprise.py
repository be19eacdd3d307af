"""Apprise against local servers: a plain text, one URL, its own words as the receipt, and no credential in them."""

from __future__ import annotations

import asyncio
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
from alerting.notifiers.apprise import Notifier, Options
from core.errors import ConfigError, DeliveryFailed
from core.http import Fetcher

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # one of Apprise's plugins, not ours

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LINK = "http://127.0.0.1:8765/i/abc"
HTTP = Fetcher(now=lambda: AT)


def message(**change: Any) -> Message:
    fields = {
        "kind": "page", "subject": "[MAJOR] #12", "body": f"line one\nline two\n{LINK}", "short": f"[MAJOR] #12 {LINK}", "language": "en",
        "idempotency_key": "k", "thread_key": "t", "link": LINK, "severity": "major",
    }  # fmt: skip
    return Message(**(fields | change))


class Bench:
    """A receiver of Apprise's json:// posts, and what the contract suite asks of this kind."""

    secrets = ("p4ss-w0rd", "token-in-path-77")
    fails = True
    permanent = False  # Apprise cannot say so

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.free = asyncio.Event()
        self.free.set()
        self.posts: list[dict[str, str]] = []
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self.server = TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        self.posts.append(await request.json())
        await self.free.wait()
        return web.Response(status=self.status, headers=self.headers)

    @property
    def http(self) -> Fetcher:
        return Fetcher(now=lambda: AT, allow=[f"127.0.0.1:{self.server.port}"])

    @property
    def options(self) -> dict[str, Any]:
        return {"url": f"json://user:p4ss-w0rd@127.0.0.1:{self.server.port}/token-in-path-77?optional=yes", "timeout": "5s"}

    def received(self) -> list[dict[str, str]]:
        return [{"subject": post["title"], "text": post["message"]} for post in self.posts]

    async def refuse(self) -> None:
        self.status = 403

    async def go_down(self) -> None:
        await self.server.close()


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    found = Bench()
    async with found.server:
        yield found


async def sent(place: Bench, what: Message | None = None, **change: Any) -> str:
    options = Options.model_validate(place.options | change)
    return (await Notifier(options, http=place.http, now=lambda: AT).send(what or message())).detail


async def test_the_text_goes_as_it_is_with_its_lines(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        receipt = await sent(place)
    (post,) = place.posts
    assert (post["title"], post["message"], post["type"]) == ("[MAJOR] #12", f"line one\nline two\n{LINK}", "failure")
    assert receipt.startswith("apprise JSON: accepted: ")


@pytest.mark.parametrize("status", [400, 403, 500, 307])
async def test_every_failure_is_ambiguous_and_says_what_apprise_said(tmp_path: Path, status: int) -> None:
    async with bench(tmp_path) as place:
        place.status, place.headers = status, {"location": "/elsewhere"} if status == 307 else {}
        with pytest.raises(DeliveryFailed, match=rf"apprise JSON: failure: .*{status}") as caught:
            await sent(place)
    assert (caught.value.permanent, caught.value.ambiguous) == (False, True)
    assert len(place.posts) == 1


async def test_a_service_that_hangs_is_given_up(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        place.free.clear()
        with pytest.raises(DeliveryFailed) as caught:
            await sent(place, timeout="1s")
        place.free.set()
    assert caught.value.ambiguous


async def test_a_long_text_keeps_its_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.custom_json import NotifyJSON

    monkeypatch.setattr(NotifyJSON, "body_maxlen", 300)
    async with bench(tmp_path) as place:
        await sent(place, message(body="x" * 1000 + LINK))
    (post,) = place.posts
    assert len(post["title"]) + len(post["message"]) <= 300
    assert LINK in post["message"]


@pytest.mark.parametrize(
    "url",
    ["nothing", "json://", "gopher://secret-of-mine@a.example", "tgram://secret-of-mine", "xmpp://user:secret-of-mine@a.example?mode=none"],
)
def test_a_url_that_cannot_work_stops_the_start_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Notifier(Options.model_validate({"url": url}), http=HTTP, now=lambda: AT)
    assert "secret-of-mine" not in str(caught.value)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Options.model_validate({"url": "json://a.example", "colour": "red"})


async def test_a_service_inside_ones_own_network_has_to_be_named(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        guarded = Notifier(Options.model_validate(place.options), http=HTTP, now=lambda: AT)
        with pytest.raises(DeliveryFailed, match="the address is not allowed") as caught:
            await guarded.send(message())
    assert (caught.value.permanent, place.posts) == (True, [])
