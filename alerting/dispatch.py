"""The Dispatcher: due notifications -> claim -> re-check -> message -> notifier -> receipt on the timeline; then escalate."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from alerting import looks, recounts
from alerting.base import Message, Notifier, Receipt
from alerting.burst import burst_shown
from alerting.coverage import Listening, coverage_at
from alerting.events import EscalationDue, line
from alerting.incident import unwanted_because
from alerting.links import Signer
from alerting.message import MAX_QUOTES, Briefing, Reader, compose, compose_question, compose_test
from alerting.policy import Roster, recipients
from alerting.quotes import quotes_of
from alerting.save import change
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from core.errors import ConfigError, DeliveryFailed
from core.records import Incident, Notification, Record
from playbooks.load import Library
from store import incidents, notifications, signals
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

CLAIM: Final = timedelta(seconds=60)  # longer than any sending may take
SEND_TIMEOUT_S: Final = 45.0
BATCH: Final = 50
SWEEP_EVERY: Final = timedelta(seconds=5)
BACKOFF_S: Final = (5, 15, 45, 120, 300)  # then every 300 s, until `GIVE_UP`
GIVE_UP: Final = timedelta(minutes=30)
JITTER: Final = 0.2
ACTOR: Final = "dispatch"


class Prepared(Record, frozen=True, kw_only=True, gc=False):
    """A notification ready to be sent: the words, and to whom on which channel."""

    message: Message
    person: PersonSettings
    channel: ChannelSettings


class Dispatcher:
    """Sends what was decided, and passes on what nobody takes.

    Claim -> send -> mark: a crash in between sends once more, flagged "possible repeat", and loses nothing (rule 5). Between claim and sending the
    row is read again, so that an acknowledgement stops what was already queued. What a channel refuses for good is told on the timeline, and
    where nobody was reached by that step the next one is called at once.

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
        listening: Listening = Listening(),  # noqa: B008 - frozen
        ask_again: Mapping[str, timedelta] | None = None,
        at_once: int = BATCH,
        sweep_every: timedelta = SWEEP_EVERY,
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._notifier_for = notifier_for
        self._roster = roster
        self._library = library
        self._signer = signer
        self._base_url = base_url.rstrip("/")
        self._listening = listening
        self._ask_again: dict[str, timedelta] = dict(ask_again or {})
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
        claimed = await self._store.database.write(notifications.claim, now, now + CLAIM, BATCH)
        outcomes = await asyncio.gather(*(self._dispatch(notification, now) for notification in claimed), return_exceptions=True)
        await self._store.notifications.done()
        for outcome in outcomes:  # only now: a step leaves nothing running behind it
            if outcome is not None:
                raise outcome
        return await self._store.database.read(self._next_due, now)

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
            await self._store.database.write(self._failed, notification, error, now)
            return
        await self._store.database.write(self._sent, notification, receipt, now)

    async def _ready(self, notification: Notification, now: datetime) -> Prepared | None:
        """The message, if the incident still wants it right before sending; None where it does not."""
        try:
            prepared = await self._store.database.read(self._prepare, notification, now)
        except Exception as error:  # one that cannot be written must not keep the others; it is told, tried again, passed on
            log.exception("message not prepared")
            raise DeliveryFailed(f"a bug: {type(error).__name__}") from error
        if isinstance(prepared, str):
            await self._store.database.write(notifications.mark, notification, {"state": "cancelled", "error": prepared})
            return None
        return prepared if await self._store.database.read(notifications.is_wanted, notification) else None

    async def _send(self, prepared: Prepared) -> Receipt:
        try:
            notifier = self._notifier_for(prepared.person, prepared.channel)
            return await asyncio.wait_for(notifier.send(prepared.message), self._send_timeout_s)
        except ConfigError as error:  # built when first needed: a file it asks for is gone, say; the other channels go on
            raise DeliveryFailed(error.reason, permanent=True) from error
        except TimeoutError as error:
            raise DeliveryFailed("no answer in time", ambiguous=True) from error
        except DeliveryFailed:
            raise
        except Exception as error:  # a notifier's bug must not stop the other channels; it is told, and tried again
            log.exception("notifier failed")
            raise DeliveryFailed(f"a bug: {type(error).__name__}", ambiguous=True) from error

    def _prepare(self, tx: Tx, notification: Notification, now: datetime) -> Prepared | str:
        """The message of a notification, or why it is not wanted any more."""
        roster = self._roster(tx)
        person = roster.people.get(notification.person)
        channel = None if person is None else person.channel(notification.channel)
        if person is None or channel is None:
            return "the person or the channel is no longer configured"
        reader = Reader(person=person.id, name=person.display_name, language=person.language or "vi", timezone=person.timezone or "UTC")
        link = None
        if notification.link_id is not None:
            door = "f" if recounts.is_question(notification) else "i"
            link = f"{self._base_url}/{door}/{self._signer.link(notification.link_id, now)}"
        if notification.incident_id is None:
            return Prepared(message=compose_test(notification, reader, link=None), person=person, channel=channel)
        incident = incidents.get(tx, notification.incident_id)
        if incident is None:
            return "the incident is gone"
        unwanted = unwanted_because(incident, notification)
        if unwanted is not None:
            return unwanted.key
        if recounts.is_question(notification):
            return Prepared(message=compose_question(incident, notification, reader, link=link), person=person, channel=channel)
        message = compose(self._briefing(tx, incident, roster, now), notification, reader, link=link, ack_code=f"tocsin ack {incident.id}")
        return Prepared(message=message, person=person, channel=channel)

    def _briefing(self, tx: Tx, incident: Incident, roster: Roster, now: datetime) -> Briefing:
        raised = signals.of_incident(tx, incident.id)
        measured = [signal for signal in raised if signal.expected]  # how unusual it is by now, where that was measured
        deciding = measured or [signal for signal in raised if signal.words == incident.words] or raised
        next_step = incident.step + 1
        steps = incident.policy.get("steps", [])
        people = recipients(steps[next_step]["notify"], now, roster, incident.severity) if next_step < len(steps) else ()
        return Briefing(
            incident=incident,
            signal=deciding[-1] if deciding else None,
            burst=burst_shown(tx, raised),
            quotes=quotes_of(tx, incident.id, MAX_QUOTES),
            coverage=coverage_at(tx, self._listening, incident, now),
            looks=looks.looks_of(tx, incident.id, roster),
            playbook=self._library.get(incident.playbook_id),
            owner=roster.name(incident.owner) if incident.owner else None,
            next_people=[one.name for one in people],
        )

    def _sent(self, tx: Tx, notification: Notification, receipt: Receipt, now: datetime) -> None:
        """Mark it, and tell the timeline; what was cancelled while it went out did go out, and is told too."""
        proof = " ".join(filter(None, (receipt.id, receipt.detail)))
        notifications.mark_sent(tx, notification, proof, now)
        self._tell(tx, notification, now, "notified_again" if notification.possible_repeat else "notified", receipt=proof)
        log.info("notified", person=notification.person, channel=notification.channel, attempt=notification.attempt)

    def _failed(self, tx: Tx, notification: Notification, error: DeliveryFailed, now: datetime) -> None:
        """Plan another attempt, or give up, say so, and call the next person where this step reached nobody."""
        wait = backoff(notification.key, notification.attempt, error)
        again = not error.permanent and now + wait <= notification.planned_at + GIVE_UP
        repeat = notification.possible_repeat or error.ambiguous
        values: dict[str, object] = {"state": "planned" if again else "failed", "error": error.reason, "possible_repeat": repeat}
        if again:
            values["due_at"] = now + wait
        if not notifications.mark(tx, notification, values):
            return
        log.warning("delivery failed", person=notification.person, channel=notification.channel, reason=error.reason, again=again)
        if notification.attempt == 1 or not again:
            self._tell(tx, notification, now, "delivery_failed", reason=error.reason)
        if not again and notification.incident_id is not None and notification.kind == "page":
            self._call_next(tx, notification, now)

    def _call_next(self, tx: Tx, notification: Notification, now: datetime) -> None:
        """Escalate at once where no page of this step reached, or may still reach, anybody."""
        assert notification.incident_id is not None
        beside = [
            one
            for one in notifications.of_incident(tx, notification.incident_id)
            if (one.kind, one.step, one.round) == ("page", notification.step, notification.round) and one.id != notification.id
        ]
        incident = incidents.get(tx, notification.incident_id)
        if incident is None or incident.status != "open" or any(one.state in ("planned", "claimed", "sent") for one in beside):
            return
        incidents.save(tx, replace(incident, next_step_at=now, version=incident.version + 1), incident.version)

    def _tell(self, tx: Tx, notification: Notification, now: datetime, key: str, **args: str) -> None:
        if notification.incident_id is None:
            return
        incident = incidents.get(tx, notification.incident_id)
        if incident is None:
            return
        person = self._roster(tx).name(notification.person)
        kind = "notified" if key.startswith("notified") else key
        data = {"notification": notification.id, "attempt": notification.attempt}
        entry = line(incident, now, kind, ACTOR, key=key, person=person, channel=notification.channel, data=data, **args)
        incidents.add_entries(tx, incident.id, [entry])


def backoff(key: str, attempt: int, error: DeliveryFailed) -> timedelta:
    """How long to wait after attempt number `attempt` (from 1): 5, 15, 45, 120, 300 s, +-20 %, or what the service asked for. Pure."""
    seconds = BACKOFF_S[min(attempt, len(BACKOFF_S)) - 1]
    spread = int.from_bytes(hashlib.sha256(f"{key}/{attempt}".encode()).digest()[:4]) / 2**32
    return timedelta(seconds=max(seconds * (1 - JITTER + 2 * JITTER * spread), error.retry_after_s or 0.0))
