"""What a stage is to the daemon, the House and replays: a name, a role, one method, and what wakes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from msgspec import Struct

from alerting.base import Notifier
from alerting.settings import ChannelSettings, PersonSettings

UNHURRIED: Final = timedelta(days=1)  # how often what nobody else writes to is swept
NotifierFor = Callable[[PersonSettings, ChannelSettings], Notifier]


class Runs(Protocol):
    """What every stage is: one method, called when it is due or woken. It never sleeps, and leaves nothing running."""

    async def step(self, now: datetime) -> datetime | None:
        """Do what is due at `now`; returns when it next wants to be called, None where only a wake-up matters."""


@runtime_checkable
class Outlives(Protocol):
    """A stage whose work may outlive the step that began it (docs/decisions/0004-looks-outlive-steps.md)."""

    async def close(self) -> None:
        """End what still runs, or wait for it; what is cut off is taken up by whoever comes next."""


class Wakes(Protocol):
    """What a stage waits for besides the time."""

    async def arrived(self) -> None:
        """Return when there is something to do."""


class Stage(Struct, frozen=True):
    """A stage with what wakes it; `workers` may step it side by side, because claims decide who works."""

    name: str
    role: str
    runs: Runs
    woken_by: Wakes | None = None
    workers: int = 1
