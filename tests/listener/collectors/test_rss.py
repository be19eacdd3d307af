"""One feed, polled over HTTP from a real local server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceUnreadable
from core.http import Fetcher
from core.text import mention_key
from listener.base import Page
from listener.collectors.rss import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HEAD = "<rss version='2.0'><channel><language>vi</language>"


def feed(*items: str) -> bytes:
    return (HEAD + "".join(f"<item>{item}</item>" for item in items) + "</channel></rss>").encode()


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    good = feed("<guid>1</guid><title>Ấm nổ</title>", "<guid>2</guid><title>Ấm tốt</title>")
    return {
        "options": Options(url=url),
        "good": (good, "application/rss+xml"),
        "empty": (feed(), "text/xml"),
        "malformed": (b"<html></html>", "text/html"),
    }


class Place:
    """A local server with one feed, whose answer a test writes."""

    def __init__(self) -> None:
        self.answer: Callable[[web.Request], web.Response] = lambda _: web.Response(body=feed())
        self.asked: list[web.Request] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    app = web.Application()
    app.router.add_get("/{path:.*}", place.handle)
    place.server = TestServer(app)
    await place.server.start_server()
    yield place
    await place.server.close()


async def poll(place: Place, cursor: str | None = None, path: str = "/feed?b=1&a=2", **options: Any) -> Page:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        settings = Options(url=str(place.server.make_url(path)), **options)
        pages = [page async for page in Collector(settings, source_id="báo", http=http, now=lambda: NOW).listen(cursor)]
    (page,) = pages
    return page


async def test_a_feed_becomes_mentions(place: Place) -> None:
    item = "<guid>1</guid><link>/1</link><title>RT @lan: nổ</title><author>Lan</author><pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>"
    place.answer = lambda _: web.Response(body=feed(item), content_type="application/rss+xml")
    (mention,) = (await poll(place)).mentions
    authority = f"http://127.0.0.1:{place.server.port}/feed?a=2&b=1"
    assert mention.key == mention_key("rss", authority, "1")
    assert (mention.source_id, mention.native_id, mention.seen_at, mention.at) == ("báo", "1", NOW, NOW)
    assert (mention.lang, mention.kind, mention.url) == ("vi", "repost", f"http://127.0.0.1:{place.server.port}/1")
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle) == ("127.0.0.1/Lan", "Lan")


async def test_validators_are_handed_back_and_304_is_an_empty_page_that_was_heard(place: Place) -> None:
    def answer(request: web.Request) -> web.Response:
        same = (
            request.headers.get("If-None-Match") == 'W/"1"' and request.headers.get("If-Modified-Since") == "Sat, 21 Nov 2026 00:00:00 GMT"
        )
        headers = {"ETag": 'W/"1"', "Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"}
        return web.Response(status=304) if same else web.Response(body=feed("<title>a</title>"), headers=headers)

    place.answer = answer
    first = await poll(place)
    second = await poll(place, first.cursor)
    third = await poll(place, second.cursor)
    assert (len(first.mentions), first.unchanged) == (1, False)
    assert (second.mentions, second.unchanged) == ((), True)
    assert third.unchanged
    assert first.cursor == second.cursor == third.cursor


async def test_an_unchanged_body_is_known_by_its_hash(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>"))
    first = await poll(place)
    assert (await poll(place, first.cursor)).unchanged
    place.answer = lambda _: web.Response(body=feed("<title>b</title>"))
    assert len((await poll(place, first.cursor)).mentions) == 1


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"url": 5}', '{"url": "http://other.example/", "etag": "\\"1\\""}'])
async def test_a_cursor_of_another_feed_or_none_starts_afresh(place: Place, cursor: str) -> None:
    await poll(place, cursor)
    assert "If-None-Match" not in place.asked[0].headers


async def test_a_mention_is_the_same_wherever_the_feed_moves_within_the_poll(place: Place) -> None:
    place.answer = lambda r: (
        web.Response(status=301, headers={"Location": "/new"})
        if r.path == "/feed"
        else web.Response(body=feed("<guid>1</guid><title>a</title><link>1</link>"))
    )
    (mention,) = (await poll(place)).mentions
    assert mention.key == mention_key("rss", f"http://127.0.0.1:{place.server.port}/feed?a=2&b=1", "1")


async def test_what_cannot_be_kept_is_counted(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>", "<guid>2</guid>"))
    page = await poll(place)
    assert (len(page.mentions), page.skipped, page.problem) == (1, 1, "an entry without words")
    place.answer = lambda _: web.Response(body=feed(*(["<title>a</title>"] * 2_001)))
    page = await poll(place)
    assert (len(page.mentions), page.skipped) == (2_000, 1)


async def test_the_operator_knows_the_language_better(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>"))
    assert (await poll(place, lang="en-GB")).mentions[0].lang == "en"


async def test_a_secret_is_sent_and_never_shown(place: Place) -> None:
    place.answer = lambda _: web.Response(body=b"<html>")
    with pytest.raises(SourceUnreadable) as caught:
        await poll(place, authorization="Bearer hunter2")
    assert place.asked[0].headers["Authorization"] == "Bearer hunter2"
    assert "hunter2" not in str(caught.value) + repr(Options(url="https://a.example/", authorization="Bearer hunter2"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "ftp://a.example/"},
        {"url": "a"},
        {"url": "https://a.example/", "every": "5m"},
        {"url": "https://a.example/", "lang": "?"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)
