"""Hacker News, by a local server that holds items and answers as the two APIs do."""

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

from core.errors import SourceUnreadable
from core.http import Fetcher
from core.text import mention_key
from listener.base import Page
from listener.collectors.hackernews import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
START = 1_795_000_000


class Site:
    """Items by id, as the official API shows them; the search finds those whose words hold the query."""

    def __init__(self) -> None:
        self.items: dict[int, dict[str, Any] | None] = {}
        self.hidden: set[int] = set()
        self.updated: list[int] = []
        self.broken = False
        self.asked: list[str] = []
        self.server: TestServer

    def post(self, number: int, **fields: Any) -> None:
        parent = fields.get("parent")
        kind = {"type": "comment", "parent": parent} if parent else {"type": "story", "descendants": 0, "score": 1}
        self.items[number] = {"id": number, "by": "lan", "time": START + number, **kind, **fields}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(str(request.rel_url))
        if self.broken:
            return web.json_response({"error": "moved"})
        if request.path.endswith("/search_by_date"):
            return self._search(request)
        if request.path.endswith("/newstories.json"):
            stories = [number for number, item in self.items.items() if item is None or item["type"] == "story"]
            return web.json_response(sorted(stories, reverse=True)[:500])
        if request.path.endswith("/updates.json"):
            return web.json_response({"items": self.updated, "profiles": []})
        number = re.search(r"/item/(\d+)\.json", request.path)
        assert number is not None
        return web.json_response(self.items.get(int(number[1])))

    def _search(self, request: web.Request) -> web.Response:
        until = re.fullmatch(r"created_at_i<=(\d+)", request.query.get("numericFilters", f"created_at_i<={START * 2}"))
        assert until is not None
        shown = [
            hit(item)
            for number, item in sorted(self.items.items(), reverse=True)
            if item and number not in self.hidden and not item.get("deleted") and item["time"] <= int(until[1])
            and request.query["query"].strip('"').lower() in f"{item.get('title')} {item.get('text')}".lower()
            and item["type"] in request.query["tags"]
        ]  # fmt: skip
        return web.json_response({"hits": shown[: int(request.query["hitsPerPage"])], "nbHits": len(shown)})


def hit(item: dict[str, Any]) -> dict[str, Any]:
    """An item as the search shows it."""
    comment = item["type"] == "comment"
    return {
        "objectID": str(item["id"]),
        "author": item["by"],
        "created_at_i": item["time"],
        "title": item.get("title"),
        "url": item.get("url"),
        "story_text": None if comment else item.get("text"),
        "comment_text": item.get("text") if comment else None,
        "parent_id": item.get("parent"),
        "story_id": 1,
        "points": item.get("score"),
        "num_comments": item.get("descendants"),
        "_tags": [item["type"], f"author_{item['by']}"],
    }


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    if answer == "malformed":
        return web.Response(text="<html>not here</html>", content_type="text/html")
    site = Site()
    if answer == "good":
        site.post(1, title="Acme kettles")
        site.post(2, parent=1, text="My Acme broke")
    return await site.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(queries=("acme",), api=url, firebase=url), "serve": serve}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.handle)
    site.server = TestServer(app)
    await site.server.start_server()
    yield site
    await site.server.close()


async def look(site: Site, cursor: str | None = None, **options: Any) -> list[Page]:
    url = str(site.server.make_url("/v0"))
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{site.server.port}"]) as http:
        collector = Collector(Options(api=url, firebase=url, **options), source_id="hn", http=http, now=lambda: NOW)
        return [page async for page in collector.listen(cursor)]


def ids(pages: list[Page]) -> list[int]:
    return [int(mention.native_id) for page in pages for mention in page.mentions]


def key(number: int) -> bytes:
    return mention_key("hackernews", "news.ycombinator.com", str(number))


async def test_a_story_and_a_comment_become_mentions(site: Site) -> None:
    site.post(7, title="Acme recalls ấm siêu tốc", url="https://acme.example/recall", score=41, descendants=3)
    site.post(8, parent=7, by="minh", text="<p>I&#x27;d <i>never</i> buy Acme.<p>Đừng mua.")
    (page,) = await look(site, queries=["acme"])
    comment, story = page.mentions
    assert (story.key, story.native_id, story.url) == (key(7), "7", "https://news.ycombinator.com/item?id=7")
    assert (story.title, story.text) == ("Acme recalls ấm siêu tốc", "https://acme.example/recall")
    assert (story.engagement.likes, story.engagement.replies, story.reply_to) == (41, 3, None)
    assert story.published_at == datetime.fromtimestamp(START + 7, UTC)
    assert story.author is not None
    assert (story.author.key, story.author.handle) == ("news.ycombinator.com/lan", "lan")
    assert comment.text == "I'd never buy Acme.\n\nĐừng mua."
    assert (comment.reply_to, comment.parent_key, comment.engagement.likes) == ("7", key(7), None)


