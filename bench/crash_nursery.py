"""A process that has loaded everything once and bears the lives of `bench.crash`, each a fork: a life begins in a third of a second instead of three.

It must be forked while the bench is still one thread. A life is the real daemon (`console.daemon.run`), or one verb of the command line.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bench.crash_points import Doom

LOOK_EVERY_S: Final = 0.002
HOLD: Final = timedelta(seconds=3)  # what a life notices after its start waits so long, in place of a minute: most lives are shorter
ROLES: Final = ("listener", "detectors", "alerting")
LOADED: Final = (
    *(
        "alerting.notifiers.email",
        "alerting.notifiers.log",
        "alerting.notifiers.webhook",
        "console.cli",
        "console.daemon",
        "console.verbs.acting",
    ),
    *("detectors.enrich", "detectors.gauge", "detectors.lookout", "detectors.watch", "listener.collectors.rss", "uvloop"),
)


class Nursery:
    """Bears lives and knows how they ended."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        if os.fork() == 0:
            self._pipe.close()
            _serve(theirs)
            os._exit(0)
        theirs.close()

    def prepare(self, config: Path) -> None:
        """Build the pipeline of a configuration; every life after this has it from the start."""
        self._ask("prepare", config)

    def daemon(self, config: Path, doom: Doom | None = None, order: str = "") -> int:
        """Bear a daemon, with a wrong order of writing where one is named; returns its process id."""
        return int(self._ask("daemon", config, doom, order))

    def tocsin(self, config: Path, words: Sequence[str], doom: Doom | None = None) -> int:
        """Bear a verb of the command line; returns its process id."""
        return int(self._ask("tocsin", config, list(words), doom))

    def wait(self, pid: int, seconds: float) -> int | None:
        """Wait for a life's end, so long at most; its exit status, None where it lives on."""
        status: int | None = self._ask("wait", pid, seconds)
        return status

    def kill(self, pid: int) -> None:
        """End a life as the power would."""
        os.kill(pid, signal.SIGKILL)
        self.wait(pid, 10.0)

    def stop(self, pid: int) -> int | None:
        """Ask a life to end (SIGTERM); its exit status."""
        os.kill(pid, signal.SIGTERM)
        return self.wait(pid, 30.0)

    def close(self) -> None:
        """No more lives."""
        self._pipe.close()

    def _ask(self, *words: Any) -> Any:
        self._pipe.send(words)
        return self._pipe.recv()


def _serve(pipe: Connection) -> None:
    verbs: dict[str, Callable[..., Any]] = {"prepare": _prepare, "daemon": _daemon, "tocsin": _tocsin, "wait": _wait}
    _load()
    while True:
        try:
            verb, *args = pipe.recv()
        except EOFError:  # the bench has ended
            return
        pipe.send(verbs[verb](*args))


def _load() -> None:
    """All that a daemon of this bench and the command line import."""
    for module in LOADED:
        importlib.import_module(module)


def _prepare(config: Path) -> None:
    from alerting import hold
    from console import config as configuration
    from console.known import branches, specs_of
    from console.people import people_specs
    from detectors.enrichment import pipeline

    read = configuration.load(config)
    ready = pipeline.Pipeline(
        [*specs_of(read), *people_specs(read)], branches=branches(read), sentiment_model=read.detectors.sentiment.model
    )
    gc.collect()
    gc.freeze()  # a life looks for garbage at its start, and shall not look through all this
    hold.LENGTH = HOLD  # type: ignore[misc]
    pipeline.Pipeline = lambda *_args, **_options: ready  # type: ignore[assignment, misc]


def _daemon(config: Path, doom: Doom | None, order: str) -> int:
    return _born(config, doom, order, lambda: _run_daemon(config))


def _run_daemon(config: Path) -> int:
    from console import daemon

    return daemon.run(config, ROLES)


def _tocsin(config: Path, words: list[str], doom: Doom | None) -> int:
    from console import cli

    return _born(config, doom, "", lambda: cli.main(["--config", str(config), *words]))


def _born(config: Path, doom: Doom | None, order: str, live: Callable[[], int]) -> int:
    """Fork; the child lives and ends, its words in `log.txt` beside the configuration."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        log = os.open(config.with_name("log.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        _lay(config, doom, order)
        status = live()
    except BaseException as error:
        print(f"life ended by {error!r}", file=sys.stderr, flush=True)
        raise
    finally:
        sys.stdout.flush()
        os._exit(status)


def _lay(config: Path, doom: Doom | None, order: str) -> None:
    from bench import crash_orders, crash_points

    crash_points.lay(doom, config.with_name("points.txt"))
    if order:
        crash_orders.WRONG[order]()


def _wait(pid: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(LOOK_EVERY_S)
