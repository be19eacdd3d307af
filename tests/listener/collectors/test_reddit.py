"""Reddit's listings over HTTP from a real local server, and its real recorded traffic."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceRejected, SourceUnavailable
from core.http import Fetcher
from listener.base import Page
from listener.collectors.reddit import Collector, Options
from listener.reddit_things import key_of

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SINCE = int(NOW.timestamp()) - 3_600


def post(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "name": f"t3_{number:05d}",
        "created_utc": float(SINCE + number),
        "author": "an_nguyen",
        "author_fullname": "t2_an",
        "title": f"Ấm Acme nổ {number}",
        "selftext": "**Nổ** thật",
        "selftext_html": "<div class='md'><p><strong>Nổ</strong> thật</p></div>",
        "permalink": f"/r/VietNam/comments/{number}/am/",
        "score": 3,
        "num_comments": 1,
    }
    return {"kind": "t3", "data": known | fields}


def comment(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "name": f"t1_{number:05d}",
        "created_utc": float(SINCE + number),
        "author": "binh",
        "body": "> nổ\n\nmình cũng bị",
        "body_html": "<div class='md'><blockquote><p>nổ</p></blockquote><p>mình cũng bị</p></div>",
        "parent_id": "t3_00001",
        "permalink": f"/r/VietNam/comments/1/am/{number}/",
    }
    return {"kind": "t1", "data": known | fields}


def listing(*children: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "before": None, "children": list(children)}}


TOKEN = {"access_token": "token-of-an-hour", "token_type": "bearer", "expires_in": 3_600, "scope": "*"}


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""

    async def serve(request: web.Request, answer: str) -> web.StreamResponse:
        if request.path.endswith("/access_token"):
            return web.json_response(TOKEN)
        answers = {"good": listing(post(2), post(1)), "empty": listing(), "malformed": {"kind": "Listing"}}
        return web.json_response(answers[answer])

    options = Options(client_id="app", client_secret="s3cret", contact="acme", subreddits=["VietNam"], comments=False, auth=url, api=url)
    return {"options": options, "serve": serve}


class Reddit:
    """A small Reddit: listings newest first in pages of 100, a token, and what was deleted."""

    def __init__(self) -> None:
        self.things: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[web.Request] = []
        self.forms: list[dict[str, Any]] = []
        self.headers = {"x-ratelimit-remaining": "95.0", "x-ratelimit-reset": "41"}
        self.refuse: list[tuple[int, dict[str, Any]]] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if request.path == "/api/v1/access_token":
            self.forms.append(dict(await request.post()))
            return web.json_response(TOKEN)
        if self.refuse:
            status, body = self.refuse.pop(0)
            return web.json_response(body, status=status, headers=self.headers)
        return web.json_response(self.answer(request), headers=self.headers)

    def answer(self, request: web.Request) -> dict[str, Any]:
        if request.path == "/api/info":
            every = {child["data"]["name"]: child for found in self.things.values() for child in found}
            return listing(*(every[name] for name in request.query["id"].split(",") if name in every))
        found = self.things.get(request.path, [])
        names = [child["data"]["name"] for child in found]
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        page = found[start : start + 100]
        return listing(*page, after=page[-1]["data"]["name"] if start + 100 < len(found) else None)

    def paths(self) -> list[str]:
        return [request.path for request in self.asked if request.path != "/api/v1/access_token"]


@pytest.fixture
async def reddit() -> AsyncIterator[Reddit]:
    reddit = Reddit()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", reddit.handle)
    reddit.server = TestServer(app)
    await reddit.server.start_server()
    yield reddit
    await reddit.server.close()


async def poll(reddit: Reddit, cursor: str | None = None, *, now: datetime = NOW, pages: int | None = None, **options: Any) -> list[Page]:
    """A look; `pages` breaks it off after so many pages, as a kill would."""
    base = str(reddit.server.make_url("")).rstrip("/")
    settings: dict[str, Any] = {"client_id": "app", "contact": "acme", "subreddits": ["VietNam"], "comments": False, "recheck": 0}
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{reddit.server.port}"]) as http:
        known = Options(**settings | {"auth": base, "api": base} | options)
        found = []
        async for page in Collector(known, source_id="rđt", http=http, now=lambda: now).listen(cursor):
            found.append(page)
            if len(found) == pages:
                break
    return found


def native_ids(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


async def test_a_post_becomes_a_mention(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [post(1, edited=float(SINCE + 60), num_crossposts=2)]
    (page,) = await poll(reddit)
    (mention,) = page.mentions
    assert (mention.key, mention.native_id) == (key_of("t3_00001"), "t3_00001")
    assert (mention.title, mention.text, mention.kind) == ("Ấm Acme nổ 1", "Nổ thật", "original")
    assert mention.url == "https://www.reddit.com/r/VietNam/comments/1/am/"
    assert mention.published_at == datetime.fromtimestamp(SINCE + 1, UTC)
    assert mention.edited_at == datetime.fromtimestamp(SINCE + 60, UTC)
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle) == ("reddit.com/t2_an", "an_nguyen")
    assert (mention.engagement.likes, mention.engagement.replies, mention.engagement.reposts) == (3, 1, 2)
    assert (page.cost, page.quota and page.quota.left, page.quota and page.quota.resets_at) == (1.0, 95.0, NOW + timedelta(seconds=41))


async def test_a_comment_answers_its_parent_in_its_own_words(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/comments"] = [comment(2, score=5, score_hidden=True, num_comments=40)]
    (page,) = await poll(reddit, posts=False, comments=True)
    (mention,) = page.mentions
    assert (mention.text, mention.title) == ("mình cũng bị", "")
    assert (mention.reply_to, mention.parent_key) == ("t3_00001", key_of("t3_00001"))
    assert (mention.engagement.likes, mention.engagement.replies) == (None, None)


async def test_a_crosspost_is_a_repost_and_a_link_alone_is_its_address(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [
        post(2, crosspost_parent="t3_00001"),
        post(1, selftext="", selftext_html=None, is_self=False, url="https://acme.example/x"),
    ]
    link, crosspost = (await poll(reddit))[0].mentions
    assert (crosspost.kind, crosspost.repost_of) == ("repost", "t3_00001")
    assert link.text == "https://acme.example/x"


async def test_an_app_names_itself_as_reddit_asks_and_keeps_its_secret(reddit: Reddit) -> None:
    (page,) = await poll(reddit, client_secret="hunter2")
    token, new = reddit.asked
    assert reddit.forms == [{"grant_type": "client_credentials"}]
    assert token.headers["User-Agent"] == new.headers["User-Agent"] == "python:tocsin:v0.1 (by /u/acme)"
    assert new.headers["Authorization"] == "Bearer token-of-an-hour"
    assert (new.query["raw_json"], new.query["limit"]) == ("1", "100")
    assert "token-of" not in str(page.cursor)
    assert "hunter2" not in repr(Options(client_id="app", client_secret="hunter2", contact="acme", subreddits=["a1"]))


async def test_an_installed_app_needs_no_secret(reddit: Reddit) -> None:
    await poll(reddit)
    assert reddit.forms == [{"grant_type": "https://oauth.reddit.com/grants/installed_client", "device_id": "DO_NOT_TRACK_THIS_DEVICE"}]


async def test_a_look_goes_back_to_what_was_heard_and_no_further(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(number) for number in range(50, 0, -1)]
    first = await poll(reddit)
    reddit.things[path] = [post(number) for number in range(300, 0, -1)]
    second = await poll(reddit, first[-1].cursor)
    assert sorted(native_ids(second)) == [f"t3_{number:05d}" for number in range(51, 301)]
    assert [page.missed for page in second] == [None, None, None]
    assert [page.more for page in second] == [True, True, False]
    assert native_ids(await poll(reddit, second[-1].cursor)) == []


async def test_a_look_that_was_killed_goes_on_where_it_stopped(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(number) for number in range(50, 0, -1)]
    first = await poll(reddit)
    reddit.things[path] = [post(number) for number in range(300, 0, -1)]
    killed = await poll(reddit, first[-1].cursor, pages=1)
    rest = await poll(reddit, killed[-1].cursor)
    assert sorted(native_ids(killed + rest)) == [f"t3_{number:05d}" for number in range(51, 301)]
    reddit.things[path] = [post(number) for number in range(305, 0, -1)]
    assert len(native_ids(await poll(reddit, rest[-1].cursor))) == 5


async def test_more_than_a_listing_holds_is_told_as_capped(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(1)]
    first = await poll(reddit)
    reddit.things[path] = [post(number) for number in range(1_200, 200, -1)]
    second = await poll(reddit, first[-1].cursor)
    assert (len(second), second[-1].missed, second[-1].more) == (10, "capped", False)
    assert len(native_ids(second)) == 1_000
    assert native_ids(await poll(reddit, second[-1].cursor)) == []


async def test_our_own_bound_is_told_as_capped_but_not_at_the_first_look(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(number) for number in range(500, 0, -1)]
    first = await poll(reddit, pages=None, subreddits=["VietNam"])
    assert {page.missed for page in first} == {None}
    reddit.things[path] = [post(number) for number in range(900, 0, -1)]
    second = await bounded(reddit, first[-1].cursor, 2)
    assert [page.missed for page in second] == [None, "capped"]


async def bounded(reddit: Reddit, cursor: str | None, requests: int) -> list[Page]:
    base = str(reddit.server.make_url("")).rstrip("/")
    options = Options(
        client_id="app", contact="acme", subreddits=["VietNam"], comments=False, recheck=0, pages=requests, auth=base, api=base
    )
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{reddit.server.port}"]) as http:
        return [page async for page in Collector(options, source_id="rđt", http=http, now=lambda: NOW).listen(cursor)]


async def test_a_deleted_post_is_told_once_and_a_restored_one_comes_back(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(2), post(1)]
    first = await poll(reddit)
    reddit.things[path] = [post(2, author="[deleted]", selftext="[deleted]"), post(1, removed_by_category="moderator")]
    second = await poll(reddit, first[-1].cursor)
    assert set(second[0].deleted) == {key_of("t3_00001"), key_of("t3_00002")}
    third = await poll(reddit, second[-1].cursor)
    assert third[0].deleted == ()
    reddit.things[path] = [post(2), post(1, removed_by_category="moderator")]
    assert native_ids(await poll(reddit, third[-1].cursor)) == ["t3_00002"]


async def test_an_author_who_left_is_forgotten_while_the_words_stay(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [post(1)]
    first = await poll(reddit)
    reddit.things["/r/VietNam/new"] = [post(1, author="[deleted]", author_fullname=None)]
    (mention,) = (await poll(reddit, first[-1].cursor))[0].mentions
    assert (mention.author, mention.text) == (None, "Nổ thật")


async def test_a_recheck_finds_deletions_edits_and_scores_of_older_mentions(reddit: Reddit) -> None:
    path = "/r/VietNam/new"
    reddit.things[path] = [post(number) for number in range(150, 0, -1)]
    first = await poll(reddit, recheck=500)
    assert "/api/info" not in reddit.paths()
    reddit.things[path][147:] = [post(2), post(1, score=900)]  # 3 is gone
    second = await poll(reddit, first[-1].cursor, recheck=500)
    third = await poll(reddit, second[-1].cursor, recheck=500)
    gone = [key for page in second + third for key in page.deleted]
    assert gone == [key_of("t3_00003")]
    (changed,) = [mention for page in second + third for mention in page.mentions]
    assert (changed.native_id, changed.engagement.likes) == ("t3_00001", 900)
    asked = [request.query["id"].split(",") for request in reddit.asked if request.path == "/api/info"]
    assert [len(names) for names in asked] == [100, 50]  # in turns, 100 a request


async def test_scores_that_hardly_move_are_no_news(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [post(1, score=101)]
    first = await poll(reddit)
    reddit.things["/r/VietNam/new"] = [post(1, score=102)]
    second = await poll(reddit, first[-1].cursor)
    assert native_ids(second) == []
    reddit.things["/r/VietNam/new"] = [post(1, score=150)]
    assert native_ids(await poll(reddit, second[-1].cursor)) == ["t3_00001"]


async def test_a_search_runs_within_the_subreddits_or_everywhere(reddit: Reddit) -> None:
    reddit.things["/search"] = [post(1)]
    pages = await poll(reddit, subreddits=[], search=['"ấm Acme" nổ'])
    (asked,) = [request for request in reddit.asked if request.path == "/search"]
    assert native_ids(pages) == ["t3_00001"]
    assert (asked.query["q"], asked.query["sort"], asked.query.get("restrict_sr")) == ('"ấm Acme" nổ', "new", None)
    await poll(reddit, subreddits=["VietNam", "r/acme"], posts=False, search=["nổ"])
    assert reddit.paths()[-1] == "/r/VietNam+acme/search"
    assert reddit.asked[-1].query["restrict_sr"] == "true"


async def test_a_token_taken_back_is_asked_for_once_more(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [post(1)]
    reddit.refuse = [(401, {"message": "Unauthorized", "error": 401})]
    assert native_ids(await poll(reddit)) == ["t3_00001"]
    reddit.refuse = [(401, {"error": 401})] * 2
    with pytest.raises(SourceRejected, match="401"):
        await poll(reddit)


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (403, {"reason": "private", "error": 403}, SourceRejected, "the subreddit is private (403)"),
        (404, {"reason": "banned", "error": 404}, SourceUnavailable, "the subreddit is banned (404)"),
        (403, {"reason": "<script>"}, SourceRejected, "access refused (403)"),
        (429, {"message": "Too Many Requests"}, SourceUnavailable, "too many requests (429)"),
    ],
)
async def test_a_refusal_tells_reddits_reason(
    reddit: Reddit, status: int, body: dict[str, Any], error: type[SourceRejected | SourceUnavailable], said: str
) -> None:
    reddit.refuse = [(status, body)]
    with pytest.raises(error) as caught:
        await poll(reddit)
    assert caught.value.reason == said
    if isinstance(caught.value, SourceUnavailable) and status == 429:
        assert caught.value.retry_after_s == 41.0


async def test_no_subreddit_of_that_name_is_said_as_such(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [{"kind": "t5", "data": {"name": "t5_1"}}]
    with pytest.raises(Exception, match="is the subreddit's name right"):
        await poll(reddit)


async def test_an_entry_that_cannot_be_read_is_counted_and_the_rest_is_heard(reddit: Reddit) -> None:
    reddit.things["/r/VietNam/new"] = [post(2), {"kind": "t3", "data": {"name": "t3_1", "created_utc": "soon"}}, post(1)]
    (page,) = await poll(reddit)
    assert (len(page.mentions), page.skipped) == (2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subreddits": []},
        {"subreddits": ["a b"]},
        {"contact": "me@example.org"},
        {"posts": False},
        {"api": "ftp://x"},
        {"recheck": -1},
        {"every": "5m"},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**{"client_id": "app", "contact": "acme", "subreddits": ["VietNam"], "comments": False} | wrong)


def recorded(shared: Path, name: str) -> list[tuple[str, Any]]:
    """The path and decoded body of each recorded answer but the token's."""
    told = json.loads((shared / "reddit" / "cassettes" / f"{name}.json").read_text(encoding="utf-8"))["interactions"]
    return [(one["request"]["uri"], json.loads(one["response"]["body"]["string"])) for one in told[1:]]


