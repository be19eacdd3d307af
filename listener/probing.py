"""Listens to ourselves: each look brings one probe (`core/probe.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from core.probe import EVERY, KIND, PROBE, mention_at
from listener.base import Now, Page
from listener.look import Listened


class ProbeCollector:
    """Brings one probe a look.

    Args:
        now: tells the time.
    """

    def __init__(self, now: Now) -> None:
        self._now = now

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page with one mention."""
        del cursor
        yield Page(mentions=(mention_at(self._now()),))


def probed(now: Now) -> Listened:
    """The source that the Poller listens to beside those of the configuration."""
    return Listened(id=PROBE, kind=KIND, every=EVERY, collector=ProbeCollector(now))
