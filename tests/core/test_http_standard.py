"""F1 to F5 and F9: what a fetch may cost, where it may go, how it treats its hosts. Each test bears the number of its rule."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import socket
import tracemalloc
import zlib
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from core.addresses import refusal
from core.answers import MAX_RETRY_AFTER_S
from core.errors import AddressRefused, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, FetchFailed, Limits
from core.manners import FAILURES, FIRST_PAUSE, LONGEST_PAUSE
from tests.core.site import NOW, SMALL, Names, Site, fetcher

MEGABYTE = 1_000_000


# F1: total 30 s, connect 5 s, 10 s between two pieces


def test_f1_thirty_seconds_in_all_five_to_connect_ten_between_pieces() -> None:
    assert (Limits().total_s, Limits().connect_s, Limits().read_s) == (30.0, 5.0, 10.0)


async def test_f1_a_server_that_drips_is_left_when_the_time_is_over(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)  # never long enough for the limit between pieces

    site.answer = drip
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed, match="no whole answer in time") as caught:
            await http.fetch(site.url())
    assert caught.value.ambiguous


async def test_f1_a_server_that_says_nothing_is_left(site: Site) -> None:
    free = asyncio.Event()

    async def silence(_: web.Request) -> web.Response:
        await free.wait()
        return web.Response()

    site.answer = silence
    async with fetcher(site, limits=Limits(total_s=60, connect_s=0.3, read_s=0.1)) as http:
        with pytest.raises(FetchFailed, match="in time") as caught:
            await http.fetch(site.url())
    free.set()
    assert caught.value.ambiguous


async def test_f1_a_name_server_that_hangs_is_left() -> None:
    class Hanging(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
            await asyncio.Event().wait()
            raise AssertionError

        async def close(self) -> None:
            """Nothing is held."""

    async with Fetcher(now=lambda: NOW, limits=Limits(connect_s=0.1), resolver=Hanging()) as http:
        with pytest.raises(FetchFailed, match="no connection in time") as caught:
            await http.fetch("http://slow.example/")
    assert not caught.value.ambiguous


async def test_f1_redirects_share_the_time(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.15)
        return web.Response(status=302, headers={"Location": f"/{int(request.path[1:]) + 1}"})

    site.answer = slow
    async with fetcher(site, limits=Limits(total_s=0.4)) as http:
        with pytest.raises(FetchFailed, match="in time"):
            await http.fetch(site.url("/0"))
    assert len(site.asked) == 3


# F2: 5 MB on the wire, 10 MB unpacked, no more than 100 times its size once it is beyond 1 MB


def test_f2_five_megabytes_on_the_wire_ten_unpacked_a_hundredfold_after_one() -> None:
    limits = Limits()
    assert (limits.wire_bytes, limits.decoded_bytes) == (5 * MEGABYTE, 10 * MEGABYTE)
    assert (limits.ratio, limits.ratio_after_bytes) == (100, MEGABYTE)


async def test_f2_a_bomb_of_a_gigabyte_costs_next_to_nothing(site: Site) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    megabyte = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    site.answer = lambda _: web.Response(body=megabyte * 1024, headers={"Content-Encoding": "deflate"})
    async with fetcher(site, limits=Limits()) as http:
        tracemalloc.start()
        with pytest.raises(SourceUnreadable, match="unpack"):
            await http.fetch(site.url())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE  # what may be unpacked at most, and the server's own megabyte


async def test_f2_a_hundredfold_is_too_much_beyond_a_megabyte(site: Site) -> None:
    async with fetcher(site, limits=Limits()) as http:
        site.answer = lambda _: web.Response(body=gzip.compress(bytes(MEGABYTE)), headers={"Content-Encoding": "gzip"})
        assert len((await http.fetch(site.url())).body) == MEGABYTE
        site.answer = lambda _: web.Response(body=gzip.compress(bytes(MEGABYTE + 1)), headers={"Content-Encoding": "gzip"})
        with pytest.raises(SourceUnreadable, match="100 times"):
            await http.fetch(site.url())


@pytest.mark.parametrize("announced", [True, False])
async def test_f2_more_than_five_megabytes_are_not_taken(site: Site, announced: bool) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(5 * MEGABYTE + 1)} if announced else {})
        await response.prepare(request)
        for _ in range(51):
            await response.write(bytes(100_000))
        return response

    site.answer = large
    async with fetcher(site, limits=Limits()) as http:
        with pytest.raises(SourceUnreadable, match="larger than 5,000,000 bytes"):
            await http.fetch(site.url())
    site.answer = lambda _: web.Response(body=bytes(5 * MEGABYTE))
    async with fetcher(site, limits=Limits()) as http:
        assert len((await http.fetch(site.url())).body) == 5 * MEGABYTE


async def test_f2_more_than_ten_megabytes_unpacked_are_not_kept(site: Site) -> None:
    body = b"".join(os.urandom(300) + bytes(700) for _ in range(10_001))
    site.answer = lambda _: web.Response(body=gzip.compress(body, 1), headers={"Content-Encoding": "gzip"})
    async with fetcher(site, limits=Limits()) as http:
        with pytest.raises(SourceUnreadable, match="10,000,000 bytes unpacked"):
            await http.fetch(site.url())


# F3: at most five redirects, http and https alone, credentials stay with their host, every hop is judged


async def test_f3_five_redirects_are_followed_and_no_sixth(site: Site) -> None:
    site.answer = lambda r: (
        web.Response(text="here") if r.path == "/end" else web.Response(status=302, headers={"Location": f"/{r.path[1:-1] or 'end'}"})
    )
    assert Limits().redirects == 5
    async with fetcher(site) as http:
        answer = await http.fetch(site.url("/xxxxx"))
        assert (answer.body, answer.url, len(site.asked)) == (b"here", site.url("/end"), 6)
        with pytest.raises(SourceUnavailable, match="more than 5 times"):
            await http.fetch(site.url("/xxxxxx"))
    site.answer = lambda _: web.Response(status=301, headers={"Location": "/again"})
    async with fetcher(site) as http:
        with pytest.raises(SourceUnavailable, match="more than 5 times"):
            await http.fetch(site.url())


async def test_f3_every_hop_is_judged(site: Site) -> None:
    site.answer = lambda r: web.Response(status=307, headers={"Location": "/b" if r.path == "/a" else "http://169.254.169.254/latest/"})
    async with fetcher(site) as http:
        with pytest.raises(AddressRefused, match="169.254"):
            await http.fetch(site.url("/a"))
    assert [request.path for request in site.asked] == ["/a", "/b"]


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
async def test_f3_a_redirect_to_a_forbidden_place_is_refused(site: Site, target: str) -> None:
    site.answer = lambda _: web.Response(status=302, headers={"Location": target})
    async with fetcher(site) as http:
        with pytest.raises(AddressRefused):
            await http.fetch(site.url())


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
async def test_f3_only_web_addresses_are_asked(url: str) -> None:
    async with fetcher() as http:
        with pytest.raises(AddressRefused):
            await http.fetch(url)


async def test_f3_credentials_stay_with_their_host(site: Site) -> None:
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


async def test_f3_what_we_send_is_never_carried_to_another_host(site: Site) -> None:
    site.answer = lambda _: web.Response(status=307, headers={"Location": "http://elsewhere.example/"})
    async with fetcher(site) as http:
        with pytest.raises(SourceUnavailable, match="another host"):
            await http.fetch(site.url(), method="POST", body=b"secret")
    site.answer = lambda r: web.Response(text=r.method) if r.path == "/end" else web.Response(status=303, headers={"Location": "/end"})
    async with fetcher(site) as http:
        assert (await http.fetch(site.url(), method="POST", body=b"x")).body == b"GET"


# F4: no private address by any spelling, name, redirect or tunnel; judged at the socket


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


def test_f4_the_table_holds_forty_addresses() -> None:
    assert len(set(HOSTILE)) >= 40


@pytest.mark.parametrize("host", HOSTILE)
async def test_f4_no_spelling_of_a_private_address_is_connected_to(site: Site, host: str) -> None:
    at = host if ":99999" in host or host.startswith(("[broken", "a:")) else f"{host}:{site.server.port}" if "#" not in host else host
    async with fetcher(allow=["forum.test:80"]) as http:
        with pytest.raises(AddressRefused):
            await http.fetch(f"http://{at}/")
    assert site.asked == []


@pytest.mark.parametrize(
    "address",
    ["::ffff:10.0.0.1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:808:808::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.88.99.1"],
)
def test_f4_mapped_nat64_6to4_and_teredo_are_seen_through(address: str) -> None:
    assert refusal(address) is not None


async def test_f4_a_name_that_rebinds_is_refused_at_the_socket(site: Site) -> None:
    names = Names(evil_test=[["169.254.169.254"], ["127.0.0.1"]], both_test=[["127.0.0.1", "::1", "10.0.0.1"]])
    async with fetcher(names=names) as http:
        for host in ("evil.test", "evil.test", "both.test"):
            with pytest.raises(AddressRefused):
                await http.fetch(f"http://{host}:{site.server.port}/")
    assert site.asked == []


async def test_f4_a_name_that_rebinds_after_a_good_answer_is_refused_too(site: Site) -> None:
    """A public address first, then a metadata service: each new connection is judged by the address really connected to."""
    names = Names(turns_test=[["127.0.0.1"], ["169.254.169.254"]])
    async with fetcher(allow=[f"turns.test:{site.server.port}"], names=names) as http:
        assert (await http.fetch(f"http://turns.test:{site.server.port}/")).status == 200
    async with fetcher(allow=[f"turns.test:{site.server.port}"], names=names) as http:
        with pytest.raises(AddressRefused, match="no address for an allowed name"):
            await http.fetch(f"http://turns.test:{site.server.port}/")


async def test_f4_an_exemption_is_bound_to_the_host_that_was_asked_for(site: Site) -> None:
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


async def test_f4_the_environment_names_no_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with fetcher(site) as http:
        assert (await http.fetch(site.url())).status == 200


# F5: what a place asks for is done, few ask at once, a dead host is left alone, validators are always handed back


async def test_f5_an_answer_carries_its_validators_and_they_are_handed_back(site: Site) -> None:
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


@pytest.mark.parametrize(("status", "asked", "waits"), [(429, "90", 90.0), (503, "90", 90.0), (429, "999999", MAX_RETRY_AFTER_S)])
async def test_f5_a_time_to_wait_is_read_up_to_six_hours(site: Site, status: int, asked: str, waits: float) -> None:
    assert MAX_RETRY_AFTER_S == 6 * 3600
    site.answer = lambda _: web.Response(status=status, headers={"Retry-After": asked})
    async with fetcher(site) as http:
        answer = await http.fetch(site.url())
    assert (answer.status, answer.retry_after_s) == (status, waits)


async def test_f5_at_most_two_fetches_run_for_one_host(site: Site) -> None:
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


class Clock:
    """Time under a test's hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, time: timedelta) -> None:
        self.at += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_f5_a_host_that_fails_five_times_is_left_alone_and_tried_again_by_one(site: Site, clock: Clock) -> None:
    site.answer = lambda _: web.Response(status=500)
    async with Fetcher(now=clock.now, allow=[site.pair], limits=SMALL) as http:
        for _ in range(FAILURES):
            assert (await http.fetch(site.url())).status == 500
        with pytest.raises(FetchFailed, match="left alone") as caught:
            await http.fetch(site.url("/another-feed"))
        assert (caught.value.retry_after_s, caught.value.ambiguous) == (FIRST_PAUSE.total_seconds(), False)
        assert len(site.asked) == FAILURES == 5
        clock.forward(FIRST_PAUSE)
        found = await asyncio.gather(*(http.fetch(site.url(f"/{n}")) for n in range(10)), return_exceptions=True)
        assert sum(isinstance(answer, FetchFailed) for answer in found) == 9
        assert len(site.asked) == FAILURES + 1  # one asks for all; it failed, so the pause doubles
        clock.forward(FIRST_PAUSE)
        with pytest.raises(FetchFailed):
            await http.fetch(site.url())
        clock.forward(FIRST_PAUSE)
        site.answer = lambda _: web.Response(text="well again")
        for _ in range(3):
            assert (await http.fetch(site.url())).status == 200


