"""The Hold: a monitor that has just started pages nobody of what it notices, for a minute or until every source was asked once (R11).

After a stop all sources bring at once what they gathered meanwhile; a page made of the first of them would tell half of it. What was planned
before the stop goes out at once, and so does what people do. Signals are taken, incidents opened, all the same: their pages wait.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from store import notifications, sources
from store.database import Tx
from store.open import Store

LENGTH: Final = timedelta(seconds=60)
LOOK_EVERY: Final = timedelta(seconds=1)


class Hold:
    """Delays what the first minute's signals plan.

    Args:
        store: sources, and the pages that wait.
        heard: ids of the sources that are waited for.
        started_at: when the process started.
    """

    def __init__(self, store: Store, heard: Collection[str], started_at: datetime) -> None:
        self._store = store
        self._heard = tuple(heard)
        self._started_at = started_at
        self._is_over = False

    async def step(self, now: datetime) -> datetime | None:
        """See whether it is over; then what waits goes out. Returns None once it is."""
        if self._is_over:
            return None
        if now < self._started_at + LENGTH and await self._store.database.read(sources.awaited, self._heard, self._started_at, now):
            return now + LOOK_EVERY
        self._is_over = True
        let_go = await self._store.database.write(notifications.let_go, self._started_at + LENGTH, now)
        await self._store.notifications.publish(let_go)
        return None

    def delay(self, tx: Tx, incident_id: int, now: datetime) -> None:
        """Have the pages that were planned for an incident at this moment wait for the end."""
        if not self._is_over:
            notifications.not_before(tx, incident_id, now, self._started_at + LENGTH)
