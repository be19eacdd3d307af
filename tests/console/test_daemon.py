"""How the daemon treats its stages; a whole process is told in tests/stories."""

import asyncio

import pytest
import structlog
from msgspec.structs import replace

from console import daemon
from console.config import load
from console.daemon import Daemon
from console.stages import Stage
from store.open import open_store

CONFIG = "topics: [{id: acme}]\nalerting: {people: [{id: ana}]}\n"
BACKOFF_S = 0.02


class Flaky:
    """A stage that fails so many times, and then does its work."""

    def __init__(self, failures):
        self.failures = failures
        self.called_at = []
        self.well = asyncio.Event()
        self.failed = asyncio.Event()

    async def step(self, now):
        self.called_at.append(asyncio.get_running_loop().time())
        if len(self.called_at) <= self.failures:
            self.failed.set()
            raise ConnectionError("the database is away: hunter2")
        self.well.set()


@pytest.fixture
async def run(tmp_path, sqlite_url, monkeypatch):
    """Runs a daemon with these stages until told to stop; its first wait after a failure is short."""
    monkeypatch.setattr(daemon, "FIRST_BACKOFF_S", BACKOFF_S)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    started = []

    async def run(*stages):
        built = Daemon(path, load(path, {}), open_store(sqlite_url), roles=())
        built.monitor = replace(built.monitor, stages=stages)
        started.append((built, asyncio.create_task(built.run())))
        return built

    run.path = path
    yield run
    for built, task in started:
        built._stop.set()
        await task


async def test_a_stage_that_fails_is_called_again_ever_more_slowly(run):
    stage = Flaky(failures=4)
    await run(Stage("flaky", "alerting", stage))
    await asyncio.wait_for(stage.well.wait(), 10)
    waits = [later - earlier for earlier, later in zip(stage.called_at, stage.called_at[1:], strict=False)]
    for wait, least in zip(waits, (1, 2, 4, 8), strict=True):
        assert wait >= least * BACKOFF_S * 0.9


async def test_a_failing_stage_shows_in_the_health_and_so_does_its_recovery(run):
    stage, other = Flaky(failures=6), Flaky(failures=0)
    built = await run(Stage("flaky", "alerting", stage), Stage("steady", "alerting", other))
    await asyncio.wait_for(stage.failed.wait(), 10)
    await asyncio.wait_for(other.well.wait(), 10)
    await asyncio.sleep(0)
    health = {one.name: one for one in built.health().stages}
    assert health["flaky"].because == "ConnectionError"
    assert health["flaky"].failing_since is not None
    assert "hunter2" not in repr(built.health())
    assert health["steady"].failing_since is None
    assert not built.health().is_ready(built._clock.now())
    await asyncio.wait_for(stage.well.wait(), 20)
    await asyncio.sleep(0)
    assert built.health().is_ready(built._clock.now())


async def test_a_step_that_runs_comes_to_its_end_when_the_daemon_stops(run):
    class Slow:
        begun, may_end = asyncio.Event(), asyncio.Event()
        ended = False

        async def step(self, now):
            self.begun.set()
            await self.may_end.wait()
            self.ended = True

    stage = Slow()
    built = await run(Stage("slow", "alerting", stage))
    await asyncio.wait_for(stage.begun.wait(), 10)
    built._stop.set()
    await asyncio.sleep(0)
    assert built.health().stopping
    stage.may_end.set()
    await asyncio.wait_for(asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "slow-0")), 10)
    assert stage.ended


async def test_a_bad_file_never_replaces_a_good_one(run):
    stage = Flaky(failures=0)
    built = await run(Stage("steady", "alerting", stage))
    await asyncio.wait_for(stage.well.wait(), 10)
    before = built.monitor
    run.path.write_text("topics: [{id: acme, qurey: x}]\n")
    stage.well.clear()
    with structlog.testing.capture_logs() as logs:
        built._reload.set()
        await asyncio.wait_for(stage.well.wait(), 10)
    assert built.monitor is before
    (told,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert "config.yaml:1: topics[0].qurey: unknown key (did you mean 'query'?)" in told["reason"]


async def test_a_good_file_replaces_the_old_one_as_a_whole_between_steps(run):
    stage = Flaky(failures=0)
    built = await run(Stage("steady", "alerting", stage))
    await asyncio.wait_for(stage.well.wait(), 10)
    before = built.monitor
    run.path.write_text(CONFIG.replace("acme", "rival"))
    built._reload.set()
    async with asyncio.timeout(10):
        while built.monitor is before:  # noqa: ASYNC110 - nothing tells when it is done
            await asyncio.sleep(0.01)
    assert [topic.id for topic in built.monitor.config.topics] == ["rival"]
    assert built.monitor.generation > before.generation