async def test_f5_three_hundred_feeds_of_a_dead_host_do_not_each_wait(clock: Clock) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        pair = f"127.0.0.1:{held.getsockname()[1]}"
        async with Fetcher(now=clock.now, allow=[pair], limits=SMALL) as http:
            found = await asyncio.gather(
                *(http.fetch(f"http://{pair}/{n}", source=f"feed-{n}") for n in range(300)), return_exceptions=True
            )
    asked = [error for error in found if isinstance(error, FetchFailed) and error.retry_after_s is None]
    assert all(isinstance(error, FetchFailed) for error in found)
    assert FAILURES <= len(asked) <= FAILURES + SMALL.per_host


async def test_f5_a_failure_between_good_answers_opens_nothing(site: Site, clock: Clock) -> None:
    def answer(status: int, _: web.Request) -> web.Response:
        return web.Response(status=status)

    async with Fetcher(now=clock.now, allow=[site.pair], limits=SMALL) as http:
        for turn in range(4 * FAILURES):
            status = 500 if turn % 4 else 404
            site.answer = partial(answer, status)
            await http.fetch(site.url())
    assert len(site.asked) == 4 * FAILURES


async def test_f5_an_alert_on_its_way_is_sent_all_the_same(site: Site, clock: Clock) -> None:
    site.answer = lambda _: web.Response(status=503)
    async with Fetcher(now=clock.now, allow=[site.pair], limits=SMALL) as http:
        for _ in range(FAILURES):
            await http.fetch(site.url())
        site.answer = lambda _: web.Response(text="taken")
        assert (await http.fetch(site.url(), method="POST", body=b"page", urgent=True)).status == 200
        assert (await http.fetch(site.url())).status == 200  # and its answer says that the host is well


async def test_f5_the_pause_ends_at_a_quarter_of_an_hour_and_a_clock_set_back_ends_it(site: Site, clock: Clock) -> None:
    site.answer = lambda _: web.Response(status=502)
    async with Fetcher(now=clock.now, allow=[site.pair], limits=SMALL) as http:
        for _ in range(FAILURES + 10):
            await http.fetch(site.url())
            clock.forward(LONGEST_PAUSE)
        clock.forward(-LONGEST_PAUSE)
        with pytest.raises(FetchFailed) as caught:
            await http.fetch(site.url())
        assert caught.value.retry_after_s == LONGEST_PAUSE.total_seconds() == 900
        clock.forward(timedelta(hours=-2))
        assert (await http.fetch(site.url())).status == 502


# F9: a client that a hostile server cannot block


def test_f9_aiohttp_is_one_that_a_hostile_server_cannot_block() -> None:
    installed = tuple(int(part) for part in re.findall(r"\d+", version("aiohttp"))[:3])
    assert installed >= (3, 14, 4)
    assert '"aiohttp>=3.14.4"' in (Path(__file__).parents[2] / "pyproject.toml").read_text()
