"""Of which incidents people were told, and by which message: to know what an answer is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, or_, select

from store.incidents import OPEN
from store.schema import incidents
from store.schema_paging import notifications

SWAP_ASKED: Final = "notice.swap_asked"
_LOOKED_THROUGH: Final = 5_000  # the newest messages that somebody may answer


def about(tx: Connection, handle: dict[str, Any], since: datetime) -> int | None:
    """The notification of the message that a service calls so (`Receipt.ref`); a handle may name less than was kept, never something else."""
    if not handle:
        return None
    chosen = select(notifications.c.id, notifications.c.ref).where(notifications.c.sent_at >= since, notifications.c.ref.is_not(None))
    for row in tx.execute(chosen.order_by(notifications.c.id.desc()).limit(_LOOKED_THROUGH)):
        if isinstance(row.ref, dict) and handle.items() <= row.ref.items():
            return int(row.id)
    return None


def incident_of(tx: Connection, notification_id: int) -> int | None:
    """Of which incident a notification tells."""
    return tx.execute(select(notifications.c.incident_id).where(notifications.c.id == notification_id)).scalar()


def swap_of(tx: Connection, notification_id: int) -> int | None:
    """Which swap of duty a notification asks for; None where it asks for none."""
    words = tx.execute(select(notifications.c.words).where(notifications.c.id == notification_id)).scalar()
    return int(words["args"]["id"]) if isinstance(words, dict) and words.get("key") == SWAP_ASKED else None


def open_for(tx: Connection, person: str) -> list[int]:
    """The open incidents that somebody was told of, or has, the oldest first."""
    return _of(tx, person, incidents.c.status.in_(OPEN))


def closed_for(tx: Connection, person: str, since: datetime) -> list[int]:
    """The incidents that somebody was told of, or had, and that were closed since then, the oldest first."""
    return _of(tx, person, incidents.c.status.not_in(OPEN) & (incidents.c.resolved_at >= since))


def _of(tx: Connection, person: str, which: Any) -> list[int]:
    told = select(notifications.c.incident_id).where(notifications.c.person == person, notifications.c.state == "sent")
    theirs = or_(incidents.c.id.in_(told), incidents.c.owner == person, incidents.c.acknowledged_by == person)
    chosen = select(incidents.c.id).where(which, theirs, incidents.c.merged_into.is_(None)).order_by(incidents.c.id)
    return [msgspec.convert(number, int) for number in tx.execute(chosen).scalars()]
