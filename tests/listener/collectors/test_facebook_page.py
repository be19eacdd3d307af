"""A page of your own, read from a real local server that answers as the Graph API does."""

from __future__ import annotations

import hashlib
import hmac
import json
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from core.records import Engagement, Mention
from core.text import mention_key
from listener.base import Page, Quota
from listener.collectors.facebook_page import REQUESTS, Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TOKEN = "EAABsbCS1iHgBAKZCq5Yx9secret"
SECRET = "0123456789abcdef0123456789abcdef"
PAGE = "100"


def told(minutes_ago: int) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def comment(number: int, text: str, ago: int = 5, **more: Any) -> dict[str, Any]:
    return {"id": f"100_1_{number}", "message": text, "created_time": told(ago), "like_count": 0, "comment_count": 0, **more}


def post(number: int, text: str, comments: list[dict[str, Any]] | None = None, ago: int = 60, **more: Any) -> dict[str, Any]:
    listed: dict[str, Any] = {"data": comments or [], "summary": {"total_count": len(comments or [])}}
    return {"id": f"100_{number}", "message": text, "created_time": told(ago), "comments": listed, **more}


class Meta:
    """The Graph API's side: edges by their path."""

    def __init__(self) -> None:
        self.edges: dict[str, list[dict[str, Any]]] = {"100/feed": []}
        self.size = 10
        self.headers: dict[str, str] = {}
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.refused = ""
        self.asked: list[web.Request] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        edge = request.path.partition("/v24.0/")[2]
        if self.refusal is not None and edge.endswith(self.refused):
            return web.json_response({"error": self.refusal[1]}, status=self.refusal[0], headers=self.headers)
        start = int(request.query.get("after", 0))
        entries = self.edges.get(edge, [])
        page: dict[str, Any] = {"data": entries[start : start + self.size]}
        if entries:
            page["paging"] = {"cursors": {"after": str(start + self.size)}}
            if start + self.size < len(entries):
                page["paging"]["next"] = f"https://graph.facebook.com/next?access_token={TOKEN}"
        return web.json_response(page, headers=self.headers)


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    meta = Meta()
    meta.edges["100/feed"] = [] if answer == "empty" else [post(1, "Ấm nổ"), post(2, "Ấm tốt")]
    return web.json_response({"posts": []}) if answer == "malformed" else await meta.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(page=PAGE, token=TOKEN, app_secret=SECRET, api=url), "serve": serve}


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    meta = Meta()
    app = web.Application()
    app.router.add_get("/{path:.*}", meta.handle)
    meta.server = TestServer(app)
    await meta.server.start_server()
    yield meta
    await meta.server.close()


async def look(meta: Meta, cursor: str | None = None, **options: Any) -> list[Page]:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{meta.server.port}"]) as http:
        settings = Options(**{"page": PAGE, "token": TOKEN, "api": str(meta.server.make_url("/")), **options})
        return [page async for page in Collector(settings, source_id="trang", http=http, now=lambda: NOW).listen(cursor)]


def heard(pages: list[Page]) -> dict[str, Mention]:
    return {mention.native_id: mention for page in pages for mention in page.mentions}


async def test_a_post_and_its_comments_become_mentions(meta: Meta) -> None:
    answer = comment(2, "Chúng tôi xin lỗi", 3, **{"from": {"id": PAGE, "name": "Acme"}, "parent": {"id": "100_1_1"}})
    question = comment(1, "Ấm cháy!", 5, like_count=7, permalink_url="https://www.facebook.com/100/posts/1?comment_id=1")
    shared = {
        "attachments": {"data": [{"media_type": "link", "title": "Báo", "unshimmed_url": "https://bao.example/1"}]},
        "shares": {"count": 3},
    }
    counted = {"reactions": {"data": [], "summary": {"total_count": 12}}}
    meta.edges["100/feed"] = [post(1, "Ưu đãi", [answer, question], **{"from": {"id": PAGE, "name": "Acme"}}, **shared, **counted)]
    mentions = heard(await look(meta))
    own, said, back = mentions["100_1"], mentions["100_1_1"], mentions["100_1_2"]
    assert own.key == mention_key("facebook_page", "facebook.com", "100_1")
    assert (own.kind, own.text) == ("own", "Ưu đãi\nBáo\nhttps://bao.example/1\n[link]")
    assert own.engagement == Engagement(likes=12, replies=2, reposts=3)
    assert (said.kind, said.author, said.engagement.likes) == ("original", None, 7), "who hides himself has no name"
    assert (said.reply_to, said.parent_key) == ("100_1", own.key)
    assert (back.kind, back.reply_to) == ("own", "100_1_1")
    assert said.published_at == NOW - timedelta(minutes=5)


