"""Streams carry wake-ups between stages: a list of row ids, nothing else.

The database is the truth (rule 1). A stream that loses a frame makes the monitor slower, never deaf: each consumer also sweeps its table at
start and every 30 s. `MemoryStream` serves one process; `store/jetstream.py` is the same protocol over NATS.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

MAX_BACKLOG: Final = 50_000  # ids waiting in memory before the sender is asked to wait
FRAME_IDS: Final = 100  # ids in one frame: large enough to be cheap, small enough to spread over processes


class Stream(Protocol):
    """One named way between two stages, the same for every process that opens it."""

    async def publish(self, ids: Sequence[int]) -> None:
        """Announce rows that were committed."""

    async def take(self, limit: int) -> list[int]:
        """What has arrived, at most about `limit` ids; empty at once where nothing has."""

    async def done(self) -> None:
        """All that was taken since the last call is committed; it will not be delivered again."""

    async def arrived(self) -> None:
        """Return when there is something to take."""

    async def is_full(self) -> bool:
        """Whether the sender should wait until the consumer has caught up."""

    async def close(self) -> None:
        """Let go of connections; what was not taken stays with the database."""


class MemoryStream:
    """A stream within one process.

    Args:
        max_backlog: ids waiting before `is_full`.
    """

    def __init__(self, *, max_backlog: int = MAX_BACKLOG) -> None:
        self._max_backlog = max_backlog
        self._waiting: deque[int] = deque()
        self._something = asyncio.Event()

    def __len__(self) -> int:
        """How many ids wait."""
        return len(self._waiting)

    async def publish(self, ids: Sequence[int]) -> None:
        """Announce rows that were committed."""
        if ids:
            self._waiting.extend(ids)
            self._something.set()

    async def take(self, limit: int) -> list[int]:
        """What has arrived, at most `limit` ids; empty at once where nothing has."""
        taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        if not self._waiting:
            self._something.clear()
        return taken

    async def done(self) -> None:
        """Nothing to do: in one process a taken id is not delivered again."""

    async def arrived(self) -> None:
        """Return when there is something to take."""
        await self._something.wait()

    async def is_full(self) -> bool:
        """Whether the sender should wait until the consumer has caught up."""
        return len(self._waiting) >= self._max_backlog

    async def close(self) -> None:
        """Nothing to let go of."""


def frames(ids: Sequence[int], size: int = FRAME_IDS) -> list[Sequence[int]]:
    """The ids in frames of at most `size`."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
