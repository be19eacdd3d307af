"""The clock: the only way the program learns the time.

Everything that decides takes `now` as an argument; only the daemon and the command line ask a clock for it. Replays, drills and tests
hand in a `VirtualClock`, so that a fortnight passes in seconds and the same story ends the same way each time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

SLEW: Final = 0.1  # of the time that passes: how fast we go to meet a wall clock that has jumped


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> datetime:
        """The time, aware, UTC."""

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` (aware) has come; at once if it is past."""


class RealClock:
    """Wall time at the start of the process, carried on by a clock that nobody sets.

    A wall clock that jumps under a running daemon (NTP, a hypervisor, a hand) therefore neither hurries nor delays a page. Nor are we wrong for
    ever: we go up to a tenth faster or slower until we agree with the wall again, so that whoever is on call from nine is called from nine.
    How far we are apart is `skew()`, shown in the metrics. Times never go back. What a jump does across a restart: `store.recover.follow_clock`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = datetime.now(UTC)
        self._read_at = _steady_s()

    def now(self) -> datetime:
        """The time, aware, UTC."""
        with self._lock:
            read_at = _steady_s()
            passed = timedelta(seconds=read_at - self._read_at)
            apart = datetime.now(UTC) - (self._now + passed)
            most = passed * SLEW
            self._now += passed + min(max(apart, -most), most)
            self._read_at = read_at
            return self._now

    def skew(self) -> timedelta:
        """How far the system's wall clock stands from ours now (positive: the wall is ahead)."""
        return datetime.now(UTC) - self.now()

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` (aware) has come; at once if it is past."""
        await asyncio.sleep(max(0.0, (at - self.now()).total_seconds()))


def _steady_s() -> float:
    """Seconds that only grow: on Linux those in which the machine slept are counted too."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


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
