"""Where a life of `bench.crash` may end: before and after every commit, before and after every sending.

The monitor knows nothing of this: the points are laid around `Database.write_now`, through which every writing transaction goes, and around
each notifier, in the life's own process. Which transactions there are is found out, not listed: a new one is a crash point by itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from alerting.base import Message, Notifier, Receipt
from alerting.settings import ChannelSettings, PersonSettings
from console.notifying import NotifierShelf
from store.database import Database

KILLED: Final = 137  # what a shell calls SIGKILL
Passing = Callable[[str], None]


class Doom(NamedTuple):
    """Where a life ends: when it has passed any of `points` for the `nth` time (from 1). `told`: the file that says which it was."""

    points: frozenset[str]
    nth: int
    told: Path


def lay(doom: Doom | None, known: Path) -> None:
    """Lay the points in this process; those that nobody passed before are added to the file `known`, a line each."""
    passed: Counter[str] = Counter()

    def passing(point: str) -> None:
        passed[point] += 1
        if passed[point] == 1:
            with known.open("a", encoding="utf-8") as file:
                file.write(f"{point}\n")
        if doom is not None and point in doom.points and passed[point] == doom.nth:
            doom.told.write_text(point, encoding="utf-8")
            os._exit(KILLED)  # nothing is flushed, closed or told, as where the power goes

    _around_commits(passing)
    _around_sending(passing)


def _around_commits(passing: Passing) -> None:
    write_now = Database.write_now

    def write(self: Database, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = f"{work.__module__}.{work.__qualname__}" if hasattr(work, "__qualname__") else type(work).__name__

        def to_the_end(tx: Any, *args: Any, **kwargs: Any) -> Any:
            result = work(tx, *args, **kwargs)
            passing(f"before commit of {name}")
            return result

        result = write_now(self, to_the_end, *args, **kwargs)
        passing(f"after commit of {name}")
        return result

    Database.write_now = write  # type: ignore[method-assign]


def _around_sending(passing: Passing) -> None:
    get = NotifierShelf.get

    def passed_by(self: NotifierShelf, person: PersonSettings, channel: ChannelSettings) -> Notifier:
        return _Passed(get(self, person, channel), channel.kind, passing)

    NotifierShelf.get = passed_by  # type: ignore[method-assign]


class _Passed:
    """A notifier between two points; what else it can (`edit`) stays as it is."""

    def __init__(self, notifier: Notifier, kind: str, passing: Passing) -> None:
        self._notifier = notifier
        self._kind = kind
        self._passing = passing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notifier, name)

    async def send(self, message: Message) -> Receipt:
        self._passing(f"before sending by {self._kind}")
        receipt = await self._notifier.send(message)
        self._passing(f"after sending by {self._kind}")
        return receipt
