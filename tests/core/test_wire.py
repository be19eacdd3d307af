"""What goes over the wire, against servers that behave oddly."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from core.errors import SourceUnavailable, SourceUnreadable
from core.http import Fetcher, FetchFailed
from tests.core.site import NOW, SMALL, Site, fetcher

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(talk: Talk) -> AsyncIterator[tuple[Fetcher, str]]:
    """A server that says what a test wants, byte for byte; and a fetcher that may ask it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{port}"], limits=SMALL) as http:
        yield http, f"http://127.0.0.1:{port}/feed?q=%C4%91"


async def request(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def test_a_request_is_written_as_http_asks() -> None:
    heard = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await request(reader))
        heard.append(await reader.readexactly(5))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok")

    async with speaking(talk) as (http, url):
        answer = await http.fetch(url.replace("//", "//lan:m%E1%BA%ADt@"), method="POST", body=b"xin\xc3\xa0", headers={"X-Key": "khóa"})
    head = heard[0].decode()
    assert head.startswith("POST /feed?q=%C4%91 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert "\r\nx-key: khóa\r\nauthorization: Basic bGFuOm3huq10\r\ncontent-length: 5\r\n" in head
    assert (answer.body, answer.headers["x-a"]) == (b"ok", "1, 2")


async def test_a_kept_connection_that_was_closed_meanwhile_is_tried_once_more() -> None:
    asked = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await request(reader)  # the second request of the connection meets a closed door

    async with speaking(talk) as (http, url):
        assert (await http.fetch(url)).body == b"ok"
        assert (await http.fetch(url)).body == b"ok"
        with pytest.raises(FetchFailed, match="the connection broke") as caught:
            await http.fetch(url, method="POST", body=b"x")
    assert len(asked) == 2
    assert caught.value.ambiguous


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "cut short"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n", "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP|cut short"),
        (b"", "the connection broke"),
    ],
)
async def test_what_is_not_http_is_unavailable(said: bytes, says: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(said)

    async with speaking(talk) as (http, url):
        with pytest.raises(SourceUnavailable, match=says):
            await http.fetch(url)


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<rss/>")

    async with speaking(talk) as (http, url):
        assert (await http.fetch(url)).body == b"<rss/>"


@pytest.mark.parametrize("status", [101, 204, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 %d Fine\r\n\r\n" % status)
        await request(reader)

    async with speaking(talk) as (http, url):
        answer = await http.fetch(url)
        assert (answer.status, answer.body) == (status, b"")


async def test_head_has_no_body_whatever_its_length_says(site: Site) -> None:
    site.answer = lambda _: web.Response(body=b"12345")
    async with fetcher(site) as http:
        answer = await http.fetch(site.url(), method="HEAD")
        assert (answer.body, answer.headers["content-length"]) == (b"", "5")
        assert (await http.fetch(site.url())).body == b"12345"


@pytest.mark.parametrize("value", ["token\n", "a\r\nX-Evil: 1", "a\rb", "a\0b"])
async def test_a_header_with_a_line_break_is_never_sent(site: Site, value: str) -> None:
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed, match="line break") as caught:
            await http.fetch(site.url(), headers={"authorization": value})
    assert (site.asked, caught.value.ambiguous) == ([], False)
    assert value not in str(caught.value)


async def test_a_packing_that_we_do_not_read_is_unreadable(site: Site) -> None:
    site.answer = lambda _: web.Response(body=b"x", headers={"Content-Encoding": "br"})
    async with fetcher(site) as http:
        with pytest.raises(SourceUnreadable, match="did not ask for"):
            await http.fetch(site.url())


async def test_a_fetch_that_is_given_up_leaves_no_connection_behind(site: Site) -> None:
    free, asked = asyncio.Event(), asyncio.Event()

    async def hold(_: web.Request) -> web.Response:
        asked.set()
        await free.wait()
        return web.Response()

    site.answer = hold
    async with fetcher(site) as http:
        fetching = asyncio.ensure_future(http.fetch(site.url()))
        await asked.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        free.set()
        site.answer = lambda _: web.Response(text="ok")
        assert (await http.fetch(site.url())).body == b"ok"


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{port}"], limits=SMALL) as http:
        with warnings.catch_warnings(), pytest.raises(FetchFailed, match="certificate is not valid") as caught:
            await http.fetch(f"https://127.0.0.1:{port}/")
    assert not caught.value.ambiguous


async def test_a_long_poll_may_stay_silent_for_as_long_as_it_was_told_and_holds_up_nobody() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await request(reader)
        if b"x-slow" in head:
            await asyncio.sleep(2 * SMALL.read_s)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with speaking(talk) as (http, url):
        slow = [asyncio.create_task(http.fetch(url, headers={"x-slow": "1"}, patience_s=5)) for _ in range(SMALL.per_host)]
        await asyncio.sleep(0)
        assert (await http.fetch(url)).body == b"ok"
        assert not any(task.done() for task in slow)
        assert [answer.body for answer in await asyncio.gather(*slow)] == [b"ok"] * SMALL.per_host
        with pytest.raises(FetchFailed):
            await http.fetch(url, headers={"x-slow": "1"})
