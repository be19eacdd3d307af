"""The Dispatcher: due notifications -> claim -> re-check -> message -> notifier -> receipt on the timeline; then escalate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

import structlog
from msgspec.structs import replace

from alerting import delivery, looks, recounts
from alerting.base import Editor, Limits, Notifier, Receipt
from alerting.composing import Composer, Prepared
from alerting.coverage import Listening
from alerting.events import EscalationDue
from alerting.links import Signer
from alerting.policy import Roster
from alerting.save import change
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from alerting.sifting import Sifter
from core.errors import ConfigError, DeliveryFailed
from core.records import Notification
from playbooks.chart import draw
from playbooks.load import Library
from store import incidents, notifications
from store.database import Tx
from store.open import Store
from store.quick import DatabaseFailed

log = structlog.get_logger()

CLAIM: Final = timedelta(seconds=60)  # longer than any sending may take
SEND_TIMEOUT_S: Final = 45.0
BATCH: Final = 50
SWEEP_EVERY: Final = timedelta(seconds=5)
MARKING_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)  # between tries to write a receipt; all within the claim
PICTURE_PATIENCE_S: Final = 1.5
PATIENCE_S: Final = 0.25  # how long a step waits for the messages it began before it looks for others


class Dispatcher:
    """Sends what was decided, and passes on what nobody takes.

    Claim -> send -> mark: a crash in between sends once more, flagged "possible repeat", and loses nothing (rule 5). Between claim and sending the
    row is read again, so that an acknowledgement stops what was already queued. What is not to go out by itself stands in a digest
    (`alerting/sifting.py`); what follows from a failure is decided in `alerting/delivery.py`. Messages outlive the step that began them, as looks do
    (docs/decisions/0004-looks-outlive-steps.md).

    Args:
        store: notifications in, receipts out.
        settings: people and their channels.
        notifier_for: the notifier of a person's channel.
        roster: who can be told now.
        library: playbooks, for their first steps.
        signer: signs the links.
        listening: where we listen and where nobody can.
        ask_again: by source of flags, how often their counters are asked for while an incident is open.
        base_url: how the console is reached from outside.
        limits_of: what a channel can.
        now: tells the time while messages are under way. None: time stands still during a step, which ends with its last message.
        at_once: how many messages may be under way side by side.
        sweep_every: how often to look though nothing woke us; another process (the command line) may have planned something.
        send_timeout_s: how long a notifier may take.
    """

    def __init__(
        self,
        store: Store,
        settings: AlertingSettings,
        *,
        notifier_for: Callable[[PersonSettings, ChannelSettings], Notifier],
        roster: Callable[[Tx], Roster],
        library: Library,
        signer: Signer,
        base_url: str,
        limits_of: Callable[[ChannelSettings], Limits] = lambda _: Limits(),
        listening: Listening = Listening(),  # noqa: B008 - frozen
        ask_again: Mapping[str, timedelta] | None = None,
        now: Callable[[], datetime] | None = None,
        at_once: int = BATCH,
        sweep_every: timedelta = SWEEP_EVERY,
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._notifier_for = notifier_for
        self._roster = roster
        self._composer = Composer(
            roster=roster, library=library, signer=signer, listening=listening, base_url=base_url, limits_of=limits_of
        )
        self._listening = listening
        self._ask_again: dict[str, timedelta] = dict(ask_again or {})
        self._now = now
        self._under_way: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(at_once)
        self._sweep_every = sweep_every
        self._send_timeout_s = send_timeout_s

    async def step(self, now: datetime) -> datetime | None:
        """Send what is due and escalate what is due; returns when the next is."""
        await self._store.notifications.take(BATCH)
        due = await self._store.database.read(incidents.to_escalate, now, BATCH)
        for incident in due:
            await self._store.database.write(self._escalate, incident.id, now)
        await self._send_looking(now)
        await self._ask_for_counters(now)
        free = BATCH - len(self._under_way)
        for notification in await self._store.database.write(self._claim, now, free) if free > 0 else ():
            self._begin(notification, now)
        await self._wait()
        await self._store.notifications.done()
        return await self._store.database.read(self._next_due, now)

    async def close(self) -> None:
        """Let what is under way come to its end; what was not marked is sent once more by whoever comes next, flagged."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _begin(self, notification: Notification, now: datetime) -> None:
        task = asyncio.create_task(self._dispatch(notification, now), name=f"notification-{notification.id}")
        self._under_way.add(task)

    async def _wait(self) -> None:
        """Until all messages under way have ended; where time goes on, a moment at most: a channel that hangs keeps no other waiting."""
        while self._under_way:
            patience_s = None if self._now is None else PATIENCE_S
            ended, self._under_way = await asyncio.wait(self._under_way, timeout=patience_s)
            broken = [error for task in ended if not task.cancelled() and (error := task.exception()) is not None]
            if broken:
                raise broken[0]
            if self._now is not None:
                break

    def _escalate(self, tx: Tx, incident_id: int, now: datetime) -> None:
        change(tx, incident_id, EscalationDue(), now, self._roster(tx))

    async def _send_looking(self, now: datetime) -> None:
        """Ask people to look where no program sees, and once more whoever is late."""
        database = self._store.database
        for incident_id in await database.read(looks.owed, self._listening):
            await database.write(self._ask_to_look, incident_id, now)
        if await database.read(looks.overdue, now):
            await database.write(self._remind, now)

    def _ask_to_look(self, tx: Tx, incident_id: int, now: datetime) -> None:
        looks.ask(tx, incident_id, self._listening, now, self._roster(tx))

    def _remind(self, tx: Tx, now: datetime) -> None:
        looks.remind(tx, now, self._roster(tx))

    async def _ask_for_counters(self, now: datetime) -> None:
        """Ask people to read the counters of what they flagged again."""
        if not self._ask_again:
            return
        if await self._store.database.read(recounts.is_due, now, self._ask_again):
            await self._store.database.write(self._recount, now)

    def _recount(self, tx: Tx, now: datetime) -> None:
        recounts.work(tx, now, self._ask_again, self._roster(tx))

    def _next_due(self, tx: Tx, now: datetime) -> datetime:
        asks = (looks.next_due(tx), recounts.next_due(tx) if self._ask_again else None)
        times = [notifications.next_due(tx), incidents.next_escalation(tx), *asks, now + self._sweep_every]
        return min(at for at in times if at is not None)

    def _claim(self, tx: Tx, now: datetime, limit: int) -> list[Notification]:
        """What is ours to send now; what is held back or wanted no more is marked so in the same transaction."""
        claimed = notifications.claim(tx, now, now + CLAIM, limit)
        return Sifter(tx, now, self._roster(tx)).sift(claimed) if claimed else []

    async def _dispatch(self, notification: Notification, now: datetime) -> None:
        bound = structlog.contextvars.bound_contextvars(notification=notification.id, incident=notification.incident_id)
        async with self._at_once:
            with bound:
                await self._deliver(notification, now)

    async def _deliver(self, notification: Notification, now: datetime) -> None:
        try:
            prepared = await self._ready(notification, now)
            if prepared is None:
                return
            receipt = await self._send(prepared)
        except DeliveryFailed as error:
            await self._store.database.write(self._failed, notification, error, self._time(now))
            if self._now is not None:
                await self._store.notifications.publish([notification.id])  # what follows of it may be due at once
            return
        if receipt is None:
            await self._store.database.write(notifications.mark, notification, {"state": "cancelled", "error": "why.no_copy"})
        else:
            await self._mark(notification, receipt, now)

    async def _mark(self, notification: Notification, receipt: Receipt, now: datetime) -> None:
        """Write that it went out; where the database is away, again until the claim lapses: unmarked it would go out once more."""
        for wait_s in MARKING_S:
            try:
                await self._store.database.write(self._sent, notification, receipt, self._time(now))
            except DatabaseFailed:
                log.warning("receipt not written yet", again_in_s=wait_s)
                await asyncio.sleep(wait_s)
            else:
                return
        await self._store.database.write(self._sent, notification, receipt, self._time(now))

    def _time(self, began_at: datetime) -> datetime:
        return began_at if self._now is None else self._now()

    async def _ready(self, notification: Notification, now: datetime) -> Prepared | None:
        """The message, if the incident still wants it right before sending; None where it does not."""
        if delivery.is_capped(notification):
            raise DeliveryFailed("it may have arrived twice, and is not sent again", permanent=True)
        try:
            prepared = await self._store.database.read(self._composer.prepare, notification, now)
        except Exception as error:  # one that cannot be written must not keep the others; it is told, tried again, passed on
            log.exception("message not prepared")
            raise DeliveryFailed(f"a bug: {type(error).__name__}") from error
        if isinstance(prepared, str):
            await self._store.database.write(notifications.mark, notification, {"state": "cancelled", "error": prepared})
            return None
        return prepared if await self._store.database.write(notifications.begin, notification) else None

    async def _send(self, prepared: Prepared) -> Receipt | None:
        """Hand it to its channel; None where it was only to change a message that cannot be changed any more."""
        try:
            notifier = self._notifier_for(prepared.person, prepared.channel)
            return await asyncio.wait_for(_handed_over(notifier, await _illustrated(prepared)), self._send_timeout_s)
        except ConfigError as error:  # built when first needed: a file it asks for is gone, say; the other channels go on
            raise DeliveryFailed(error.reason, permanent=True) from error
        except TimeoutError as error:
            raise DeliveryFailed("no answer in time", ambiguous=True) from error
        except DeliveryFailed:
            raise
        except Exception as error:  # a notifier's bug must not stop the other channels; it is told, and tried again
            log.exception("notifier failed")
            raise DeliveryFailed(f"a bug: {type(error).__name__}", ambiguous=True, answered=True) from error

    def _sent(self, tx: Tx, notification: Notification, receipt: Receipt, now: datetime) -> None:
        delivery.sent(tx, notification, receipt, now, self._roster(tx))

    def _failed(self, tx: Tx, notification: Notification, error: DeliveryFailed, now: datetime) -> None:
        delivery.failed(tx, notification, error, now, self._roster(tx))


