"""Requests of collectors against a real local server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener.base import ask, ask_json

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Api:
    """An API whose answer a test writes; keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[], web.Response] = lambda: web.json_response({"xin": "chào"})
        self.asked: list[tuple[web.Request, bytes]] = []
        self.http: Fetcher
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request, await request.read()))
        return self.answer()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(app) as server, Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{server.port}"]) as api.http:
        api.url = str(server.make_url("/v1/posts"))
        yield api


async def test_json_comes_back_decoded_beside_its_answer(api: Api) -> None:
    found, answer = await ask_json(api.http, api.url, source="s")
    assert (found, answer.status) == ({"xin": "chào"}, 200)
    assert api.asked[0][0].headers["Accept"] == "application/json"


async def test_parameters_join_the_address(api: Api) -> None:
    await ask_json(
        api.http, api.url + "?v=1", source="s", params={"q": "sữa chua & Acme", "n": 5, "new": True, "none": None, "id": ["a", "b"]}
    )
    assert list(api.asked[0][0].query.items()) == [
        ("v", "1"),
        ("q", "sữa chua & Acme"),
        ("n", "5"),
        ("new", "true"),
        ("id", "a"),
        ("id", "b"),
    ]


async def test_a_body_is_json_or_a_form(api: Api) -> None:
    await ask_json(api.http, api.url, source="s", method="POST", json={"a": ["ổ"]}, headers={"Authorization": "Bearer x"})
    await ask_json(api.http, api.url, source="s", method="POST", form={"grant_type": "client_credentials", "scope": "đọc"})
    (first, sent), (second, form) = api.asked
    assert (first.method, first.content_type, first.headers["Authorization"]) == ("POST", "application/json", "Bearer x")
    assert json.loads(sent) == {"a": ["ổ"]}
    assert (second.content_type, form) == ("application/x-www-form-urlencoded", b"grant_type=client_credentials&scope=%C4%91%E1%BB%8Dc")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000, b'"\xff"'])
async def test_what_is_not_json_is_unreadable(api: Api, body: bytes) -> None:
    api.answer = lambda: web.Response(body=body)
    with pytest.raises(SourceUnreadable, match="JSON"):
        await ask_json(api.http, api.url, source="s")


async def test_a_byte_order_mark_is_no_trouble_and_no_content_is_none(api: Api) -> None:
    api.answer = lambda: web.Response(body=b"\xef\xbb\xbf[1]")
    assert (await ask_json(api.http, api.url, source="s"))[0] == [1]
    api.answer = lambda: web.Response(status=204)
    assert (await ask_json(api.http, api.url, source="s"))[0] is None


@pytest.mark.parametrize(
    ("status", "error"), [(401, SourceRejected), (403, SourceRejected), (400, SourceUnavailable), (500, SourceUnavailable)]
)
async def test_a_status_is_an_error_before_its_body_is_looked_at(api: Api, status: int, error: type[Exception]) -> None:
    api.answer = lambda: web.Response(status=status, text="<html>")
    for judged in ((), (400, 401, 403, 500)):
        with pytest.raises(error, match=str(status)):
            await ask_json(api.http, api.url, source="s", judged=judged)


async def test_a_refusal_told_in_json_is_left_to_the_kind_that_asks_for_it(api: Api) -> None:
    api.answer = lambda: web.json_response({"error": {"code": 190}}, status=400)
    found, answer = await ask_json(api.http, api.url, source="s", judged=(400,))
    assert (found["error"]["code"], answer.status) == (190, 400)
    with pytest.raises(SourceUnavailable):
        await ask_json(api.http, api.url, source="s")


async def test_a_forbidden_address_may_come_back(api: Api) -> None:
    for asking in (ask(api.http, "http://10.0.0.1/", source="s"), ask_json(api.http, "http://10.0.0.1/", source="s")):
        with pytest.raises(SourceUnavailable, match="allow_private_hosts"):
            await asking
