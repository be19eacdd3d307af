"""The right alarm and no other: a topic that is new, a source that was dead, history that is brought in, a slow rise, a few mentions, clocks that change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.messages import render
from listener.base import Page
from store import signals, sources
from tests import make
from tests.house import House

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


async def days_behind_us(house: House, days: int, an_hour: Callable[[datetime], int], *, source: str = "forum") -> None:
    """So many days on which somebody listened all along, and `an_hour(when)` people spoke of Acme in each."""
    begun = house.now - days * DAY
    await house.listen_to(source)
    database = house.simulation.store.database
    await database.write(sources.open_recordings, {source: "test"}, begun)
    await database.write(sources.heard, source, begun, house.now)
    hours = [begun + number * HOUR for number in range(days * 24)]
    said = [
        make.mention(f"Acme, at {when:%d %H}, said by {turn}", source=source, at=when + turn * HOUR / (an_hour(when) + 1))
        for when in hours
        for turn in range(an_hour(when))
    ]
    await house.simulation.monitor.poller.receive(source, Page(mentions=tuple(said)), house.now)
    await house.settle()


async def speak(house: House, count: int, within: timedelta, *, source: str = "forum") -> None:
    """So many different people speak of Acme, evenly over a time."""
    for number in range(count):
        page = Page(mentions=(make.mention(f"Acme again, now by {house.now:%d %H:%M} {number}", source=source, at=house.now),))
        await house.simulation.monitor.poller.receive(source, page, house.now)
        await house.forward(seconds=within.total_seconds() / count)


def said(house: House, *kinds: str) -> list[str]:
    """What the signals of these kinds say, whether they opened anything or not; of every kind where none is named."""
    every = house.simulation.store.database.read_now(signals.get, range(1, 100))
    return [render(each.words, "en") for each in every if each.kind in kinds or not kinds]


async def test_warm_up_a_new_topic_says_that_it_is_new_and_a_risk_rings_as_ever(house):
    await house.listen_to("forum")
    await house.forward(hours=13)
    await speak(house, 20, 40 * MINUTE)
    assert said(house, "volume_spike") == []  # a topic of one night: twenty are no news yet
    await speak(house, 30, 15 * MINUTE)
    (told,) = said(house, "volume_spike")
    assert "too new to know what is usual" in told
    assert house.incident.severity == "watch"  # one number alone of a topic that nobody knows yet: to be seen, and nobody is woken
    await house.say("A kettle of Acme exploded and burned my son")
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")


async def test_outage_zeros_that_are_none_raise_nothing_and_what_happens_afterwards_is_found(house):
    await days_behind_us(house, 8, lambda _: 2)
    await house.switch_off("forum")
    await house.forward(hours=7)
    await house.listen_to("forum")
    await house.forward(hours=2)
    assert said(house, "volume_spike", "gone_quiet", "negative_surge", "slow_burn") == []
    await speak(house, 36, 12 * MINUTE)
    assert len(said(house, "volume_spike")) >= 1
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")


async def test_backfill_a_fortnight_brought_in_at_once_stands_at_its_own_times_and_raises_nothing(house):
    begun = house.now - 14 * DAY
    await house.listen_to("archive")
    old = tuple(make.mention(f"Acme, number {number}", source="archive", at=begun + number * HOUR) for number in range(14 * 24))
    crisis = tuple(
        make.mention(f"Acme everywhere {number}", source="archive", at=house.now - 30 * HOUR + number * MINUTE) for number in range(60)
    )
    await house.simulation.monitor.poller.receive("archive", Page(mentions=old + crisis), house.now, arrival="backfill")
    await house.forward(hours=3)
    assert (said(house), house.incidents) == ([], [])


async def test_backfill_an_import_of_this_morning_raises_nothing_later_either(house):
    await days_behind_us(house, 8, lambda _: 2)
    morning = tuple(
        make.mention(f"Acme is terrible, I hate it {number}", source="forum", at=house.now - 3 * HOUR + number * MINUTE)
        for number in range(120)
    )
    await house.simulation.monitor.poller.receive("forum", Page(mentions=morning), house.now, arrival="late")
    await house.forward(hours=1)
    await speak(house, 5, 40 * MINUTE)
    assert (said(house), house.incidents) == ([], [])


async def test_slow_burn_a_week_that_doubles_is_told_once_though_no_hour_shows_it(house):
    await days_behind_us(house, 15, lambda _: 2)
    await speak(house, 108, 27 * HOUR)
    assert said(house, "volume_spike") == []
    assert len(said(house, "slow_burn")) == 1
    if house.phone("ana").messages:
        await house.phone("ana").expect("Acme")
        await house.acknowledge("ana")


async def test_low_volume_twelve_in_an_hour_wake_somebody_where_one_is_usual(house):
    await days_behind_us(house, 8, lambda _: 1)
    await speak(house, 12, 45 * MINUTE)
    told = await house.phone("ana").expect("Acme")
    assert "usually about" in told.body
    assert said(house, "volume_spike")
    await house.acknowledge("ana")


async def test_the_clocks_change_and_the_office_hours_move_along(build_house):
    def office(when: datetime) -> int:
        return 12 if 9 <= when.astimezone(BERLIN).hour < 17 else 0

    sunday = datetime(2026, 3, 29, 22, tzinfo=UTC)  # the clocks went forward that morning
    topics = [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme", "timezone": "Europe/Berlin"}]
    house = build_house(start=sunday, topics=topics)
    await days_behind_us(house, 12, office)
    await house.forward(hours=9)  # nine o'clock, and eight by the clocks of last week
    await speak(house, 24, 2 * HOUR)
    assert (said(house, "volume_spike"), house.incidents) == ([], [])
