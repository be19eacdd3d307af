"""One suite for every stream: in memory and over a real NATS server."""

import asyncio
import uuid

import pytest

from store.jetstream import JetStream
from store.streams import MemoryStream


@pytest.fixture(params=["memory", "nats"])
async def stream(request):
    if request.param == "memory":
        opened = MemoryStream(max_backlog=1000)
    else:
        opened = JetStream(request.getfixturevalue("nats_url"), uuid.uuid4().hex)
        await opened.take(1)
    yield opened
    await opened.close()


async def drain(stream, count):
    taken = []
    for _ in range(100):
        taken += await stream.take(10_000)
        if len(taken) >= count:
            break
        await asyncio.sleep(0.02)
    await stream.done()
    return taken


async def test_what_is_published_arrives_once_and_in_order(stream):
    await stream.publish(list(range(250)))
    assert await drain(stream, 250) == list(range(250))
    assert await stream.take(10) == []


async def test_an_empty_announcement_wakes_nobody(stream):
    await stream.publish([])
    assert await stream.take(10) == []


async def test_arrived_returns_once_something_is_there(stream):
    waiting = asyncio.ensure_future(stream.arrived())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await stream.publish([7])
    await asyncio.wait_for(waiting, 5)
    assert await drain(stream, 1) == [7]


async def test_a_sender_is_asked_to_wait_when_the_consumer_is_far_behind(stream):
    assert not await stream.is_full()
    for start in range(0, 60_000, 1000):
        await stream.publish(list(range(start, start + 1000)))
    assert await stream.is_full()


async def test_two_processes_share_the_work_of_one_queue(nats_url):
    name = uuid.uuid4().hex
    one, two = JetStream(nats_url, name), JetStream(nats_url, name)
    await one.take(1)
    await two.take(1)
    await one.publish(list(range(2000)))
    first = await one.take(1000)
    second = await drain(two, 1000)
    await one.done()
    assert sorted(first + second) == list(range(2000))
    await one.close()
    await two.close()


async def test_a_server_that_is_away_loses_no_row_and_raises_nothing():
    stream = JetStream("nats://127.0.0.1:9", "away")
    await stream.publish([1])
    assert await stream.take(10) == []
    assert not await stream.is_full()
    await stream.close()
