"""One feed, polled over HTTP from a real local server."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
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
from listener.collectors.rss import Collector, Options

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HEAD = "<rss version='2.0'><channel><language>vi</language>"


def feed(*items: str) -> bytes:
    return (HEAD + "".join(f"<item>{item}</item>" for item in items) + "</channel></rss>").encode()


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    good = feed("<guid>1</guid><title>Ấm nổ</title>", "<guid>2</guid><title>Ấm tốt</title>")
    return {
        "options": Options(url=url),
        "good": (good, "application/rss+xml"),
        "empty": (feed(), "text/xml"),
        "malformed": (b"<html></html>", "text/html"),
    }


class Place:
    """A local server with one feed, whose answer a test writes."""

    def __init__(self) -> None:
        self.answer: Callable[[web.Request], web.Response] = lambda _: web.Response(body=feed())
        self.asked: list[web.Request] = []
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    app = web.Application()
    app.router.add_get("/{path:.*}", place.handle)
    place.server = TestServer(app)
    await place.server.start_server()
    yield place
    await place.server.close()


async def poll(place: Place, cursor: str | None = None, path: str = "/feed?b=1&a=2", **options: Any) -> Page:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        settings = Options(url=str(place.server.make_url(path)), **options)
        pages = [page async for page in Collector(settings, source_id="báo", http=http, now=lambda: NOW).listen(cursor)]
    (page,) = pages
    return page


async def test_a_feed_becomes_mentions(place: Place) -> None:
    item = "<guid>1</guid><link>/1</link><title>RT @lan: nổ</title><author>Lan</author><pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>"
    place.answer = lambda _: web.Response(body=feed(item), content_type="application/rss+xml")
    (mention,) = (await poll(place)).mentions
    authority = f"http://127.0.0.1:{place.server.port}/feed?a=2&b=1"
    assert mention.key == mention_key("rss", authority, "1")
    assert (mention.source_id, mention.native_id, mention.seen_at, mention.at) == ("báo", "1", NOW, NOW)
    assert (mention.lang, mention.kind, mention.url) == ("vi", "repost", f"http://127.0.0.1:{place.server.port}/1")
    assert mention.author is not None
    assert (mention.author.key, mention.author.handle) == ("127.0.0.1/Lan", "Lan")


async def test_validators_are_handed_back_and_304_is_an_empty_page_that_was_heard(place: Place) -> None:
    def answer(request: web.Request) -> web.Response:
        same = (
            request.headers.get("If-None-Match") == 'W/"1"' and request.headers.get("If-Modified-Since") == "Sat, 21 Nov 2026 00:00:00 GMT"
        )
        headers = {"ETag": 'W/"1"', "Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"}
        return web.Response(status=304) if same else web.Response(body=feed("<title>a</title>"), headers=headers)

    place.answer = answer
    first = await poll(place)
    second = await poll(place, first.cursor)
    third = await poll(place, second.cursor)
    assert (len(first.mentions), first.unchanged) == (1, False)
    assert (second.mentions, second.unchanged) == ((), True)
    assert third.unchanged
    assert first.cursor == second.cursor == third.cursor


async def test_an_unchanged_body_is_known_by_its_hash(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>"))
    first = await poll(place)
    assert (await poll(place, first.cursor)).unchanged
    place.answer = lambda _: web.Response(body=feed("<title>b</title>"))
    assert len((await poll(place, first.cursor)).mentions) == 1


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"url": 5}', '{"url": "http://other.example/", "etag": "\\"1\\""}'])
async def test_a_cursor_of_another_feed_or_none_starts_afresh(place: Place, cursor: str) -> None:
    await poll(place, cursor)
    assert "If-None-Match" not in place.asked[0].headers


async def test_a_mention_is_the_same_wherever_the_feed_moves_within_the_poll(place: Place) -> None:
    place.answer = lambda r: (
        web.Response(status=301, headers={"Location": "/new"})
        if r.path == "/feed"
        else web.Response(body=feed("<guid>1</guid><title>a</title><link>/x</link>"))
    )
    (mention,) = (await poll(place)).mentions
    assert mention.key == mention_key("rss", f"http://127.0.0.1:{place.server.port}/feed?a=2&b=1", "1")


async def test_what_cannot_be_kept_is_counted(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>", "<guid>2</guid>"))
    page = await poll(place)
    assert (len(page.mentions), page.skipped, page.problem) == (1, 1, "an entry without words")
    place.answer = lambda _: web.Response(body=feed(*(f"<title>a{number}</title>" for number in range(2_001))))
    page = await poll(place)
    assert (len(page.mentions), page.skipped) == (2_000, 1)


async def test_the_operator_knows_the_language_better(place: Place) -> None:
    place.answer = lambda _: web.Response(body=feed("<title>a</title>"))
    assert (await poll(place, lang="en-GB")).mentions[0].lang == "en"


async def test_a_secret_is_sent_and_never_shown(place: Place) -> None:
    place.answer = lambda _: web.Response(body=b"<html>")
    with pytest.raises(SourceUnreadable) as caught:
        await poll(place, authorization="Bearer hunter2")
    assert place.asked[0].headers["Authorization"] == "Bearer hunter2"
    assert "hunter2" not in str(caught.value) + repr(Options(url="https://a.example/", authorization="Bearer hunter2"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "ftp://a.example/"},
        {"url": "a"},
        {"url": "https://a.example/", "every": "5m"},
        {"url": "https://a.example/", "lang": "?"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)


DATA = Path(__file__).parents[2] / "data" / "rss"


def numbered(*numbers: int, text: str = "nổ") -> bytes:
    return feed(*(f"<guid>{number}</guid><title>{text} {number}</title>" for number in numbers))


async def test_a_feed_of_forty_with_one_new_gives_one_mention(place: Place) -> None:
    place.answer = lambda _: web.Response(body=numbered(*range(40)))
    first = await poll(place)
    assert (len(first.mentions), first.missed) == (40, None)
    place.answer = lambda _: web.Response(body=numbered(40, *range(39)))
    second = await poll(place, first.cursor)
    assert [mention.native_id for mention in second.mentions] == ["40"]
    assert (await poll(place, second.cursor)).unchanged
    assert len(second.cursor or "") < 2_000


async def test_a_counter_of_replies_that_moved_brings_the_opener_again(place: Place) -> None:
    head = "<rss version='2.0' xmlns:slash='http://purl.org/rss/1.0/modules/slash/'><channel>"

    def thread(replies: int) -> bytes:
        return f"{head}<item><guid>7</guid><title>Ấm nổ</title><slash:comments>{replies}</slash:comments></item></channel></rss>".encode()

    place.answer = lambda _: web.Response(body=thread(3))
    first = await poll(place)
    place.answer = lambda _: web.Response(body=thread(58))
    (again,) = (await poll(place, first.cursor)).mentions
    assert [first.mentions[0].engagement.replies, again.engagement.replies] == [3, 58]
    assert again.key == first.mentions[0].key


async def test_a_page_replaced_as_a_whole_says_that_some_may_be_missed(place: Place) -> None:
    place.answer = lambda _: web.Response(body=numbered(*range(20)))
    first = await poll(place)
    place.answer = lambda _: web.Response(body=numbered(*range(100, 120)))
    second = await poll(place, first.cursor)
    assert (len(second.mentions), second.missed) == (20, "capped")
    assert (await poll(place, second.cursor)).missed is None


async def test_a_hub_is_named_until_the_feed_names_it_no_more(place: Place) -> None:
    named = (
        HEAD
        + '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/><item><title>a</title></item></channel></rss>'
    )
    place.answer = lambda _: web.Response(body=named.encode())
    first = await poll(place)
    again = await poll(place, first.cursor)
    collector = Collector(Options(url=str(place.server.make_url("/feed?b=1&a=2"))), source_id="báo", http=None, now=lambda: NOW)  # type: ignore[arg-type]
    hub = collector.hub(again.cursor)
    assert (first.hub, again.unchanged, again.hub) == ("https://hub.example/", True, "https://hub.example/")
    assert hub is not None
    assert hub.topic == str(place.server.make_url("/feed?b=1&a=2"))
    place.answer = lambda _: web.Response(body=feed("<title>b</title>"))
    gone = await poll(place, again.cursor)
    assert (gone.hub, collector.hub(gone.cursor)) == (None, None)


async def test_a_hub_in_the_header_goes_before_all_others(place: Place) -> None:
    link = '<https://hub.example/>; rel="hub", </self>; rel=self'
    place.answer = lambda _: web.Response(body=feed("<title>a</title>"), headers={"Link": link})
    page = await poll(place)
    collector = Collector(Options(url=str(place.server.make_url("/feed?b=1&a=2"))), source_id="báo", http=None, now=lambda: NOW)  # type: ignore[arg-type]
    hub = collector.hub(page.cursor)
    assert hub is not None
    assert (hub.address, hub.topic) == ("https://hub.example/", str(place.server.make_url("/self")))


async def listen(place: Place, cursor: str | None = None, **options: Any) -> list[Page]:
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}"]) as http:
        settings = Options(**{"site": str(place.server.make_url("/")).rstrip("/"), **options})
        return [page async for page in Collector(settings, source_id="báo", http=http, now=lambda: NOW).listen(cursor)]


async def test_a_reply_on_a_board_knows_its_opener_even_when_that_left_the_page(place: Place) -> None:
    whole = (DATA / "phpbb.xml").read_text("utf-8")
    reply_at, opener_at = whole.index("<entry>"), whole.rindex("<entry>")
    opener_alone = whole[:reply_at] + whole[opener_at:]
    reply_alone = whole[:opener_at] + "</feed>"
    place.answer = lambda _: web.Response(body=opener_alone.encode())
    (first,) = await listen(place, preset="phpbb")
    place.answer = lambda _: web.Response(body=reply_alone.encode())
    (second,) = await listen(place, first.cursor, preset="phpbb")
    (opener,), (reply,) = first.mentions, second.mentions
    assert (opener.native_id, reply.native_id, reply.reply_to) == ("p300", "p302", "p300")
    assert reply.parent_key == opener.key
    assert opener.parent_key is None


async def test_a_comment_s_parent_is_the_post_as_the_site_s_own_feed_has_it(place: Place) -> None:
    place.answer = lambda _: web.Response(body=(DATA / "wordpress_comments.xml").read_bytes())
    (page,) = await listen(place, preset="wordpress_comments")
    reply, comment = page.mentions
    assert reply.parent_key == comment.key
    site = f"http://127.0.0.1:{place.server.port}"
    assert comment.parent_key == mention_key("rss", f"{site}/feed/", "https://blog.example/?p=12")
    assert (place.asked[0].path, comment.reply_to) == ("/comments/feed/atom/", "https://blog.example/?p=12")


async def test_one_article_found_by_two_queries_is_one_mention_of_its_publisher(place: Place) -> None:
    place.answer = lambda _: web.Response(body=(DATA / "google_news.xml").read_bytes())
    (one,) = await listen(place, preset="google_news", query="acme")
    (other,) = await listen(place, preset="google_news", query="ấm acme")
    assert [mention.key for mention in one.mentions] == [mention.key for mention in other.mentions]
    assert one.mentions[1].author is not None
    assert one.mentions[1].author.key == "news.google.com/VnExpress"


def reviews(page: int, *, pages: int, per_page: int = 3, offset: int = 0) -> bytes:
    if page > pages:
        return json.dumps({"feed": {"title": {"label": "none"}}}).encode()
    first = (page - 1) * per_page - offset
    entries = [
        {"id": {"label": str(900 - first - n)}, "im:rating": {"label": "2"}, "title": {"label": "Tệ"}, "content": {"label": f"{first + n}"}}
        for n in range(per_page)
    ]
    return json.dumps({"feed": {"entry": entries}}).encode()


def page_asked(request: web.Request) -> int:
    found = re.search(r"page=(\d+)", request.path)
    return int(found[1]) if found else 1


async def test_reviews_are_read_page_by_page_until_one_is_known(place: Place) -> None:
    place.answer = lambda request: web.Response(body=reviews(page_asked(request), pages=4))
    first = await listen(place, preset="app_store_reviews", app="5")
    assert [len(page.mentions) for page in first] == [3, 3, 3, 3, 0]
    place.asked.clear()
    place.answer = lambda request: web.Response(body=reviews(page_asked(request), pages=4, offset=1))
    second = await listen(place, first[-1].cursor, preset="app_store_reviews", app="5")
    assert [[mention.native_id for mention in page.mentions] for page in second] == [["901"]]
    assert len(place.asked) == 1


async def test_a_kill_between_two_pages_of_reviews_loses_none(place: Place) -> None:
    place.answer = lambda request: web.Response(body=reviews(page_asked(request), pages=4))
    whole = await listen(place, preset="app_store_reviews", app="5")
    wanted = {mention.native_id for page in whole for mention in page.mentions}
    for saved in range(1, len(whole)):
        rest = await listen(place, whole[saved - 1].cursor, preset="app_store_reviews", app="5")
        heard = [mention.native_id for page in (*whole[:saved], *rest) for mention in page.mentions]
        assert set(heard) == wanted
        assert len(heard) == len(wanted)


async def test_more_new_reviews_than_apple_gives_is_a_look_that_was_capped(place: Place) -> None:
    place.answer = lambda request: web.Response(body=reviews(page_asked(request), pages=10))
    first = await listen(place, preset="app_store_reviews", app="5")
    assert (len(first), first[-1].missed) == (10, None), "the first look need not have all"
    place.answer = lambda request: web.Response(body=reviews(page_asked(request), pages=10, offset=100))
    second = await listen(place, first[-1].cursor, preset="app_store_reviews", app="5")
    assert (len(second), second[-1].missed) == (10, "capped")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"preset": "xenforo"}, "needs `site`"),
        ({"preset": "google_news"}, "needs `query`"),
        ({"preset": "app_store_reviews"}, "needs `app`"),
        ({"preset": "app_store_reviews", "app": "id5"}, "match pattern"),
        ({"preset": "voz", "query": "acme"}, "`query` means nothing to the preset 'voz'"),
        ({"url": "https://a.example/", "section": "7"}, "`section` means nothing without a `preset`"),
        ({"url": "https://a.example/", "preset": "voz"}, "either"),
        ({"preset": "bbs"}, "preset"),
        ({"preset": "google_news", "query": "a", "country": "Vietnam"}, "country"),
    ],
)
def test_a_preset_says_what_it_needs_and_what_means_nothing_to_it(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("url", "least"),
    [("https://a.example/feed", 60), ("http://127.0.0.1:8080/feed", 0), ("http://127.0.0.1/feed", 60), ("https://forum.lan/feed", 0)],
)
def test_a_feed_is_asked_once_a_minute_at_most_unless_it_is_the_operators_own(url: str, least: int) -> None:
    http = Fetcher(now=lambda: NOW, allow=["127.0.0.1:8080", "forum.lan:443"])
    assert Collector(Options(url=url), source_id="feed", http=http, now=lambda: NOW).least_every.total_seconds() == least
