"""How a process runs its event loop: uvloop where it is installed, and memory handled for one that lives long and allocates much."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

YOUNG: Final = 50_000  # allocations between two looks at young objects (CPython: 700); ours are records without cycles
OLDER: Final = 20
KEPT_BYTES: Final = 4 * 1024 * 1024
TURN_S: Final = 0.0005  # that a thread computes before it lets another one in (CPython: 0.005)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, as `asyncio.run` does; returns what it returns."""
    with asyncio.Runner(loop_factory=_factory()) as runner:
        return runner.run(main)


def live_long() -> None:
    """Tune this process for a long life with many short-lived records, and a loop that waits little for threads that compute.

    The garbage collector looks less often. And a large block is taken and given back: glibc learns from it to keep blocks up to that size in
    hand; else the memory of each body of 100 kB goes back to the system after its poll and is fetched page by page for the next one, at a third
    of a poll's cost.
    """
    sys.setswitchinterval(TURN_S)
    gc.set_threshold(YOUNG, OLDER, OLDER)
    bytes(KEPT_BYTES)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
