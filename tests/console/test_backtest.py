"""A backtest is the live run once more: the same incidents, the same signals at the same buckets, the same pages; and it changes nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from alerting.events import Acknowledged, Resolved
from console import backtest
from console.answers import Habit
from console.backtest import Asked, play
from console.config import parse
from core.errors import Refused, SourceUnavailable
from listener.base import Page
from store import incidents, notifications
from store.schema import mentions, signals
from tests import forum, make
from tests.house import House

START = make.NOON - timedelta(days=1)
SOURCES = [
    {"id": "forum", "kind": "tests.forum", "place": "forum", "every": "30m", "tier": "forum"},
    {"id": "press", "kind": "tests.forum", "place": "press", "every": "30m", "tier": "press"},
]
NOBODY = Habit(take_after=None, close_after=None)


def said(place, text, at, *, times=1, **changes):
    forum.shown[place] += [
        make.mention(text if times == 1 else f"{text} ({number})", source=place, at=at, **changes) for number in range(times)
    ]


async def a_day(house):
    """A day and a night in which things happen: an outage, a burst, a grave mention edited into being, something late, an import."""
    kettle = make.mention("Acme kettle, day one", source="forum", at=house.now, native_id="edited")
    forum.shown["forum"].append(kettle)
    for hour in range(24):
        said("forum", f"my Acme kettle, hour {hour}", house.now)
        match hour:
            case 3:
                forum.trouble["forum"] = SourceUnavailable("forum", "down")
            case 6:
                forum.trouble.pop("forum")
                said("press", "Acme opens a shop", house.now - timedelta(hours=5))
            case 9:
                old = make.mention(
                    "Acme caught fire and burned me, long ago", source="forum", at=house.now - timedelta(hours=9), arrival="late"
                )
                await house.simulation.monitor.poller.receive("forum", Page(mentions=(old,), cursor="seen"), house.now, arrival="late")
                house.simulation.touch()
            case 12:
                said("forum", "Acme app không vào được, tệ quá, chán thật", house.now, times=40)
            case 14:
                await house.respond(Acknowledged(by="ben", via="command"), house.incidents[-1].id)
            case 17:
                await house.respond(Resolved(by="ben", reason="handled"), house.incidents[-1].id)
            case 20:
                burnt = make.mention(
                    "Acme kettle caught fire and burned my son", source="forum", at=kettle.published_at, native_id="edited"
                )
                forum.shown["forum"].append(burnt)
        await house.forward(hours=1)


@pytest.fixture(scope="module")
def values():
    forum.shown |= {"forum": [], "press": []}
    return make.config(listener={"sources": SOURCES})


async def lived(database_url, values):
    forum.shown |= {"forum": [], "press": []}
    forum.trouble.clear()
    house = House(database_url, START, values, listening=True)
    await a_day(house)
    return house


def raised(tx):
    columns = (signals.c.kind, signals.c.subject, signals.c.bucket_start, signals.c.raised_at, signals.c.observed, signals.c.score)
    return sorted(tuple(row) for row in tx.execute(select(*columns)))


async def test_a_backtest_of_what_was_lived_is_what_was_lived(database_url, values, monkeypatch):
    house = await lived(database_url, values)
    past, kept = house.simulation.store.database, {}
    outcome = backtest._outcome

    def look(database, *others):
        kept["signals"] = database.read_now(raised)
        return outcome(database, *others)

    monkeypatch.setattr(backtest, "_outcome", look)
    before = past.read_now(lambda tx: tx.execute(select(mentions)).all())
    played = await play(parse(values), past, Asked(until=house.now))
    assert kept["signals"] == past.read_now(raised)
    assert len({kind for kind, *_ in kept["signals"]}) >= 3, "or little was compared"
    lived_through = [(one.topic_id, one.kind, one.severity, one.opened_at, one.resolved_at, one.status) for one in house.incidents]
    assert [
        (
            one["topic_id"],
            one["kind"],
            one["severity"],
            *(None if each is None else datetime.fromisoformat(each) for each in (one["opened_at"], one["resolved_at"])),
            one["status"],
        )
        for one in played.incidents
    ] == lived_through
    pages = past.read_now(notifications.sent_between, START, house.now + timedelta(days=1))
    assert [(page["person"], datetime.fromisoformat(page["at"])) for page in played.pages] == [(one.person, one.sent_at) for one in pages]
    assert played.tolls.taken > 50
    assert played.tolls.read_again == 1, "the edited one"
    assert past.read_now(lambda tx: tx.execute(select(mentions)).all()) == before, "the history is only read"
    await house.close()


async def test_a_changed_query_is_read_again_and_finds_what_the_old_one_did_not(tmp_path):
    house = House(tmp_path / "live.db")
    for number in range(6):
        await house.say(f"the Beta grill caught fire and burned my hand {number}")
    topics = [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme OR beta"}]
    played = await play(parse(make.config(topics=topics)), house.simulation.store.database, Asked())
    assert house.incidents == []
    assert [one["topic_id"] for one in played.incidents] == ["acme"]
    assert played.tolls.read_first == 6
    await house.close()


async def test_an_incident_that_nobody_had_is_taken_and_closed_so_that_the_next_one_is_one(tmp_path):
    house = House(tmp_path / "live.db")
    config = parse(make.config(topics=[{"id": "acme", "name": "Acme", "kind": "brand", "query": "beta"}]))
    for _ in range(2):
        await house.say("the Beta grill caught fire and burned my hand")
        await house.forward(hours=72)
    past = house.simulation.store.database
    assert [one["status"] for one in (await play(config, past, Asked())).incidents] == ["resolved", "acknowledged"]
    assert len((await play(config, past, Asked(habit=NOBODY))).incidents) == 1
    await house.close()


async def test_what_was_imported_from_before_listening_is_played_as_if_it_had_been_heard(tmp_path):
    house = House(tmp_path / "live.db")
    await house.say("all well with Acme")
    old = make.mention("Acme kettle caught fire and burned my son", at=make.NOON - timedelta(days=30))
    await house.simulation.monitor.poller.receive("forum", Page(mentions=(old,)), house.now, arrival="late")
    await house.settle()
    assert house.incidents == []
    played = await play(house.config, house.simulation.store.database, Asked())
    assert [one["opened_at"] for one in played.incidents] == [old.seen_at.isoformat()]
    assert played.imported == 1
    await house.close()


async def test_only_what_was_asked_for_counts(tmp_path):
    house = House(tmp_path / "live.db")
    await house.say("Acme kettle caught fire and burned my son")
    await house.phone("ana").expect("Acme")
    past = house.simulation.store.database
    assert (await play(house.config, past, Asked(since=house.now, until=house.now + timedelta(days=1)))).incidents == []
    with pytest.raises(Refused, match="nothing to play"):
        await play(house.config, past, Asked(until=START - timedelta(days=99)))
    with pytest.raises(Refused, match="no topic is called 'nobody'"):
        await play(house.config, past, Asked(topic="nobody"))
    assert len(past.read_now(incidents.listing)) == 1
