"""Tasks: something that somebody owes by a time, as part of an incident: a look at an unseen place, a flagged post's counters read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from store.database import insert
from store.incidents import OPEN
from store.schema import incidents, tasks

LOOK = "look"
READING = "reading"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task. `to` is where it leads (a place, a department), `owner` the person who owes it; `outcome` None until it is done."""

    incident_id: int
    kind: str
    what: str
    created_at: datetime
    created_by: str
    to: str | None = None
    owner: str | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    outcome: str | None = None
    data: dict[str, Any] = {}
    id: int = 0


def add(tx: Connection, found: Sequence[Task]) -> list[int]:
    """Store new tasks; returns their ids."""
    if not found:
        return []
    rows = [{name: getattr(one, name) for name in Task.__struct_fields__ if name != "id"} for one in found]
    return sorted(tx.execute(insert(tx, tasks).returning(tasks.c.id), rows).scalars())


def of_incident(tx: Connection, incident_id: int, kind: str) -> list[Task]:
    """The tasks of a kind of an incident, oldest first."""
    return [_task(row) for row in tx.execute(_OF_INCIDENT, {"incident": incident_id, "kind": kind}).mappings()]


_OF_INCIDENT = select(tasks).where(tasks.c.incident_id == bindparam("incident"), tasks.c.kind == bindparam("kind")).order_by(tasks.c.id)


def waiting(tx: Connection, kind: str) -> list[Task]:
    """What is not done of a kind, of open incidents, the oldest first."""
    chosen = select(tasks).join(incidents, tasks.c.incident_id == incidents.c.id)
    chosen = chosen.where(tasks.c.kind == kind, tasks.c.done_at.is_(None), incidents.c.status.in_(OPEN)).order_by(tasks.c.id)
    return [_task(row) for row in tx.execute(chosen).mappings()]


def change(tx: Connection, task: Task, values: Mapping[str, Any]) -> None:
    """Write columns of a task."""
    tx.execute(update(tasks).where(tasks.c.id == task.id).values(**values))


def _task(row: RowMapping) -> Task:
    values: dict[str, Any] = {name: row[name] for name in Task.__struct_fields__}
    return Task(**values)
