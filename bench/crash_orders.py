"""Three wrong orders of writing, as others have them: `bench.crash` must catch each, or it would catch nothing.

Each is put over the monitor's own functions, in the life's own process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from core.records import Notification
from store import notifications
from store.database import Database, Tx


def two_transactions() -> None:
    """The incident is saved in one transaction, its notifications in another: a crash in between pages nobody."""
    plan, write_now = notifications.plan, Database.write_now
    held: list[Notification] = []

    def hold(_tx: Tx, planned: Sequence[Notification]) -> list[int]:
        held.extend(planned)
        return []

    def write(self: Database, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = write_now(self, work, *args, **kwargs)
        planned, held[:] = held[:], []
        if planned:
            write_now(self, plan, planned)
        return result

    notifications.plan = hold
    Database.write_now = write  # type: ignore[method-assign]


def marked_first() -> None:
    """Sent is written before it is sent: a crash in between loses the page."""
    claim = notifications.claim

    def mark_at_once(tx: Tx, now: datetime, *args: Any, **kwargs: Any) -> list[Notification]:
        claimed = claim(tx, now, *args, **kwargs)
        for one in claimed:
            notifications.mark_sent(tx, one, "", None, now)
        return claimed

    notifications.claim = mark_at_once
    notifications.begin = _always


def unclaimed() -> None:
    """Nothing is written before it is sent: a crash before the mark sends it again, and nobody knows that it is a repeat."""
    claim = notifications.claim
    taken: set[int | None] = set()

    def leave_as_it_was(tx: Tx, *args: Any, **kwargs: Any) -> list[Notification]:
        found = [replace(one, possible_repeat=False) for one in claim(tx, *args, **kwargs)]
        for one in found:
            as_before = "UPDATE notifications SET state = 'planned', claimed_until = NULL, possible_repeat = 0 WHERE id = ?"
            tx.exec_driver_sql(as_before, (one.id,))
        fresh = [one for one in found if one.id not in taken]
        taken.update(one.id for one in fresh)
        return fresh

    notifications.claim = leave_as_it_was
    notifications.begin = _always


def _always(_tx: Tx, _notification: Notification) -> bool:
    return True


WRONG: Final[dict[str, Callable[[], None]]] = {
    "incident and outbox in two transactions": two_transactions,
    "marked as sent before sending": marked_first,
    "marked after sending, never claimed": unclaimed,
}
