"""The hotline rings off the hook while the forum is calm; the forum's complaints join the same incident later."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alerting.events import Acknowledged
from core.outside import Measured
from listener.base import Page
from store import measures, sources
from tests import make
from tests.house import House

QUARTER = timedelta(minutes=15)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    return ringing(build_house)


def ringing(build_house: Callable[..., House], **detector: Any) -> House:
    own = {
        "id": "pbx",
        "kind": "counts",
        "secrets": [SECRET],
        "name": "Hotline",
        "unit": {"vi": "cuộc gọi", "en": "calls"},
        "tier": "owned",
        "topic": "acme",
    }
    signals = [{"kind": "volume_spike"}, {"kind": "negative_surge"}, {"kind": "single_risk"}, {"kind": "outside_count", **detector}]
    return build_house(listening=True, language="vi", listener={"sources": [own]}, detectors={"signals": signals})


async def usual(house: House, days: int = 20) -> None:
    """Days that lie behind, of about six calls in a quarter of an hour."""
    chance = random.Random(1)
    past = [
        Measured(name="Hotline", at=house.now - turn * QUARTER, value=float(chance.choice((4, 5, 6, 7, 8)))) for turn in range(2, 96 * days)
    ]
    await house.simulation.store.database.write(measures.keep, "pbx", past)


async def listened_all_day(house: House, source: str) -> None:
    """A day behind us on which somebody listened there, and nobody said anything."""
    database = house.simulation.store.database
    await house.listen_to(source)
    await database.write(sources.open_recordings, {source: "test"}, house.now - timedelta(days=1))
    await database.write(sources.heard, source, house.now - timedelta(days=1), house.now)


async def ring(house: House, *calls: float) -> None:
    """The calls of one quarter after the other."""
    for value in calls:
        start = make.NOON + ((house.now - make.NOON) // QUARTER) * QUARTER
        await house.forward(seconds=(start + QUARTER - house.now).total_seconds())
        page = Page(counts=(Measured(name="Hotline", at=start, value=value),))
        await house.simulation.monitor.poller.receive("pbx", page, house.now)
        await house.settle()


async def test_the_hotline_rings_off_the_hook_and_the_forum_joins_later(house: House) -> None:
    await usual(house)
    await listened_all_day(house, "forum")
    await ring(house, 6, 7)
    await house.phone("ana").expect_nothing()
    await ring(house, 48)
    message = await house.phone("ana").expect("Hotline: 48 cuộc gọi trong 15 phút, thường 6")
    assert "48 lượt trong 15 phút, gấp" in message.body
    assert (house.incident.kind, house.incident.topic_id) == ("outside_count", "acme")
    await house.respond(Acknowledged(by="ana", via="command"))
    await ring(house, 50, 47)
    assert house.kinds().count("signal") == 1, "a burst is told once"
    await house.say("ấm Acme bị rò điện, gọi tổng đài không ai nghe", times=40, source="forum", within=timedelta(minutes=30))
    assert len(house.incidents) == 1
    assert {signal.kind for signal in house.signals()} > {"outside_count"}
    house.phone("ana")._read = len(house.phone("ana").messages)  # it got worse, and she heard so


async def test_a_new_hotline_rings_nobody_until_its_usual_is_known_but_by_the_operators_number(build_house: Callable[..., House]) -> None:
    house = ringing(build_house, at_least={"Hotline": 40})
    await ring(house, 6, 39, 39)
    await house.phone("ana").expect_nothing()
    await ring(house, 41)
    await house.phone("ana").expect("Hotline: 41 cuộc gọi trong 15 phút, ngưỡng đã đặt là 40; nghe chưa đủ lâu")
    await house.respond(Acknowledged(by="ana", via="command"))


async def test_the_running_interval_and_numbers_of_yesterday_ring_nobody(house: House) -> None:
    await usual(house)
    late = Page(counts=(Measured(name="Hotline", at=house.now - QUARTER, value=6.0), Measured(name="Hotline", at=house.now, value=90.0)))
    await house.simulation.monitor.poller.receive("pbx", late, house.now)
    await house.forward(minutes=12)
    await house.phone("ana").expect_nothing()
    await house.simulation.monitor.poller.receive("pbx", Page(counts=(Measured(name="Hotline", at=make.NOON, value=7.0),)), house.now)
    await house.forward(minutes=30)
    await house.phone("ana").expect_nothing()
