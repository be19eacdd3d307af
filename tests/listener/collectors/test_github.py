"""GitHub's REST and GraphQL APIs over HTTP from a real local server, in their documented shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
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
from listener.collectors.github import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
REPO = "Acme/app"


def at(minute: int) -> str:
    return (NOW - timedelta(days=1) + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(number: int, minute: int | None = None, **fields: Any) -> dict[str, Any]:
    known = {
        "id": 1_000 + number,
        "number": number,
        "title": f"Ứng dụng treo {number}",
        "body_html": "<p>Mở lên là <strong>treo</strong></p>",
        "created_at": at(number),
        "updated_at": at(number if minute is None else minute),
        "html_url": f"https://github.com/Acme/app/issues/{number}",
        "repository_url": "https://api.github.com/repos/Acme/app",
        "user": {"login": "Lan-Ng", "type": "User"},
        "comments": 2,
        "reactions": {"+1": 3, "-1": 5, "heart": 1, "total_count": 9},
        "author_association": "NONE",
    }
    return known | fields


def comment(native_id: int, minute: int, **fields: Any) -> dict[str, Any]:
    known = {
        "id": native_id,
        "body_html": "<blockquote><p>treo</p></blockquote><p>Mình cũng bị</p>",
        "created_at": at(minute),
        "updated_at": at(minute),
        "html_url": f"https://github.com/Acme/app/issues/1#issuecomment-{native_id}",
        "issue_url": "https://api.github.com/repos/Acme/app/issues/1",
        "user": {"login": "binh", "type": "User"},
        "author_association": "MEMBER",
    }
    return known | fields


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""

    async def serve(request: web.Request, answer: str) -> web.StreamResponse:
        answers: dict[str, Any] = {"good": [issue(1), issue(2)], "empty": [], "malformed": {"message": "hello"}}
        return web.json_response(answers[answer])

    return {"options": Options(token="s3cret", repositories=[REPO], comments=False, api=url, graphql=url), "serve": serve}


class GitHub:
    """A small GitHub: lists by change or by creation in pages of 100, validators, a search, discussions."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.discussions: dict[str, Any] = {}
        self.incomplete = False
        self.refuse: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = {}
        self.asked: list[web.Request] = []
        self.posted: list[Any] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if request.path in self.refuse:
            status, body, headers = self.refuse[request.path]
            return web.json_response(body, status=status, headers=headers)
        if request.path == "/graphql":
            self.posted.append(await request.json())
            return web.json_response(self.discussions)
        body = json.dumps(self.answer(request))
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()}"'
        headers = {"X-RateLimit-Remaining": "4990", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 600), "ETag": etag}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body.encode(), headers=headers, content_type="application/json")

    def answer(self, request: web.Request) -> Any:
        asked = request.query
        found = self.comments if request.path.endswith("/comments") else self.issues
        since = asked["q"].rpartition("updated:>=")[2] if "q" in asked else asked.get("since", "")
        field = "updated_at" if asked["sort"] == "updated" else "created_at"
        is_down = asked.get("direction") == "desc"
        chosen = sorted((one for one in found if one["updated_at"] >= since), key=lambda one: (one[field], one["id"]), reverse=is_down)
        start = (int(asked.get("page", 1)) - 1) * 100
        page = chosen[start : start + 100]
        return {"total_count": len(chosen), "incomplete_results": self.incomplete, "items": page} if "q" in asked else page


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    github = GitHub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", github.handle)
    github.server = TestServer(app)
    await github.server.start_server()
    yield github
    await github.server.close()


async def poll(
    github: GitHub, cursor: str | None = None, *, kill_after: int | None = None, now: datetime = NOW, **options: Any
) -> list[Page]:
    base = str(github.server.make_url("")).rstrip("/")
    known: dict[str, Any] = {"token": "hunter2", "repositories": [REPO], "comments": False, "recheck": False}
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{github.server.port}"]) as http:
        settings = Options(**known | {"api": base, "graphql": f"{base}/graphql"} | options)
        found = []
        async for page in Collector(settings, source_id="kho", http=http, now=lambda: now).listen(cursor):
            found.append(page)
            if len(found) == kill_after:
                break
    return found


def native_ids(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


async def test_an_issue_becomes_a_mention(github: GitHub) -> None:
    github.issues = [issue(1)]
    (page,) = await poll(github)
    (mention,) = page.mentions
    assert (mention.key, mention.native_id) == (mention_key("github", "127.0.0.1", "acme/app#1"), "acme/app#1")
    assert (mention.title, mention.text) == ("Ứng dụng treo 1", "Mở lên là treo")
    assert mention.url == "https://github.com/Acme/app/issues/1"
    assert (mention.engagement.likes, mention.engagement.replies) == (4, 2)
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle) == ("127.0.0.1/lan-ng", "Lan-Ng")
    assert (page.quota and page.quota.left, page.quota and page.quota.resets_at) == (4_990.0, NOW + timedelta(minutes=10))
    (asked,) = github.asked
    assert asked.headers["Authorization"] == "Bearer hunter2"
    assert asked.headers["Accept"] == "application/vnd.github.html+json"
    assert asked.query["since"] == "2026-11-14T03:00:00Z"
    assert "hunter2" not in str(page.cursor)


