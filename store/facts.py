"""Small facts of the installation, by name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.database import insert
from store.schema import facts


def ensure(tx: Connection, name: str, value: object, now: datetime) -> object:
    """The value of a fact, set to `value` where it has none; all processes agree on the first."""
    tx.execute(insert(tx, facts).values(name=name, value=value, at=now).on_conflict_do_nothing())
    return tx.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one()
