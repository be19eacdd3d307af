"""The Watchman: looks once a minute whether anything of ourselves is ill, calls the admin, and says when it is over (W3, W4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerting.auditor import audit, mend
from alerting.policy import Roster
from alerting.self_alarm import complain, is_calm, key_of, recover
from alerting.settings import AlertingSettings
from alerting.vitals import SELF_ALARM, Complaint, Seen, Vitals, complaints
from store import channels, dead_letters, facts, notifications, open_incidents, probes, replies
from store.database import Tx
from store.figures import WATCHMAN
from store.open import Store

log = structlog.get_logger()

EVERY: Final = timedelta(seconds=60)
LATELY: Final = timedelta(hours=1)  # dead letters are counted over it
LOOKED: Final = WATCHMAN  # the fact that says when it last looked and what it found


class Watchman:
    """Watches the outbox, the open incidents, the channels, the inboxes and this process.

    What is ill must be seen twice, a minute apart, before it calls anybody (but for what is certain); it is one incident however often it comes and goes, and
    closes by itself after a quarter of an hour of calm. What it found is logged and kept too, for `/readyz`: where not even the admin can be reached.

    Args:
        store: where it looks.
        settings: whom it calls.
        roster: who can be told.
        vitals: how this process is.
    """

    def __init__(
        self, store: Store, settings: AlertingSettings, *, roster: Callable[[Tx], Roster], vitals: Callable[[], Vitals] = Vitals
    ) -> None:
        self._store = store
        self._settings = settings
        self._roster = roster
        self._vitals = vitals
        self._ill: frozenset[str] = frozenset()

    async def step(self, now: datetime) -> datetime:
        """Look once; returns when to look again."""
        seen = await self._store.database.read(self._look, now)
        found = complaints(self._vitals(), seen, now)
        subjects = frozenset(one.subject for one in found)
        for subject in sorted(subjects - self._ill):
            log.error("something of ours is ill", what=subject)
        for subject in sorted(self._ill - subjects):
            log.info("well again", what=subject)
        certain = [one for one in found if one.at_once or one.subject in self._ill]
        self._ill = subjects
        touched = await self._store.database.write_urgent(self._tell, certain, subjects, now)
        await self._store.notifications.publish(touched)
        return now + EVERY

    def _look(self, tx: Tx, now: datetime) -> Seen:
        roster, audited = self._roster(tx), audit(tx, now)
        configured = {(person.id, channel.id or channel.kind) for person in self._settings.people for channel in person.channels}
        last = probes.last_arrived(tx)
        return Seen(
            outbox_oldest=notifications.overdue_since(tx, now),
            red=tuple(
                (roster.name(person), channel, why)
                for (person, channel), why in channels.red(tx).items()
                if (person, channel) in configured
            ),
            inboxes=tuple((kind, state.failing_since) for kind, state in replies.states(tx).items() if state.failing_since is not None),
            letters=dead_letters.since(tx, now - LATELY),
            probe_at=last,
            probe_waits_for=probes.stopped_at(tx) if last is not None else "",
            lost=tuple(one.id for one in audited.lost),
            late=tuple(one.id for one in audited.late),
        )

    def _tell(self, tx: Tx, certain: list[Complaint], ill: frozenset[str], now: datetime) -> list[int]:
        """Open, go on with and close what is to be, mend what is lost; returns the incidents that were touched."""
        roster = self._roster(tx)
        channels.forgive(tx, now)
        for lost in audit(tx, now).lost:
            mend(tx, lost, now)
        touched = [number for one in certain if (number := complain(tx, one, self._settings, roster, now)) is not None]
        keys = {key_of(subject) for subject in ill}
        for incident in open_incidents.open_now(tx, "live"):
            if incident.kind == SELF_ALARM and incident.key not in keys and is_calm(incident, now):
                recover(tx, incident, roster, now)
                touched.append(incident.id)
        facts.put(tx, LOOKED, sorted(ill), now)
        return touched