async def test_a_comment_answers_its_issue_in_its_own_words(github: GitHub) -> None:
    github.comments = [comment(7, 5, updated_at=at(9))]
    (_, page) = await poll(github, comments=True)
    (mention,) = page.mentions
    assert (mention.native_id, mention.text, mention.reply_to) == ("comment-7", "Mình cũng bị", "acme/app#1")
    assert mention.parent_key == mention_key("github", "127.0.0.1", "acme/app#1")
    assert mention.edited_at == NOW - timedelta(days=1) + timedelta(minutes=9)


async def test_changes_come_oldest_first_and_an_unchanged_list_costs_nothing(github: GitHub) -> None:
    github.issues = [issue(number) for number in range(1, 251)]
    first = await poll(github)
    assert native_ids(first) == [f"acme/app#{number}" for number in range(1, 251)]
    second = await poll(github, first[-1].cursor)
    third = await poll(github, second[-1].cursor)
    assert native_ids(second + third) == []
    assert ([page.unchanged for page in third], [page.cost for page in third]) == ([True], [0.0])
    github.issues[9] = issue(10, 300, body_html="<p>Vẫn treo</p>", comments=40)
    github.issues[10] = issue(11, 301)  # a label was set: nothing that we keep
    assert native_ids(await poll(github, third[-1].cursor)) == ["acme/app#10"]


async def test_a_look_that_was_killed_or_bounded_goes_on_where_it_stopped(github: GitHub) -> None:
    github.issues = [issue(number) for number in range(1, 251)]
    killed = await poll(github, kill_after=1)
    rest = await poll(github, killed[-1].cursor, pages=1)
    assert rest[-1].missed is None
    last = await poll(github, rest[-1].cursor)
    assert native_ids(killed + rest + last) == [f"acme/app#{number}" for number in range(1, 251)]


async def test_more_changes_in_one_second_than_a_page_holds_are_all_heard(github: GitHub) -> None:
    github.issues = [issue(number, 5) for number in range(1, 231)]
    pages = await poll(github)
    assert len(set(native_ids(pages))) == 230


async def test_pull_requests_bots_and_the_team_are_told_apart(github: GitHub) -> None:
    github.issues = [
        issue(1, author_association="OWNER"),
        issue(2, pull_request={"url": "x"}),
        issue(3, user={"login": "dependabot[bot]", "type": "Bot"}),
        issue(4, user=None),
    ]
    github.comments = [comment(5, 5, html_url="https://github.com/Acme/app/pull/2#issuecomment-5")]
    assert native_ids(await poll(github, comments=True)) == ["acme/app#1", "acme/app#4"]
    pages = await poll(github, comments=True, pulls=True, bots=True, own_team=True)
    assert [mention.kind for page in pages for mention in page.mentions] == ["own", "original", "original", "original", "own"]


async def test_what_is_deleted_leaves_the_newest_page_and_reactions_are_read_again(github: GitHub) -> None:
    github.issues = [issue(number) for number in range(1, 4)]
    github.comments = [comment(number, number) for number in range(5, 8)]
    first = await poll(github, comments=True, recheck=True)
    second = await poll(github, first[-1].cursor, comments=True, recheck=True)
    assert [page.deleted for page in second] == [()] * 4
    del github.issues[1], github.comments[2]
    github.issues[0]["reactions"]["+1"] = 90
    third = await poll(github, second[-1].cursor, comments=True, recheck=True)
    gone = {key for page in third for key in page.deleted}
    assert gone == {mention_key("github", "127.0.0.1", one) for one in ("acme/app#2", "comment-7")}
    assert native_ids(third) == ["acme/app#1"]
    fourth = await poll(github, third[-1].cursor, comments=True, recheck=True)
    assert [page.deleted for page in fourth if page.deleted] == []


async def test_a_search_looks_back_a_little_for_the_index_lags(github: GitHub) -> None:
    github.issues = [issue(20)]
    options: dict[str, Any] = {"repositories": [], "search": ["acme treo"]}
    first = await poll(github, **options)
    assert github.asked[0].query["q"] == "acme treo is:issue updated:>=2026-11-14T03:00:00Z"
    github.issues.append(issue(15))  # indexed late
    github.incomplete = True
    (page,) = await poll(github, first[-1].cursor, **options)
    assert (native_ids([page]), page.missed) == (["acme/app#15"], "partial")


