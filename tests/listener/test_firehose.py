"""Bluesky's firehose, by a local Jetstream that replays events, breaks, and goes on from a cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from listener import firehose
from listener.atproto import key_of_record
from listener.base import Page
from listener.collectors.bluesky import Collector, Options
from listener.firehose import StreamCursor

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
START = 1_795_230_000_000_000
LAN, MINH = "did:plc:lan23456", "did:plc:minh2345"


class Jetstream:
    """Holds events; sends those after the cursor, at most `breaks_after` of them on one connection, then closes or stays silent."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.breaks_after: int | None = None
        self.status = 0
        self.asked: list[dict[str, list[str]]] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.status:
            return web.Response(status=self.status)
        self.asked.append({name: request.query.getall(name) for name in request.query})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        after = int(request.query.get("cursor", 0))
        wanted = [event for event in self.events if event.get("time_us", after + 1) > after]
        for event in wanted[: self.breaks_after]:
            await socket.send_str(event["raw"] if "raw" in event else msgspec.json.encode(event).decode())
        if self.breaks_after is None or self.breaks_after > len(wanted):
            await socket.receive()  # the client's end
        await socket.close()
        return socket


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Jetstream]:
    monkeypatch.setattr(firehose, "FLUSH_S", 0.02)
    monkeypatch.setattr(firehose, "HEARTBEAT_S", 0.05)
    place = Jetstream([])
    app = web.Application()
    app.router.add_get("/subscribe", place.handle)
    place.server = TestServer(app)
    await place.server.start_server()
    yield place
    await place.server.close()


def commit(second: int, text: str | None, *, did: str = LAN, rkey: str = "3m1", operation: str = "create", **fields: Any) -> dict[str, Any]:
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-21T02:00:00Z", **fields}
    change = {"rev": f"r{second}", "operation": operation, "collection": "app.bsky.feed.post", "rkey": rkey}
    told = change if text is None else change | {"record": record, "cid": "bafy"}
    return {"did": did, "time_us": START + second * 1_000_000, "kind": "commit", "commit": told}


def repost(second: int, of: str, *, did: str = MINH) -> dict[str, Any]:
    record = {"$type": "app.bsky.feed.repost", "subject": {"uri": of, "cid": "bafy"}, "createdAt": "2026-11-21T02:00:00Z"}
    change = {"rev": f"r{second}", "operation": "create", "collection": "app.bsky.feed.repost", "rkey": f"3r{second}", "record": record}
    return {"did": did, "time_us": START + second * 1_000_000, "kind": "commit", "commit": change}


def uri(rkey: str, did: str = LAN) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


async def hear(place: Jetstream, cursor: str | None = None, *, pages: int = 1, **options: Any) -> list[Page]:
    """So many pages of a stream, empty ones too."""
    address = str(place.server.make_url("/subscribe")).replace("http", "ws", 1)
    heard: list[Page] = []
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        settings = Options(jetstream=address, **({"words": ["acme"]} | options))
        async with aclosing(Collector(settings, source_id="sky", http=http, now=lambda: NOW).listen(cursor)) as stream:  # type: ignore[type-var]
            async for page in stream:
                heard.append(page)
                if len(heard) == pages:
                    break
    return heard


def state(page: Page) -> StreamCursor:
    return msgspec.json.decode(page.cursor or "", type=StreamCursor)


async def test_posts_with_our_words_are_kept_and_the_rest_is_counted(place: Jetstream) -> None:
    place.events = [commit(1, "Ấm ACME nổ", rkey="3m1"), commit(2, "trời đẹp", rkey="3m2"), commit(3, "acme ok", rkey="3m3", did=MINH)]
    (page,) = await hear(place)
    assert [mention.text for mention in page.mentions] == ["Ấm ACME nổ", "acme ok"]
    assert (page.live, state(page).passed, state(page).time_us) == (True, 1, START + 3_000_000)
    assert page.mentions[1].author is not None
    assert page.mentions[1].author.key == MINH
    assert place.asked == [{"wantedCollections": ["app.bsky.feed.post"]}]


async def test_a_silent_connection_gives_heartbeats(place: Jetstream) -> None:
    pages = await hear(place, pages=2)
    assert [(page.live, page.mentions) for page in pages] == [(True, ())] * 2


async def test_an_edit_is_a_revision_even_where_the_words_are_gone_and_a_deletion_a_deletion(place: Jetstream) -> None:
    place.events = [
        commit(1, "acme nổ", rkey="3m1"),
        commit(2, "xin lỗi, nhầm", rkey="3m1", operation="update"),
        commit(3, "không liên quan", rkey="3m9", operation="update"),
        commit(4, None, rkey="3m1", operation="delete"),
    ]
    (page,) = await hear(place)
    assert [(mention.text, mention.edited_at is None) for mention in page.mentions] == [("acme nổ", True), ("xin lỗi, nhầm", False)]
    assert page.deleted == (key_of_record(uri("3m1")),)


async def test_an_account_that_is_gone_takes_its_posts_along(place: Jetstream) -> None:
    gone = {"did": MINH, "time_us": START + 9, "kind": "account", "account": {"active": False, "did": MINH, "status": "deleted"}}
    place.events = [commit(1, "acme 1", rkey="3m1"), commit(2, "acme 2", did=MINH, rkey="3m2"), gone]
    (page,) = await hear(place)
    assert page.deleted == (key_of_record(uri("3m2", MINH)),)


