"""Promises of docs/standard.md that hold across rooms: each was somebody's outage, and has its story here where no other file tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from alerting import auditor, caps, delivery, duty, hold, links, out_of_room, policy, sifting, watchman
from alerting.events import SeveritySet
from alerting.settings import AlertingSettings
from core import clock
from core.clock import RealClock
from listener.base import Page
from playbooks.load import load_playbooks
from playbooks.playbook import Playbook, Step
from store import channels, incidents
from store.ballast import SIZE as BALLAST_BYTES
from store.database import BUSY_TIMEOUT_MS, Database
from tests import make
from tests.alerting.desk import SETTINGS, Desk
from tests.house import House
from tests.stories.test_rules import counted, feed_of, posts, raised

PLAYBOOKS = load_playbooks().playbooks
LATE_SECOND = [{"id": "default", "steps": [{"notify": ["ana"]}, {"notify": ["ben"], "after": "30m"}], "repeat": 0}]


def test_the_numbers_of_the_standard() -> None:
    """Other tests reckon with these constants; here they are held to what was promised."""
    minutes = timedelta(minutes=1)
    assert ((5, 15, 45, 120, 300), 0.2, 30 * minutes) == (delivery.BACKOFF_S, delivery.JITTER, delivery.GIVE_UP)  # R7
    assert (minutes, 2) == (delivery.OTHER_CHANNEL_AFTER, delivery.MOST_COPIES)  # R7, R3
    assert (5 * minutes, 30 * minutes, minutes) == (policy.CRITICAL_WAITS_AT_MOST, sifting.STALE, hold.LENGTH)  # R8, R10, R11
    assert ((15 * minutes, 5), (60 * minutes, 11)) == caps.CAPS  # R12
    assert (24 * 60 * minutes, 60 * minutes, 32) == (links.LINK_LIVES, links.NONCE_LIVES, links.KEY_BYTES)  # A2
    assert AlertingSettings().update_within["critical"] == 30 * minutes  # A4
    assert ((timedelta(hours=24), timedelta(days=7)), timedelta(days=14)) == (duty.GAP_AHEAD, duty.CLASH_AHEAD)  # P2
    assert (minutes, 2 * minutes, 2, 0.01) == (watchman.EVERY, auditor.STEP_WAITS, channels.MISSES, channels.BORNE)  # W2 to W4
    assert (15 * minutes, 5_000, 16 * 1024 * 1024) == (out_of_room.AGAIN_AFTER, BUSY_TIMEOUT_MS, BALLAST_BYTES)  # R17, R18


@pytest.fixture
def lasting(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url, durable=False)
    yield database
    database.close()


async def test_r8_a_critical_page_that_nobody_takes_escalates_after_five_minutes_though_its_channel_said_ok(lasting: Database) -> None:
    desk = Desk(lasting, policies=LATE_SECOND)
    await desk.hear(make.signal())
    await desk.respond(SeveritySet(by="ben", severity="critical", because="a child was hurt"))
    await desk.forward()
    assert {one.state for one in desk.notifications if one.person == "ana" and one.kind == "page"} <= {"sent", "cancelled"}
    assert len(desk.phone("ana").got) >= 1
    await desk.forward(minutes=4, seconds=59)
    assert desk.phone("ben").got == []
    await desk.forward(seconds=1)
    assert [message.kind for message in desk.phone("ben").got] == ["page"], "the policy alone would have waited for half an hour"


@pytest.mark.parametrize("broken", [(Playbook, "say"), (Playbook, "role"), (Step, "text")], ids=lambda part: part[1])
@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.id)
async def test_r13_a_playbook_that_cannot_be_told_keeps_no_page(
    lasting: Database, monkeypatch: pytest.MonkeyPatch, playbook: Playbook, broken: tuple[type, str]
) -> None:
    desk = Desk(lasting)
    await desk.hear(make.signal())
    desk.database.write_now(
        lambda tx: incidents.save(tx, replace(desk.incident, playbook_id=playbook.id, version=9), desk.incident.version)
    )
    fail = property(_broken) if broken == (Step, "text") else _broken
    monkeypatch.setattr(broken[0], broken[1], fail, raising=False)
    await desk.forward()
    (message,) = desk.phone("ana").got
    assert "#1" in message.subject
    assert message.link is not None
    assert message.link in message.body
    assert "tocsin ack 1" in message.body


def _broken(*_: object) -> Any:
    raise KeyError("a template that names what is not there")


class Machine:
    """A machine whose wall clock somebody sets, and whose steady clock goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed_s, self.jumped = 0.0, timedelta(0)
        machine = self

        class Wall(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return (make.NOON + timedelta(seconds=machine.passed_s) + machine.jumped).astimezone(tz or UTC)

        monkeypatch.setattr(clock, "datetime", Wall)
        monkeypatch.setattr(clock, "_steady_s", lambda: machine.passed_s)
        self.clock = RealClock()

    def minute(self) -> datetime:
        self.passed_s += 60
        return self.clock.now()


@pytest.mark.parametrize("hours", [2, -2, -1])
async def test_r16_a_wall_clock_that_jumps_sends_no_page_more_and_none_fewer(
    lasting: Database, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Ana is called, ten minutes later somebody sets the machine's clock: Ben is called a quarter of an hour after Ana, as ever."""
    machine = Machine(monkeypatch)
    desk = Desk(lasting, policies=[{**SETTINGS["policies"][0], "repeat": 0}])
    called = []
    await desk.hear(make.signal())
    for minute in range(25):
        machine.jumped = timedelta(hours=hours if minute >= 10 else 0)
        await desk.forward(seconds=(machine.clock.now() - desk.now).total_seconds())
        called += [(person, minute) for person in ("ana", "ben") if len(desk.phone(person).got) > sum(who == person for who, _ in called)]
        machine.minute()
    assert [person for person, _ in called] == ["ana", "ben"]
    assert called[0] == ("ana", 0)
    assert 14 <= called[1][1] <= 16, "a tenth faster or slower at most, for the five minutes after the jump"


async def test_a_blank_look_is_no_drop_and_what_stands_there_again_is_no_rise(house: House) -> None:
    """A forum answers with an empty page for once, then shows its forty posts again: nothing was said, and nothing was taken back."""
    feed, poll = await feed_of(house, at=house.now)
    feed.shown = shown = posts(40, house.now - timedelta(minutes=1))
    for each in (shown, [], shown, shown[:5], shown):
        feed.shown = each
        await poll(house.now)
        await house.forward(minutes=10)
    assert (counted(house, house.now), raised(house), house.incidents) == (0, [], [])


async def test_a_batch_that_runs_again_alerts_nobody_again(house: House) -> None:
    await house.listen_to("forum")
    batch = (make.mention("Acme kettle caught fire and burned my son", native_id="fire", at=house.now), *posts(30, house.now))
    await house.simulation.monitor.poller.receive("forum", Page(mentions=batch), house.now)
    await house.settle()
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    before = (counted(house, house.now), raised(house))
    for _ in range(3):
        await house.simulation.monitor.poller.receive("forum", Page(mentions=batch), house.now)
        await house.simulation.store.mentions.publish(range(1, 32))
        await house.simulation.store.signals.publish([1])
        await house.forward(minutes=1)
    assert (counted(house, house.now), raised(house)) == before
    await house.phone("ana").expect_nothing()
