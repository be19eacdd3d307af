"""A local server and a resolver under a test's hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from core.http import Fetcher, Limits

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SMALL = Limits(total_s=0.6, connect_s=0.3, read_s=0.3, wire_bytes=20_000, decoded_bytes=100_000, ratio_after_bytes=50_000, redirects=5)


class Names(AbstractResolver):
    """A resolver under our hand: each name has a list of answers, the last one stays."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        answers = self.names.get(host)
        if not answers:
            raise OSError(None, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=a,
                port=port,
                family=socket.AF_INET6 if ":" in a else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for a in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Site:
    """A local server whose answers a test writes; keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[web.Request], Any] = lambda _: web.Response(text="ok")
        self.asked: list[web.Request] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.pair}{path}"


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    site.server = TestServer(app)
    await site.server.start_server()
    yield site
    await site.server.close()


def fetcher(site: Site | None = None, limits: Limits = SMALL, names: Names | None = None, allow: list[str] | None = None) -> Fetcher:
    return Fetcher(now=lambda: NOW, allow=allow if allow is not None else [site.pair] if site else [], limits=limits, resolver=names)
