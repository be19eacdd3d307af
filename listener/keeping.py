"""What looks brought -> the store: mentions, cursor, what was learnt, coverage and cost, many looks in one transaction (R1).

A look waits until its page is kept. What arrives while the database is busy is kept together in the next transaction, so that ten thousand
quiet feeds cost a few writes a second, and one busy source waits for nobody. A page that the database cannot bear is tried by itself, and
the others go through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

import structlog
from msgspec.structs import replace

from core.records import Arrival, Mention, Record
from core.sources import SourceState
from listener.base import Page
from listener.outside import keep_outside
from store import flags, mentions, meter, sources
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

TOGETHER: Final = 200  # looks kept in one transaction
BRIDGE: Final = timedelta(seconds=5)  # stretches heard that lie so close are one
LEARNING_RATE: Final = 0.2
NOTHING: Final = object()


class Kept(Record, frozen=True, kw_only=True, gc=False):
    """What one look has to say to the store at a time.

    Attributes:
        state: the source as it was claimed, or as the page before left it.
        page: what came; None where the look failed, or only ends.
        arrival: of its mentions; None judges each by its age.
        values: columns of the source to set besides what the page teaches.
        heard_since: since when the source was heard without a gap; None where this says nothing of that.
        ends: the claim ends with this.
        failed: the look failed.
        at: now (aware).
    """

    state: SourceState
    at: datetime
    page: Page | None = None
    arrival: Arrival | None = None
    values: Mapping[str, Any] = {}
    heard_since: datetime | None = None
    ends: bool = False
    failed: bool = False


class Keeper:
    """Keeps what looks brought, together where several wait.

    Args:
        store: where to.
        lateness: what is older than this when heard is late.
        gather_s: how long the first waits for others to come along, in seconds.
        topics: source id -> the topic that everything of it is about.
    """

    def __init__(self, store: Store, lateness: timedelta, *, gather_s: float = 0.0, topics: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._lateness = lateness
        self._gather_s = gather_s
        self._topics = dict(topics or {})
        self._waiting: list[tuple[Kept, asyncio.Future[mentions.Added]]] = []
        self._running: asyncio.Task[None] | None = None

    async def keep(self, kept: Kept) -> mentions.Added:
        """Return when it is in the database, with what became of the page's mentions."""
        done: asyncio.Future[mentions.Added] = asyncio.get_running_loop().create_future()
        self._waiting.append((kept, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name="keeper")
        return await done

    async def rest(self) -> None:
        """Return when nothing is being kept any more."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._gather_s)  # whoever else is ready comes along
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            await self._keep([entry for entry in batch if not entry[1].cancelled()])

    async def _keep(self, batch: Sequence[tuple[Kept, asyncio.Future[mentions.Added]]]) -> None:
        try:
            added, raised = await self._store.database.write(_keep_whole, [kept for kept, _ in batch], self._lateness, self._topics)
            await self._store.mentions.publish([mention_id for one in added for mention_id in (*one.new, *one.revised)])
            await self._store.signals.publish(raised)
        except Exception as error:  # noqa: BLE001 - it belongs to the look that waits
            if len(batch) > 1 and not isinstance(error, DatabaseFailed):
                log.warning("looks not kept together, trying one by one", looks=len(batch))
                for entry in batch:
                    await self._keep([entry])
                return
            for _, done in batch:
                if not done.cancelled():
                    done.set_exception(error)
            return
        for (_, done), one in zip(batch, added, strict=True):
            if not done.cancelled():
                done.set_result(one)


def _keep_whole(tx: Tx, batch: Sequence[Kept], lateness: timedelta, topics: Mapping[str, str]) -> tuple[list[mentions.Added], list[int]]:
    """Keep all of it, mentions and the rest; returns what became of the mentions, and the ids of signals that came with the pages."""
    added = keep_all(tx, batch, lateness)
    raised = [
        signal_id
        for kept in batch
        if kept.page is not None and (kept.page.counts or kept.page.alarms)
        for signal_id in keep_outside(tx, kept.state.id, kept.page, topics.get(kept.state.id), kept.at)
    ]
    return added, raised


def keep_all(tx: Tx, batch: Sequence[Kept], lateness: timedelta) -> list[mentions.Added]:
    """Keep all of it, in order; returns what became of each one's mentions."""
    pages = [_arriving(kept, lateness) for kept in batch]
    added = _shared_out(pages, mentions.add(tx, list(chain.from_iterable(pages))))
    gone = [key for kept in batch if kept.page for key in kept.page.deleted]
    if gone:
        mentions.remove(tx, gone, batch[0].at)
    for kept in batch:
        if kept.page is not None and kept.page.readings:
            told = {reading.key: reading.engagement for reading in kept.page.readings}
            mentions.read_counters(tx, told, at=kept.at, by=kept.state.id)
    for kept in batch:
        if kept.page is not None and (kept.page.flags or kept.page.counted):
            flags.keep(tx, kept.state.id, kept.page.flags, kept.page.counted, kept.at)
    changes = [
        sources.Change(kept.state.id, kept.state.attempt, _values(kept, one), added=len(one.new), release=kept.ends)
        for kept, one in zip(batch, added, strict=True)
    ]
    ours = sources.save_all(tx, changes)
    heard = [(kept.state.id, kept.heard_since, kept.at) for kept in batch if kept.heard_since is not None and kept.state.id in ours]
    sources.heard_all(tx, heard, bridge=BRIDGE)
    meter.add(tx, [_looked(kept, one) for kept, one in zip(batch, added, strict=True)])
    return added


def _shared_out(pages: Sequence[Sequence[Mention]], added: mentions.Added) -> list[mentions.Added]:
    """What became of each page; what two pages brought is the first one's."""
    revised, left, found = set(added.revised), dict(added.ids), []
    for page in pages:
        keys = {mention.key for mention in page}
        new = tuple(sorted(left.pop(key) for key in keys if key in left))
        found.append(mentions.Added(new=new, revised=(), known=len(keys) - len(new)))
    if found and revised:
        found[0] = mentions.Added(new=found[0].new, revised=tuple(sorted(revised)), known=found[0].known)
    return found


def _arriving(kept: Kept, lateness: timedelta) -> list[Mention]:
    if kept.page is None:
        return []
    edge = kept.at - lateness
    fitting: list[Mention] = []
    for mention in kept.page.mentions:
        arrival = kept.arrival or ("late" if mention.at < edge else "live")
        fitting.append(mention if mention.arrival == arrival else replace(mention, arrival=arrival))
    return fitting


def _values(kept: Kept, added: mentions.Added) -> dict[str, Any]:
    """The columns of the source that this changes; what stands there already is not written again."""
    page, values = kept.page, dict(kept.values)
    if page is not None:
        values = {
            "cursor": page.cursor,
            "last_error": trouble(page),
            "missed": page.missed,
            **learnt(kept.state, page, len(added.new), kept.at),
        }
        if page.quota is not None:
            values |= {"quota_left": page.quota.left, "quota_resets_at": page.quota.resets_at}
        if page.hub is not None:
            values["hub"] = page.hub
        values |= kept.values
    return {name: value for name, value in values.items() if getattr(kept.state, name, NOTHING) != value}


def trouble(page: Page) -> str | None:
    """What the operator should know of a page that came and was not whole."""
    if page.skipped:
        return f"{page.skipped} entries could not be read: {page.problem}"
    return page.problem


def learnt(state: SourceState, page: Page, new: int, now: datetime) -> dict[str, Any]:
    """What a page teaches about its source: its last mention, its usual gap and delay (both in seconds, moving averages)."""
    if not new:
        return {}
    taught: dict[str, Any] = {}
    last = max(mention.at for mention in page.mentions)
    if state.last_mention_at is not None and last > state.last_mention_at:
        taught["usual_gap_s"] = _moving(state.usual_gap_s, (last - state.last_mention_at).total_seconds() / new)
    delays = [(now - mention.published_at).total_seconds() for mention in page.mentions if mention.published_at]
    if delays and state.first_poll_at is not None:
        taught["usual_delay_s"] = _moving(state.usual_delay_s, max(0.0, min(delays)))
    return taught | {"last_mention_at": max(last, state.last_mention_at or last)}


def _moving(before: float | None, seen: float) -> float:
    return seen if before is None else before + LEARNING_RATE * (seen - before)


def _looked(kept: Kept, added: mentions.Added) -> meter.Looked:
    page = kept.page
    return meter.Looked(
        source_id=kept.state.id,
        day=kept.at.date(),
        looks=int(kept.ends),
        failed=int(kept.failed),
        unchanged=int(page is not None and page.unchanged),
        capped=int(page is not None and page.missed is not None),
        mentions=len(added.new),
        cost=page.cost if page is not None else 0.0,
    )
