"""Libraries that open their own sockets, judged as they connect."""

from __future__ import annotations

import asyncio
import socket
import urllib.error
import urllib.request

import pytest
from aiohttp import web

from core.addresses import allowed_pairs
from core.guard import guarded_sockets
from tests.core.site import Site


def ask(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


async def test_a_library_connects_to_an_allowed_pair_and_to_nothing_else_inside(site: Site) -> None:
    with guarded_sockets(allowed_pairs([site.pair])) as guard:
        assert await asyncio.to_thread(ask, site.url()) == 200
        assert guard.refused is None
    for allow in ((), ["127.0.0.1:1"], [f"169.254.169.254:{site.server.port}"]):
        with guarded_sockets(allowed_pairs(allow)) as guard, pytest.raises(urllib.error.URLError):
            await asyncio.to_thread(ask, site.url())
        assert guard.refused == "127.0.0.1 is not a public address"
    assert len(site.asked) == 1


async def test_an_allowed_name_exempts_what_it_leads_to(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded_sockets(allowed_pairs([f"localhost:{site.server.port}"])):
        assert await asyncio.to_thread(ask, f"http://localhost:{site.server.port}/") == 200


async def test_a_redirect_inside_is_refused(site: Site) -> None:
    site.answer = lambda _: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/"})
    with guarded_sockets(allowed_pairs([site.pair])) as guard, pytest.raises(urllib.error.URLError):
        await asyncio.to_thread(ask, site.url())
    assert guard.refused == "169.254.169.254 is not a public address"


def test_a_name_handed_to_a_socket_is_looked_up_and_a_datagram_is_judged_too() -> None:
    with guarded_sockets(frozenset()), socket.socket() as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        with pytest.raises(PermissionError):
            one.connect(("localhost", 9))
        with pytest.raises(PermissionError):
            other.sendto(b"x", ("10.0.0.1", 514))
        with pytest.raises(OSError):
            one.connect(("no-such-name.invalid", 9))
    with guarded_sockets(allowed_pairs(["localhost:9", "other.lan:9"])) as guard, socket.socket() as one:
        with pytest.raises(ConnectionRefusedError):
            one.connect(("localhost", 9))
        assert guard.refused is None


async def test_outside_nothing_is_judged(site: Site) -> None:
    with guarded_sockets(frozenset()):
        pass
    assert await asyncio.to_thread(ask, site.url()) == 200
