"""A real feed, a hub that follows the Recommendation, and the console between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from core.http import Fetcher
from listener.collectors import rss
from listener.look import Listened
from listener.poll import Poller
from listener.subscribe import Subscriber
from store import mentions, sources, subscriptions
from store.subscriptions import Subscription
from tests.console.web.place import Place
from tests.hub import Hub

EVERY = timedelta(hours=1)


@dataclass
class Town:
    """A feed with its hub on one server; the console of `place` on another; Poller and Subscriber of ours."""

    place: Place
    hub: Hub
    now: datetime
    topic: str = ""
    posts: list[str] = field(default_factory=list)
    poller: Poller = field(init=False)
    subscriber: Subscriber = field(init=False)

    async def feed(self, _: web.Request) -> web.Response:
        items = "".join(f"<item><guid>{number}</guid><title>{text}</title></item>" for number, text in enumerate(self.posts))
        link = f'<{self.hub.address}>; rel="hub", <{self.topic}>; rel="self"'
        return web.Response(
            text=f"<rss version='2.0'><channel>{items}</channel></rss>", content_type="application/rss+xml", headers={"Link": link}
        )

    @property
    def one(self) -> Subscription:
        (found,) = self.place.database.read_now(subscriptions.list_all)
        return found

    def heard(self) -> int:
        return self.place.database.read_now(mentions.count)

    def next_look(self) -> datetime | None:
        return self.place.database.read_now(sources.next_due, ["forum"])

    async def subscribe(self) -> None:
        await self.poller.step(self.now)
        await self.subscriber.step(self.now)
        await self.hub.settle()


@pytest.fixture
async def town(place: Place) -> AsyncIterator[Town]:
    built = Town(place, Hub(), place.now)
    app = web.Application()
    app.router.add_post("/hub", built.hub.take)
    app.router.add_get("/feed", built.feed)
    server = TestServer(app)
    await server.start_server()
    built.hub.address, built.topic = str(server.make_url("/hub")), str(server.make_url("/feed"))
    pair = f"127.0.0.1:{server.port}"
    store = place.simulation.store
    async with Fetcher(now=lambda: built.now, allow=[pair]) as http:
        collector = rss.Collector(rss.Options(url=built.topic), source_id="forum", http=http, now=lambda: built.now)
        listened = {"forum": Listened(id="forum", kind="rss", every=EVERY, collector=collector)}
        built.poller = Poller(store, listened, lateness=timedelta(hours=2))
        console = str(place.client.make_url("/")).rstrip("/")
        built.subscriber = Subscriber(store, {"forum": collector}, http=http, base_url=console, trusted=[pair])
        yield built
    await server.close()


async def test_news_that_a_hub_pushes_is_heard_at_once(town: Town) -> None:
    town.posts = ["cũ"]
    await town.subscribe()
    assert (town.one.state, town.one.hub, town.one.topic_url) == ("active", town.hub.address, town.topic)
    assert (town.heard(), town.next_look()) == (1, town.now + EVERY)
    town.now += timedelta(minutes=1)
    town.place.simulation.clock.advance_to(town.now)
    town.posts.insert(0, "Ấm Acme bốc cháy")
    assert await town.hub.publish(town.topic, b"whatever it says is not read") == [202]
    assert town.next_look() == town.now
    await town.poller.step(town.now)
    assert town.heard() == 2


@pytest.mark.parametrize("method", ["sha1", "sha384", "sha512"])
async def test_a_hub_may_sign_by_any_method_of_the_specification(town: Town, method: str) -> None:
    await town.subscribe()
    town.hub.method = method
    town.now += timedelta(minutes=1)
    town.place.simulation.clock.advance_to(town.now)
    await town.hub.publish(town.topic, b"news" * 500_000)  # two megabytes: more than a form may have
    assert town.next_look() == town.now


async def test_what_is_signed_wrongly_is_acknowledged_and_ignored(town: Town) -> None:
    await town.subscribe()
    before = town.place.dump()
    assert await town.hub.publish(town.topic, b"news", secret="guess") == [202]
    response = await town.place.client.post(f"/hooks/websub/{town.one.token}", data=b"news")
    assert response.status == 202
    assert town.place.dump() == before


async def test_nobody_subscribes_unsubscribes_or_pushes_for_us(town: Town) -> None:
    await town.subscribe()
    before, token = town.place.dump(), town.one.token
    for which in (token, "x" * 43, "%00"):
        for mode in ("subscribe", "unsubscribe", "denied" if which != token else "dance"):
            query = {"hub.mode": mode, "hub.topic": town.topic, "hub.challenge": "boo", "hub.lease_seconds": "5"}
            response = await town.place.client.get(f"/hooks/websub/{which}", params=query)
            assert response.status == 404
            assert "boo" not in await response.text()
    assert (await town.place.client.get(f"/hooks/websub/{token}")).status == 404
    assert (await town.place.client.post("/hooks/websub/nothing", data=b"news")).status == 410
    assert town.place.dump() == before


async def test_a_look_at_the_head_settles_nothing(town: Town) -> None:
    await town.poller.step(town.now)
    town.hub.status = 204  # it took the request, and has not asked back yet
    await town.subscriber.step(town.now)
    before = town.place.dump()
    query = {"hub.mode": "subscribe", "hub.topic": town.topic, "hub.challenge": "c", "hub.lease_seconds": "500"}
    path = f"/hooks/websub/{town.one.token}"
    assert (await town.place.client.head(path, params=query)).status == 404
    assert town.place.dump() == before
    answer = await town.place.client.get(path, params=query)
    assert (answer.status, await answer.text(), answer.content_type) == (200, "c", "text/plain")
    assert town.one.state == "active"


async def test_a_challenge_that_looks_like_a_page_is_none(town: Town) -> None:
    await town.poller.step(town.now)
    town.hub.status = 204
    await town.subscriber.step(town.now)
    challenge = "<script>alert(1)</script>"
    query = {"hub.mode": "subscribe", "hub.topic": town.topic, "hub.challenge": challenge, "hub.lease_seconds": "500"}
    answer = await town.place.client.get(f"/hooks/websub/{town.one.token}", params=query)
    assert (await answer.text(), answer.content_type) == (challenge, "text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_neither_token_nor_secret_stands_in_the_log(town: Town) -> None:
    with capture_logs() as logs:
        await town.subscribe()
        await town.hub.publish(town.topic, b"news")
        await town.hub.publish(town.topic, b"news", secret="guess")
    assert {"news pushed", "hub answered", "subscription asked for"} <= {line["event"] for line in logs}
    assert town.one.token not in repr(logs)
    assert town.one.secret not in repr(logs)