def replay(reddit: Reddit, answers: list[Any]) -> None:
    reddit.answer = lambda _: answers.pop(0)  # type: ignore[method-assign]


@pytest.mark.shared
async def test_real_listings_are_read_whole(reddit: Reddit, shared: Path) -> None:
    for name, options in (
        ("TestSubredditListings.test_new", {}),
        ("TestSubredditListings.test_comments", {"posts": False, "comments": True}),
        ("TestSubreddit.test_search", {"posts": False, "search": ["praw oauth search"]}),
    ):
        ((_, body),) = recorded(shared, name)
        real = body["data"]["children"]
        body["data"]["after"] = None
        replay(reddit, [body])
        (page,) = await poll(reddit, **options)
        assert page.skipped == 0
        assert len(page.mentions) == len(real)
        assert all(mention.title or mention.text for mention in page.mentions)
        assert all(mention.url and mention.url.startswith("https://www.reddit.com/r/") for mention in page.mentions)
        assert all(mention.published_at for mention in page.mentions)
        assert not any("<" in mention.text and "</" in mention.text for mention in page.mentions if "pre" not in mention.text)


@pytest.mark.shared
async def test_a_real_stream_of_comments_is_heard_without_gap_or_repeat(reddit: Reddit, shared: Path) -> None:
    pages = [body["data"]["children"] for _, body in recorded(shared, "TestSubredditStreams.test_comments")]
    every = [child for page in reversed(pages) for child in page]
    assert len({child["data"]["name"] for child in every}) == len(every) == 400
    reddit.things["/r/all/comments"] = every[-100:]
    options: dict[str, Any] = {"subreddits": ["all"], "posts": False, "comments": True}
    first = await poll(reddit, **options)
    reddit.things["/r/all/comments"] = every
    second = await poll(reddit, first[-1].cursor, **options)
    ids = native_ids(first + second)
    assert len(ids) == len(set(ids)) == 400
    assert len(msgspec.json.decode(second[-1].cursor or "")["walks"]["comments:all"]["seen"]) == 200
