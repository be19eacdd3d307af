"""What is muted is seen, ends, and calls people at its end if it is still there. Bugs of others are tests by name."""

import shutil
from datetime import timedelta

import pytest

from alerting import silencing
from alerting.events import Resolved
from core.silences import Silence
from store import signals, silences
from tests import make
from tests.house import House

HOUR = timedelta(hours=1)


def quiet_config():
    """Whoever has taken an incident may say nothing of it for as long as they like: not what these stories are about."""
    values = make.config()
    values["alerting"]["update_within"] = {}
    return values


@pytest.fixture
def values():
    return quiet_config()


@pytest.fixture
async def house(values, tmp_path, sqlite_template):
    built = House(shutil.copy(sqlite_template, tmp_path / "house.db"), values=values)
    yield built
    await built.close()


@pytest.fixture
def mute(house):
    async def begin(hours=2.0, **changes):
        matches = changes.pop("matches", {"topic": "acme"})
        wanted = Silence(
            matches=matches, starts_at=house.now, ends_at=house.now + hours * HOUR, by="ana", comment="our own campaign", **changes
        )
        made = await house.simulation.store.database.write(silencing.silence, wanted, house.now, channel="cli")
        house.simulation.touch()
        return made

    return begin


@pytest.fixture
def notice(house):
    """Have a detector find something, without its mentions: what it is about is what matters here."""

    async def find(**changes):
        values = {"at": house.now, "kind": "outside_alert", "risk": None, "frozen": {"severity": "major"}, "subject": f"topic:{house.now}"}
        found = make.signal(**{**values, **changes})
        await house.simulation.store.signals.publish(await house.simulation.store.database.write(signals.add, [found]))
        await house.settle()

    return find


async def test_sentry_17655_an_alert_comes_when_the_silence_ends(house, mute, notice):
    await mute(hours=2)
    await notice()
    await house.phone("ana").expect_nothing()
    assert "silenced" in house.kinds()
    await house.forward(hours=2)
    await house.phone("ana").expect("Acme")
    assert house.kinds()[-2:] == ["mute_ended", "notified"]


async def test_uptime_kuma_7148_what_had_called_before_the_window_calls_nobody_after_it(house, mute, notice):
    await notice()
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    await mute(hours=1)
    await notice(subject="topic:again")
    await house.forward(hours=1)
    await house.phone("ana").expect_nothing()
    assert [entry.words.key for entry in house.timeline() if entry.kind == "mute_ended"] == ["timeline.mute_ended_quietly"]


async def test_uptime_kuma_2846_what_got_worse_within_the_window_calls_after_it(house, mute, notice):
    await notice(frozen={"severity": "minor"})
    await house.phone("ana").expect("Acme")
    await mute(hours=0.2)
    await notice(subject="topic:again", frozen={"severity": "major"})
    assert house.incident.severity == "major"
    await house.phone("ana").expect_nothing()
    await house.forward(minutes=12)
    await house.phone("ana").expect("major")


async def test_keep_a_silence_ended_early_is_over_at_once(house, mute, notice):
    number = await mute(hours=200)
    await notice()
    await house.forward(hours=1)
    await house.simulation.store.database.write(silencing.end_silence, number, house.now, by="ben", channel="web")
    house.simulation.touch()
    await house.phone("ana").expect("Acme")


async def test_one_silence_that_ends_within_another_calls_nobody_yet(house, mute, notice):
    await mute(hours=1)
    await notice()
    await mute(hours=3, matches={"kind": "outside_alert"})
    await house.forward(hours=2)
    await house.phone("ana").expect_nothing()
    await house.forward(hours=1, minutes=3)
    await house.phone("ana").expect("Acme")


async def test_what_was_closed_or_taken_meanwhile_calls_nobody(house, mute, notice):
    await mute(hours=1)
    await notice()
    await house.respond(Resolved(by="ben", reason="fixed"))
    await house.forward(hours=2)
    await house.phone("ana").expect_nothing()


async def test_no_silence_hides_that_people_are_harmed(house, mute):
    await mute()
    await house.say("Acme kettle caught fire and burned my son")
    await house.phone("ana").expect("Acme")
    assert any(entry.words.key == "timeline.broke_through" for entry in house.timeline())


class TestMaintenance:
    @pytest.fixture
    def values(self):
        values = quiet_config()
        values["alerting"]["maintenance"] = [
            {"id": "lunch", "match": {"topic": "acme"}, "when": "12:00-13:00", "comment": "the shop moves"}
        ]
        return values

    async def test_a_window_of_the_file_mutes_each_day_and_is_seen(self, house, notice):
        await notice()
        await house.phone("ana").expect_nothing()
        (window,) = house.simulation.store.database.read_now(silences.active, house.now)
        assert (window.kind, window.comment, window.muted) == ("maintenance", "the shop moves", (1,))
        await house.forward(minutes=61)
        await house.phone("ana").expect("Acme")

    async def test_a_window_that_a_person_ended_stays_ended_today(self, house, notice):
        await house.settle()
        await house.simulation.store.database.write(silencing.end_silence, 1, house.now, by="ben", channel="web")
        await notice()
        await house.phone("ana").expect("Acme")


class TestInhibition:
    @pytest.fixture
    def values(self):
        values = quiet_config()
        values["alerting"]["inhibit"] = [
            {"id": "outage", "source": {"kind": "outside_alert"}, "target": {"kind": "outside_count"}, "equal": ["topic"]},
        ]
        return values

    async def echo(self, notice, at="echo"):
        await notice(
            kind="outside_count", subject=f"measure:desk/{at}", topic="acme", place_id="q1", frozen={"at_least": 5.0}, observed=20.0
        )

    async def test_an_echo_calls_nobody_while_its_cause_is_open(self, house, notice):
        await notice()
        await house.phone("ana").expect("Acme")
        await house.acknowledge("ana", 1)
        await self.echo(notice)
        assert len(house.incidents) == 2
        await house.phone("ana").expect_nothing()
        assert [entry.words.key for entry in house.timeline(2) if entry.kind == "silenced"] == ["timeline.inhibited"]

    async def test_alertmanager_4064_an_inhibited_alert_does_not_fire_at_restart(self, house, notice):
        await notice()
        await house.phone("ana").expect("Acme")
        await house.acknowledge("ana", 1)
        await self.echo(notice)
        house.simulation.touch()  # every stage begins anew, as after a restart: what inhibits is a row
        await house.forward(hours=1)
        await house.phone("ana").expect_nothing()

    async def test_an_echo_that_goes_on_when_its_cause_is_over_calls(self, house, notice):
        await notice()
        await house.phone("ana").expect("Acme")
        await house.acknowledge("ana", 1)
        await self.echo(notice)
        await house.respond(Resolved(by="ana", reason="fixed"), 1)
        await house.phone("ana").expect("INCIDENT #2")

    async def test_an_echo_that_ended_with_its_cause_calls_nobody(self, house, notice):
        await notice()
        await house.phone("ana").expect("Acme")
        await house.acknowledge("ana", 1)
        await self.echo(notice)
        await house.forward(hours=1)
        await house.respond(Resolved(by="ana", reason="fixed"), 1)
        await house.forward(hours=1)
        await house.phone("ana").expect_nothing()
        assert "timeline.echo_ended" in [entry.words.key for entry in house.timeline(2)]
