"""The Tender looks at open incidents alone: their stage, and whether they may be over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.coverage import ListenedSource, Listening
from alerting.events import Acknowledged, Noted, Snoozed
from alerting.tending import EVERY, IDLE, Tender
from core.flagged import Flagged
from core.records import Engagement
from store import flags, mentions, readings, series, sources
from store.series import Count
from tests import make
from tests.alerting.desk import LIBRARY, Desk

HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database):
    built = Desk(database)
    database.write_now(sources.open_recordings, {"forum": "test", "paper": "test"}, make.NOON - HOUR)
    built.tender = Tender(
        built.store,
        tiers={"forum": "forum", "paper": "press", "beat": "page"},
        listening=Listening(sources={"forum": ListenedSource(every_s=300), "paper": ListenedSource(every_s=300)}),
        library=LIBRARY,
        roster=built.roster,
    )
    say(built, 40, source="forum")
    await built.hear(make.signal(kind="volume_spike", risk=None, frozen={}, observed=40.0, expected=2.0, evidence=()))
    await built.respond(Acknowledged(by="ana", via="link"))
    return built


def say(desk: Desk, many: int, *, source: str, kind: str = "original", negative: int | None = None) -> None:
    at = int(desk.now.timestamp()) - 60
    count = Count(
        topic_id="acme", at=at, source_id=source, kind=kind, arrival="live", mentions=many, negative=many if negative is None else negative
    )
    desk.database.write_now(series.add, [count])


async def look(desk: Desk, *, heard: bool = True, **length: float):
    desk.now += timedelta(**length)
    if heard:
        desk.database.write_now(sources.heard_until, ["forum", "paper"], desk.now)
    return await desk.tender.step(desk.now)


def turns(desk: Desk) -> list[str]:
    return [entry.words.args["because"]["key"].removeprefix("stage_because.") for entry in desk.timeline() if entry.kind == "stage_changed"]


async def test_it_looks_every_few_minutes_and_rarely_where_nothing_is_open(desk, database) -> None:
    assert await look(desk) == desk.now + EVERY
    idle = Tender(desk.store, tiers={}, listening=Listening(), library=LIBRARY, roster=desk.roster)
    database.write_now(lambda tx: tx.exec_driver_sql("UPDATE incidents SET status = 'resolved'"))
    assert await idle.step(desk.now) == desk.now + IDLE


async def test_a_whole_crisis_goes_through_its_stages(desk) -> None:
    await look(desk, minutes=5)
    say(desk, 3, source="paper")
    await look(desk, minutes=5)
    say(desk, 3, source="beat")
    await look(desk, minutes=5)
    await look(desk, minutes=60)
    assert desk.incident.stage == "spread"  # one quiet hour is none
    await look(desk, minutes=120)
    assert desk.incident.stage == "cooling"
    say(desk, 30, source="forum")
    await look(desk, minutes=1)
    assert desk.incident.stage == "flare-up"
    assert turns(desk) == ["press_joined", "pages_carry", "fell", "came_back"]
    assert desk.incident.severity == "major"  # a stage is no second reason


async def test_an_hour_in_which_the_source_was_not_heard_is_no_quiet_hour(desk) -> None:
    await look(desk, minutes=5)
    await look(desk, hours=5, heard=False)
    assert desk.incident.stage == "smouldering"


async def test_our_own_words_that_made_it_worse_make_it_an_outbreak(desk) -> None:
    desk.now += timedelta(minutes=50)
    say(desk, 20, source="forum", negative=4)
    desk.now += timedelta(minutes=20)
    say(desk, 1, source="forum", kind="own", negative=0)
    desk.now += timedelta(minutes=30)
    say(desk, 30, source="forum")
    await look(desk, minutes=1)
    assert turns(desk) == ["reply_made_it_worse"]


async def test_what_may_be_over_is_proposed_once_and_stays_open(desk) -> None:
    await look(desk, hours=3)
    assert desk.incident.stage == "cooling"
    await desk.respond(Snoozed(by="ana", until=desk.now + 8 * HOUR, reason="night"))
    await desk.respond(Noted(by="ana", text="all steps are done"))
    desk.database.write_now(lambda tx: tx.exec_driver_sql("UPDATE incident_steps SET done_at = '2026-11-21 06:00:00.000000'"))
    await look(desk, hours=4)
    assert desk.incident.close_proposed_at is None  # a major one has to be quiet for eight hours
    await look(desk, hours=2)
    await look(desk, minutes=5)
    proposals = [one for one in desk.notifications if one.words and one.words.key == "alert.close_proposed"]
    assert [(one.person, one.kind) for one in proposals] == [("ana", "update")]
    assert desk.kinds().count("close_proposed") == 1
    assert desk.incident.status == "acknowledged"
    await desk.hear(make.signal(at=desk.now, kind="volume_spike", risk=None, frozen={}, subject="topic:acme/late", evidence=()))
    assert desk.incident.close_proposed_at is None


async def test_a_flagged_post_that_comes_to_reach_people_makes_it_major_and_pages_once(database) -> None:
    desk = Desk(database)
    tender = Tender(desk.store, tiers={}, listening=Listening(), library=LIBRARY, roster=desk.roster)
    post = make.mention("Acme closed group post", native_id="flagged")
    (number,) = database.write_now(mentions.add, [post]).new
    database.write_now(flags.keep, "forum", [Flagged(key=post.key, by="ana")], [], make.NOON)
    await desk.hear(make.signal(kind="volume_spike", risk=None, frozen={}, observed=6.0, expected=2.0, evidence=(number,)))
    assert desk.incident.severity in ("watch", "minor")
    before = len(desk.notifications)
    await tender.step(desk.now + timedelta(minutes=5))
    assert len(desk.notifications) == before  # nobody counted: unknown is not zero, and no reach either
    database.write_now(readings.add, number, Engagement(likes=480), desk.now, "ana")
    await tender.step(desk.now + timedelta(minutes=10))
    await tender.step(desk.now + timedelta(minutes=15))
    assert desk.incident.severity == "major"
    assert desk.kinds().count("severity_raised") == 1
    assert desk.incident.factors[0].name == "flagged"
    assert len([one for one in desk.notifications if one.kind == "page"]) == before + 1
