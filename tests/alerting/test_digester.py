"""What paged nobody is read in the morning, once, and only where there is something."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.base import Limits
from alerting.digest_settings import DigestSettings
from alerting.digester import Digester, slot
from tests import make
from tests.alerting.desk import Desk

SETTINGS = DigestSettings.model_validate({"daily": "08:00", "weekly": "Mon 08:00", "timezone": "Asia/Ho_Chi_Minh"})
ROUTES = [{"match": {}, "digest": "daily"}]


@pytest.fixture
def desk(database):
    """Every incident stands in the day's digest; it is noon in Hà Nội."""
    desk = Desk(database, routes=ROUTES)
    desk.digester = Digester(desk.store, desk.settings, roster=desk.roster, limits_of=lambda _: Limits())
    return desk


async def on(desk, **length):
    desk.now += timedelta(**length)
    await desk.digester.step(desk.now)
    await desk.dispatcher.step(desk.now)


async def test_the_morning_after_tells_of_what_paged_nobody(desk):
    await on(desk)
    await desk.hear(make.signal())
    await on(desk, hours=19)
    assert desk.phone("ana").got == []
    await on(desk, hours=1)
    (digest,) = desk.phone("ana").got
    assert "The day, from" in digest.body
    assert "#1 [MAJOR]" in digest.body
    assert desk.phone("ben").got == [], "the first step's people read it"


async def test_a_day_on_which_nothing_happened_is_no_message(desk):
    for _ in range(4):
        await on(desk, hours=24)
    assert desk.phone("ana").got == []


async def test_what_was_told_yesterday_is_not_told_again(desk):
    await on(desk)
    await desk.hear(make.signal())
    for _ in range(4):
        await on(desk, hours=24)
    assert len(desk.phone("ana").got) == 1


async def test_a_channel_that_rings_gets_no_digest(database):
    channels = [{"kind": "log", "id": "voice"}, {"kind": "log", "id": "mail"}]
    desk = Desk(database, routes=ROUTES, people=[{"id": "ana", "channels": channels}], policies=[])
    desk.digester = Digester(desk.store, desk.settings, roster=desk.roster, limits_of=lambda way: Limits(rings=way.id == "voice"))
    await on(desk)
    await desk.hear(make.signal())
    await on(desk, hours=24)
    assert len(desk.phone("ana").got) == 1


@pytest.mark.parametrize(
    ("every", "now", "last", "following"),
    [
        ("hourly", "2026-11-21T05:30", "2026-11-21T05:00", "2026-11-21T06:00"),
        ("daily", "2026-11-21T00:59", "2026-11-20T01:00", "2026-11-21T01:00"),
        ("daily", "2026-11-21T01:00", "2026-11-21T01:00", "2026-11-22T01:00"),
        ("weekly", "2026-11-21T05:00", "2026-11-16T01:00", "2026-11-23T01:00"),
        ("weekly", "2026-11-23T01:00", "2026-11-23T01:00", "2026-11-30T01:00"),
    ],
)
def test_the_slots_of_a_manager_in_ha_noi(every, now, last, following):
    assert slot(SETTINGS, every, at(now)) == (at(last), at(following))


def test_eight_stays_eight_when_the_clocks_change():
    paris = DigestSettings.model_validate({"timezone": "Europe/Paris"})
    assert slot(paris, "daily", at("2026-03-28T12:00"))[1] == at("2026-03-29T06:00")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
