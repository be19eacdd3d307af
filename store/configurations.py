"""Configurations that were in force: each has a number, which signals and notifications carry (rule 13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.database import insert
from store.schema import configurations


def adopt(tx: Connection, digest: str, summary: dict[str, Any], now: datetime) -> int:
    """The generation of the configuration with this digest, a new one where it was never in force."""
    tx.execute(insert(tx, configurations).values(digest=digest, summary=summary, adopted_at=now).on_conflict_do_nothing())
    return int(tx.execute(select(configurations.c.id).where(configurations.c.digest == digest)).scalar_one())
