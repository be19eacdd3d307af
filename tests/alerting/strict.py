"""A local server that stands for a service and holds each call to the service's documented rules: whatever it does not expect is a fault of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.http import Fetcher, Limits

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Strict:
    """The server around a service: `url` and `pair` say where it is, `complaints` what broke the rules, `calls` what came."""

    fails = True
    permanent = True
    secrets: tuple[str, ...] = ()
    http: Fetcher

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.calls: list[str] = []
        self.port = 0
        self.server = self._made()

    def _made(self) -> TestServer:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{path:.*}", self._take)
        return TestServer(app, port=self.port or None)

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.pair}"

    async def answer(self, request: web.Request) -> web.Response:
        """Overridden by each service."""
        raise NotImplementedError

    async def _take(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        try:
            return await self.answer(request)
        except (AssertionError, LookupError, TypeError, ValueError) as fault:  # told when the test ends; the caller sees a refusal
            self.complaints.append(f"{request.method} {request.path_qs}: {fault!r}")
            return web.json_response({"complaint": repr(fault)}, status=400)

    async def go_down(self) -> None:
        await self.server.close()

    async def come_back(self) -> None:
        """Start, again at the same address."""
        self.server = self._made() if self.port else self.server
        await self.server.start_server()
        self.port = self.server.port or 0


def said(request: web.Request, name: str) -> str:
    """A header; empty where it was not sent."""
    return request.headers.get(name, "")


def only(found: dict[str, Any], *allowed: str) -> None:
    """Raise for a key that the documentation does not know."""
    assert set(found) <= set(allowed), sorted(set(found) - set(allowed))


S = TypeVar("S", bound=Strict)


@asynccontextmanager
async def running(service: S) -> AsyncIterator[S]:
    """The service at work, with a session that may reach it; ends with a failure if it had to complain."""
    await service.come_back()
    try:
        async with Fetcher(now=lambda: AT, allow=[service.pair], limits=Limits(total_s=5)) as service.http:
            yield service
    finally:
        await service.server.close()
    assert service.complaints == []


class Service(Protocol):
    """A stand-in with a server of its own, which keeps what broke the rules in `faults`."""

    server: TestServer
    faults: list[str]

    @property
    def pair(self) -> str: ...


@asynccontextmanager
async def at_work(place: Any, service: Service) -> AsyncIterator[Any]:
    """A bench whose service works, with a session in `place.http` that may reach it; ends with a failure if a call broke the rules."""
    async with service.server, Fetcher(now=lambda: AT, allow=[service.pair], limits=Limits(total_s=5)) as place.http:
        yield place
    assert service.faults == []