async def test_only_what_is_new_or_changed_is_told_again(meta: Meta) -> None:
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(1, "một")])]
    first = await look(meta)
    assert heard(await look(meta, first[-1].cursor)) == {}
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(2, "hai", 2), comment(1, "một", like_count=9)])]
    again = heard(await look(meta, first[-1].cursor))
    assert set(again) == {"100_1", "100_1_1", "100_1_2"}, "counters moved"
    assert again["100_1"].engagement.replies == 2


async def test_what_vanished_is_deleted(meta: Meta) -> None:
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(2, "hai", 2), comment(1, "một")]), post(2, "Bài khác")]
    first = await look(meta)
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(2, "hai", 2)])]
    second = await look(meta, first[-1].cursor)
    gone = {key for page in second for key in page.deleted}
    assert gone == {mention_key("facebook_page", "facebook.com", name) for name in ("100_1_1", "100_2")}
    assert not [page.deleted for page in await look(meta, second[-1].cursor) if page.deleted]


async def test_comments_that_meta_does_not_tell_are_not_deleted(meta: Meta) -> None:
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(1, "một")])]
    first = await look(meta)
    without = post(1, "Ấm")
    del without["comments"]
    meta.edges["100/feed"] = [without]
    second = await look(meta, first[-1].cursor)
    assert second[-1].deleted == ()
    meta.edges["100/feed"] = [post(1, "Ấm", [])]
    assert len((await look(meta, second[-1].cursor))[-1].deleted) == 1


