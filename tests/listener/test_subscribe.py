"""The Subscriber and a hub that follows the Recommendation, both real, over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.http import Fetcher
from listener import hub as discovery
from listener.subscribe import Subscriber
from listener.websub import confirmed
from store import sources, subscriptions
from store.database import Database
from store.subscriptions import Subscription
from tests.hub import Hub
from tests.make import NOON, store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Feed:
    """A collector that names a hub, or none any more."""

    def __init__(self, named: discovery.Hub | None) -> None:
        self.named = named

    def hub(self, cursor: str | None, /) -> discovery.Hub | None:
        return self.named if cursor else None


@dataclass
class Town:
    """A hub, one feed that names it, a console that answers it, and the Subscriber between them."""

    database: Database
    hub: Hub
    feed: Feed
    subscriber: Subscriber
    now: Any = NOON

    def all(self) -> list[Subscription]:
        return self.database.read_now(subscriptions.list_all)

    @property
    def one(self) -> Subscription:
        (found,) = self.all()
        return found

    async def step(self, *, after: timedelta = timedelta(0)) -> None:
        self.now += after
        await self.subscriber.step(self.now)
        await self.hub.settle()


@asynccontextmanager
async def town(database: Database, **told: Any) -> AsyncIterator[Town]:
    hub = Hub()
    built: list[Town] = []

    async def verify(request: web.Request) -> web.Response:
        def settle(tx: Any) -> str | None:
            known = subscriptions.by_token(tx, request.match_info["token"])
            after = None if known is None else confirmed(known, request.query, built[0].now)
            if known is None or after is None:
                return None
            subscriptions.drop(tx, known) if known.state == "leaving" else subscriptions.put(tx, after, before=known)
            return request.query.get("hub.challenge", "")

        text = database.write_now(settle)
        return web.Response(status=404) if text is None else web.Response(text=text)

    app = web.Application()
    app.router.add_post("/hub", hub.take)
    app.router.add_get("/hooks/websub/{token}", verify)
    server = TestServer(app)
    await server.start_server()
    base = str(server.make_url("/")).rstrip("/")
    hub.address = f"{base}/hub"
    pair = f"127.0.0.1:{server.port}"
    database.write_now(sources.ensure, {"forum": "rss"}, NOON)
    database.write_now(
        sources.save, "forum", 0, {"hub": hub.address, "cursor": "1", "last_success_at": NOON - HOUR, "next_poll_at": NOON + HOUR}
    )
    feed = Feed(discovery.Hub(address=hub.address, topic="https://feed.example/"))
    async with Fetcher(now=lambda: NOON, allow=[pair]) as http:
        options = {"http": http, "base_url": base, "trusted": [pair], **told}
        built.append(Town(database, hub, feed, Subscriber(store(database), {"forum": feed}, **options)))
        yield built[0]
    await server.close()


@pytest.fixture
async def place(database: Database) -> AsyncIterator[Town]:
    async with town(database) as built:
        yield built


async def test_a_feed_that_names_a_hub_is_subscribed_to_once_the_hub_has_asked_back(place: Town) -> None:
    await place.step()
    assert place.hub.verified == [200]
    assert (place.one.state, place.one.lease_until) == ("active", NOON + DAY)
    assert place.one.is_active(NOON)
    assert list(place.hub.subscribers) == [("https://feed.example/", place.hub.asked[0]["hub.callback"])]
    assert place.hub.asked[0]["hub.secret"] == place.one.secret
    assert place.database.read_now(subscriptions.active_until, NOON) == {"forum": NOON + DAY}


async def test_nothing_is_asked_twice(place: Town) -> None:
    for _ in range(3):
        await place.step(after=HOUR)
    assert len(place.hub.asked) == 1


async def test_a_lease_is_renewed_before_it_ends_and_news_comes_meanwhile(place: Town) -> None:
    await place.step()
    first = place.one
    await place.step(after=timedelta(hours=15))
    assert len(place.hub.asked) == 1
    place.hub.status = 503
    await place.step(after=timedelta(hours=1))
    assert (place.one.state, place.one.is_active(place.now)) == ("renewing", True)
    assert place.one.refused_because == "the hub answered with status 503"
    place.hub.status = 202
    await place.step(after=HOUR)
    assert (place.one.state, place.one.token, place.one.secret) == ("active", first.token, first.secret)
    assert place.one.lease_until == place.now + DAY


async def test_a_hub_that_never_asks_back_is_asked_again_after_an_hour(place: Town) -> None:
    place.hub.status = 500
    await place.step()
    assert (place.one.state, len(place.hub.asked)) == ("asked", 1)
    await place.step(after=timedelta(minutes=59))
    assert len(place.hub.asked) == 1
    place.hub.status = 202
    await place.step(after=timedelta(minutes=1))
    assert place.one.state == "active"


async def test_a_hub_that_refuses_is_asked_again_the_next_day(place: Town) -> None:
    place.hub.status = 422
    await place.step()
    assert (place.one.state, place.one.refused_because) == ("refused", "the hub answered with status 422")
    await place.step(after=2 * HOUR)
    assert len(place.hub.asked) == 1
    place.hub.status = 202
    await place.step(after=DAY)
    assert place.one.state == "active"


async def test_a_denial_is_kept_with_its_reason(place: Town) -> None:
    place.hub.denies = "this topic is not for you"
    await place.step()
    assert (place.one.state, place.one.refused_because) == ("refused", "this topic is not for you")


async def test_a_feed_that_names_no_hub_any_more_is_left_and_the_hub_told(place: Town) -> None:
    await place.step()
    place.feed.named = None
    await place.step(after=HOUR)
    assert [form["hub.mode"] for form in place.hub.asked] == ["subscribe", "unsubscribe"]
    assert place.hub.subscribers == {}
    assert place.all() == []


async def test_a_hub_that_does_not_confirm_our_going_is_forgotten_after_a_day(place: Town) -> None:
    await place.step()
    place.feed.named, place.hub.status = None, 500
    await place.step(after=HOUR)
    assert place.one.state == "leaving"
    await place.step(after=2 * HOUR)
    assert (len(place.hub.asked), place.one.state) == (2, "leaving")
    await place.step(after=DAY)
    assert place.all() == []


async def test_a_source_that_is_gone_is_left(place: Town) -> None:
    await place.step()
    place.subscriber._collectors.clear()
    await place.step(after=HOUR)
    assert place.hub.subscribers == {}
    assert place.all() == []


async def test_a_feed_that_changes_its_hub_gets_a_new_token(place: Town) -> None:
    await place.step()
    first = place.one
    place.feed.named = discovery.Hub(address=place.hub.address, topic="https://feed.example/new")
    await place.step(after=HOUR)
    assert (place.one.topic_url, place.one.state) == ("https://feed.example/new", "active")
    assert place.one.token != first.token


async def test_a_secret_goes_to_nobody_by_plain_http(database: Database) -> None:
    async with town(database, trusted=[]) as place:
        await place.step()
        assert "hub.secret" not in place.hub.asked[0]
        assert (place.one.state, place.one.secret) == ("active", "")


async def test_where_no_hub_can_reach_us_none_is_asked_and_what_stood_is_dropped(database: Database) -> None:
    async with town(database) as place:
        await place.step()
        assert place.one.state == "active"
    async with town(database, base_url=None) as place:
        await place.step()
        assert (place.hub.asked, place.all()) == ([], [])


async def test_a_hub_inside_our_own_network_is_refused(database: Database) -> None:
    async with town(database) as place:
        place.feed.named = discovery.Hub(address="http://127.0.0.1:1/hub", topic="https://feed.example/")
        await place.step()
        assert place.one.state == "refused"
        assert "address is refused" in (place.one.refused_because or "")