def node(native_id: int, minute: int, **fields: Any) -> dict[str, Any]:
    known = {
        "databaseId": native_id,
        "createdAt": at(minute),
        "lastEditedAt": None,
        "bodyHTML": f"<p>lời {native_id}</p>",
        "url": f"https://github.com/Acme/app/discussions/1#{native_id}",
        "upvoteCount": 4,
        "authorAssociation": "NONE",
        "author": {"login": "lan", "type": "User"},
    }
    return known | fields


def discussed(*nodes: dict[str, Any]) -> dict[str, Any]:
    listed = {"pageInfo": {"endCursor": "x", "hasNextPage": False}, "nodes": list(nodes)}
    return {"data": {"repository": {"discussions": listed}, "rateLimit": {"cost": 2, "remaining": 4_000, "resetAt": at(0)}}}


async def test_discussions_are_heard_with_comments_and_replies(github: GitHub) -> None:
    reply = node(30, 3)
    answer = node(20, 2, replies={"totalCount": 1, "nodes": [reply]})
    github.discussions = discussed(node(10, 1, number=1, title="Ấm nổ", updatedAt=at(3), comments={"totalCount": 1, "nodes": [answer]}))
    options: dict[str, Any] = {"issues": False, "discussions": True}
    (page,) = await poll(github, **options)
    opener, first, second = page.mentions
    assert (opener.native_id, opener.title, opener.text) == ("acme/app/discussions/1", "Ấm nổ", "lời 10")
    assert (opener.engagement.likes, opener.engagement.replies) == (4, 1)
    assert (first.native_id, first.reply_to) == ("discussion-comment-20", "acme/app/discussions/1")
    assert (second.native_id, second.parent_key) == ("discussion-comment-30", first.key)
    assert (page.cost, page.quota and page.quota.left) == (2.0, 4_000.0)
    assert github.posted[0]["variables"] == {"owner": "Acme", "name": "app", "after": None}
    assert native_ids(await poll(github, page.cursor, **options)) == []


@pytest.mark.parametrize(
    ("kind", "error"), [("RATE_LIMITED", SourceUnavailable), ("NOT_FOUND", SourceUnavailable), ("FORBIDDEN", SourceRejected)]
)
async def test_a_graphql_error_in_a_good_status_says_what_to_do(github: GitHub, kind: str, error: type[SourceError]) -> None:
    github.discussions = {"data": {"repository": None}, "errors": [{"type": kind, "message": "no"}]}
    with pytest.raises(error):
        await poll(github, issues=False, discussions=True)


@pytest.mark.parametrize(
    ("status", "message", "headers", "error", "said", "wait_s"),
    [
        (
            403,
            "API rate limit exceeded for 1.2.3.4.",
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 900)},
            SourceUnavailable,
            "the requests of this hour are spent (403)",
            900.0,
        ),
        (403, "You have exceeded a secondary rate limit.", {"Retry-After": "30"}, SourceUnavailable, "too many requests (403)", 30.0),
        (403, "You have exceeded a secondary rate limit.", {}, SourceUnavailable, "too many requests (403)", 60.0),
        (403, "Resource not accessible by personal access token", {}, SourceRejected, "access refused (403)", None),
        (401, "Bad credentials", {}, SourceRejected, "credentials refused (401)", None),
        (410, "Issues are disabled for this repo", {}, SourceRejected, "gone for good (410)", None),
        (404, "Not Found", {}, SourceUnavailable, "answered with status 404", None),
    ],
)
async def test_a_limit_passes_and_a_refusal_does_not(
    github: GitHub, status: int, message: str, headers: dict[str, str], error: type[SourceError], said: str, wait_s: float | None
) -> None:
    github.refuse["/repos/Acme/app/issues"] = (status, {"message": message}, headers)
    with pytest.raises(error) as caught:
        await poll(github)
    assert caught.value.reason == said
    assert getattr(caught.value, "retry_after_s", None) == wait_s


async def test_one_repository_that_is_gone_is_told_and_the_others_are_heard(github: GitHub) -> None:
    github.refuse["/repos/Acme/old/issues"] = (410, {"message": "Issues are disabled for this repo"}, {})
    github.issues = [issue(1)]
    gone, heard = await poll(github, repositories=["Acme/old", REPO])
    assert (gone.missed, gone.problem) == ("partial", "issues:Acme/old: not there (410)")
    assert native_ids([heard]) == ["acme/app#1"]


async def test_a_search_that_github_cannot_read_says_so(github: GitHub) -> None:
    github.refuse["/search/issues"] = (422, {"message": "Validation Failed"}, {})
    with pytest.raises(SourceRejected, match="check its words"):
        await poll(github, repositories=[], search=["((("])


@pytest.mark.parametrize(
    "wrong",
    [{}, {"repositories": ["acme"]}, {"repositories": [REPO], "discussions": True}, {"search": [""]}, {"search": ["a"], "api": "x"}],
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**wrong)
