"""The Poller: due sources -> claim -> collector.listen(cursor) -> keep page, cursor and coverage -> wake the Enricher.

A look may take half a minute, and a stream's never ends, so looks outlive the step that began them: each step claims what is due and begins
it, gives the running ones a moment, and says when it wants to be called again (docs/decisions/0004-looks-outlive-steps.md). Where time is virtual a step waits for
all it began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from core.errors import SourceError, SourceUnavailable
from core.records import Arrival
from core.sources import SourceState
from listener.base import Now, Page
from listener.keeping import Keeper, Kept
from listener.look import Listened, Look
from listener.pace import Spent
from store import mentions, meter, sources
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

CLAIM: Final = timedelta(minutes=2)  # renewed while a look goes on
RENEW_EVERY: Final = timedelta(seconds=30)
LOOKS_AT_ONCE: Final = 200
PATIENCE_S: Final = 0.25  # how long a step gives the looks it began before it claims for the free places
GATHER_S: Final = 0.05  # looks that end so close together are kept in one transaction
WAIT_WHEN_FULL: Final = timedelta(seconds=1)


class Poller:
    """Listens to every source in its turn.

    What a look brings is stored in one transaction with the cursor that leads on from it (R1), so that a crash loses nothing and repeats
    harmlessly. A source in trouble is backed off and said so; the others go on. While the Enricher is far behind, the Poller waits.

    Args:
        store: where pages go.
        listened: the sources by id.
        lateness: what is older than this when heard counts in its own time and raises nothing.
        now: tells the time while looks go on. None: time stands still during a step, which ends with its last look.
        streams_for: end a stream's look at its first page after so long; None: never.
    """

    def __init__(
        self,
        store: Store,
        listened: Mapping[str, Listened],
        *,
        lateness: timedelta,
        now: Now | None = None,
        streams_for: timedelta | None = None,
    ) -> None:
        self._store = store
        self._listened = dict(listened)
        self._lateness = lateness
        topics = {source_id: one.topic for source_id, one in listened.items() if one.topic is not None}
        self._keeper = Keeper(store, lateness, gather_s=GATHER_S if now is not None else 0.0, topics=topics)
        self._now = now
        self._streams_for = streams_for
        self._stepped_at: datetime | None = None
        self._looks: dict[str, tuple[SourceState, asyncio.Task[None]]] = {}
        self._renewed_at: datetime | None = None
        self._broken: BaseException | None = None
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A source was made due out of its turn: be called soon."""
        self._woken.set()

    async def arrived(self) -> None:
        """Return when a source was made due."""
        await self._woken.wait()

    async def step(self, now: datetime) -> datetime | None:
        """Look where it is due; returns when the next source wants its turn, None where there is none."""
        self._stepped_at = now
        self._woken.clear()
        if await self._store.mentions.is_full():
            return now + WAIT_WHEN_FULL
        await self._renew(now)
        free = LOOKS_AT_ONCE - len(self._looks)
        if free > 0:
            for state in await self._store.database.write(sources.claim, self._listened.keys(), now, now + CLAIM, free):
                self._begin(state)
        await self._wait()
        due = await self._store.database.read(sources.next_due, self._listened.keys())
        return due if not self._looks else min(due or now + RENEW_EVERY, now + RENEW_EVERY)

    @property
    def is_listening(self) -> bool:
        """Whether any look goes on."""
        return bool(self._looks)

    async def close(self) -> None:
        """End the looks that still run; their sources are due at once for whoever comes next."""
        running = list(self._looks.values())
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)
        await self._keeper.rest()
        for state, _ in running:
            await self._store.database.write(sources.save, state.id, state.attempt, {}, release=True)

    async def receive(self, source_id: str, page: Page, now: datetime, *, arrival: Arrival | None = None) -> mentions.Added:
        """Take in a page that was pushed to us (a webhook, an import, a replay), as if it had been polled.

        Args:
            source_id: whose page it is; the source has a row.
            page: what came.
            now: when.
            arrival: "late" for imports; None judges each mention by its age.
        """
        state = await self._store.database.read(sources.get, source_id) or SourceState(id=source_id, kind="")
        values: dict[str, Any] = {"cursor": state.cursor}
        since = None
        if arrival != "late":
            values |= {"last_success_at": now, "first_poll_at": state.first_poll_at or now}
            since = state.last_success_at or now
        return await self._keeper.keep(Kept(state=state, page=page, arrival=arrival, values=values, heard_since=since, at=now))

    def _begin(self, state: SourceState) -> None:
        task = asyncio.create_task(self._look(state), name=f"look-{state.id}")
        self._looks[state.id] = state, task
        task.add_done_callback(partial(self._ended, state.id))

    def _ended(self, source_id: str, task: asyncio.Task[None]) -> None:
        if self._looks.get(source_id, (None, None))[1] is task:
            del self._looks[source_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error

    async def _wait(self) -> None:
        """Until all looks have ended; where time goes on, a moment at most."""
        while self._looks:
            tasks = [task for _, task in self._looks.values()]
            await asyncio.wait(tasks, timeout=None if self._now is None else PATIENCE_S)
            if self._now is not None:
                break
        if self._broken is not None:  # the database's trouble, not a source's: the step fails, and is tried again
            error, self._broken = self._broken, None
            raise error

    async def _renew(self, now: datetime) -> None:
        """Keep the claims of looks that still go on; a look whose claim was taken over ends."""
        if not self._looks or (self._renewed_at is not None and now - self._renewed_at < RENEW_EVERY):
            return
        self._renewed_at = now
        held = {state.id: state.attempt for state, _ in self._looks.values()}
        ours = await self._store.database.write(sources.renew, held, now + CLAIM)
        for source_id in held.keys() - ours:
            if source_id in self._looks:
                log.warning("look given up, somebody else has the source", source=source_id)
                self._looks[source_id][1].cancel()

    def _time(self) -> datetime:
        now = self._now() if self._now is not None else self._stepped_at
        if now is None:
            raise RuntimeError("a look without a step")
        return now

    async def _look(self, state: SourceState) -> None:
        structlog.contextvars.bind_contextvars(source=state.id)  # of this task alone
        look = Look(self._listened[state.id], state, self._time())
        try:
            await self._listen(look)
        except SourceError as error:
            await self._keeper.keep(look.failed(error, self._time()))
        except DatabaseFailed:  # no fault of the source's: the step fails, and the look is taken again when its claim lapses
            raise
        except Exception as error:  # a collector's bug must not stop the other sources; it is told, and backed off
            log.exception("collector failed")
            await self._keeper.keep(look.failed(SourceUnavailable(state.id, f"a bug: {type(error).__name__}"), self._time()))

    async def _listen(self, look: Look) -> None:
        """Keep each page when the next one comes, the last together with the end of the look; a stream's pages at once."""
        held: Page | None = None
        try:
            async for page in look.listened.collector.listen(look.state.cursor):
                if held is not None:
                    await self._keep(look, held)
                held = page
                if page.live:
                    await self._keep(look, page)
                    held = None
                    if self._streams_for is not None and self._time() - look.began_at >= self._streams_for:
                        break
        except Exception:
            if held is not None:
                await self._keeper.keep(look.page(held, self._time()))
            raise
        spent = await self._spent(look.listened)
        await self._keeper.keep(look.end(held, self._time(), spent))
        if look.began.failures:
            log.info("source recovered", after_failures=look.began.failures)

    async def _keep(self, look: Look, page: Page) -> None:
        now = self._time()
        look.kept(page, await self._keeper.keep(look.page(page, now)), now)

    async def _spent(self, listened: Listened) -> Spent | None:
        if listened.per_day is None:
            return None
        today = self._time().date()
        looked = (await self._store.database.read(meter.total, today, today)).get(listened.id)
        return Spent(cost=looked.cost if looked else 0.0, looks=looked.looks if looked else 0, per_day=listened.per_day)
