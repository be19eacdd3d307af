"""The heartbeat: an outside check hears of us as long as a probe comes through the whole way (W1). When it stops, whoever watches there calls.

Nothing that we send ourselves can say that we are dead. So the alarm is raised by the silence: at a service of another house (healthchecks.io, an Uptime
Kuma elsewhere) that was told every minute, and is told no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerting.base import Message, Receipt
from alerting.policy import Roster
from alerting.settings import ChannelSettings, PersonSettings
from core.errors import AddressRefused, SourceError
from core.http import Fetcher
from core.probe import ALIVE, PROBE, key_of, said_at
from core.records import Notification, Signal, Words
from store import notifications, probes, signals
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

KEPT: Final = timedelta(minutes=10)  # the rows of a probe
NOBODY: Final = PersonSettings(id="probe", channels=(ChannelSettings(kind="log", id="sink"),)).model_copy(
    update={"id": PROBE, "language": "en", "timezone": "UTC"}
)
"""Who receives the probe: no person; their channel leads to the sink."""
_FINE: Final = range(200, 300)


def pass_on(tx: Tx, signal: Signal, now: datetime) -> int:
    """The Intake's part: take the signal of a probe and plan its message; opens no incident. Returns 0, the incident of nobody, to wake the Dispatcher."""
    signals.take(tx, signal.id, now)
    planned = Notification(
        key=key_of(signal),
        incident_id=None,
        kind="test",
        person=PROBE,
        channel="sink",
        due_at=now,
        planned_at=now,
        words=Words(key="signal.probe"),
    )
    notifications.plan(tx, [planned])
    return 0


def with_nobody(roster: Roster) -> Roster:
    """The roster for the Dispatcher: with whoever receives the probe, whom nothing else may name."""
    return replace(roster, people={**roster.people, PROBE: NOBODY})


class Sink:
    """The end of the way: a notifier that writes down what arrived, and sends nothing anywhere."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def send(self, message: Message) -> Receipt:
        """Note when the probe was said that arrived."""
        said = said_at(message.idempotency_key)
        if said is not None:
            await self._store.database.write(probes.arrived, said, self._now())
        return Receipt(detail="the probe arrived")


class Heartbeat:
    """Tells the outside check that all works, only where a probe of the last five minutes has arrived; takes the probes' rows away.

    Args:
        store: the probe's rows.
        beat: tells the check; None where none is configured.
        every: how often.
    """

    def __init__(self, store: Store, beat: Callable[[], Awaitable[None]] | None, *, every: timedelta) -> None:
        self._store = store
        self._beat = beat
        self._every = every
        self._fails: str | None = None

    async def step(self, now: datetime) -> datetime:
        """Tell once; returns when to tell again."""
        last = await self._store.database.read(probes.last_arrived)
        if last is not None and now - last <= ALIVE:
            await self._tell()
        elif last is not None:
            self._note(f"no probe since {last.isoformat()}; it waits for the {await self._store.database.read(probes.stopped_at)}")
        await self._store.database.write(probes.purge, now - KEPT)
        return now + self._every

    async def _tell(self) -> None:
        if self._beat is None:
            self._note(None)
            return
        try:
            await self._beat()
        except (SourceError, AddressRefused) as error:
            self._note(f"the check outside was not reached: {error}")
        else:
            self._note(None)

    def _note(self, fails: str | None) -> None:
        """Log a trouble when it begins and when it ends."""
        if fails is not None and self._fails is None:
            log.error("no heartbeat", reason=fails)
        elif fails is None and self._fails is not None:
            log.info("heartbeat again")
        self._fails = fails


def beat_of(http: Fetcher, url: str) -> Callable[[], Awaitable[None]]:
    """Tells an outside check by a GET, as healthchecks.io and Uptime Kuma's push monitor take it; its address holds a secret, so no error names it."""

    async def beat() -> None:
        answer = await http.fetch(url, source="heartbeat", urgent=True)
        if answer.status not in _FINE:
            raise SourceError("heartbeat", f"status {answer.status}")

    return beat