async def test_reposts_of_what_was_kept_are_heard_where_asked_for(place: Jetstream) -> None:
    place.events = [commit(1, "acme", rkey="3m1"), repost(2, uri("3m1")), repost(3, uri("3m7"))]
    (page,) = await hear(place, reposts=True)
    assert [(mention.kind, mention.repost_of) for mention in page.mentions] == [("original", None), ("repost", uri("3m1"))]
    assert place.asked[0]["wantedCollections"] == ["app.bsky.feed.post", "app.bsky.feed.repost"]


async def test_named_accounts_alone_are_asked_for(place: Jetstream) -> None:
    place.events = [commit(1, "không có từ nào", rkey="3m1")]
    (page,) = await hear(place, words=[], dids=[LAN])
    assert len(page.mentions) == 1
    assert place.asked[0]["wantedDids"] == [LAN]


@pytest.mark.parametrize("breaks_after", [1, 3, 7])
async def test_a_connection_that_breaks_loses_nothing_and_repeats_nothing(place: Jetstream, breaks_after: int) -> None:
    place.events = [commit(second // 3, f"acme {second}", rkey=f"3m{second:02d}") for second in range(1, 40)]
    place.events[20] = commit(6, None, rkey="3m02", operation="delete")
    place.breaks_after = breaks_after
    heard = await heard_to_the_end(place)
    posts = [mention.native_id for page in heard for mention in page.mentions]
    assert sorted(posts) == sorted(uri(f"3m{second:02d}") for second in range(1, 40) if second != 21)
    assert [key for page in heard for key in page.deleted] == [key_of_record(uri("3m02"))]


async def heard_to_the_end(place: Jetstream) -> list[Page]:
    """All pages over as many connections as it takes; the server lets each hear a little more than the one before."""
    heard: list[Page] = []
    while True:
        try:
            await drain(place, heard)
        except SourceUnavailable:
            place.breaks_after = (place.breaks_after or 0) + 5
        else:
            return heard


async def drain(place: Jetstream, heard: list[Page]) -> None:
    """Pages from where `heard` ends until one is empty, added to it as they come."""
    cursor = heard[-1].cursor if heard else None
    address = str(place.server.make_url("/subscribe")).replace("http", "ws", 1)
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        settings = Options(jetstream=address, words=["acme", "a"])
        async with aclosing(Collector(settings, source_id="sky", http=http, now=lambda: NOW).listen(cursor)) as stream:  # type: ignore[type-var]
            async for page in stream:
                heard.append(page)
                if not page.mentions and not page.deleted:
                    break


async def test_a_resumption_that_finds_a_hole_says_that_it_missed_something(place: Jetstream) -> None:
    place.events = [commit(1, "acme", rkey="3m1")]
    (first,) = await hear(place)
    place.events = [commit(100_000, "acme", rkey="3m2")]
    (second,) = await hear(place, first.cursor)
    assert (first.missed, second.missed) == (None, "partial")
    assert place.asked[1]["cursor"] == [str(START + 1_000_000 - 5_000_000)]


async def test_events_that_cannot_be_read_are_skipped_until_there_are_too_many(place: Jetstream) -> None:
    place.events = [{"raw": "{"}, {"raw": '{"time_us": "x"}'}, commit(1, "acme")]
    (page,) = await hear(place)
    assert (page.skipped, page.problem, len(page.mentions)) == (2, "an event that cannot be read", 1)
    place.events = [{"raw": "<html>"}] * 20
    with pytest.raises(SourceUnreadable):
        await hear(place)


@pytest.mark.parametrize(
    ("status", "error"), [(403, SourceRejected), (404, SourceUnavailable), (429, SourceUnavailable), (503, SourceUnavailable)]
)
async def test_a_refused_handshake_says_what_to_do(place: Jetstream, status: int, error: type[Exception]) -> None:
    place.status = status
    with pytest.raises(error):
        await hear(place)


async def test_a_forbidden_address_is_unavailable() -> None:
    async with Fetcher(now=lambda: NOW) as http:
        collector = Collector(Options(jetstream="ws://127.0.0.1:9/subscribe", words=("a",)), source_id="sky", http=http, now=lambda: NOW)
        with pytest.raises(SourceUnavailable, match="allow_private_hosts"):
            await anext(aiter(collector.listen(None)))


@pytest.mark.shared
@pytest.mark.parametrize("breaks_after", [10, 40])
async def test_the_recorded_stream_is_heard_whole_over_broken_connections(place: Jetstream, shared: Path, breaks_after: int) -> None:
    lines = (shared / "bluesky/jetstream/internal/corpus/testdata/expected_v1.jsonl").read_bytes().splitlines()
    place.events = [msgspec.json.decode(line) for line in lines]
    place.breaks_after = breaks_after
    heard = await heard_to_the_end(place)
    commits = [(event["did"], event["commit"]) for event in place.events if event["kind"] == "commit"]
    posts = {uri(told["rkey"], did): told for did, told in commits if told["collection"] == "app.bsky.feed.post"}
    said = {at for at, told in posts.items() if told["operation"] == "create" and "a" in str(told["record"]).lower()}
    got = [mention.native_id for page in heard for mention in page.mentions]
    assert len(got) == len(set(got))
    assert len(got) >= 12
    assert set(got) <= said
    assert [key for page in heard for key in page.deleted] == [
        key_of_record(at) for at, told in posts.items() if told["operation"] == "delete"
    ]
