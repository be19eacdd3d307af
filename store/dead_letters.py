"""Dead letters: what could not be processed, kept to be seen and tried once more. Nothing is dropped silently."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

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


def since(tx: Connection, when: datetime) -> int:
    """How many came since then and were not handed back."""
    counted = select(func.count()).where(dead_letters.c.at >= when, dead_letters.c.replayed_at.is_(None))
    return int(tx.execute(counted.select_from(dead_letters)).scalar_one())


def replay(tx: Connection, letter_id: int, now: datetime) -> bool:
    """Hand one back to its stage (a mention to the Enricher, a signal to the Intake).

    False where there is none, it is not of such a stage, or it was handed back before: what was counted meanwhile would count twice (rule 2). What
    fails again leaves a letter of its own.
    """
    waiting = (dead_letters.c.id == letter_id) & dead_letters.c.replayed_at.is_(None) & dead_letters.c.stage.in_(("enricher", "intake"))
    handed_back = update(dead_letters).where(waiting).values(replayed_at=now)
    row = tx.execute(handed_back.returning(dead_letters.c.stage, dead_letters.c.payload)).first()
    if row is None:
        return False
    if row.stage == "enricher":
        again = update(mentions).where(mentions.c.id == row.payload["mention_id"]).values(enriched_at=None, enrich_attempts=0)
    else:
        again = update(signals).where(signals.c.id == row.payload["signal_id"]).values(taken_at=None, take_attempts=0)
    tx.execute(again)
    return True
