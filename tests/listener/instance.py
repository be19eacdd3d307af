"""A Mastodon instance for tests: holds statuses, and answers timelines, search, look-ups and streams as the API does."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.http import Fetcher
from core.text import mention_key
from listener.base import Page
from listener.collectors.mastodon import Collector, Options

FIRST = 117020581178804000
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def local_id(number: int) -> str:
    return str(FIRST + number)


def uri(number: int, host: str = "social.example") -> str:
    return f"https://{host}/users/lan/statuses/{local_id(number)}"


def account(name: str = "lan", **fields: Any) -> dict[str, Any]:
    told = {"id": "7", "username": name, "acct": name, "display_name": "Lan", "note": "<p>Xin chào</p>", "bot": False, "noindex": False}
    return told | {"url": f"https://social.example/@{name}", "followers_count": 12, "fields": []} | fields


def status(number: int, text: str = "acme", **fields: Any) -> dict[str, Any]:
    told = {"id": local_id(number), "uri": uri(number), "url": f"https://social.example/@lan/{local_id(number)}", "visibility": "public"}
    told |= {"created_at": "2026-11-21T02:00:00.000Z", "content": f"<p>{text}</p>", "spoiler_text": "", "language": "vi", "edited_at": None}
    told |= {"in_reply_to_id": None, "reblog": None, "replies_count": 0, "reblogs_count": 0, "favourites_count": 0, "quotes_count": 0}
    return told | {"account": account(), "media_attachments": [], "poll": None, "quote": None} | fields


class Instance:
    """The server: `statuses` by number, of which `hidden` stand in no timeline."""

    def __init__(self) -> None:
        self.statuses: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        self.asked: list[str] = []
        self.headers: list[str | None] = []
        self.refuses: dict[str, tuple[int, object]] = {}
        self.recorded: dict[str, tuple[int, dict[str, str], str]] = {}
        self.streams: dict[str, list[str]] = {}
        self.streaming: str | None = None
        self.stays_open = True
        self.many_at_once = True
        self.server: TestServer

    def post(self, *numbers: int, **fields: Any) -> None:
        for number in numbers:
            self.statuses[number] = status(number, **fields)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.path}?{urlencode(list(request.query.items()))}".rstrip("?"))
        self.headers.append(request.headers.get("Authorization"))
        for part, (code, told) in self.refuses.items():
            if part in request.path:
                return web.json_response(told, status=code)
        for part, (code, headers, body) in self.recorded.items():
            if part in request.path:
                return web.Response(status=code, headers=headers, body=body.encode())
        if "/streaming/" in request.path:
            return await self._stream(request)
        return self._answer(request)

    def _answer(self, request: web.Request) -> web.Response:
        path = request.path
        if path.endswith("/instance"):
            urls = {"streaming": self.streaming} if self.streaming else {}
            return web.json_response({"domain": "social.example", "configuration": {"urls": urls}})
        if path.endswith("/accounts/lookup"):
            return web.json_response(account(request.query["acct"]))
        if path.endswith("/statuses") and "/accounts/" not in path:
            if not self.many_at_once:
                return web.json_response({"error": "Not found"}, status=404)
            wanted = request.query.getall("id[]")
            return web.json_response([told for told in self.statuses.values() if told["id"] in wanted])
        if "/api/v1/statuses/" in path:
            found = [told for told in self.statuses.values() if told["id"] == path.rpartition("/")[2]]
            return web.json_response(found[0]) if found else web.json_response({"error": "Record not found"}, status=404)
        return self._list(request)

    def _list(self, request: web.Request) -> web.Response:
        limit, query = int(request.query["limit"]), request.query
        shown = [told for number, told in sorted(self.statuses.items(), reverse=True) if number not in self.hidden]
        if "/search" in request.path:
            offset = int(query.get("offset", 0))
            return web.json_response({"statuses": shown[offset : offset + limit], "accounts": [], "hashtags": []}, headers=self._limits())
        page = [told for told in shown if int(told["id"]) > int(query["min_id"])][-limit:] if "min_id" in query else shown[:limit]
        link = {}
        if page:
            base = str(request.url.with_query({}))
            link = {"Link": f'<{base}?max_id={page[-1]["id"]}>; rel="next", <{base}?min_id={page[0]["id"]}>; rel="prev"'}
        return web.json_response(page, headers=self._limits() | link)

    def _limits(self) -> dict[str, str]:
        return {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "297", "X-RateLimit-Reset": "2026-11-21T03:05:00.919040Z"}

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        name = request.query.get("tag", request.path.rpartition("/streaming/")[2])
        for text in self.streams.get(name, []):
            await response.write(text.encode())
        if self.stays_open:
            await self.closing.wait()
        return response

    closing: asyncio.Event

    async def __aenter__(self) -> Self:
        self.closing = asyncio.Event()
        app = web.Application()
        app.router.add_get("/{path:.*}", self.handle)
        self.server = TestServer(app)
        await self.server.start_server()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.closing.set()
        await self.server.close()


def event(name: str, data: object) -> str:
    """An event of a stream."""
    text = data if isinstance(data, str) else msgspec.json.encode(data).decode()
    return f"event: {name}\ndata: {text}\n\n"


class Looker:
    """One source, which may look several times."""

    def __init__(self, instance: Instance, **options: Any) -> None:
        self._instance = instance
        self._options = options
        self.cursor: str | None = None

    async def look(self, *, pages: int = 1_000) -> list[Page]:
        port = self._instance.server.port
        heard: list[Page] = []
        async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{port}"]) as http:
            options = {"instance": f"http://127.0.0.1:{port}"} | (self._options or {"hashtags": ["acme"]})
            collector = Collector(Options(**options), source_id="fedi", http=http, now=lambda: NOW)
            async with aclosing(collector.listen(self.cursor)) as stream:  # type: ignore[type-var]
                async for page in stream:
                    heard.append(page)
                    self.cursor = page.cursor
                    if len(heard) == pages:
                        break
        return heard


def numbers(pages: list[Page]) -> list[int]:
    return [int(mention.native_id.rpartition("/")[2]) - int(local_id(0)) for page in pages for mention in page.mentions]


def key(number: int) -> bytes:
    return mention_key("mastodon", "social.example", uri(number))