async def test_a_storm_of_comments_is_followed_back_to_what_is_known(meta: Meta) -> None:
    meta.edges["100/feed"] = [post(1, "Ấm", [comment(1, "đầu tiên", 50)])]
    first = await look(meta)
    storm = [comment(number, f"câu {number}", 40 - number // 10) for number in range(140, 1, -1)] + [comment(1, "đầu tiên", 50)]
    opened = post(1, "Ấm", storm[:50])
    opened["comments"] |= {"summary": {"total_count": 140}, "paging": {"cursors": {"after": "50"}, "next": "x"}}
    meta.edges |= {"100/feed": [opened], "100_1/comments": storm}
    meta.size = 100
    mentions = heard(await look(meta, first[-1].cursor))
    assert len([name for name in mentions if name.startswith("100_1_")]) == 139


async def test_many_posts_come_page_by_page_and_a_look_has_its_bounds(meta: Meta) -> None:
    meta.edges["100/feed"] = [post(number, f"bài {number}") for number in range(1, 10 * REQUESTS + 5)]
    pages = await look(meta)
    assert [len(page.mentions) for page in pages] == [10] * REQUESTS
    assert [page.missed for page in pages] == [None] * (REQUESTS - 1) + ["capped"]
    resumed = heard(await look(meta, pages[0].cursor))
    assert not set(resumed) & set(heard(pages[:1])), "a kill after the first page repeats nothing of it"


async def test_reviews_and_messages_come_where_they_are_asked_for(meta: Meta) -> None:
    review = {"created_time": told(9), "recommendation_type": "negative", "review_text": "Tệ", "reviewer": {"id": "7", "name": "Lan"}}
    note = {"id": "m_1", "message": "Tôi muốn trả hàng", "created_time": told(8), "from": {"id": "7", "name": "Lan"}}
    answer = {"id": "m_2", "message": "Vâng", "created_time": told(7), "from": {"id": PAGE, "name": "Acme"}}
    meta.edges |= {"100/ratings": [review], "100/conversations": [{"id": "t_1", "messages": {"data": [answer, note]}}]}
    assert heard(await look(meta)) == {}
    pages = await look(meta, ratings=True, messages=True)
    mentions = heard(pages)
    assert mentions[f"rating/7/{told(9)}"].text == "Tệ\n[negative]"
    assert (mentions["m_1"].kind, mentions["m_2"].kind) == ("original", "own")
    assert heard(await look(meta, pages[-1].cursor, ratings=True, messages=True)) == {}


async def test_the_token_goes_in_a_header_with_its_proof(meta: Meta) -> None:
    await look(meta, app_secret=SECRET)
    (request,) = meta.asked
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url)
    assert request.query["appsecret_proof"] == hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert request.query["since"] == str(int((NOW - timedelta(days=7)).timestamp()))


async def test_the_allowance_is_told_and_spared(meta: Meta) -> None:
    usage = {"100": [{"type": "pages", "call_count": 93, "total_time": 20, "total_cputime": 25, "estimated_time_to_regain_access": 0}]}
    meta.headers = {"X-Business-Use-Case-Usage": json.dumps(usage), "X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":25}'}
    meta.edges["100/feed"] = [post(number, f"bài {number}") for number in range(1, 30)]
    (page,) = await look(meta)
    assert (page.quota, page.missed) == (Quota(left=7.0), "capped")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ({"code": 190, "message": f"Malformed access token {TOKEN}"}, SourceRejected, "make a new one"),
        ({"code": 10, "message": "needs permission"}, SourceRejected, "pages_read_user_content"),
        ({"code": 200, "message": "Permissions error"}, SourceRejected, "pages_read_engagement"),
        ({"code": 100, "message": f"Unsupported get request {TOKEN}"}, SourceRejected, "`page`"),
        ({"code": 32, "message": "Page request limit reached"}, SourceUnavailable, "allowance"),
        ({"code": 80001, "message": "too many calls"}, SourceUnavailable, "allowance"),
        ({"code": 2, "message": f"try later {TOKEN}"}, SourceUnavailable, "try later"),
    ],
)
@pytest.mark.parametrize("status", [400, 200])
async def test_a_refusal_says_its_mend(meta: Meta, error: dict[str, Any], kind: type[SourceError], words: str, status: int) -> None:
    meta.refusal = (status, error)
    meta.headers = {"X-Business-Use-Case-Usage": '{"100":[{"call_count":100,"estimated_time_to_regain_access":12}]}'}
    with pytest.raises(kind) as caught:
        await look(meta, app_secret=SECRET)
    assert words in caught.value.reason
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    if isinstance(caught.value, SourceUnavailable) and "allowance" in words:
        assert caught.value.retry_after_s == 720.0


async def test_a_permission_for_messages_is_named(meta: Meta) -> None:
    meta.refusal, meta.refused = (403, {"code": 200, "message": "x"}), "conversations"
    with pytest.raises(SourceRejected, match="pages_messaging"):
        await look(meta, messages=True)


async def test_a_post_that_cannot_be_read_is_counted(meta: Meta) -> None:
    meta.edges["100/feed"] = [{"id": 5}, post(1, "Ấm")]
    (page,) = await look(meta)
    assert (len(page.mentions), page.skipped) == (1, 1)


async def test_an_answer_that_is_none_of_metas_is_unreadable() -> None:
    async def nothing(_: web.Request) -> web.Response:
        return web.json_response({"id": "100"})

    app = web.Application()
    app.router.add_get("/{path:.*}", nothing)
    async with TestServer(app) as server, Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{server.port}"]) as http:
        options = Options(page=PAGE, token=TOKEN, api=str(server.make_url("/")))
        with pytest.raises(SourceUnreadable):
            [page async for page in Collector(options, source_id="trang", http=http, now=lambda: NOW).listen(None)]


@pytest.mark.parametrize("wrong", [{"page": "acme"}, {"token": "hunter2 hunter2"}, {"version": "24"}, {"api": "ftp://x"}, {"days": 0}])
def test_an_option_that_cannot_be_is_refused_and_no_secret_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**{"page": PAGE, "token": TOKEN, **wrong})
    assert "hunter2" not in str(caught.value)