async def test_only_what_is_new_or_has_other_counters_comes_again(site: Site) -> None:
    site.post(1, title="Acme one")
    site.post(2, title="Acme two")
    (first,) = await look(site, queries=["acme"])
    (same,) = await look(site, first.cursor, queries=["acme"])
    assert (same.mentions, same.unchanged) == ((), True)
    site.post(3, title="Acme three")
    site.post(1, title="Acme one", score=90)
    (third,) = await look(site, same.cursor, queries=["acme"])
    assert {mention.native_id: mention.engagement.likes for mention in third.mentions} == {"3": 1, "1": 90}


async def test_a_burst_is_read_whole_across_looks_that_are_killed_between_pages(site: Site) -> None:
    site.post(1, title="acme")
    cursor = (await look(site, queries=["acme"]))[-1].cursor
    for number in range(2, 352):
        site.post(number, title="acme", time=START + number // 7)  # several in one second
    heard: list[int] = []
    for _ in range(20):  # each look is killed after its first page
        pages = await look(site, cursor, queries=["acme"])
        heard += ids(pages[:1])
        cursor = pages[0].cursor
    assert sorted(heard) == list(range(2, 352))


async def test_a_look_stops_after_ten_pages_and_says_so_and_the_next_goes_on(site: Site) -> None:
    site.post(1, title="acme")
    first = await look(site, queries=["acme"])
    for number in range(2, 1202):
        site.post(number, title="acme")
    pages = await look(site, first[-1].cursor, queries=["acme"])
    assert (len(pages), pages[-1].missed, pages[-1].more) == (10, "capped", False)
    rest = await look(site, pages[-1].cursor, queries=["acme"])
    assert sorted(ids(pages) + ids(rest)) == list(range(2, 1202))
    assert rest[-1].missed is None


async def test_a_post_that_its_author_took_back_is_deleted(site: Site) -> None:
    for number in range(1, 6):
        site.post(number, title="acme")
    (first,) = await look(site, queries=["acme"])
    site.items[3] = {"id": 3, "deleted": True, "time": START, "type": "story", "by": "lan"}
    site.hidden.add(4)  # the search lost it, but it is there
    (second,) = await look(site, first.cursor, queries=["acme"])
    assert (second.deleted, second.mentions) == ((key(3),), ())
    site.asked.clear()
    (third,) = await look(site, second.cursor, queries=["acme"])
    assert (third.deleted, len(site.asked)) == ((), 1)


async def test_without_queries_new_stories_are_read_oldest_first_and_comments_are_not(site: Site) -> None:
    site.post(1, title="one")
    site.post(2, title="two")
    site.post(3, parent=1, text="a comment")
    first = await look(site)
    assert ids(first) == [1, 2]
    assert ids(await look(site, first[-1].cursor)) == []
    site.post(4, title="four")
    site.items[5] = None  # listed before it can be read
    site.post(1, title="one", score=50)
    site.post(2, title="[dead]", dead=True)
    site.updated = [1, 2]
    second = await look(site, first[-1].cursor)
    assert [(mention.native_id, mention.engagement.likes) for page in second for mention in page.mentions] == [("1", 50), ("4", 1)]
    assert [page.deleted for page in second if page.deleted] == [(key(2),)]
    site.post(5, title="five, late")
    assert ids(await look(site, second[-1].cursor)) == [5]


async def test_more_new_stories_than_a_look_reads_wait_for_the_next(site: Site) -> None:
    site.post(1, title="one")
    first = await look(site)
    for number in range(2, 152):
        site.post(number, title="story")
    second = await look(site, first[-1].cursor)
    third = await look(site, second[-1].cursor)
    assert [page.missed for page in second] == [None, None, None, None, None, "capped"]
    assert ids(second) + ids(third) == list(range(2, 152))


@pytest.mark.parametrize("queries", [("acme",), ()])
async def test_what_is_no_answer_of_these_apis_is_unreadable(site: Site, queries: tuple[str, ...]) -> None:
    site.broken = True
    with pytest.raises(SourceUnreadable):
        await look(site, queries=queries)


def test_a_query_holds_words() -> None:
    assert Options(queries=(" acme ", "acme")).queries == ("acme",)
    with pytest.raises(ValidationError, match="must hold words"):
        Options(queries=("acme", " "))
