"""A Discourse forum over HTTP from a real local server, and the recorded answers of real ones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceError, SourceRejected, SourceUnavailable
from core.http import Fetcher
from core.text import mention_key
from listener.base import Page
from listener.collectors.discourse import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def post(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "id": number,
        "topic_id": 7,
        "post_number": number,
        "created_at": "2026-11-21T02:00:00.000Z",
        "updated_at": "2026-11-21T02:00:00.000Z",
        "username": "An",
        "name": "Nguyễn An",
        "cooked": f"<p>Ấm <strong>nổ</strong> {number}</p>",
        "topic_title": "Ấm Acme",
        "topic_slug": "am-acme",
        "category_id": 4,
        "post_type": 1,
        "version": 1,
        "actions_summary": [{"id": 2, "count": 3}],
        "reply_count": 1,
        "reads": 9,
    }
    return known | fields


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""

    async def serve(request: web.Request, answer: str) -> web.StreamResponse:
        if answer == "malformed":
            return web.json_response({"posts": "none"})
        before = int(request.query.get("before", "9"))
        posts = [post(number) for number in (2, 1) if number < before]
        return web.json_response({"latest_posts": posts if answer == "good" else []})

    return {"options": Options(url=url), "serve": serve}


class Forum:
    """A small forum: new posts in pages of 50 (or, as old ones did, of the 50 ids below), a topic, a search."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.topic: dict[str, Any] = {}
        self.hits: list[int] = []
        self.is_old = False
        self.asked: list[web.Request] = []
        self.refuse: tuple[int, dict[str, Any]] | None = None
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if self.refuse:
            return web.json_response(self.refuse[1], status=self.refuse[0])
        found = self.answer(request)
        return web.json_response(found) if found is not None else web.json_response({"error_type": "not_found"}, status=404)

    def answer(self, request: web.Request) -> Any:
        by_id = {one["id"]: one for one in self.posts}
        if request.path == "/posts.json":
            return {"latest_posts": self._newest(int(request.query.get("before", 0)))}
        if request.path == "/search.json":
            return {"posts": [{"id": hit, "blurb": "Ấm ..."} for hit in self.hits], "grouped_search_result": {"term": "x"}}
        if request.path.endswith("/posts.json"):
            return {"post_stream": {"posts": [by_id[int(one)] for one in request.query.getall("post_ids[]")]}}
        if request.path.startswith("/t/"):
            stream = sorted(by_id)
            return {"post_stream": {"posts": [by_id[one] for one in stream[:20]], "stream": stream}, "id": 7, **self.topic}
        return by_id.get(int(request.path.removeprefix("/posts/").removesuffix(".json")))

    def _newest(self, before: int) -> list[dict[str, Any]]:
        top = before or max((one["id"] for one in self.posts), default=0) + 1
        newest = sorted(self.posts, key=lambda one: -one["id"])
        if self.is_old:
            top = before or top - 1
            return [one for one in newest if top - 50 < one["id"] <= top]
        return [one for one in newest if one["id"] < top][:50]


@pytest.fixture
async def forum() -> AsyncIterator[Forum]:
    forum = Forum()
    app = web.Application()
    app.router.add_get("/{path:.*}", forum.handle)
    forum.server = TestServer(app)
    await forum.server.start_server()
    yield forum
    await forum.server.close()


async def poll(forum: Forum, cursor: str | None = None, *, kill_after: int | None = None, **options: Any) -> list[Page]:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{forum.server.port}"]) as http:
        settings = Options(url=str(forum.server.make_url("/")), **options)
        found = []
        async for page in Collector(settings, source_id="diễn-đàn", http=http, now=lambda: NOW).listen(cursor):
            found.append(page)
            if len(found) == kill_after:
                break
    return found


def native_ids(pages: list[Page]) -> list[int]:
    return [int(mention.native_id) for page in pages for mention in page.mentions]


async def test_a_post_becomes_a_mention(forum: Forum) -> None:
    forum.posts = [post(12, post_number=2, version=2, updated_at="2026-11-21T02:30:00+07:00")]
    (mention,) = (await poll(forum, lang="vi"))[0].mentions
    authority = f"http://127.0.0.1:{forum.server.port}/"
    assert mention.key == mention_key("discourse", authority, "12")
    assert (mention.title, mention.text, mention.lang) == ("Ấm Acme", "Ấm nổ 12", "vi")
    assert mention.url == f"{authority}t/am-acme/7/2"
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle, mention.author.name) == ("127.0.0.1/u/an", "An", "Nguyễn An")
    assert (mention.published_at, mention.edited_at) == (datetime(2026, 11, 21, 2, tzinfo=UTC), datetime(2026, 11, 20, 19, 30, tzinfo=UTC))
    counters = mention.engagement
    assert (counters.likes, counters.replies, counters.views) == (3, 1, 9)