async def _illustrated(prepared: Prepared) -> Prepared:
    """With its chart, where that is drawn in time: no page waits for a picture."""
    if prepared.curve is None:
        return prepared
    try:
        picture = await asyncio.wait_for(asyncio.to_thread(draw, prepared.curve), PICTURE_PATIENCE_S)
    except ImportError:
        log.warning("no chart: the extra 'charts' is not installed")
    except Exception:  # among them a drawing that takes too long
        log.warning("chart not drawn", exc_info=True)
    else:
        return replace(prepared, message=replace(prepared.message, picture=picture))
    return prepared


async def _handed_over(notifier: Notifier, prepared: Prepared) -> Receipt | None:
    """Change what was sent before, where the service lets us and there is something; else send, unless nobody needs another message (None)."""
    try:
        for ref in prepared.earlier:
            receipt = await cast("Editor", notifier).edit(prepared.message, ref)
    except DeliveryFailed as error:
        if not error.permanent:
            raise
        log.info("copy not changed", reason=error.reason, sent_anew=not prepared.only_changes)
        return None if prepared.only_changes else await notifier.send(prepared.message)
    if prepared.earlier:
        return Receipt(id=receipt.id, detail=receipt.detail, ref={"edited": len(prepared.earlier)})
    return await notifier.send(prepared.message)
