"""Recorded mentions through the same stages on a virtual clock: a file becomes a history, and the history is played back (`console/backtest.py`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from console.backtest import Asked, Played, play
from console.config import Config
from console.player import Progress
from core.errors import Refused
from core.records import Mention
from store import mentions
from store.database import Database
from store.open import open_database

PAGE: Final = 1_000  # mentions written at once


async def replay(config: Config, recorded: Iterable[Mention], *, asked: Asked | None = None, progress: Progress | None = None) -> Played:
    """Play mentions back in the order in which they were heard.

    Nothing of it touches the installation: the databases are temporary ones, nothing is polled, nobody is told (rule 11).

    Args:
        config: topics, detectors, policies; of the sources only tier and topic are used.
        recorded: with `seen_at` as it was, or the time of publication where that is not known.
        asked: what of it.
        progress: called with (played, all).

    Raises:
        Refused: there is nothing to play.
    """
    with recording(recorded) as past:
        return await play(config, past, asked or Asked(), progress=progress)


@contextmanager
def recording(recorded: Iterable[Mention]) -> Iterator[Database]:
    """The mentions as a history of their own, gone afterwards.

    Raises:
        Refused: there are none.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-replay-") as folder:
        past = open_database(f"sqlite:///{Path(folder)}/recorded.db", durable=False, alone=True)
        try:
            heard = sorted(recorded, key=lambda mention: (mention.seen_at, mention.native_id))
            if not heard:
                raise Refused("there is nothing to play: no mention could be read")
            for first in range(0, len(heard), PAGE):
                past.write_now(mentions.add, heard[first : first + PAGE])
            yield past
        finally:
            past.close()
