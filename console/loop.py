"""How a process runs its event loop: uvloop where it is installed, and memory handled for one that lives long and allocates much."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")

YOUNG: Final = 50_000  # allocations between two looks at young objects (CPython: 700); ours are records without cycles
OLDER: Final = 20
KEPT_BYTES: Final = 4 * 1024 * 1024


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, as `asyncio.run` does; returns what it returns."""
    with asyncio.Runner(loop_factory=_factory()) as runner:
        return runner.run(main)


def live_long() -> None:
    """Tune this process's memory for a long life with many short-lived records.

    The garbage collector looks less often. And a large block is taken and given back: glibc learns from it to keep blocks up to that size in
    hand; else the memory of each body of 100 kB goes back to the system after its poll and is fetched page by page for the next one, at a third
    of a poll's cost.
    """
    gc.set_threshold(YOUNG, OLDER, OLDER)
    bytes(KEPT_BYTES)


def learn_records() -> None:
    """Have msgspec learn every record's fields here, on one thread: two that meet a record first at the same moment end the process."""
    waiting = list(msgspec.Struct.__subclasses__())
    while waiting:
        record = waiting.pop()
        waiting += record.__subclasses__()
        with contextlib.suppress(TypeError):  # it holds what msgspec cannot read, and is never read by it
            msgspec.json.Decoder(record)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
