"""The Poller: due sources -> claim -> collector.listen(cursor) -> save page, cursor and coverage -> wake the Enricher."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import replace

from core.errors import SourceError, SourceRejected, SourceUnavailable
from core.records import Arrival, Mention, Record, SourceState
from listener.base import Collector, Page
from store import mentions, sources
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

CLAIM: Final = timedelta(minutes=2)  # longer than any poll may take
BATCH: Final = 50  # sources polled side by side in one step
WAIT_WHEN_FULL: Final = timedelta(seconds=1)
LONGEST_BACKOFF: Final = timedelta(hours=6)
LONGEST_ASKED: Final = timedelta(days=1)  # longer nobody can ask to be left alone
JITTER: Final = 0.2  # of the backoff, so that sources that failed together do not come back together
BRIDGE: Final = timedelta(seconds=5)  # stretches heard that lie so close are one
TURNS_MISSED: Final = 3  # a poll that comes later than so many of its intervals leaves unknown what lies between
LEARNING_RATE: Final = 0.2


class Listened(Record, frozen=True, kw_only=True, gc=False):
    """A source as configured, with the collector that listens to it."""

    id: str
    kind: str
    every: timedelta
    collector: Collector


class Poller:
    """Listens to every source in its turn.

    What a poll brings is stored in one transaction with the cursor that leads on from it (R1), so that a crash loses nothing and repeats
    harmlessly. A source in trouble is backed off and said so; the others go on. While the Enricher is far behind, the Poller waits.

    Args:
        store: where pages go.
        listened: the sources by id.
        lateness: what is older than this when heard counts in its own time and raises nothing.
    """

    def __init__(self, store: Store, listened: Mapping[str, Listened], *, lateness: timedelta) -> None:
        self._store = store
        self._listened = dict(listened)
        self._lateness = lateness

    async def step(self, now: datetime) -> datetime | None:
        """Poll what is due; returns when the next source wants its turn, None where there is none."""
        if await self._store.mentions.is_full():
            return now + WAIT_WHEN_FULL
        claimed = await self._store.database.write(sources.claim, list(self._listened), now, now + CLAIM, BATCH)
        await asyncio.gather(*(self._poll(state, now) for state in claimed))
        return await self._store.database.read(sources.next_due, list(self._listened))

    async def receive(self, source_id: str, page: Page, now: datetime, *, arrival: Arrival | None = None) -> mentions.Added:
        """Take in a page that was pushed to us (a webhook, an import, a replay), as if it had been polled.

        Args:
            source_id: whose page it is; the source has a row.
            page: what came.
            now: when.
            arrival: "late" for imports; None judges each mention by its age.
        """

        def save(tx: Tx) -> mentions.Added:
            added = mentions.add(tx, [self._arriving(mention, now, arrival) for mention in page.mentions])
            state = sources.get(tx, source_id)
            if state is not None:
                heard = {} if arrival == "late" else {"last_success_at": now, "first_poll_at": state.first_poll_at or now}
                sources.save(tx, source_id, state.attempt, {**heard, **_learnt(state, page, len(added.new), now)})
                if heard:
                    sources.heard(tx, source_id, state.last_success_at or now, now, bridge=BRIDGE)
            return added

        added = await self._store.database.write(save)
        await self._store.mentions.publish(added.new)
        return added

    async def _poll(self, state: SourceState, now: datetime) -> None:
        listened = self._listened[state.id]
        with structlog.contextvars.bound_contextvars(source=state.id):
            try:
                await self._listen(listened, state, now)
            except SourceError as error:
                await self._failed(listened, state, error, now)
            except Exception as error:  # a collector's bug must not stop the other sources; it is told, and backed off
                log.exception("collector failed")
                await self._failed(listened, state, SourceUnavailable(state.id, f"a bug: {type(error).__name__}"), now)

    async def _listen(self, listened: Listened, state: SourceState, now: datetime) -> None:
        current = state
        async for page in listened.collector.listen(state.cursor):
            added = await self._store.database.write(self._save, current, page, now)
            await self._store.mentions.publish(added.new)
            log.debug("page stored", new=len(added.new), known=added.known, revised=len(added.revised), skipped=page.skipped)
            current = replace(current, cursor=page.cursor, **_remembered(current, page, len(added.new), now))
        await self._store.database.write(self._finish, listened, state, now)
        if state.failures:
            log.info("source recovered", after_failures=state.failures)

    def _save(self, tx: Tx, state: SourceState, page: Page, now: datetime) -> mentions.Added:
        first_look = state.first_poll_at is None
        added = mentions.add(tx, [self._arriving(mention, now, "backfill" if first_look else None) for mention in page.mentions])
        problem = f"{page.skipped} entries could not be read: {page.problem}" if page.skipped else None
        sources.save(
            tx, state.id, state.attempt, {"cursor": page.cursor, "last_error": problem, **_learnt(state, page, len(added.new), now)}
        )
        return added

    def _finish(self, tx: Tx, listened: Listened, state: SourceState, now: datetime) -> None:
        done = {
            "failures": 0,
            "paused_because": None,
            "last_success_at": now,
            "first_poll_at": state.first_poll_at or now,
            "next_poll_at": now + listened.every,
        }
        ours = sources.save(tx, state.id, state.attempt, done, release=True)
        if ours:
            sources.heard(tx, state.id, self._heard_since(listened, state, now), now, bridge=BRIDGE)

    def _heard_since(self, listened: Listened, state: SourceState, now: datetime) -> datetime:
        """From when this poll lets us know what was said: the one before, where no trouble and no standstill of our own lies between (rule 8)."""
        if state.first_poll_at is None:
            return now
        last = state.last_success_at
        if last is not None and not state.failures and now - last <= TURNS_MISSED * listened.every:
            return last
        return now - min(listened.every, self._lateness)

    async def _failed(self, listened: Listened, state: SourceState, error: SourceError, now: datetime) -> None:
        paused = isinstance(error, SourceRejected)
        failures = state.failures + 1
        if state.failures == 0 or paused:
            log.warning("source failed", reason=error.reason, paused=paused)
        trouble = {
            "failures": failures,
            "last_error": error.reason,
            "paused_because": error.reason if paused else None,
            "next_poll_at": None if paused else now + backoff(listened, failures, error),
        }
        await self._store.database.write(sources.save, state.id, state.attempt, trouble, release=True)

    def _arriving(self, mention: Mention, now: datetime, arrival: Arrival | None) -> Mention:
        if arrival is None:
            arrival = "late" if mention.at < now - self._lateness else "live"
        return mention if mention.arrival == arrival else replace(mention, arrival=arrival)


def backoff(listened: Listened, failures: int, error: SourceError) -> timedelta:
    """How long to leave a failing source alone: doubling from its own interval, +-20 %, or what it asked for if that is longer. Pure."""
    doubled = min(listened.every * 2 ** min(failures, 16), LONGEST_BACKOFF)
    spread = int.from_bytes(hashlib.sha256(f"{listened.id}/{failures}".encode()).digest()[:4]) / 2**32
    wait: timedelta = doubled * (1 - JITTER + 2 * JITTER * spread)
    asked = error.retry_after_s if isinstance(error, SourceUnavailable) else None
    return wait if asked is None else max(wait, timedelta(seconds=min(asked, LONGEST_ASKED.total_seconds())))


def _learnt(state: SourceState, page: Page, new: int, now: datetime) -> dict[str, Any]:
    """What a page teaches about its source: its last mention, its usual gap and delay (both in seconds, moving averages)."""
    return {"mentions": sources.MENTIONS + new, **_remembered(state, page, new, now)} if new else {}


def _remembered(state: SourceState, page: Page, new: int, now: datetime) -> dict[str, Any]:
    """Of that, what the next page of the same look goes on from."""
    if not new:
        return {}
    learnt: dict[str, Any] = {}
    last = max(mention.at for mention in page.mentions)
    if state.last_mention_at is not None and last > state.last_mention_at:
        learnt["usual_gap_s"] = _moving(state.usual_gap_s, (last - state.last_mention_at).total_seconds() / new)
    delays = [(now - mention.published_at).total_seconds() for mention in page.mentions if mention.published_at]
    if delays and state.first_poll_at is not None:
        learnt["usual_delay_s"] = _moving(state.usual_delay_s, max(0.0, min(delays)))
    return learnt | {"last_mention_at": max(last, state.last_mention_at or last)}


def _moving(before: float | None, seen: float) -> float:
    return seen if before is None else before + LEARNING_RATE * (seen - before)
