"""Small facts of the installation, by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from store.database import insert
from store.schema import facts


class Fact(NamedTuple):
    """A value, and since when."""

    value: Any
    at: datetime


def dated(tx: Connection, name: str) -> Fact | None:
    """A fact with when it was set; None where it never was."""
    row = tx.execute(select(facts.c.value, facts.c.at).where(facts.c.name == name)).first()
    return None if row is None else Fact(row.value, row.at)


def ensure(tx: Connection, name: str, value: object, now: datetime) -> object:
    """The value of a fact, set to `value` where it has none; all processes agree on the first."""
    tx.execute(insert(tx, facts).values(name=name, value=value, at=now).on_conflict_do_nothing())
    return tx.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one()


def take(tx: Connection, name: str, value: object, now: datetime) -> object:
    """The value of a fact that is to be changed, as `ensure` gives it; no other process can change it until the end of the transaction."""
    ensure(tx, name, value, now)
    return tx.execute(select(facts.c.value).where(facts.c.name == name).with_for_update()).scalar_one()


def put(tx: Connection, name: str, value: object, now: datetime) -> None:
    """Set the value of a fact."""
    upsert = insert(tx, facts)
    changed = upsert.on_conflict_do_update(index_elements=["name"], set_={"value": upsert.excluded.value, "at": upsert.excluded.at})
    tx.execute(changed, {"name": name, "value": value, "at": now})


def get(tx: Connection, name: str) -> object | None:
    """The value of a fact; None where it has none."""
    return tx.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
