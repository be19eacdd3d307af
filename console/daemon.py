"""The daemon: roles -> stages, each stepped when due or woken, restarted when it fails; signals, reload, drain.

SIGTERM or SIGINT: take nothing new, let every step that runs come to its end, close in reverse order. SIGHUP: read the configuration again; a
bad one is told and changes nothing, a good one replaces the old as a whole, between steps (rule 13).
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web
from msgspec.structs import replace

from alerting.vitals import Vitals
from console import config as configuration
from console import loop
from console.assemble import ROLES, assemble
from console.config import Config
from console.health import Health, StageHealth
from console.lag import LoopLag
from console.stages import Outlives, Stage
from console.vitals import vitals_of
from core.clock import RealClock
from core.errors import ConfigError
from core.http import Fetcher
from store import recover
from store.open import Store, open_store

log = structlog.get_logger()

DRAIN: Final = timedelta(seconds=30)  # how long running steps may take to end
FIRST_BACKOFF_S: Final = 1.0
LONGEST_BACKOFF_S: Final = 60.0
ROOM_S: Final = 5.0  # how often a stage that wants for room looks for some
IDLE: Final = timedelta(minutes=1)  # a stage that wants nothing is called all the same, so that its health is known


class Daemon:
    """One process of the monitor.

    Args:
        path: the configuration file, read again at SIGHUP.
        config: as it was read.
        store: opened.
        roles: the stages to run; "console" serves the web.
    """

    def __init__(self, path: Path, config: Config, store: Store, roles: Sequence[str]) -> None:
        self._path = path
        self._store = store
        self._roles = tuple(roles)
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._hear_signals()  # before the assembly, which takes seconds: whoever calls meanwhile is heard afterwards
        self._clock = RealClock()
        self._http = Fetcher(now=self._clock.now, allow=config.listener.allow_private_hosts)
        self.monitor = assemble(config, store, self._clock, self._http, roles=roles, just_started=True, vitals=self._vitals)
        loop.learn_records()  # all that the stages read is imported now, and none of them runs yet
        self._lag = LoopLag()
        self._stages: dict[str, StageHealth] = {}
        self._started_at = self._clock.now()

    async def run(self) -> None:
        """Serve until told to stop."""
        if self._store.database.is_sqlite:  # we are alone: what stands claimed was claimed by our predecessor
            set_back = await self._store.database.write(recover.follow_clock, self._clock.now())
            if set_back:
                log.warning("the clock was set back", seconds=round(set_back.total_seconds()))
            await self._store.database.write(recover.lapse_claims, self._clock.now())
        async with AsyncExitStack() as opened:  # closed in reverse order, whatever happens
            opened.push_async_callback(self._store.close)
            self._lag.start()
            opened.callback(self._lag.stop)
            await self._http.__aenter__()
            opened.push_async_callback(self._close_http)
            if "console" in self._roles:
                opened.push_async_callback((await self._serve()).cleanup)
            while not self._stop.is_set():
                await self._run_stages()
                await self._close_stages()
                await self._take_up_configuration()
            log.info("stopping")
        log.info("stopped")

    async def _close_stages(self) -> None:
        """Looks, messages and inboxes outlive steps; a new configuration begins its own."""
        for runs in (stage.runs for stage in self.monitor.stages):
            if isinstance(runs, Outlives):
                await runs.close()

    def _hear_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload.set)

    async def _close_http(self) -> None:
        """The session in force; a new configuration has replaced the one that was opened first."""
        await self._http.__aexit__(None, None, None)

    def health(self) -> Health:
        """How the process is now."""
        return Health(
            version=metadata.version("tocsin"),
            started_at=self._started_at,
            stages=tuple(self._stages[stage.name] for stage in self._all_stages() if stage.name in self._stages),
            skew_s=self._clock.skew().total_seconds(),
            lag_p99_s=self._lag.p99_s,
            lag_worst_s=self._lag.worst_s,
            stopping=self._stop.is_set(),
        )

    def _vitals(self) -> Vitals:
        """The same, for the watchman."""
        return vitals_of(self.health(), self.monitor.config.store.database, self._clock.now())

    def _all_stages(self) -> tuple[Stage, ...]:
        """Those of our roles, and what watches the disk where the database is a file of ours."""
        room = self.monitor.room
        return self.monitor.stages if room is None else (*self.monitor.stages, Stage("room", "console", room))

    async def _run_stages(self) -> None:
        """Step every stage until we are to stop or to read the configuration again; ends between steps."""
        self._stages = {stage.name: StageHealth(name=stage.name) for stage in self._all_stages()}
        halt = asyncio.Event()
        tasks = [
            asyncio.create_task(self._step_for_ever(stage, halt), name=f"{stage.name}-{worker}")
            for stage in self._all_stages()
            for worker in range(stage.workers)
        ]
        gc.collect()
        gc.freeze()  # what was built at the start lives as long as we do
        await _first([self._stop, self._reload])
        halt.set()
        _, unfinished = await asyncio.wait(tasks, timeout=DRAIN.total_seconds()) if tasks else (set(), set())
        for task in unfinished:
            log.warning("step given up", stage=task.get_name())
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _step_for_ever(self, stage: Stage, halt: asyncio.Event) -> None:
        backoff_s = FIRST_BACKOFF_S
        room = self.monitor.room
        while not halt.is_set():
            if room is not None and room.holds(stage.role):
                await _first([halt], timeout_s=ROOM_S)
                continue
            now = self._clock.now()
            try:
                due = await stage.runs.step(now)
            except Exception as error:  # the one place where anything may be caught: told, and tried again
                log.exception("stage failed", stage=stage.name, again_in_s=backoff_s)
                self._note_failure(stage.name, error, now)
                await _first([halt], timeout_s=backoff_s)
                longest_s = ROOM_S if room is not None and room.noticed(error) else LONGEST_BACKOFF_S
                backoff_s = min(backoff_s * 2, longest_s)
                continue
            backoff_s = FIRST_BACKOFF_S
            self._stages[stage.name] = StageHealth(name=stage.name, stepped_at=now)
            await self._rest(stage, min(due or now + IDLE, now + IDLE), halt)

    def _note_failure(self, name: str, error: Exception, now: datetime) -> None:
        known = self._stages[name]
        self._stages[name] = replace(known, failing_since=known.failing_since or now, because=type(error).__name__)

    async def _rest(self, stage: Stage, until: datetime, halt: asyncio.Event) -> None:
        """Return when the stage is due, woken, or to halt."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(halt.wait())]
        if stage.woken_by is not None:
            waits.append(asyncio.ensure_future(stage.woken_by.arrived()))
        timeout_s = max(0.0, (until - self._clock.now()).total_seconds())
        _, pending = await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _take_up_configuration(self) -> None:
        """Replace the configuration by what the file says now; one that is bad is told, and the old one stays."""
        if not self._reload.is_set() or self._stop.is_set():
            return
        self._reload.clear()
        try:
            config = configuration.load(self._path)
            http = Fetcher(now=self._clock.now, allow=config.listener.allow_private_hosts)
            monitor = await asyncio.to_thread(assemble, config, self._store, self._clock, http, roles=self._roles, vitals=self._vitals)
        except ConfigError as error:
            log.error("configuration not taken up, the old one stays", reason=str(error))
            return
        await http.__aenter__()
        former, self._http, self.monitor = self._http, http, monitor
        await former.__aexit__(None, None, None)
        log.info("configuration taken up", generation=monitor.generation)

    async def _serve(self) -> web.AppRunner:
        """Start the console."""
        from console.drill import play_for_console
        from console.web.app import build_app

        app = build_app(lambda: self.monitor, self._clock, self.health, drill=play_for_console)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        settings = self.monitor.config.console
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(f"console.listen: {settings.listen} cannot be used: {error.strerror or error}") from error
        for host, port, *_ in runner.addresses:
            log.info("console listens", address=f"http://{host}:{port}")
        return runner


def run(path: Path, roles: Sequence[str] = ROLES) -> int:
    """Run the daemon on a configuration file until it is told to stop; returns the exit status.

    Raises:
        ConfigError: the configuration or the database cannot be used.
    """
    config = configuration.load(path)
    for pair in config.listener.allow_private_hosts:
        log.warning("private address allowed", host=pair)
    loop.live_long()
    loop.run(_run(path, config, roles))
    return 0


async def _run(path: Path, config: Config, roles: Sequence[str]) -> None:
    store = open_store(config.store.database, config.store.streams)
    log.info("starting", name=config.name, roles=",".join(roles), topics=len(config.topics), sources=len(config.listener.sources))
    await Daemon(path, config, store, roles).run()


async def _first(events: Sequence[asyncio.Event], *, timeout_s: float | None = None) -> None:
    """Return when one of the events is set, or after the time."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
