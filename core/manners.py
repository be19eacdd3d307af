"""How we treat strangers' hosts: few requests at once for one host, and none while a host is dead (a circuit per host and port)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from core.addresses import Pair
from core.hops import FetchFailed

FAILURES: Final = 5  # in a row, then a circuit opens
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
PROBE: Final = timedelta(seconds=30)  # how long the one request that tries again may take
WAIT_S: Final = 90.0  # how long a fetch may stand in line for a host; below what a poll may take in all


class Circuits:
    """Which places are known to be dead: `FAILURES` requests in a row went unanswered or met 5xx.

    While a circuit is open nobody asks; then one request tries (half-open). Its answer closes the circuit, its failure doubles the pause. Pure but
    for what it remembers, and that only of places that fail.
    """

    def __init__(self) -> None:
        self._failing: dict[Pair, _Failing] = {}

    def wait_s(self, place: Pair, now: Callable[[], datetime], *, trying: bool) -> float | None:
        """Seconds until it is worth asking again; None where it may be asked now.

        Args:
            place: host and port.
            now: tells the time; not asked while nothing fails.
            trying: the caller asks at once if it may, and says how that went: the one request that tries again.
        """
        failing = self._failing.get(place) if self._failing else None
        if failing is None or failing.in_a_row < FAILURES:
            return None
        left = failing.until - now()
        if timedelta() < left <= LONGEST_PAUSE:  # more is no pause of ours: the clock was set back
            return left.total_seconds()
        if trying:
            failing.until = now() + PROBE  # the others wait for how it goes
        return None

    def answered(self, place: Pair) -> None:
        """The place answered."""
        if self._failing:
            self._failing.pop(place, None)

    def failed(self, place: Pair, now: datetime) -> None:
        """The place gave no answer, or 5xx."""
        failing = self._failing.setdefault(place, _Failing(now))
        failing.in_a_row += 1
        if failing.in_a_row >= FAILURES:
            failing.until = now + min(FIRST_PAUSE * 2 ** min(failing.in_a_row - FAILURES, 10), LONGEST_PAUSE)


class _Failing:
    __slots__ = ("in_a_row", "until")

    def __init__(self, now: datetime) -> None:
        self.in_a_row = 0
        self.until = now


class Slots:
    """At most so many requests at once for one host; the others stand in line.

    Args:
        per_host: how many.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._busy: dict[str, int] = {}
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, host: str, source: str) -> None:
        """Take a slot, which `leave` gives back.

        Raises:
            FetchFailed: the line did not move for `WAIT_S` seconds.
        """
        busy = self._busy.get(host, 0)
        if busy < self._per_host:
            self._busy[host] = busy + 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(host, deque()).append(turn)
        try:
            async with asyncio.timeout(WAIT_S):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # our turn came at the same moment
                self.leave(host)
            if isinstance(error, TimeoutError):
                raise FetchFailed(source, "too many requests wait for this host", ambiguous=False, retry_after_s=WAIT_S) from error
            raise

    def leave(self, host: str) -> None:
        """Give the slot to the next in line."""
        line = self._lines.get(host)
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._lines.pop(host, None)
        self._busy[host] -= 1
        if not self._busy[host]:
            del self._busy[host]
