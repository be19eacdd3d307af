"""Streams of the Mastodon API, by a local instance."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.errors import SourceUnavailable
from listener import fedistream
from tests.listener.instance import Instance, Looker, event, key, local_id, numbers, status


@pytest.fixture
async def instance() -> AsyncIterator[Instance]:
    async with Instance() as instance:
        yield instance


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fedistream, "FLUSH_S", 0.2)
    monkeypatch.setattr(fedistream, "HEARTBEAT_S", 0.4)


@pytest.mark.usefixtures("quick")
async def test_a_stream_first_catches_up_and_then_hears_news_edits_and_deletions(instance: Instance) -> None:
    instance.post(1, 2)
    instance.streams = {
        "acme": [
            event("update", status(2)),
            ":thump\n",
            event("update", status(3, "mới")),
            event("status.update", status(3, "sửa")),
            event("delete", local_id(2)),
            event("delete", local_id(555)),
            event("filters_changed", "x"),
            event("update", "{"),
        ]
    }
    looker = Looker(instance, hashtags=["acme"], streaming=True, token="s3cret")
    caught_up, live = await looker.look(pages=2)
    assert (numbers([caught_up]), caught_up.live) == ([2, 1], False)
    assert ([mention.text for mention in live.mentions], live.deleted, live.live) == (["mới", "sửa"], (key(2),), True)
    assert (live.skipped, live.problem) == (1, "an event that cannot be read")
    assert [asked.partition("?")[0] for asked in instance.asked][:2] == ["/api/v2/instance", "/api/v1/streaming/hashtag"]


@pytest.mark.usefixtures("quick")
async def test_several_streams_are_heard_as_one_and_nothing_comes_twice(instance: Instance) -> None:
    instance.streaming = f"ws://127.0.0.1:{instance.server.port}"
    instance.streams = {"acme": [event("update", status(1))], "public/local": [event("update", status(1)), event("update", status(2))]}
    looker = Looker(instance, hashtags=["acme"], public="local", streaming=True)
    pages = await looker.look(pages=4)
    assert sorted(numbers(pages)) == [1, 2]
    assert pages[-1].live


@pytest.mark.usefixtures("quick")
async def test_a_stream_that_breaks_goes_on_without_loss_or_repetition(instance: Instance) -> None:
    instance.post(1)
    instance.stays_open = False
    instance.streams = {"acme": [event("update", status(2)), *[":thump\n"] * 3]}
    looker = Looker(instance, hashtags=["acme"], streaming=True)
    with pytest.raises(SourceUnavailable):
        await looker.look()
    instance.post(*range(2, 90))
    instance.stays_open = True
    instance.streams = {"acme": [event("update", status(89)), event("update", status(90))]}
    pages = await looker.look(pages=6)
    heard = numbers(pages)
    assert len(heard) == len(set(heard))
    assert set(range(3, 91)) <= set(heard)


@pytest.mark.usefixtures("quick")
async def test_a_stream_that_fell_silent_is_unavailable_and_one_with_comments_is_heard(instance: Instance) -> None:
    with pytest.raises(SourceUnavailable, match="fell silent"):
        await Looker(instance, hashtags=["acme"], streaming=True).look()
