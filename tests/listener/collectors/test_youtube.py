"""YouTube's Data API over HTTP from a real local server, in its documented shape."""

from __future__ import annotations

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
from listener.base import Page
from listener.collectors.youtube import Collector, Options
from listener.youtube_comments import key_of

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)  # 19:00 of the day before in California
VIDEO = "dQw4w9WgXcQ"
CHANNEL = "UC" + "a" * 22


def comment(native_id: str, minute: int, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=10) + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    known = {
        "textDisplay": f"Ấm nổ {native_id}",
        "authorDisplayName": "@an",
        "authorChannelId": {"value": "UCan"},
        "likeCount": 2,
        "publishedAt": at,
        "updatedAt": at,
        "videoId": VIDEO,
    }
    return {"kind": "youtube#comment", "id": native_id, "snippet": known | fields}


def thread(native_id: str, minute: int, *, replies: int = 0, told: int | None = None, **fields: Any) -> dict[str, Any]:
    answers = [comment(f"{native_id}.r{one}", minute + one + 1, parentId=native_id) for one in range(replies if told is None else told)]
    snippet = {"videoId": VIDEO, "topLevelComment": comment(native_id, minute, **fields), "totalReplyCount": replies}
    return {"id": native_id, "snippet": snippet} | ({"replies": {"comments": answers}} if answers else {})


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""

    async def serve(request: web.Request, answer: str) -> web.StreamResponse:
        answers = {"good": {"items": [thread("b", 2), thread("a", 1)]}, "empty": {"items": []}, "malformed": {"kind": "x"}}
        return web.json_response(answers[answer])

    return {"options": Options(api_key="s3cret", videos=[VIDEO], api=url), "serve": serve}


