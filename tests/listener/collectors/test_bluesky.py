"""Bluesky's accounts and search, by a local server that answers as a PDS and an AppView do. The stream: tests/listener/test_firehose.py."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener.atproto import key_of_record
from listener.base import Page
from listener.collectors.bluesky import Collector, Options
from tests.listener.lexicons import Lexicons

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN = "did:plc:lan23456"


def uri(number: int, collection: str = "app.bsky.feed.post") -> str:
    return f"at://{LAN}/{collection}/3m{number:06d}"


class Network:
    """One server that is everything: resolves handles, is the directory, the account's home, and an AppView with log-in."""

    def __init__(self) -> None:
        self.posts: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        self.asked: list[str] = []
        self.log_ins = 0
        self.token = ""
        self.password = "abcd-efgh-ijkl-mnop"
        self.failing: dict[str, tuple[int, dict[str, Any]]] = {}
        self.home: str | None = None
        self.server: TestServer

    def post(self, number: int, text: str = "acme", **fields: Any) -> None:
        created = f"2026-11-20T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
        self.posts[number] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": created, **fields}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        self.asked.append(name)
        if name in self.failing:
            status, told = self.failing[name]
            return web.json_response(told, status=status)
        if name.startswith("did:"):
            home = self.home or str(request.url.origin())
            return web.json_response(
                {"id": name, "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": home}]}
            )
        kind, _, verb = name.rpartition(".")
        return (
            await getattr(self, re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", f"_{verb}"))(request)
            if kind
            else web.json_response({"error": "MethodNotImplemented"}, status=501)
        )

    async def _resolve_handle(self, request: web.Request) -> web.Response:
        return web.json_response({"did": LAN})

    async def _list_records(self, request: web.Request) -> web.Response:
        before = request.query.get("cursor", "~")
        shown = [] if request.query["collection"].endswith("repost") else sorted(self.posts, reverse=True)
        page = [number for number in shown if uri(number).rpartition("/")[2] < before][: int(request.query["limit"])]
        told: dict[str, Any] = {"records": [{"uri": uri(number), "cid": "bafyreialongcid", "value": self.posts[number]} for number in page]}
        return web.json_response(told | ({"cursor": uri(page[-1]).rpartition("/")[2]} if page else {}), headers=self._limits())

    async def _create_session(self, request: web.Request) -> web.Response:
        self.log_ins += 1
        if (await request.json())["password"] != self.password:
            return web.json_response({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, status=401)
        return self._session()

    async def _refresh_session(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer refresh":
            return web.json_response({"error": "ExpiredToken"}, status=400)
        return self._session()

    def _session(self) -> web.Response:
        self.token = f"access-{len(self.asked)}"
        return web.json_response({"accessJwt": self.token, "refreshJwt": "refresh", "handle": "us.example", "did": LAN})

    def view(self, number: int) -> dict[str, Any]:
        author = {"did": LAN, "handle": "lan.example", "displayName": "Lan"}
        record = self.posts[number]
        counters = {"likeCount": record.get("likes", 0), "replyCount": 1, "repostCount": 2, "quoteCount": 3}
        return {
            "uri": uri(number),
            "cid": "bafyreialongcid",
            "author": author,
            "record": record,
            "indexedAt": record["createdAt"],
        } | counters

    def _stale(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.token}" and self.token:
            return None
        return web.json_response({"error": "ExpiredToken", "message": "Token has expired"}, status=400)

    async def _search_posts(self, request: web.Request) -> web.Response:
        if stale := self._stale(request):
            return stale
        found = [
            number
            for number in sorted(self.posts, reverse=True)
            if request.query["q"] in self.posts[number]["text"] and number not in self.hidden
            and self.posts[number]["createdAt"] >= request.query.get("since", "")
        ]  # fmt: skip
        start, limit = int(request.query.get("cursor", 0)), int(request.query["limit"])
        told = {"posts": [self.view(number) for number in found[start : start + limit]]}
        return web.json_response(told | ({"cursor": str(start + limit)} if len(found) > start + limit else {}), headers=self._limits())

    async def _get_posts(self, request: web.Request) -> web.Response:
        wanted = request.query.getall("uris")
        return self._stale(request) or web.json_response({"posts": [self.view(number) for number in self.posts if uri(number) in wanted]})

    def _limits(self) -> dict[str, str]:
        return {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2990", "RateLimit-Reset": "1795231800", "RateLimit-Policy": "3000;w=300"}


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    if answer == "malformed":
        return web.Response(text="<html>not here</html>", content_type="text/html")
    network = Network()
    if answer == "good":
        network.post(1, "Ấm Acme nổ")
        network.post(2, "Acme xin lỗi")
    return await network.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {
        "options": Options(mode="actors", actors=(LAN,), service=url, plc=url, pds=url, jetstream=url.replace("http", "ws", 1)),
        "serve": serve,
    }


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", network.handle)
    network.server = TestServer(app)
    await network.server.start_server()
    yield network
    await network.server.close()


class Looker:
    """One collector, which may look several times."""

    def __init__(self, network: Network, http: Fetcher, **options: Any) -> None:
        url = str(network.server.make_url("")).rstrip("/")
        settings = Options(**({"mode": "actors", "actors": ["lan.example"], "service": url, "plc": url} | options))
        self._collector = Collector(settings, source_id="sky", http=http, now=lambda: NOW)
        self.cursor: str | None = None

    async def look(self, *, killed_after: int = 1_000) -> list[Page]:
        pages: list[Page] = []
        async for page in self._collector.listen(self.cursor):
            pages.append(page)
            self.cursor = page.cursor
            if len(pages) == killed_after:
                break
        return pages


@pytest.fixture
async def http(network: Network) -> AsyncIterator[Fetcher]:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{network.server.port}"]) as http:
        yield http


SEARCH = {"mode": "search", "words": ["acme"], "identifier": "us.example", "app_password": "abcd-efgh-ijkl-mnop"}


def numbers(pages: list[Page]) -> list[int]:
    return [int(mention.native_id[-6:]) for page in pages for mention in page.mentions]


async def test_an_accounts_posts_are_read_at_its_own_server(network: Network, http: Fetcher) -> None:
    network.post(1, "Ấm mới", langs=["vi"])
    network.post(2, "An answer", reply={"root": {"uri": uri(1)}, "parent": {"uri": uri(1)}})
    looker = Looker(network, http)
    (page,) = await looker.look()
    answer, opener = page.mentions
    assert (opener.native_id, opener.lang, answer.reply_to, answer.parent_key) == (uri(1), "vi", uri(1), opener.key)
    assert opener.author is not None
    assert (opener.author.key, opener.author.handle) == (LAN, "lan.example")
    assert page.quota is not None
    assert (page.quota.left, page.quota.resets_at) == (2990, datetime.fromtimestamp(1795231800, UTC))
    assert network.asked == ["com.atproto.identity.resolveHandle", LAN, "com.atproto.repo.listRecords"]
    (again,) = await looker.look()
    assert (again.mentions, again.unchanged) == ((), True)
    assert network.asked[3:] == ["com.atproto.repo.listRecords"]


async def test_a_record_that_is_gone_from_the_list_is_deleted_and_an_edit_is_heard(network: Network, http: Fetcher) -> None:
    for number in range(1, 6):
        network.post(number)
    looker = Looker(network, http)
    await looker.look()
    del network.posts[5], network.posts[3], network.posts[1]
    network.post(4, "acme, sửa")
    (page,) = await looker.look()
    assert set(page.deleted) == {key_of_record(uri(number)) for number in (1, 3, 5)}
    assert [mention.text for mention in page.mentions] == ["acme, sửa"]
    network.posts.clear()
    (page,) = await looker.look()
    assert len(page.deleted) == 2
    assert (await looker.look())[0].deleted == ()


async def test_a_burst_of_an_account_is_read_whole_though_each_look_is_killed(network: Network, http: Fetcher) -> None:
    network.post(1)
    looker = Looker(network, http, reposts=True)
    await looker.look()
    for number in range(2, 452):
        network.post(number)
    heard: list[int] = []
    for _ in range(12):
        heard += numbers(await looker.look(killed_after=1))
    assert sorted(heard) == list(range(2, 452))


async def test_an_account_that_moved_is_found_again(network: Network, http: Fetcher) -> None:
    network.post(1)
    looker = Looker(network, http)
    await looker.look()
    assert looker.cursor is not None
    looker.cursor = looker.cursor.replace(f"127.0.0.1:{network.server.port}", f"127.0.0.1:{network.server.port}/old")
    network.post(2)
    assert numbers(await looker.look()) == [2]
    network.failing["com.atproto.repo.listRecords"] = (400, {"error": "RepoNotFound", "message": "x"})
    with pytest.raises(SourceUnavailable, match="400 .RepoNotFound."):
        await looker.look()


async def test_an_account_without_a_server_is_unreadable(network: Network, http: Fetcher) -> None:
    network.home = "javascript:x"
    with pytest.raises(SourceUnreadable, match="no server is told"):
        await Looker(network, http).look()


async def test_a_search_logs_in_once_and_brings_counters(network: Network, http: Fetcher) -> None:
    network.post(1, "acme nổ", likes=7)
    looker = Looker(network, http, **SEARCH)
    (page,) = await looker.look()
    (mention,) = page.mentions
    assert (mention.engagement.likes, mention.engagement.replies, mention.engagement.reposts) == (7, 1, 5)
    assert mention.author is not None
    assert (mention.author.handle, mention.author.name) == ("lan.example", "Lan")
    network.post(1, "acme nổ", likes=9)
    assert [found.engagement.likes for page in await looker.look() for found in page.mentions] == [9]
    assert (await looker.look())[0].unchanged
    assert network.log_ins == 1


async def test_a_session_that_ran_out_is_renewed_and_only_then_logged_in_anew(network: Network, http: Fetcher) -> None:
    network.post(1)
    looker = Looker(network, http, **SEARCH)
    await looker.look()
    network.token = "another"
    network.post(2)
    assert numbers(await looker.look()) == [2]
    assert network.log_ins == 1
    network.failing["com.atproto.server.refreshSession"] = (401, {"error": "ExpiredToken"})
    network.token = "another"
    network.post(3)
    assert numbers(await looker.look()) == [3]
    assert network.log_ins == 2


async def test_a_refused_or_missing_app_password_pauses_the_source_and_says_the_mend(network: Network, http: Fetcher) -> None:
    network.password = "changed"
    for options in (SEARCH, SEARCH | {"app_password": None}, SEARCH | {"identifier": None, "app_password": None}):
        network.failing["app.bsky.feed.searchPosts"] = (401, {"error": "AuthMissing", "message": "x"})
        with pytest.raises(SourceRejected, match="App passwords") as caught:
            await Looker(network, http, **options).look()
        assert "mnop" not in str(caught.value)


async def test_a_search_reads_a_burst_to_its_end_and_notices_deletions(network: Network, http: Fetcher) -> None:
    network.post(1)
    looker = Looker(network, http, **SEARCH)
    await looker.look()
    for number in range(2, 302):
        network.post(number)
    assert sorted(numbers(await looker.look())) == list(range(2, 302))
    del network.posts[290]
    network.hidden = {280}
    (page,) = await looker.look()
    assert (page.deleted, page.mentions) == ((key_of_record(uri(290)),), ())
    (page,) = await looker.look()
    assert page.unchanged


async def test_a_search_stops_after_ten_pages_and_says_so(network: Network, http: Fetcher) -> None:
    network.post(1)
    looker = Looker(network, http, **SEARCH)
    await looker.look()
    for number in range(2, 1202):
        network.post(number)
    pages = await looker.look()
    assert (len(pages), pages[-1].missed) == (10, "capped")
    assert sorted(numbers(pages) + numbers(await looker.look())) == list(range(2, 1202))


async def test_what_is_no_answer_of_these_apis_is_unreadable(network: Network, http: Fetcher) -> None:
    network.failing["com.atproto.repo.listRecords"] = (200, {"moved": True})
    with pytest.raises(SourceUnreadable):
        await Looker(network, http).look()
    network.failing["app.bsky.feed.searchPosts"] = (200, {"moved": True})
    with pytest.raises(SourceUnreadable):
        await Looker(network, http, **SEARCH).look()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, "give words or dids"),
        ({"dids": ["lan.example"]}, "must be DIDs"),
        ({"mode": "search"}, "a search needs words"),
        ({"mode": "actors"}, "give the actors"),
        ({"words": [" "]}, "an empty one"),
        ({"words": ["a"], "jetstream": "https://a.example"}, "must be a wss"),
        ({"words": ["a"], "service": "ftp://a.example"}, "must be an http"),
    ],
)
def test_options_that_cannot_be_listened_by_are_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Options(**options)


def test_handles_are_taken_as_people_write_them() -> None:
    assert Options(mode="actors", actors=("@Lan.Example", "lan.example", LAN)).actors == ("lan.example", LAN)


@pytest.mark.shared
def test_the_answers_of_these_tests_hold_to_the_lexicons(shared: Path) -> None:
    lexicons, network = Lexicons(shared / "bluesky" / "lexicons"), Network()
    network.post(1, "Ấm Acme nổ", langs=["vi"])
    assert lexicons.faults("app.bsky.feed.post", network.posts[1]) == []
    assert lexicons.faults("app.bsky.feed.defs#postView", network.view(1)) == []
