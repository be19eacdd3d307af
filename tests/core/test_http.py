"""The guarded session against real local servers."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from core.errors import AddressRefused, SourceUnavailable, SourceUnreadable
from core.hops import guarded_socket
from core.http import Fetcher, FetchFailed, Limits

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


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    site.server = TestServer(app)
    await site.server.start_server()
    yield site
    await site.server.close()


def fetcher(site: Site | None = None, limits: Limits = SMALL, names: Names | None = None, allow: list[str] | None = None) -> Fetcher:
    return Fetcher(now=lambda: NOW, allow=allow if allow is not None else [site.pair] if site else [], limits=limits, resolver=names)


async def test_an_answer_carries_its_validators_and_they_are_handed_back(site: Site) -> None:
    def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"' and request.headers.get("If-Modified-Since") == "Sat, 21 Nov 2026 03:00:00 GMT":
            return web.Response(status=304)
        return web.Response(body=b"<rss/>", headers={"ETag": '"v1"', "Last-Modified": "Sat, 21 Nov 2026 03:00:00 GMT"})

    site.answer = answer
    async with fetcher(site) as http:
        first = await http.fetch(site.url())
        again = await http.fetch(site.url(), etag=first.etag, modified=first.modified)
    assert (first.status, first.body, first.not_modified) == (200, b"<rss/>", False)
    assert again.not_modified
    assert "Tocsin" in site.asked[0].headers["User-Agent"]


async def test_a_packed_answer_is_unpacked(site: Site) -> None:
    site.answer = lambda _: web.Response(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    async with fetcher(site) as http:
        assert (await http.fetch(site.url())).body == b"hello"


async def test_a_bomb_is_refused(site: Site) -> None:
    site.answer = lambda _: web.Response(body=gzip.compress(bytes(9_000_000)), headers={"Content-Encoding": "gzip"})
    async with fetcher(site) as http:
        with pytest.raises(SourceUnreadable):
            await http.fetch(site.url())


async def test_a_body_too_large_is_refused(site: Site) -> None:
    site.answer = lambda _: web.Response(body=bytes(20_001))
    async with fetcher(site) as http:
        with pytest.raises(SourceUnreadable, match="20,000"):
            await http.fetch(site.url())


async def test_a_server_that_drips_is_left(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    site.answer = drip
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed, match="in time") as caught:
            await http.fetch(site.url())
    assert caught.value.ambiguous


async def test_a_server_that_says_nothing_is_left(site: Site) -> None:
    async def silence(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    site.answer = silence
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed, match="in time"):
            await http.fetch(site.url())


async def test_a_closed_port_and_an_unknown_name_are_unavailable() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        pair = f"127.0.0.1:{held.getsockname()[1]}"
        async with fetcher(allow=[pair], names=Names()) as http:
            with pytest.raises(FetchFailed, match="no connection") as caught:
                await http.fetch(f"http://{pair}/")
            assert not caught.value.ambiguous
            with pytest.raises(FetchFailed, match="looked up"):
                await http.fetch("http://nowhere.example/")


async def test_redirects_are_followed_and_end(site: Site) -> None:
    site.answer = lambda r: (
        web.Response(text="here") if r.path == "/3" else web.Response(status=302, headers={"Location": f"/{int(r.path[1:]) + 1}"})
    )
    async with fetcher(site) as http:
        answer = await http.fetch(site.url("/0"))
        assert (answer.body, answer.url) == (b"here", site.url("/3"))
        site.answer = lambda _: web.Response(status=301, headers={"Location": "/again"})
        with pytest.raises(SourceUnavailable, match="5 times"):
            await http.fetch(site.url())


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "http://[broken",
        "ftp://x.example/",
        "javascript:1",
    ],
)
async def test_a_redirect_to_a_forbidden_place_is_refused(site: Site, target: str) -> None:
    site.answer = lambda _: web.Response(status=302, headers={"Location": target})
    async with fetcher(site) as http:
        with pytest.raises(AddressRefused):
            await http.fetch(site.url())


async def test_credentials_stay_with_their_host(site: Site) -> None:
    other = f"http://other.test:{site.server.port}/end"
    site.answer = lambda r: (
        web.Response() if r.path == "/end" else web.Response(status=302, headers={"Location": "/end" if r.path == "/same" else other})
    )
    async with fetcher(allow=[site.pair, f"other.test:{site.server.port}"], names=Names(other_test=[["127.0.0.1"]])) as http:
        for path in ("/same", "/away"):
            answer = await http.fetch(f"http://lan:pw@{site.pair}{path}", headers={"X-Api-Key": "k", "Accept": "text/xml"})
            assert "pw" not in answer.url
    same, away = site.asked[1], site.asked[3]
    assert (same.headers["X-Api-Key"], "Authorization" in same.headers) == ("k", True)
    assert ("X-Api-Key" in away.headers, "Authorization" in away.headers, away.headers["Accept"]) == (False, False, "text/xml")


async def test_what_we_send_is_never_carried_to_another_host(site: Site) -> None:
    site.answer = lambda _: web.Response(status=307, headers={"Location": "http://elsewhere.example/"})
    async with fetcher(site) as http:
        with pytest.raises(SourceUnavailable, match="another host"):
            await http.fetch(site.url(), method="POST", body=b"secret")
    site.answer = lambda r: web.Response(text=r.method) if r.path == "/end" else web.Response(status=303, headers={"Location": "/end"})
    async with fetcher(site) as http:
        assert (await http.fetch(site.url(), method="POST", body=b"x")).body == b"GET"


HOSTILE = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.0.0.1.",
    ),
    *("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.０.０.１", "user@127.0.0.1", "public.test@127.0.0.1", "127.0.0.1#@public.test", "localhost"),
    *(
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
    ),
    *("[2002:7f00:1::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fec0::1]", "[ff02::1]"),
    *(
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "192.88.99.1",
        "224.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
    ),
    *("public.test\\@127.0.0.1", "[broken", "127.0.0.1:99999", "a:b:c"),
]


@pytest.mark.parametrize("host", HOSTILE)
async def test_no_spelling_of_a_private_address_is_connected_to(site: Site, host: str) -> None:
    at = host if ":99999" in host or host.startswith(("[broken", "a:")) else f"{host}:{site.server.port}" if "#" not in host else host
    async with fetcher(allow=["forum.test:80"]) as http:
        with pytest.raises(AddressRefused):
            await http.fetch(f"http://{at}/")
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.example/",
        "gopher://x.example/",
        "data:text/plain,x",
        "//x.example/",
        "x.example",
        "",
        "http://",
        "http:///x",
    ],
)
async def test_only_web_addresses_are_asked(url: str) -> None:
    async with fetcher() as http:
        with pytest.raises(AddressRefused):
            await http.fetch(url)


async def test_a_name_that_rebinds_is_refused_at_the_socket(site: Site) -> None:
    names = Names(evil_test=[["169.254.169.254"], ["127.0.0.1"]], both_test=[["127.0.0.1", "::1", "10.0.0.1"]])
    async with fetcher(names=names) as http:
        for host in ("evil.test", "evil.test", "both.test"):
            with pytest.raises(AddressRefused):
                await http.fetch(f"http://{host}:{site.server.port}/")
    assert site.asked == []


async def test_an_exemption_is_bound_to_the_host_that_was_asked_for(site: Site) -> None:
    port = site.server.port
    names = Names(forum_test=[["127.0.0.1"]], evil_test=[["127.0.0.1"]])
    async with fetcher(allow=[f"forum.test:{port}"], names=names) as http:
        assert (await http.fetch(f"http://forum.test:{port}/")).status == 200
        for url in (f"http://evil.test:{port}/", f"http://127.0.0.1:{port}/"):  # the same socket address, by another name
            with pytest.raises(AddressRefused):
                await http.fetch(url)
        site.answer = lambda _: web.Response(status=302, headers={"Location": f"http://evil.test:{port}/"})
        with pytest.raises(AddressRefused):
            await http.fetch(f"http://forum.test:{port}/")
    assert len(site.asked) == 2


async def test_at_most_two_fetches_run_for_one_host(site: Site) -> None:
    running, most, go = 0, 0, asyncio.Event()

    async def hold(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if most == 2:
            go.set()
        await go.wait()
        await asyncio.sleep(0)
        running -= 1
        return web.Response()

    site.answer = hold
    async with fetcher(site) as http:
        answers = await asyncio.gather(*(http.fetch(site.url(f"/{n}")) for n in range(6)))
    assert [answer.status for answer in answers] == [200] * 6
    assert most == 2


async def test_a_time_to_wait_is_read(site: Site) -> None:
    site.answer = lambda _: web.Response(status=429, headers={"Retry-After": "90"})
    async with fetcher(site) as http:
        answer = await http.fetch(site.url())
    assert (answer.status, answer.retry_after_s) == (429, 90.0)


async def test_no_secret_stands_in_an_error(site: Site) -> None:
    site.answer = lambda r: r.transport.close() or web.Response()
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed) as caught:
            await http.fetch(f"http://lan:hunter2@{site.pair}/feed?token=hunter2")
        with pytest.raises(AddressRefused) as refused:
            await http.fetch("http://lan:hunter2@10.0.0.1/feed?token=hunter2")
    assert "hunter2" not in str(caught.value) + str(refused.value)
    assert f"http://{site.pair}/feed" in str(caught.value)


async def test_the_environment_names_no_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with fetcher(site) as http:
        assert (await http.fetch(site.url())).status == 200


async def test_a_socket_that_no_request_asked_for_is_refused() -> None:
    with pytest.raises(PermissionError, match="no request"):
        guarded_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80)))
    http = fetcher()
    async with http:
        pass
    with pytest.raises(RuntimeError):
        await http.fetch("http://1.1.1.1/")
