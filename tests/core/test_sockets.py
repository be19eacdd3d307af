"""Websockets and streams of lines against real local servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core import sockets
from core.errors import AddressRefused, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Place:
    """A local server whose conversation a test writes."""

    def __init__(self) -> None:
        self.handler: Handler
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self.handler(request)

    def says(self, talk: Callable[[web.WebSocketResponse], Awaitable[None]]) -> None:
        async def handler(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(autoping=False, max_msg_size=0)
            await socket.prepare(request)
            await talk(socket)
            return socket

        self.handler = handler

    def sends(self, *pieces: bytes, status: int = 200, headers: dict[str, str] | None = None, hold: asyncio.Event | None = None) -> None:
        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(status=status, headers={"Content-Type": "text/event-stream"} | (headers or {}))
            await response.prepare(request)
            for piece in pieces:
                await response.write(piece)
                await asyncio.sleep(0)
            if hold is not None:
                await hold.wait()
            return response

        self.handler = handler

    def url(self, scheme: str = "ws") -> str:
        return f"{scheme}://127.0.0.1:{self.server.port}/stream"


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", place.handle)
    place.server = TestServer(app)
    await place.server.start_server(shutdown_timeout=0.1)
    yield place
    await place.server.close()


@pytest.fixture
async def http(place: Place) -> AsyncIterator[Fetcher]:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        yield http


async def test_a_websocket_brings_messages_and_carries_ours(place: Place, http: Fetcher) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        asked = await socket.receive_str()
        await socket.send_str(f"bạn hỏi {asked}")
        await socket.send_bytes(b"\x00\x01")
        await socket.receive()

    place.says(talk)
    async with http.websocket(place.url(), headers={"Authorization": "Bearer x"}, source="s") as socket:
        await socket.send("tag:acme")
        assert await socket.receive(5) == "bạn hỏi tag:acme"
        assert await socket.receive(5) == b"\x00\x01"


async def test_nothing_heard_is_none_while_the_place_answers_pings(place: Place, http: Fetcher) -> None:
    pinged = 0

    async def talk(socket: web.WebSocketResponse) -> None:
        nonlocal pinged
        async for message in socket:
            if message.type is aiohttp.WSMsgType.PING:
                pinged += 1
                await socket.pong(message.data)
                if pinged == 2:
                    await socket.send_str("at last")

    place.says(talk)
    async with http.websocket(place.url()) as socket:
        assert await socket.receive(0.01) is None
        assert await socket.receive(0.01) is None
        assert await socket.receive(5) == "at last"


async def test_a_place_that_answers_no_ping_is_gone(place: Place, http: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "PONG_S", 0.05)
    gone = asyncio.Event()

    async def talk(socket: web.WebSocketResponse) -> None:
        await gone.wait()

    place.says(talk)
    async with http.websocket(place.url(), source="s") as socket:
        with pytest.raises(SourceUnavailable, match="ping"):
            await socket.receive(0.01)
        gone.set()


async def test_a_ping_of_the_place_is_answered(place: Place, http: Fetcher) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.ping(b"there?")
        message = await socket.receive()
        await socket.send_str(f"{message.type.name} {message.data.decode()}")

    place.says(talk)
    async with http.websocket(place.url()) as socket:
        assert await socket.receive(5) == "PONG there?"


async def test_a_closed_websocket_is_unavailable(place: Place, http: Fetcher) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.close(code=1012)

    place.says(talk)
    async with http.websocket(place.url(), source="s") as socket:
        assert socket.close_code is None
        with pytest.raises(SourceUnavailable, match="1012"):
            await socket.receive(5)
        assert socket.close_code == 1012


async def test_it_can_leave_with_a_code_that_a_protocol_gives_a_meaning(place: Place, http: Fetcher) -> None:
    heard: list[int | None] = []
    left = asyncio.Event()

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.receive()
        heard.append(socket.close_code)
        left.set()

    place.says(talk)
    async with http.websocket(place.url(), source="s") as socket:
        await socket.aclose(4000)
    await asyncio.wait_for(left.wait(), 5)
    assert heard == [4000]


async def test_a_websocket_that_breaks_is_unavailable(place: Place, http: Fetcher) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return socket

    place.handler = handler
    async with http.websocket(place.url(), source="s") as socket:
        with pytest.raises(SourceUnavailable):
            await socket.receive(5)


async def test_a_message_too_large_is_unreadable(place: Place, http: Fetcher) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_str("x" * 1_999_999)
        await socket.send_str("x" * 2_000_001)
        await socket.receive()

    place.says(talk)
    async with http.websocket(place.url(), source="s") as socket:
        heard = await socket.receive(5)
        assert heard is not None
        assert len(heard) == 1_999_999
        with pytest.raises(SourceUnreadable, match="2,000,000"):
            await socket.receive(5)


async def test_a_bomb_on_a_websocket_is_never_unpacked(place: Place, http: Fetcher) -> None:
    offered: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        offered.append(request.headers.get("Sec-WebSocket-Extensions"))
        socket = web.WebSocketResponse(compress=True)
        await socket.prepare(request)
        await socket.send_str("x" * 1000, compress=15)  # packed though we never said we could read that
        await socket.receive()
        return socket

    place.handler = handler
    async with http.websocket(place.url(), source="s") as socket:
        with pytest.raises(SourceUnreadable):
            await socket.receive(5)
    assert offered == [None]


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, SourceRejected), (403, SourceRejected), (410, SourceRejected), (404, SourceUnavailable), (503, SourceUnavailable)],
)
async def test_the_status_of_a_handshake_says_what_to_do(place: Place, http: Fetcher, status: int, error: type[Exception]) -> None:
    place.sends(status=status)
    with pytest.raises(error, match=str(status)):
        async with http.websocket(place.url(), source="s"):
            pass
    with pytest.raises(error, match=str(status)):
        async with http.lines(place.url("http"), source="s"):
            pass


async def test_a_handshake_tells_how_long_to_wait_and_a_page_is_no_websocket(place: Place, http: Fetcher) -> None:
    place.sends(status=429, headers={"Retry-After": "77"})
    with pytest.raises(SourceUnavailable) as caught:
        async with http.websocket(place.url()):
            pass
    assert caught.value.retry_after_s == 77.0
    place.sends(b"hello")
    with pytest.raises(SourceUnavailable, match="websocket"):
        async with http.websocket(place.url()):
            pass


async def test_no_handshake_is_redirected(place: Place, http: Fetcher) -> None:
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": f"http://localhost:{place.server.port}/inside"})

    place.handler = handler
    with pytest.raises(SourceUnavailable, match="302"):
        async with http.websocket(place.url()):
            pass
    assert asked == ["/stream"]


@pytest.mark.parametrize(
    "url", ["ws://10.0.0.1/", "wss://169.254.169.254/", "ws://[::1]/", "http://a.example/", "", "wss://user@127.0.0.1/"]
)
async def test_a_websocket_goes_nowhere_that_is_forbidden(http: Fetcher, url: str) -> None:
    with pytest.raises(AddressRefused):
        async with http.websocket(url):
            pass


async def test_lines_come_as_they_are_sent_whatever_ends_them(place: Place, http: Fetcher) -> None:
    hold = asyncio.Event()
    place.sends(
        "\ufeffdata: m".encode(), "ột\r".encode(), b"\ndata: hai\r\r", b"\n: thump\n", b"data: \xe1\xbb", b"\x91n\n", b"rest", hold=hold
    )
    async with http.lines(place.url("http")) as lines:
        heard = [await lines.next_line(5) for _ in range(5)]
        assert heard == ["data: một", "data: hai", "", ": thump", "data: ốn"]
        assert await lines.next_line(0.01) is None
        hold.set()
        with pytest.raises(SourceUnavailable, match="ended"):
            await lines.next_line(5)


async def test_a_line_without_end_is_unreadable(place: Place, http: Fetcher) -> None:
    place.sends(*[b"x" * 65_536] * 40)
    async with http.lines(place.url("http")) as lines:
        with pytest.raises(SourceUnreadable, match="2,000,000"):
            await lines.next_line(5)


async def test_packed_lines_are_not_taken(place: Place, http: Fetcher) -> None:
    place.sends(b"x", headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceUnavailable):
        async with http.lines(place.url("http")):
            pass


async def test_lines_follow_a_redirect_and_each_hop_is_judged(place: Place, http: Fetcher) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/stream":
            return web.Response(status=307, headers={"Location": "/there"})
        return (
            web.Response(text="data: x\n")
            if request.path == "/there"
            else web.Response(status=302, headers={"Location": "http://10.0.0.1/"})
        )

    place.handler = handler
    async with http.lines(place.url("http")) as lines:
        assert await lines.next_line(5) == "data: x"
    with pytest.raises(AddressRefused):
        async with http.lines(place.url("http") + "/away"):
            pass
