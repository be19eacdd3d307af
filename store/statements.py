"""Statements: the words that were drafted for an incident, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from store.database import insert
from store.schema import statements


def add_draft(
    tx: Connection, incident_id: int, *, playbook_id: str, statement_id: str, language: str, channel: str, text: str, now: datetime, by: str
) -> int:
    """Keep a draft; returns its id."""
    row = insert(tx, statements).values(
        incident_id=incident_id,
        playbook_id=playbook_id,
        statement_id=statement_id,
        language=language,
        channel=channel,
        text=text,
        state="draft",
        drafted_at=now,
        drafted_by=by,
    )
    return int(tx.execute(row.returning(statements.c.id)).scalar_one())


def published_at(tx: Connection, incident_id: int) -> datetime | None:
    """When a statement of an incident was published last; None where none was."""
    return tx.execute(select(func.max(statements.c.published_at)).where(statements.c.incident_id == incident_id)).scalar()
