"""A monitor that has just started waits until it has heard everybody, a minute at most."""

from datetime import timedelta

import pytest

from alerting.events import Assigned
from alerting.hold import Hold
from store import sources
from tests import make
from tests.alerting.desk import Desk


@pytest.fixture
async def desk(database):
    """It has started this moment; of two sources none was heard since."""
    desk = Desk(database)
    database.write_now(sources.ensure, {"forum": "rss", "paper": "rss"}, desk.now)
    desk.hold = Hold(desk.store, ["forum", "paper"], desk.now)
    desk.intake._hold = desk.hold
    return desk


async def on(desk, **length):
    await desk.forward(**length)
    await desk.hold.step(desk.now)
    await desk.dispatcher.step(desk.now)


def hear(desk, *ids):
    desk.now += timedelta(seconds=1)
    for source in ids:
        desk.database.write_now(sources.save, source, 0, {"last_success_at": desk.now, "next_poll_at": desk.now + timedelta(minutes=5)})


async def test_what_is_noticed_waits_until_every_source_was_heard(desk):
    await desk.hear(make.signal())
    hear(desk, "forum")
    await on(desk)
    assert desk.phone("ana").got == []
    hear(desk, "paper")
    await on(desk)
    assert len(desk.phone("ana").got) == 1


async def test_a_source_that_failed_is_waited_for_no_more(desk):
    await desk.hear(make.signal())
    hear(desk, "forum")
    desk.database.write_now(sources.save, "paper", 0, {"failures": 1, "next_poll_at": desk.now + timedelta(minutes=1)})
    await on(desk)
    assert len(desk.phone("ana").got) == 1


async def test_a_source_that_never_answers_holds_nobody_longer_than_a_minute(desk):
    await desk.hear(make.signal())
    hear(desk, "forum")
    await on(desk, seconds=58)
    assert desk.phone("ana").got == []
    await on(desk, seconds=1)
    assert len(desk.phone("ana").got) == 1


async def test_what_waited_before_the_stop_goes_out_at_once(desk):
    desk.intake._hold = None
    await desk.hear(make.signal())
    desk.intake._hold = desk.hold
    await on(desk)
    assert len(desk.phone("ana").got) == 1


async def test_what_people_do_is_not_held(desk):
    await desk.hear(make.signal())
    desk.now += timedelta(seconds=1)
    await desk.respond(Assigned(by="ana", to="ben"))
    await on(desk)
    assert len(desk.phone("ben").got) == 1


async def test_a_hundred_restarts_page_nobody_again(desk):
    hear(desk, "forum", "paper")
    await desk.hear(make.signal())
    await on(desk)
    for _ in range(100):
        desk.hold = desk.intake._hold = Hold(desk.store, ["forum", "paper"], desk.now)
        hear(desk, "forum", "paper")
        await on(desk)
    assert len(desk.phone("ana").got) == 1