async def test_a_reply_names_what_it_answers_and_leaves_out_the_quotation(forum: Forum) -> None:
    quote = '<aside class="quote"><div class="title">An:</div><blockquote><p>nổ</p></blockquote></aside><p>Shop đang xử lý</p>'
    forum.posts = [
        post(20, post_number=1),
        post(22, post_number=2, cooked=quote),
        post(24, post_number=3, reply_to_post_number=2),
        post(25, topic_id=8, post_number=40, reply_to_post_number=39),
    ]
    by_id = {int(mention.native_id): mention for mention in (await poll(forum))[0].mentions}
    assert by_id[22].text == "Shop đang xử lý"
    assert (by_id[20].reply_to, by_id[22].reply_to, by_id[24].reply_to, by_id[25].reply_to) == (None, "20", "22", None)
    assert by_id[24].parent_key == by_id[22].key


async def test_a_look_goes_back_to_what_was_heard(forum: Forum) -> None:
    forum.posts = [post(number) for number in range(1, 31)]
    first = await poll(forum)
    forum.posts = [post(number) for number in range(1, 161)]
    second = await poll(forum, first[-1].cursor)
    assert sorted(native_ids(second)) == list(range(31, 161))
    assert {page.missed for page in second} == {None}
    third = await poll(forum, second[-1].cursor)
    assert (native_ids(third), len(third)) == ([], 1)


async def test_a_look_that_was_killed_goes_on_where_it_stopped(forum: Forum) -> None:
    forum.posts = [post(number) for number in range(1, 31)]
    first = await poll(forum)
    forum.posts = [post(number) for number in range(1, 161)]
    killed = await poll(forum, first[-1].cursor, kill_after=1)
    rest = await poll(forum, killed[-1].cursor)
    assert sorted(native_ids(killed + rest)) == list(range(31, 161))


async def test_an_old_forum_with_holes_in_its_ids_is_read_across_them(forum: Forum) -> None:
    forum.is_old = True
    forum.posts = [post(1), post(2)]
    first = await poll(forum)
    forum.posts += [post(3), post(400), post(401)]
    second = await poll(forum, first[-1].cursor)
    assert sorted(native_ids(first + second)) == [1, 2, 3, 400, 401]


async def test_what_we_stop_short_of_is_told(forum: Forum) -> None:
    forum.posts = [post(1)]
    first = await poll(forum, pages=1)
    forum.posts = [post(number) for number in range(1, 200)]
    second = await poll(forum, first[-1].cursor, pages=1)
    assert (second[-1].missed, second[-1].more, len(native_ids(second))) == ("capped", False, 50)


async def test_a_deleted_post_is_told_once_and_a_hidden_one_too(forum: Forum) -> None:
    forum.posts = [post(number) for number in (1, 2, 3, 4)]
    first = await poll(forum)
    forum.posts = [post(1), post(3, hidden=True, cooked="<p>This post was flagged</p>")]
    (second,) = await poll(forum, first[-1].cursor)
    authority = f"http://127.0.0.1:{forum.server.port}/"
    assert set(second.deleted) == {mention_key("discourse", authority, one) for one in ("2", "3", "4")}
    (third,) = await poll(forum, second.cursor)
    assert third.deleted == ()
    forum.posts[1] = post(3)
    assert native_ids(await poll(forum, third.cursor)) == [3]


async def test_only_the_categories_asked_for_are_heard_and_no_notices(forum: Forum) -> None:
    forum.posts = [post(1), post(2, category_id=5), post(3, post_type=3)]
    pages = await poll(forum, categories=[4])
    assert native_ids(pages) == [1]
    forum.posts[0] = post(1, category_id=5)  # moved away: it was heard, and is not gone
    (page,) = await poll(forum, pages[-1].cursor, categories=[4])
    assert page.deleted == ()


async def test_what_staff_writes_can_be_our_own(forum: Forum) -> None:
    forum.posts = [post(1, staff=True), post(2)]
    kinds = {mention.native_id: mention.kind for mention in (await poll(forum, own_staff=True))[0].mentions}
    assert kinds == {"1": "own", "2": "original"}


async def test_a_watched_topic_is_read_whole_with_its_views(forum: Forum) -> None:
    forum.posts = [post(number) for number in range(1, 31)]
    forum.topic = {"title": "Ấm Acme", "slug": "am-acme", "views": 5_000, "posts_count": 30}
    options: dict[str, Any] = {"posts": False, "topics": [7]}
    first = await poll(forum, **options)
    assert native_ids(first) == list(range(1, 31))
    opener = first[0].mentions[0].engagement
    assert (opener.views, opener.replies) == (5_000, 29)
    forum.posts = [one for one in forum.posts if one["id"] != 25] + [post(31)]
    forum.topic |= {"views": 9_000}
    second = await poll(forum, first[-1].cursor, **options)
    assert native_ids(second) == [1, 31]
    assert len([key for page in second for key in page.deleted]) == 1


