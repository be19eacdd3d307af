"""The living checklist: which steps of an incident's playbook are done, by whom, with what to show for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from store.database import insert
from store.schema import incident_steps


class StepState(msgspec.Struct, frozen=True):
    """One step: due when, done when and by whom; None where not yet."""

    step_id: str
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    evidence: str | None


def lay_out(tx: Connection, incident_id: int, due: Sequence[tuple[str, datetime | None]]) -> None:
    """Lay out the steps (id, due at) of a playbook; those that are there stay as they are."""
    if due:
        rows = [{"incident_id": incident_id, "step_id": step_id, "due_at": due_at} for step_id, due_at in due]
        tx.execute(insert(tx, incident_steps).on_conflict_do_nothing(), rows)


def tick(tx: Connection, incident_id: int, step_id: str, now: datetime, by: str, evidence: str | None) -> bool:
    """Mark a step as done; False where it was done before or does not exist."""
    row = (incident_steps.c.incident_id == incident_id) & (incident_steps.c.step_id == step_id) & incident_steps.c.done_at.is_(None)
    return tx.execute(update(incident_steps).where(row).values(done_at=now, done_by=by, evidence=evidence)).rowcount == 1


def of_incident(tx: Connection, incident_id: int) -> list[StepState]:
    """The checklist, the earliest due first, what has no time last."""
    columns = [incident_steps.c[name] for name in StepState.__struct_fields__]
    chosen = select(*columns).where(incident_steps.c.incident_id == incident_id)
    chosen = chosen.order_by(incident_steps.c.due_at.nulls_last(), incident_steps.c.step_id)
    return [StepState(*row) for row in tx.execute(chosen)]


def untick(tx: Connection, incident_id: int, step_id: str) -> bool:
    """Take a tick back; False where the step was not done."""
    row = (incident_steps.c.incident_id == incident_id) & (incident_steps.c.step_id == step_id) & incident_steps.c.done_at.is_not(None)
    return tx.execute(update(incident_steps).where(row).values(done_at=None, done_by=None, evidence=None)).rowcount == 1


def copy(tx: Connection, from_id: int, to_id: int) -> None:
    """Lay out the steps of one incident for another too, as they stand; those that are there stay as they are."""
    for row in tx.execute(select(incident_steps).where(incident_steps.c.incident_id == from_id)).mappings().all():
        tx.execute(insert(tx, incident_steps).values({**row, "incident_id": to_id}).on_conflict_do_nothing())
