"""How the daemon is: which stage last did its work, and which one cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.records import Record

LATE: Final = timedelta(minutes=5)  # a stage that was not called for so long stands still


class StageHealth(Record, frozen=True, kw_only=True, gc=False):
    """One stage: its last step that went well, and since when and why it fails; None where it does not."""

    name: str
    stepped_at: datetime | None = None
    failing_since: datetime | None = None
    because: str | None = None

    def is_ready(self, now: datetime) -> bool:
        """Whether it works: it does not fail, and was called lately."""
        return self.failing_since is None and self.stepped_at is not None and now - self.stepped_at <= LATE


class Health(Record, frozen=True, kw_only=True, gc=False):
    """The whole daemon at one moment.

    `skew_s`: how far the system's clock has gone from ours since the start. `lag_p99_s`, `lag_worst_s`: how late its event loop was in the last
    five minutes, but for one reading in a hundred, and at worst. All in seconds.
    """

    version: str
    started_at: datetime
    stages: tuple[StageHealth, ...] = ()
    skew_s: float = 0.0
    lag_p99_s: float = 0.0
    lag_worst_s: float = 0.0
    stopping: bool = False

    def is_ready(self, now: datetime) -> bool:
        """Whether every stage works and nothing is being stopped."""
        return not self.stopping and all(stage.is_ready(now) for stage in self.stages)