async def test_a_search_reads_each_new_hit_whole(forum: Forum) -> None:
    forum.posts = [post(1), post(2)]
    forum.hits = [2, 3, 1]  # 3 was deleted meanwhile
    options: dict[str, Any] = {"posts": False, "search": ["ấm nổ"]}
    first = await poll(forum, **options)
    assert native_ids(first) == [1, 2]
    assert forum.asked[0].query["q"] == "ấm nổ order:latest"
    asked = len(forum.asked)
    second = await poll(forum, first[-1].cursor, **options)
    assert (native_ids(second), len(forum.asked) - asked) == ([], 1)


async def test_a_killed_search_reads_the_rest_of_its_hits_later(forum: Forum) -> None:
    forum.posts = [post(number) for number in range(1, 6)]
    forum.hits = [5, 4, 3, 2, 1]
    options: dict[str, Any] = {"posts": False, "search": ["ấm"]}
    killed = await poll(forum, kill_after=3, **options)
    rest = await poll(forum, killed[-1].cursor, **options)
    assert (native_ids(killed), native_ids(rest)) == ([1, 2], [3, 4, 5])


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (429, {"error_type": "rate_limit", "extras": {"wait_seconds": 33}}, SourceUnavailable, "too many requests (429)"),
        (403, {"error_type": "not_logged_in"}, SourceRejected, "read by members alone (403); give it an api_key"),
        (403, {"error_type": "invalid_access"}, SourceRejected, "access refused (403)"),
        (404, {"error_type": "not_found"}, SourceUnavailable, "answered with status 404"),
    ],
)
async def test_a_refusal_says_the_mend(forum: Forum, status: int, body: dict[str, Any], error: type[SourceError], said: str) -> None:
    forum.refuse = (status, body)
    with pytest.raises(error) as caught:
        await poll(forum)
    assert caught.value.reason == said
    if isinstance(caught.value, SourceUnavailable) and status == 429:
        assert caught.value.retry_after_s == 33.0


async def test_a_key_is_sent_and_never_shown(forum: Forum) -> None:
    await poll(forum, api_key="hunter2", api_username="monitor")
    assert (forum.asked[0].headers["Api-Key"], forum.asked[0].headers["Api-Username"]) == ("hunter2", "monitor")
    assert "hunter2" not in repr(Options(url="https://a.example/", api_key="hunter2"))


@pytest.mark.parametrize("wrong", [{}, {"url": "ftp://a"}, {"url": "https://a.example/?x=1"}, {"url": "https://a.example", "posts": False}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**wrong)


@pytest.mark.shared
async def test_recorded_posts_of_a_real_forum_are_read_whole(forum: Forum, shared: Path) -> None:
    folder = shared / "discourse" / "spec" / "fixtures"
    latest = json.loads((folder / "posts_latest.json").read_text(encoding="utf-8"))["latest_posts"]
    before = json.loads((folder / "posts_before.json").read_text(encoding="utf-8"))["latest_posts"]
    forum.posts = list({one["id"]: one for one in (*latest, *before)}.values())
    pages = await poll(forum)
    mentions = {int(mention.native_id): mention for page in pages for mention in page.mentions}
    assert sorted(mentions) == sorted(one["id"] for one in forum.posts if not one["hidden"])
    assert sum(page.skipped for page in pages) == 0
    assert mentions[15].reply_to == "14"
    assert all(mention.text and "<" not in mention.text for mention in mentions.values())


@pytest.mark.shared
async def test_a_recorded_topic_of_a_real_forum_is_read(forum: Forum, shared: Path) -> None:
    topic = json.loads((shared / "discourse" / "spec" / "fixtures" / "topic.json").read_text(encoding="utf-8"))
    forum.answer = lambda _: topic  # type: ignore[method-assign]
    (page,) = await poll(forum, posts=False, topics=[57])
    assert page.skipped == 0
    assert [int(mention.native_id) for mention in page.mentions] == [
        one["id"] for one in topic["post_stream"]["posts"] if one["post_type"] == 1
    ]
    assert page.mentions[0].title == topic["title"]


async def test_an_answer_that_the_asker_takes_later_is_heard_again_as_taken(forum: Forum) -> None:
    forum.posts = [post(20, post_number=1), post(21, post_number=2)]
    *_, first = await poll(forum)
    assert all(mention.accepted_at is None for mention in first.mentions)
    forum.posts[1]["accepted_answer"] = True
    (taken,) = [mention for page in await poll(forum, first.cursor) for mention in page.mentions]
    assert (taken.native_id, taken.accepted_at) == ("21", NOW)
