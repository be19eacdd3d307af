"""One look at one source: what it brought so far, and what of it is to be kept. Decides; does nothing itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from core.errors import SourceError, SourceRejected
from core.records import Arrival, Record
from core.sources import SourceState
from listener.base import Collector, Page
from listener.keeping import Kept, learnt
from listener.pace import STREAM_BACKOFF, Spent, affordable, backoff, next_interval, refilled
from store import mentions

log = structlog.get_logger()

TURNS_MISSED: Final = 3  # a poll that comes later than so many of its intervals leaves unknown what lies between
STREAM_GAP: Final = timedelta(seconds=90)  # a stream that was silent longer, heartbeats and all, was not heard meanwhile


class Listened(Record, frozen=True, kw_only=True, gc=False):
    """A source as configured, with the collector that listens to it; `per_day` is its budget in the platform's units, `topic` what all of it is about."""

    id: str
    kind: str
    every: timedelta
    collector: Collector
    per_day: float | None = None
    topic: str | None = None


class Look:
    """One look at a source: what it brought so far. Decides what is to be kept; does nothing itself.

    Args:
        listened: the source as configured.
        state: as it was claimed.
        now: when the look began.
    """

    def __init__(self, listened: Listened, state: SourceState, now: datetime) -> None:
        self.listened = listened
        self.began = state
        self.state = state
        self.began_at = now
        self._live_at: datetime | None = None
        self._new = 0
        self._cost = 0.0

    def page(self, page: Page, now: datetime) -> Kept:
        """A page that came."""
        if not page.live:
            return Kept(state=self.state, page=page, arrival=self._arrival(), at=now)
        values = {
            "failures": 0, "paused_because": None, "last_success_at": now, "first_poll_at": self.began.first_poll_at or self.began_at,
        }  # fmt: skip
        since = now if self._live_at is None or now - self._live_at > STREAM_GAP else self._live_at
        return Kept(state=self.state, page=page, values=values, heard_since=since, at=now)

    def kept(self, page: Page, added: mentions.Added, now: datetime) -> None:
        """The page is in the database; the next one goes on from it."""
        taught = learnt(self.state, page, len(added.new), now)
        self.state = replace(self.state, cursor=page.cursor, mentions=self.state.mentions + len(added.new), **taught)
        self._count(page, len(added.new))
        if page.live:
            self._live_at = now

    def end(self, page: Page | None, now: datetime, spent: Spent | None) -> Kept:
        """The look went well; `page` is its last, where that is not kept yet."""
        if page is not None:
            self._count(page, len(page.mentions))
        interval = self._interval(page, now, spent)
        values = {
            "failures": 0, "paused_because": None, "last_success_at": now, "first_poll_at": self.began.first_poll_at or now,
            "next_poll_at": now + interval, "every_s": interval.total_seconds(),
        }  # fmt: skip
        return Kept(
            state=self.state, page=page, arrival=self._arrival(), values=values, heard_since=self._heard_since(now), ends=True, at=now
        )

    def failed(self, error: SourceError, now: datetime) -> Kept:
        """The look failed: backed off, or paused where the operator has to mend something."""
        paused = isinstance(error, SourceRejected)
        failures = 1 if self._live_at is not None else self.began.failures + 1
        if failures == 1 or paused:
            log.warning("source failed", reason=error.reason, paused=paused)
        every = STREAM_BACKOFF if self._live_at is not None else self.listened.every
        values = {
            "failures": failures, "last_error": error.reason, "paused_because": error.reason if paused else None,
            "next_poll_at": None if paused else now + backoff(self.listened.id, every, failures, error),
        }  # fmt: skip
        return Kept(state=self.state, values=values, ends=True, failed=True, at=now)

    def _arrival(self) -> Arrival | None:
        return "backfill" if self.began.first_poll_at is None else None

    def _count(self, page: Page, new: int) -> None:
        self._new += new
        self._cost += page.cost

    def _interval(self, page: Page | None, now: datetime, spent: Spent | None) -> timedelta:
        last = None if self.began.every_s is None else timedelta(seconds=self.began.every_s)
        new = 0 if self.began.first_poll_at is None else self._new
        interval = next_interval(self.listened.every, last, new)
        if page is not None and page.quota is not None:
            interval = refilled(interval, page.quota.left, self._cost, page.quota.resets_at, now)
        if spent is None:
            return interval
        whole = Spent(cost=spent.cost + (page.cost if page else 0.0), looks=spent.looks + 1, per_day=spent.per_day)
        return affordable(interval, whole, now)

    def _heard_since(self, now: datetime) -> datetime:
        """From when this look lets us know what was said: the one before, where no trouble and no standstill of our own lies between (rule 8)."""
        began = self.began
        every = max(self.listened.every, timedelta(seconds=began.every_s or 0))
        if began.first_poll_at is None:
            return now
        last = began.last_success_at
        if last is not None and not began.failures and now - last <= TURNS_MISSED * every:
            return last
        return now - self.listened.every
