"""A monitor on a virtual clock: stages are called in the order of events."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from console.config import parse
from console.simulate import TURNS_AT_ONE_MOMENT, Sent, Simulation
from console.stages import Stage
from tests import make


class Counter:
    """A stage that wants to be called every `every`."""

    def __init__(self, every: timedelta) -> None:
        self.every = every
        self.called = []

    async def step(self, now):
        self.called.append(now)
        return now + self.every


@pytest.fixture
async def simulation(tmp_path):
    built = Simulation(parse(make.config()), f"sqlite:///{tmp_path}/virtual.db", make.NOON, roles=("alerting",))
    yield built
    await built.close()


async def test_time_passes_only_when_told_to(simulation):
    assert simulation.clock.now() == make.NOON
    await simulation.run_until(make.NOON + timedelta(days=30))
    assert simulation.clock.now() == make.NOON + timedelta(days=30)


async def test_a_stage_is_called_when_it_wanted_to_be(simulation):
    stage = Counter(timedelta(minutes=7))
    simulation.monitor = replace(simulation.monitor, stages=(Stage("dispatcher", "alerting", stage),))
    await simulation.run_until(make.NOON + timedelta(minutes=20))
    assert stage.called == [make.NOON + timedelta(minutes=minute) for minute in (0, 7, 14)]


async def test_a_stage_that_never_comes_to_rest_is_told(simulation):
    stage = Counter(timedelta(0))
    simulation.monitor = replace(simulation.monitor, stages=(Stage("dispatcher", "alerting", stage),))
    with pytest.raises(RuntimeError, match="the stage dispatcher never comes to rest"):
        await simulation.run_until(make.NOON + timedelta(minutes=1))
    assert len(stage.called) <= TURNS_AT_ONE_MOMENT + 2


async def test_what_is_sent_goes_to_a_list(simulation):
    sent = []
    notifier = Sent(simulation.clock.now, "ana", "phone", lambda *told: sent.append(told))
    receipt = await notifier.send("a message")
    assert sent == [(make.NOON, "ana", "phone", "a message")]
    assert receipt.detail == "not sent outside: virtual clock"


async def test_it_has_a_database_of_its_own(tmp_path):
    live = tmp_path / "live.db"
    config = parse(make.config(store={"database": f"sqlite:///{live}"}))
    built = Simulation(config, f"sqlite:///{tmp_path}/virtual.db", make.NOON, roles=("alerting",))
    await built.run_until(make.NOON + timedelta(hours=1))
    await built.close()
    assert not live.exists()
