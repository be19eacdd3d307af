"""Labels: what people said of incidents, signals and mentions afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from store.database import insert
from store.schema import labels


def add(
    tx: Connection,
    now: datetime,
    by: str,
    label: str,
    *,
    incident_id: int | None = None,
    mention_id: int | None = None,
    reason: str | None = None,
    comment: str | None = None,
) -> None:
    """Keep one judgement; later ones stand beside it, the newest counts."""
    tx.execute(
        insert(tx, labels).values(
            at=now,
            by=by,
            label=label,
            incident_id=incident_id,
            mention_id=mention_id,
            reason=reason,
            comment=comment,
        )
    )
