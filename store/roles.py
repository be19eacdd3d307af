"""Roles of an incident's response: who commands, who speaks, who approves, who writes it down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.database import insert
from store.schema import incident_roles


def give(tx: Connection, incident_id: int, role: str, person: str, now: datetime) -> None:
    """Give a role to somebody; whoever had it has it no more."""
    row = insert(tx, incident_roles).values(incident_id=incident_id, role=role, person=person, since=now)
    tx.execute(row.on_conflict_do_update(index_elements=["incident_id", "role"], set_={"person": person, "since": now}))


def of_incident(tx: Connection, incident_id: int) -> dict[str, str]:
    """Role -> person's id, in the order of the roles' ids."""
    chosen = select(incident_roles.c.role, incident_roles.c.person).where(incident_roles.c.incident_id == incident_id)
    return {row.role: row.person for row in tx.execute(chosen.order_by(incident_roles.c.role))}


def copy(tx: Connection, from_id: int, to_id: int) -> None:
    """Give the roles of one incident to the same people in another, where nobody has them there."""
    for row in tx.execute(select(incident_roles).where(incident_roles.c.incident_id == from_id)).mappings().all():
        tx.execute(insert(tx, incident_roles).values({**row, "incident_id": to_id}).on_conflict_do_nothing())
