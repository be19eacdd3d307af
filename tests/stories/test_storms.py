"""Storms that are not ours: a whole industry rises, and one wire is printed by thirty papers."""

from __future__ import annotations

from datetime import timedelta

from core.messages import render
from listener.base import Page
from store import sources
from tests import make

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TELECOM = [
    {"id": "acme", "name": "Acme", "kind": "brand", "query": "acme", "industry": "telecom"},
    {"id": "rival", "name": "Rival", "kind": "competitor", "query": "rival", "industry": "telecom"},
    {"id": "third", "name": "Third", "kind": "competitor", "query": "third", "industry": "telecom"},
    {"id": "isp", "name": "Internet", "kind": "industry", "query": '"submarine cable"', "industry": "telecom"},
    {"id": "zeta", "name": "Zeta", "kind": "brand", "query": "zeta", "industry": "kettles"},
]
SPOKEN_OF = ("Acme", "Rival", "Third", "the submarine cable", "Zeta")


async def quiet_days(house, *names):
    """Four days behind us on which each was spoken of four times a day, at midday, and somebody listened all along."""
    begun = house.now - 4 * DAY
    await house.listen_to("forum")
    database = house.simulation.store.database
    await database.write(sources.open_recordings, {"forum": "test"}, begun)
    await database.write(sources.heard, "forum", begun, house.now)
    said = [
        make.mention(f"{name} on the way home {day} {turn}", at=house.now - day * DAY + turn * 20 * MINUTE)
        for day in range(1, 5)
        for turn in range(4)
        for name in names
    ]
    await house.simulation.monitor.poller.receive("forum", Page(mentions=tuple(said)), house.now)
    await house.settle()


async def test_a_cable_is_cut_and_all_are_spoken_of_and_only_what_is_ours_alone_pages(build_house):
    house = build_house(topics=TELECOM)
    await quiet_days(house, *SPOKEN_OF)
    for number in range(10):
        everybody = tuple(make.mention(f"everybody talks of {name} this evening, place {number}", at=house.now) for name in SPOKEN_OF)
        await house.simulation.monitor.poller.receive("forum", Page(mentions=everybody), house.now)
        await house.forward(minutes=1)
    await house.phone("ana").expect("Zeta")
    await house.acknowledge("ana", next(one.id for one in house.incidents if one.topic_id == "zeta"))
    await house.phone("ana").expect_nothing()
    severities = {one.topic_id: one.severity for one in house.incidents}
    assert severities["acme"] == "watch"
    assert severities["zeta"] == "minor"
    assert {severities.get(name, "watch") for name in ("rival", "third", "isp")} == {"watch"}
    ours = next(one for one in house.incidents if one.topic_id == "acme")
    why = [render(entry.words, "vi") for entry in house.timeline(ours.id) if entry.kind == "weighed"]
    assert why
    assert why[0].startswith("Cả ngành cùng tăng (")

    await house.say("my Acme router caught fire and burned my son")
    await house.phone("ana").expect("Acme")
    assert {one.topic_id: one.severity for one in house.incidents}["acme"] == "critical"


async def test_a_wire_that_thirty_papers_print_in_an_hour_is_one_story_and_one_page(build_house):
    papers = [f"paper{number}" for number in range(30)]
    listed = [{"id": name, "kind": "tests.forum", "place": name, "tier": "press"} for name in papers]
    house = build_house(listener={"sources": listed})
    wire = (
        "The market authority has ordered Acme to recall 40,000 kettles of the X2 model after reports that the handle melts. "
        "The company said on Saturday that it would answer within a week, and asked owners to unplug them."
    )
    await house.say(wire, source=papers[0])
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await house.listen_to(*papers)
    for first in range(1, len(papers), 6):
        for paper in papers[first : first + 6]:
            page = Page(mentions=(make.mention(f"{wire} ({paper}, evening edition)", source=paper, at=house.now),))
            await house.simulation.monitor.poller.receive(paper, page, house.now)
        await house.forward(minutes=10)
    await house.phone("ana").expect_nothing()
    assert len(house.incidents) == 1