def refused(status: int, reason: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": status, "message": "no", "errors": [{"domain": "youtube", "reason": reason}]}}


class YouTube:
    """A small YouTube: threads by video or channel, newest first, in pages of 100."""

    def __init__(self) -> None:
        self.threads: dict[str, list[dict[str, Any]]] = {}
        self.replies: dict[str, list[dict[str, Any]]] = {}
        self.uploads: list[dict[str, Any]] = []
        self.refuse: dict[str, tuple[int, dict[str, Any]]] = {}
        self.asked: list[web.Request] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        asked = request.query
        name = asked.get("videoId") or asked.get("allThreadsRelatedToChannelId") or asked.get("parentId") or request.path
        if name in self.refuse:
            status, body = self.refuse[name]
            return web.json_response(body, status=status)
        return web.json_response(self.answer(request, name))

    def answer(self, request: web.Request, name: str) -> dict[str, Any]:
        asked = request.query
        if request.path == "/playlistItems":
            return {"items": self.uploads}
        if "id" in asked:
            whole = [one for found in self.threads.values() for one in found]
            every = {one["id"]: one for one in (*whole, *(reply for found in self.replies.values() for reply in found))}
            every |= {reply["id"]: reply for one in whole for reply in one.get("replies", {}).get("comments", [])}
            return {"items": [every[one] for one in asked["id"].split(",") if one in every]}
        found = self.replies.get(name, []) if "parentId" in asked else self.threads.get(name, [])
        start = int(asked.get("pageToken", 0))
        return {"items": found[start : start + 100]} | ({"nextPageToken": str(start + 100)} if start + 100 < len(found) else {})


@pytest.fixture
async def youtube() -> AsyncIterator[YouTube]:
    youtube = YouTube()
    app = web.Application()
    app.router.add_get("/{path:.*}", youtube.handle)
    youtube.server = TestServer(app)
    await youtube.server.start_server()
    yield youtube
    await youtube.server.close()


async def poll(
    youtube: YouTube, cursor: str | None = None, *, now: datetime = NOW, kill_after: int | None = None, **options: Any
) -> list[Page]:
    known: dict[str, Any] = {"api_key": "hunter2", "videos": [VIDEO], "recheck": 0, "api": str(youtube.server.make_url("/"))}
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{youtube.server.port}"]) as http:
        found = []
        async for page in Collector(Options(**known | options), source_id="kênh", http=http, now=lambda: now).listen(cursor):
            found.append(page)
            if len(found) == kill_after:
                break
    return found


def native_ids(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


async def test_a_comment_becomes_a_mention_and_its_reply_answers_it(youtube: YouTube) -> None:
    edited = (NOW - timedelta(hours=1)).isoformat()
    youtube.threads[VIDEO] = [thread("a", 1, replies=1, updatedAt=edited)]
    (page,) = await poll(youtube, lang="vi")
    top, reply = page.mentions
    assert (top.key, top.text, top.lang) == (key_of("a"), "Ấm nổ a", "vi")
    assert top.url == f"https://www.youtube.com/watch?v={VIDEO}&lc=a"
    assert (top.reply_to, top.parent_key) == (VIDEO, key_of(VIDEO))
    assert (top.engagement.likes, top.engagement.replies) == (2, 1)
    assert (top.edited_at, reply.edited_at) == (NOW - timedelta(hours=1), None)
    assert (reply.reply_to, reply.parent_key) == ("a", key_of("a"))
    assert top.author is not None
    assert (top.author.key, top.author.handle) == ("youtube.com/UCan", "@an")


async def test_the_key_goes_in_a_header_and_is_never_shown(youtube: YouTube) -> None:
    (page,) = await poll(youtube)
    (asked,) = youtube.asked
    assert asked.headers["X-Goog-Api-Key"] == "hunter2"
    assert "hunter2" not in str(asked.url) + str(page.cursor) + repr(Options(api_key="hunter2", videos=[VIDEO]))
    assert (asked.query["order"], asked.query["textFormat"], asked.query["part"]) == ("time", "plainText", "snippet,replies")


async def test_a_look_goes_back_to_what_was_heard(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread(f"c{minute:03d}", minute) for minute in range(30, 0, -1)]
    first = await poll(youtube)
    youtube.threads[VIDEO] = [thread(f"c{minute:03d}", minute) for minute in range(300, 0, -1)]
    killed = await poll(youtube, first[-1].cursor, kill_after=1)
    rest = await poll(youtube, killed[-1].cursor)
    assert sorted(native_ids(killed + rest)) == [f"c{minute:03d}" for minute in range(31, 301)]
    assert {page.missed for page in killed + rest} == {None}
    assert native_ids(await poll(youtube, rest[-1].cursor)) == []


async def test_what_we_stop_short_of_is_told(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread("c000", 0)]
    first = await poll(youtube, pages=1)
    youtube.threads[VIDEO] = [thread(f"c{minute:03d}", minute) for minute in range(300, -1, -1)]
    assert (await poll(youtube, first[-1].cursor, pages=1))[-1].missed == "capped"


async def test_replies_that_did_not_come_along_are_asked_for_once(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread("a", 1, replies=7, told=5)]
    youtube.replies["a"] = [comment(f"a.r{one}", one + 2, parentId="a") for one in range(7)]
    first = await poll(youtube)
    assert sorted(native_ids(first)) == ["a", *(f"a.r{one}" for one in range(7))]
    asked = len(youtube.asked)
    second = await poll(youtube, first[-1].cursor)
    assert (native_ids(second), len(youtube.asked) - asked) == ([], 1)
    youtube.threads[VIDEO] = [thread("a", 1, replies=8, told=5)]
    youtube.replies["a"].append(comment("a.r7", 60, parentId="a"))
    assert "a.r7" in native_ids(await poll(youtube, second[-1].cursor))


async def test_a_whole_channel_costs_one_request_and_its_videos_are_mentions_where_wanted(youtube: YouTube) -> None:
    youtube.threads[CHANNEL] = [thread("a", 1)]
    item = {"id": "UUx", "contentDetails": {"videoId": VIDEO}}
    snippet = {
        "publishedAt": "2026-11-20T00:00:00Z",
        "title": "Ấm mới",
        "description": "Mua ngay",
        "channelId": CHANNEL,
        "channelTitle": "Acme",
    }
    youtube.uploads = [item | {"snippet": snippet}]
    pages = await poll(youtube, videos=[], channels=[CHANNEL], uploads=True)
    assert native_ids(pages) == ["a", VIDEO]
    video = pages[1].mentions[0]
    assert (video.title, video.text, video.key) == ("Ấm mới", "Mua ngay", key_of(VIDEO))
    assert youtube.asked[1].query["playlistId"] == "UU" + "a" * 22
    assert [page.cost for page in pages] == [1.0, 1.0]
    assert pages[0].mentions[0].parent_key == video.key


async def test_the_units_of_a_day_are_counted_and_filled_up_at_midnight_in_california(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread("a", 1)]
    midnight = datetime(2026, 11, 21, 8, tzinfo=UTC)
    first = await poll(youtube, daily_units=2)
    second = await poll(youtube, first[-1].cursor, daily_units=2)
    assert [page.quota and page.quota.left for page in first + second] == [1.0, 0.0]
    assert first[0].quota is not None
    assert first[0].quota.resets_at == midnight
    with pytest.raises(SourceUnavailable, match="spent") as caught:
        await poll(youtube, second[-1].cursor, daily_units=2)
    assert caught.value.retry_after_s == 5 * 3_600
    (page,) = await poll(youtube, second[-1].cursor, daily_units=2, now=midnight)
    assert page.quota is not None
    assert page.quota.left == 1.0


@pytest.mark.parametrize(
    ("answer", "error", "said", "wait_s"),
    [
        (refused(403, "quotaExceeded"), SourceUnavailable, "the units of today are spent (403)", 18_000.0),
        (refused(403, "rateLimitExceeded"), SourceUnavailable, "too many requests (403)", 60.0),
        (refused(400, "keyInvalid"), SourceRejected, "the API key is not valid (400)", None),
        (refused(403, "accessNotConfigured"), SourceRejected, "the YouTube Data API is not enabled for this key's project (403)", None),
        (refused(403, "forbidden"), SourceRejected, "access refused (403)", None),
        (refused(400, "processingFailure"), SourceUnavailable, "answered with status 400", None),
        (
            (400, {"error": {"errors": [{"reason": "badRequest"}], "details": [{"@type": "ErrorInfo", "reason": "API_KEY_INVALID"}]}}),
            SourceRejected,
            "the API key is not valid (400)",
            None,
        ),
    ],
)
async def test_a_refusal_says_what_to_do(
    youtube: YouTube, answer: tuple[int, dict[str, Any]], error: type[SourceError], said: str, wait_s: float | None
) -> None:
    youtube.refuse[VIDEO] = answer
    with pytest.raises(error) as caught:
        await poll(youtube)
    assert caught.value.reason == said
    assert getattr(caught.value, "retry_after_s", None) == wait_s


async def test_a_video_without_comments_is_told_and_the_others_are_heard(youtube: YouTube) -> None:
    youtube.refuse[VIDEO] = refused(403, "commentsDisabled")
    youtube.threads["b" * 11] = [thread("a", 1)]
    disabled, heard = await poll(youtube, videos=[VIDEO, "b" * 11])
    assert (disabled.missed, disabled.problem) == ("partial", f"video:{VIDEO}: comments are switched off")
    assert native_ids([heard]) == ["a"]


async def test_a_recheck_finds_what_is_gone_and_what_changed(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread("c", 3, replies=1), thread("b", 2), thread("a", 1)]
    first = await poll(youtube, recheck=200)
    assert len(youtube.asked) == 1
    del youtube.threads[VIDEO][0]
    youtube.threads[VIDEO][1] = thread("a", 1, likeCount=500)
    second = await poll(youtube, first[-1].cursor, recheck=200)
    third = await poll(youtube, second[-1].cursor, recheck=200)
    assert [key for page in second for key in page.deleted] == [key_of("c")]
    assert [key for page in third for key in page.deleted] == [key_of("c.r0")]
    assert native_ids(second + third) == ["a"]
    assert [request.path for request in youtube.asked if "id" in request.query] == ["/commentThreads", "/comments"]


async def test_a_lost_page_token_begins_anew_at_the_next_look(youtube: YouTube) -> None:
    youtube.threads[VIDEO] = [thread(f"c{minute:03d}", minute) for minute in range(150, 0, -1)]
    killed = await poll(youtube, kill_after=1)
    youtube.refuse[VIDEO] = refused(400, "invalidPageToken")
    (page,) = await poll(youtube, killed[-1].cursor)
    assert page.missed == "partial"
    youtube.refuse = {}
    assert len(native_ids(await poll(youtube, page.cursor))) == 50


@pytest.mark.parametrize("wrong", [{}, {"channels": ["acme"]}, {"videos": ["x"]}, {"videos": [VIDEO], "daily_units": 0}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**{"api_key": "k"} | wrong)
