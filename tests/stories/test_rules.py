"""The rules that hold in both modes, as stories; each test names its rule."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from console.assemble import Monitor, assemble
from console.config import parse
from core.clock import VirtualClock
from core.http import Fetcher
from core.records import Mention
from listener.base import Page
from listener.look import Listened
from listener.poll import Poller
from store import mentions, recounts, series, signals, sources
from store.open import Store, open_database
from store.streams import MemoryStream
from tests import make
from tests.house import House

FIRE = "Acme kettle caught fire and burned my son"
LATENESS = timedelta(hours=2)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Feed:
    """A place that shows what was said there lately, unless it is down."""

    def __init__(self) -> None:
        self.shown: list[Mention] = []
        self.looks = 0

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        self.looks += 1
        yield Page(mentions=tuple(self.shown), cursor=str(self.looks))


class Deaf(MemoryStream):
    """A stream that loses every frame."""

    async def publish(self, ids: Sequence[int]) -> None:
        """Nothing arrives."""


def posts(count: int, at: datetime, text: str = "the Acme kettle is loud", **changes: Any) -> list[Mention]:
    return [make.mention(f"{text} {number}", at=at, **changes) for number in range(count)]


async def feed_of(house: House, *, at: datetime) -> tuple[Feed, Callable[[datetime], Any]]:
    """A real Poller over a feed, in the house."""
    feed = Feed()
    listened = {"forum": Listened(id="forum", kind="test", every=5 * MINUTE, collector=feed)}
    await house.simulation.store.database.write(sources.ensure, {"forum": "test"}, at)
    return feed, Poller(house.simulation.store, listened, lateness=LATENESS).step


def counted(house: House, now: datetime) -> int:
    cells = house.simulation.store.database.read_now(series.read, "acme", now - 90 * 24 * HOUR, now + HOUR, width=series.HOUR_S)
    return sum(cell.mentions for cell in cells)


def raised(house: House) -> list[str]:
    """Kinds of all signals, whether they opened anything or not."""
    return [signal.kind for signal in house.simulation.store.database.read_now(signals.get, range(1, 100))]


async def history(house: House, *names: str, days: int, every: timedelta) -> None:
    """Ordinary days that lie behind when the story begins: heard, counted, not yet stepped over."""
    names = names or ("forum",)
    database, begun = house.simulation.store.database, house.now
    await house.listen_to(*names)
    turns = timedelta(days=days) // every
    past = [make.mention(f"my Acme kettle {turn}", source=name, at=begun + turn * every) for turn in range(turns) for name in names]
    house.simulation.clock.advance_to(begun + turns * every)
    await database.write(sources.heard_until, names, house.now)
    await house.simulation.store.mentions.publish((await database.write(mentions.add, past)).new)
    await house.settle()


def with_query(query: str) -> dict[str, Any]:
    return make.config(topics=[{"id": "acme", "name": "Acme", "kind": "brand", "query": query}])


async def turn(monitor: Monitor, clock: VirtualClock, minutes: int) -> None:
    """Step every stage once a minute, as a daemon without wake-ups would."""
    for _ in range(minutes):
        for stage in monitor.stages:
            await stage.runs.step(clock.now())
        clock.advance_to(clock.now() + MINUTE)


async def test_rule_1_a_stream_that_loses_every_frame_makes_the_monitor_slower_and_never_deaf(sqlite_url, now):
    store = Store(open_database(sqlite_url, durable=False), Deaf(), Deaf(), Deaf())
    clock, sent = VirtualClock(now), []
    from console.simulate import Sent

    def notifier(person: Any, channel: Any) -> Sent:
        return Sent(clock.now, person.id, channel.kind, lambda *told: sent.append(told))

    http = Fetcher(now=clock.now)
    monitor = assemble(parse(make.config()), store, clock, http, roles=("detectors", "alerting"), notifier_for=notifier)
    store.database.write_now(sources.open_recordings, {"forum": "test"}, now)
    page = Page(mentions=(make.mention(FIRE, at=now), *posts(20, now)))
    await monitor.poller.receive("forum", page, now)
    await turn(monitor, clock, 4)
    assert store.database.read_now(mentions.to_enrich, 100) == []
    assert store.database.read_now(signals.to_take, 100) == []
    assert [person for _, person, _, _ in sent] == ["ana"]
    await store.close()


async def test_rule_2_what_is_delivered_twice_counts_once(house):
    await house.say("the Acme kettle is loud", times=5)
    store = house.simulation.store
    await store.mentions.publish(range(1, 6))
    await house.settle()
    assert counted(house, house.now) == 5


async def test_rule_3_of_two_workers_on_one_source_one_polls(house):
    feed, poll = await feed_of(house, at=house.now)
    feed.shown = posts(3, house.now)
    import asyncio

    await asyncio.gather(*(poll(house.now) for _ in range(4)))
    assert feed.looks == 1
    assert house.simulation.store.database.read_now(mentions.count) == 3


async def test_rule_6_the_same_post_over_two_looks_is_one_mention_and_one_page(house):
    await house.listen_to("forum")
    page = Page(mentions=(make.mention(FIRE, native_id="one-post", at=house.now),))
    for _ in range(3):
        await house.simulation.monitor.poller.receive("forum", page, house.now)
        await house.forward(minutes=2)
    await house.phone("ana").expect("Acme")
    assert counted(house, house.now) == 1
    assert len(house.incidents) == 1
    await house.acknowledge("ana")


async def test_rule_7_the_first_page_of_a_new_source_is_never_a_spike(house):
    feed, poll = await feed_of(house, at=house.now)
    feed.shown = [*posts(60, house.now - MINUTE, "Acme is terrible, I hate it"), make.mention(FIRE, at=house.now - MINUTE)]
    await poll(house.now)
    await house.forward(minutes=30)
    assert (counted(house, house.now), raised(house), house.incidents) == (0, [], [])
    found = house.simulation.store.database.read_now(mentions.in_topic, "acme", house.now - HOUR, house.now, 100, arrivals=("backfill",))
    assert len(found) == 61


async def test_rule_7_what_comes_too_late_counts_in_its_own_time_and_raises_nothing(house):
    feed, poll = await feed_of(house, at=house.now)
    await poll(house.now)
    await house.forward(minutes=5)
    feed.shown = [*posts(60, house.now - 3 * HOUR, "Acme is terrible, I hate it"), make.mention(FIRE, at=house.now - 3 * HOUR)]
    await poll(house.now)
    await house.forward(minutes=30)
    assert (counted(house, house.now), raised(house)) == (61, [])


async def test_rule_7_an_import_raises_nothing_however_fresh_it_is(house):
    await house.listen_to("archive")
    page = Page(
        mentions=(
            *posts(80, house.now, "Acme is terrible, I hate it", source="archive"),
            make.mention(FIRE, at=house.now, source="archive"),
        )
    )
    await house.simulation.monitor.poller.receive("archive", page, house.now, arrival="late")
    await house.forward(minutes=30)
    assert (counted(house, house.now), raised(house)) == (81, [])


async def test_rule_8_a_source_that_was_dead_raises_nothing_when_it_comes_back(house):
    """A post every quarter of an hour for four days, then a silence that was ours, then what the feed still shows of it."""
    await history(house, days=4, every=15 * MINUTE)
    await house.switch_off("forum")
    died = house.now
    await house.forward(hours=1.9)
    await house.listen_to("forum")
    missed = tuple(make.mention(f"my Acme kettle again {number}", at=died + number * 5 * MINUTE) for number in range(22))
    database = house.simulation.store.database
    await house.simulation.store.mentions.publish((await database.write(mentions.add, missed)).new)
    await house.forward(minutes=30)
    assert (counted(house, house.now) > 22, raised(house)) == (True, [])


async def test_rule_8_a_second_source_that_falls_silent_makes_no_spike_and_no_drop(house):
    await history(house, "forum", "press", days=4, every=30 * MINUTE)
    await house.switch_off("press")
    for number in range(12):
        await house.forward(minutes=30)
        page = Page(mentions=(make.mention(f"my Acme kettle {number}", at=house.now),))
        await house.simulation.monitor.poller.receive("forum", page, house.now)
    await house.settle()
    assert raised(house) == []


async def test_rule_8_a_factor_that_nobody_knows_is_unknown_and_not_zero(house):
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    by_name = {factor.name: factor for factor in house.incident.factors}
    unknown = [name for name, factor in by_name.items() if factor.value is None]
    assert "reach" in unknown
    assert all(by_name[name].speaks_for is None for name in unknown)
    await house.acknowledge("ana")


async def test_rule_9_a_changed_query_counts_history_again_and_what_was_always_said_is_no_spike(tmp_path: Path):
    """Three days in which a narrow query found next to nothing; the wide one finds ten an hour, and learns at once that this is usual."""
    path, numbers = tmp_path / "house.db", itertools.count()
    narrow = House(path, values=with_query('"kettle 1"'))

    async def live(house: House, minutes: int, *, every: int, posts: int = 1) -> None:
        for _ in range(minutes // every):
            await house.forward(minutes=every)
            page = Page(mentions=tuple(make.mention(f"acme {next(numbers)}", at=house.now) for _ in range(posts)))
            await house.simulation.monitor.poller.receive("forum", page, house.now)

    await history(narrow, days=3, every=6 * MINUTE)
    now, found = narrow.now, counted(narrow, narrow.now)
    assert (found, raised(narrow)) == (1, [])
    await narrow.close()
    with capture_logs() as logs:
        wide = House(path, now, with_query("acme"))
        await wide.forward(minutes=1)
    told = [line["event"] for line in logs if line.get("topic") == "acme" and line["log_level"] == "warning"]
    assert told == ["new query, history is counted again and the baseline starts anew until it is"]
    assert wide.simulation.store.database.read_now(recounts.unfinished) == []
    assert counted(wide, now) == 3 * 240
    wide._sources.add("forum")
    await live(wide, 60, every=6)
    assert raised(wide) == []
    await live(wide, 30, every=1, posts=6)
    assert raised(wide)[:1] == ["volume_spike"]
    await wide.close()


@pytest.mark.parametrize("arrival", ["live", "late", "backfill"])
async def test_rule_7_every_arrival_is_kept_and_can_be_found(house, arrival):
    await house.simulation.store.database.write(mentions.add, [make.mention("Acme", at=house.now, arrival=arrival)])
    await house.simulation.store.mentions.publish([1])
    await house.settle()
    found = house.simulation.store.database.read_now(mentions.in_topic, "acme", house.now - HOUR, house.now, 10, arrivals=(arrival,))
    assert len(found) == 1
