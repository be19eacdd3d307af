"""The clock: the only way the program learns the time.

Everything that decides takes `now` as an argument; only the daemon and the command line ask a clock for it. Replays, drills and tests
hand in a `VirtualClock`, so that a fortnight passes in seconds and the same story ends the same way each time.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> datetime:
        """The time, aware, UTC."""

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` (aware) has come; at once if it is past."""


class RealClock:
    """Wall time at the start of the process, carried on by the monotonic clock.

    A wall clock that jumps under a running daemon (NTP, a hypervisor, a hand) therefore neither hurries nor delays a page. How far the
    wall has gone since is `skew()`, shown in the metrics; a restart takes the new wall.
    """

    def __init__(self) -> None:
        self._wall = datetime.now(UTC)
        self._monotonic = time.monotonic()

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._wall + timedelta(seconds=time.monotonic() - self._monotonic)

    def skew(self) -> timedelta:
        """How far the system's wall clock stands from ours now (positive: the wall is ahead)."""
        return datetime.now(UTC) - self.now()

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` (aware) has come; at once if it is past."""
        await asyncio.sleep(max(0.0, (at - self.now()).total_seconds()))


class VirtualClock:
    """Time that passes only when told to, for replays, drills and tests.

    Args:
        start: where it begins (aware).

    Example:
        >>> clock = VirtualClock(datetime(2026, 11, 21, 3, tzinfo=UTC))
        >>> clock.advance_to(datetime(2026, 11, 21, 4, tzinfo=UTC))
        >>> clock.now().hour
        4
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Let time pass up to `at` (aware); never backwards."""
        self._now = max(self._now, at.astimezone(UTC))

    async def sleep_until(self, at: datetime) -> None:
        """Let time pass up to `at` at once."""
        self.advance_to(at)
