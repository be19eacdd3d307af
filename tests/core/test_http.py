"""The guarded session against real local servers."""

from __future__ import annotations

import gzip
import socket

import pytest
from aiohttp import web

from core.errors import AddressRefused
from core.hops import guarded_socket
from core.http import FetchFailed
from tests.core.site import Names, Site, fetcher


async def test_a_packed_answer_is_unpacked(site: Site) -> None:
    site.answer = lambda _: web.Response(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    async with fetcher(site) as http:
        assert (await http.fetch(site.url())).body == b"hello"


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


async def test_no_secret_stands_in_an_error(site: Site) -> None:
    site.answer = lambda r: r.transport.close() or web.Response()
    async with fetcher(site) as http:
        with pytest.raises(FetchFailed) as caught:
            await http.fetch(f"http://lan:hunter2@{site.pair}/feed?token=hunter2")
        with pytest.raises(AddressRefused) as refused:
            await http.fetch("http://lan:hunter2@10.0.0.1/feed?token=hunter2")
    assert "hunter2" not in str(caught.value) + str(refused.value)
    assert f"http://{site.pair}/feed" in str(caught.value)


async def test_a_socket_that_no_request_asked_for_is_refused() -> None:
    with pytest.raises(PermissionError, match="no request"):
        guarded_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80)))
    http = fetcher()
    async with http:
        pass
    with pytest.raises(RuntimeError):
        await http.fetch("http://1.1.1.1/")
