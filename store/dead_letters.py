"""Dead letters: what could not be processed, kept to be seen and tried once more. Nothing is dropped silently."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from store.database import insert
from store.schema import dead_letters, mentions, signals


class DeadLetter(msgspec.Struct, frozen=True):
    """One of them: the stage that gave up, on what, why."""

    id: int
    at: datetime
    stage: str
    subject: str
    error: str
    payload: dict[str, Any]
    replayed_at: datetime | None


def add(tx: Connection, now: datetime, stage: str, subject: str, error: str, payload: dict[str, Any]) -> int:
    """Keep one; returns its id."""
    row = insert(tx, dead_letters).values(at=now, stage=stage, subject=subject, error=error, payload=payload)
    return int(tx.execute(row.returning(dead_letters.c.id)).scalar_one())


def listing(tx: Connection, *, limit: int = 200) -> list[DeadLetter]:
    """The newest first."""
    return [DeadLetter(*row) for row in tx.execute(select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit))]


def replay(tx: Connection, letter_id: int, now: datetime) -> bool:
    """Hand one back to its stage (a mention to the Enricher, a signal to the Intake); False where there is none, or not of such a stage."""
    row = tx.execute(select(dead_letters).where(dead_letters.c.id == letter_id)).first()
    if row is None:
        return False
    if row.stage == "enricher":
        again = update(mentions).where(mentions.c.id == row.payload["mention_id"]).values(enriched_at=None, enrich_attempts=0)
    elif row.stage == "intake":
        again = update(signals).where(signals.c.id == row.payload["signal_id"]).values(taken_at=None, take_attempts=0)
    else:
        return False
    tx.execute(again)
    tx.execute(update(dead_letters).where(dead_letters.c.id == letter_id).values(replayed_at=now))
    return True
