"""How late the event loop is: whoever computes on it too long delays everybody's timers, and is seen here."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

EVERY_S: Final = 0.5
KEPT: Final = 600  # readings: five minutes
_QUANTILE: Final = 0.99


class LoopLag:
    """A timer that notes how late it is called, twice a second; costs some ten microseconds each time.

    Example:
        >>> lag = LoopLag()
        >>> for late_s in (0.001, 0.002, 0.5):
        ...     lag.note(late_s)
        >>> lag.p99_s
        0.5
    """

    def __init__(self) -> None:
        self._readings: deque[float] = deque(maxlen=KEPT)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure the running loop."""
        self.stop()
        self._next(asyncio.get_running_loop())

    def stop(self) -> None:
        """Measure no more; what was measured stays."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def note(self, late_s: float) -> None:
        """Take in a reading, in seconds."""
        self._readings.append(max(0.0, late_s))

    @property
    def p99_s(self) -> float:
        """All but one in a hundred of the last five minutes' readings were not later than this, in seconds; 0 before the first."""
        readings = sorted(self._readings)
        return readings[min(int(len(readings) * _QUANTILE), len(readings) - 1)] if readings else 0.0

    @property
    def worst_s(self) -> float:
        """The latest of them, in seconds."""
        return max(self._readings, default=0.0)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(EVERY_S, self._take, loop, loop.time() + EVERY_S)

    def _take(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self.note(loop.time() - due)
        self._next(loop)
