"""Reading beside the event loop: what takes milliseconds of computing runs on a few threads, so that the loop keeps its time.

Threads that compute take turns with the loop, and each of them lets it wait for a turn: with a thread for every look, ten thousand feeds make
the loop a quarter of a second late. More threads read no faster, either. One stays free while the others wait for confined children.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from listener.confine import CHILDREN

P = ParamSpec("P")
T = TypeVar("T")

READERS: Final = CHILDREN + 1

_THREADS: Final = ThreadPoolExecutor(READERS, thread_name_prefix="reading")


async def aside(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read(*args, **kwargs)` returns or raises, read beside the loop; those before it come first."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: read(*args, **kwargs))
