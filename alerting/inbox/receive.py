"""The stage that hears what people write back: inboxes -> replies -> what they ask for -> an answer in the same place.

A long poll may take a minute and a stream never ends, so looks outlive the step that began them (docs/decisions/0004-looks-outlive-steps.md). A
reply is handled once, in one urgent transaction of its own, and the cursor is kept with the last of its batch: what a crash cuts off comes
again and is known. One that breaks its handling is a dead letter, never a loop. Answers are said after the commit, and again for a while
where that failed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from alerting.inbox.base import Batch, Inbox, Reply
from alerting.inbox.handle import Handled, Handler
from core.errors import DeliveryFailed, SourceError, SourceRejected, SourceUnavailable, StaleVersion
from store import dead_letters, replies
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

HOLD: Final = timedelta(minutes=2)  # an inbox belongs to one process; renewed while it listens
RENEW_EVERY: Final = timedelta(seconds=30)
PAUSE: Final = timedelta(seconds=1)  # between two looks, where the inbox names no other (`every`)
FIRST_BACKOFF: Final = timedelta(seconds=5)
LONGEST_BACKOFF: Final = timedelta(minutes=5)
REJECTED_BACKOFF: Final = timedelta(minutes=15)
ANSWERS_FOR: Final = timedelta(minutes=10)  # an answer that could not be said is tried so long
ANSWER_TIMEOUT_S: Final = 30.0
PATIENCE_S: Final = 0.25  # how long a step waits for the looks that it began


class Inboxes:
    """Listens to every inbox, hands each reply to the `Handler`, says its answer, wakes the Dispatcher.

    Args:
        store: replies, cursors and states; its notifications are woken.
        inboxes: by kind of notifier.
        handler: carries replies out.
        now: tells the time while looks go on.
    """

    def __init__(self, store: Store, inboxes: Mapping[str, Inbox], handler: Handler, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._inboxes = dict(inboxes)
        self._handler = handler
        self._now = now
        self._me = secrets.token_hex(8)
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, datetime] = {}
        self._renewed_at: datetime | None = None
        self._broken: BaseException | None = None
        self._woken = asyncio.Event()

    async def arrived(self) -> None:
        """Return when a look has ended and the next one may begin."""
        await self._woken.wait()

    async def step(self, now: datetime) -> datetime | None:
        """Begin the looks that are due; returns when the next is, None where there is no inbox."""
        self._woken.clear()
        await self._renew(now)
        for kind in self._inboxes:
            if kind not in self._looks and self._due.get(kind, now) <= now:
                await self._begin(kind, now)
        if self._looks:
            await asyncio.wait(self._looks.values(), timeout=PATIENCE_S)
        if self._broken is not None:  # the database's trouble, not an inbox's: the step fails, and is tried again
            error, self._broken = self._broken, None
            raise error
        waiting = [self._due.get(kind, now) for kind in self._inboxes if kind not in self._looks]
        return min([*waiting, *([now + RENEW_EVERY] if self._looks else [])], default=None)

    async def close(self) -> None:
        """End the looks; another process may listen at once."""
        running = dict(self._looks)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        for kind in running:
            await self._store.database.write(replies.change_state, kind, self._now(), held_until=None)

    async def _begin(self, kind: str, now: datetime) -> None:
        state = await self._store.database.write(replies.hold, kind, self._me, now, HOLD)
        if state is None:
            self._due[kind] = now + RENEW_EVERY
            return
        task = asyncio.create_task(self._look(kind, state), name=f"inbox-{kind}")
        self._looks[kind] = task
        task.add_done_callback(partial(self._ended, kind))

    def _ended(self, kind: str, task: asyncio.Task[None]) -> None:
        if self._looks.get(kind) is task:
            del self._looks[kind]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error
        self._woken.set()

    async def _renew(self, now: datetime) -> None:
        """Keep what we listen to; an inbox that another process took meanwhile is left to it."""
        if not self._looks or (self._renewed_at is not None and now - self._renewed_at < RENEW_EVERY):
            return
        self._renewed_at = now
        for kind, task in list(self._looks.items()):
            if await self._store.database.write(replies.hold, kind, self._me, now, HOLD) is None:
                log.warning("inbox left to another process", inbox=kind)
                task.cancel()

    async def _look(self, kind: str, state: replies.InboxState) -> None:
        structlog.contextvars.bind_contextvars(inbox=kind)  # of this task alone
        inbox = self._inboxes[kind]
        wait: timedelta = getattr(inbox, "every", PAUSE)
        try:
            await self._answer(kind)
            async for batch in inbox.listen(state.cursor):
                await self._take(kind, batch)
                state = await self._heard(kind, state)
            await self._heard(kind, state)
        except SourceError as error:
            wait = await self._failed(kind, error)
        except (DatabaseFailed, StaleVersion):  # no fault of the inbox's: the step fails, and what was not kept comes again
            raise
        except Exception as error:  # an inbox's bug must not stop the others; it is told, and backed off
            log.exception("inbox failed")
            wait = await self._failed(kind, SourceUnavailable(kind, f"a bug: {type(error).__name__}"))
        self._due[kind] = self._now() + wait

    async def _take(self, kind: str, batch: Batch) -> None:
        for number, reply in enumerate(batch.replies, 1):
            await self._handle(kind, reply, batch.cursor if number == len(batch.replies) else None)
        if not batch.replies and batch.cursor is not None:
            await self._store.database.write(replies.change_state, kind, self._now(), cursor=batch.cursor)
        await self._answer(kind)

    async def _handle(self, kind: str, reply: Reply, cursor: str | None) -> None:
        """Let a reply do what it asks for; one that cannot be handled is kept as a dead letter, and its sender hears so."""
        try:
            handled = await self._store.database.write_urgent(self._receive, kind, reply, cursor)
        except (DatabaseFailed, StaleVersion):
            raise
        except Exception as error:
            log.exception("reply not handled")
            await self._store.database.write(self._bury, kind, reply, cursor, type(error).__name__)
            return
        if handled is not None:
            log.info("reply handled", command=handled.command, person=handled.person, incident=handled.incident_id)
            await self._store.notifications.publish([handled.incident_id] if handled.incident_id is not None else [])

    def _receive(self, tx: Tx, kind: str, reply: Reply, cursor: str | None) -> Handled | None:
        now = self._now()
        handled = self._handler.handle(tx, kind, reply, now)
        if cursor is not None:
            replies.change_state(tx, kind, now, cursor=cursor)
        return handled

    def _bury(self, tx: Tx, kind: str, reply: Reply, cursor: str | None, error: str) -> None:
        now = self._now()
        self._handler.fail(tx, kind, reply, now)
        dead_letters.add(tx, now, "inboxes", f"reply:{kind}:{reply.native_id}"[:200], error, {"inbox": kind})
        if cursor is not None:
            replies.change_state(tx, kind, now, cursor=cursor)

    async def _answer(self, kind: str) -> None:
        """Say what was not said yet."""
        database = self._store.database
        for row in await database.read(replies.unanswered, kind, self._now() - ANSWERS_FOR):
            if await self._said(kind, row):
                await database.write(replies.answered, row.id, self._now())

    async def _said(self, kind: str, row: replies.ReplyRow) -> bool:
        """Whether the answer is done with: said, or it never can be."""
        reply, text = self._handler.answer(row)
        try:
            await asyncio.wait_for(self._inboxes[kind].answer(reply, text), ANSWER_TIMEOUT_S)
        except DeliveryFailed as error:
            log.warning("answer not said", reason=error.reason, again=not error.permanent)
            return error.permanent
        except TimeoutError:
            log.warning("answer not said", reason="no answer in time", again=True)
            return False
        except Exception:  # an inbox's bug must not stop what else it hears
            log.exception("answer not said")
            return True
        return True

    async def _heard(self, kind: str, state: replies.InboxState) -> replies.InboxState:
        """Note that the inbox is heard, now and then, and at once where it was not."""
        now = self._now()
        if state.failing_since is None and state.heard_at is not None and now - state.heard_at < RENEW_EVERY:
            return state
        if state.failing_since is not None:
            log.info("inbox recovered", after_failures=state.failures)
        healed: dict[str, Any] = {"heard_at": now, "failing_since": None, "failures": 0, "because": None}
        return await self._store.database.write(replies.change_state, kind, now, **healed)

    async def _failed(self, kind: str, error: SourceError) -> timedelta:
        """Note since when and why it cannot be heard; returns how long to wait."""
        now = self._now()
        known = await self._store.database.read(replies.state, kind)
        if known.failing_since is None:
            log.warning("inbox not heard", reason=error.reason)
        told = {"failing_since": known.failing_since or now, "failures": known.failures + 1, "because": error.reason}
        await self._store.database.write(replies.change_state, kind, now, **told)
        if isinstance(error, SourceRejected):
            return REJECTED_BACKOFF
        asked = error.retry_after_s if isinstance(error, SourceUnavailable) else None
        return max(timedelta(seconds=asked or 0), min(FIRST_BACKOFF * float(2 ** min(known.failures, 10)), LONGEST_BACKOFF))
