"""The Unmuter: what mutes begins and ends on time, and what it kept quiet is decided again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerting import maintenance
from alerting.events import MuteEnded
from alerting.mute_end import is_alive
from alerting.muting import Muting
from alerting.policy import Roster
from alerting.save import change
from alerting.settings import AlertingSettings
from alerting.silence import silenced
from core.silences import Silence
from store import incidents, signals, silences
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

SWEEP_EVERY: Final = timedelta(seconds=10)  # a person (the command line, another process) may have ended one early


class Unmuter:
    """Opens maintenance windows, ends inhibitions with their cause, and lets each incident that was kept quiet page at last.

    Args:
        store: silences and incidents.
        settings: the windows.
        muting: what mutes now.
        roster: who can be told.
        sweep_every: how often to look for what others ended.
    """

    def __init__(
        self,
        store: Store,
        settings: AlertingSettings,
        *,
        muting: Muting,
        roster: Callable[[Tx], Roster],
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._store = store
        self._settings = settings
        self._muting = muting
        self._roster = roster
        self._sweep_every = sweep_every

    async def step(self, now: datetime) -> datetime | None:
        """Do what is due; returns when the next window begins, the next silence ends, or it is time to look."""
        touched = await self._store.database.write(self._settle, now) if await self._store.database.read(self._has_work, now) else []
        await self._store.notifications.publish(touched)
        return await self._store.database.read(self._next, now)

    def _has_work(self, tx: Tx, now: datetime) -> bool:
        """Whether anything is to be written; asking locks nobody."""
        return bool(self._muting.to_open(tx, now)) or bool(silences.to_settle(tx, now)) or bool(self._caused_no_more(tx, now))

    def _settle(self, tx: Tx, now: datetime) -> list[int]:
        """Everything in one transaction: what begins, what ends, what follows; returns the incidents that were touched."""
        self._muting.open_windows(tx, now)
        for echo in self._caused_no_more(tx, now):
            silences.end(tx, echo.id, now)
        touched = []
        for over in silences.to_settle(tx, now):
            silence = silences.get(tx, over.id, lock=True)
            if silence is None or silence.settled_at is not None:  # another process was first
                continue
            for incident_id in silence.muted:
                self._decide_again(tx, incident_id, silence, now)
                touched.append(incident_id)
            silences.settle(tx, silence.id, now)
            log.info("silence over", silence=silence.id, kind=silence.kind, incidents=len(silence.muted))
        return touched

    def _decide_again(self, tx: Tx, incident_id: int, silence: Silence, now: datetime) -> None:
        incident, raised = incidents.get(tx, incident_id), signals.some_of(tx, incident_id, 1)
        if incident is None or not incident.is_open or not raised:
            return
        still = silenced(raised[0], silences.active(tx, now), now)
        if still is not None:
            silences.keeps_quiet(tx, still.id, incident_id)
        change(tx, incident_id, MuteEnded(silence=silence, still=still, alive=is_alive(incident, silence, now)), now, self._roster(tx))

    def _caused_no_more(self, tx: Tx, now: datetime) -> list[Silence]:
        """Inhibitions in force whose cause is closed."""
        held = [one for one in silences.active(tx, now) if one.kind == "inhibition"]
        causes = {number: incidents.get(tx, number) for number in {int(one.data["incident"]) for one in held}}
        return [one for one in held if (cause := causes[int(one.data["incident"])]) is None or not cause.is_open]

    def _next(self, tx: Tx, now: datetime) -> datetime:
        begins = [start for window in self._settings.maintenance if (start := maintenance.stretch(window, now)[0]) > now]
        ends = silences.next_end(tx)
        return min([*begins, *([ends] if ends is not None and ends > now else []), now + self._sweep_every])
