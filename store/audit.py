"""The audit chain: who did what from where, each line sealed by the digest of the one before (rule 12: references only)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text

from store.database import insert
from store.schema import audit

GENESIS = "0" * 64


def add(tx: Connection, now: datetime, actor: str, channel: str, action: str, subject: str, data: dict[str, Any] | None = None) -> None:
    """Append one line. `channel` is the door ("cli", "web", "link" ...), `subject` a reference such as "incident:12"."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))  # one chain, one writer at a time
    previous = tx.execute(select(audit.c.digest).order_by(audit.c.id.desc()).limit(1)).scalar() or GENESIS
    line = {"at": now.astimezone(UTC), "actor": actor, "channel": channel, "action": action, "subject": subject, "data": data or {}}
    tx.execute(insert(tx, audit).values(**line, previous=previous, digest=_seal(previous, line)))


def first_broken(tx: Connection) -> int | None:
    """The id of the first line that does not follow from the one before, or None where the chain holds."""
    previous = GENESIS
    for row in tx.execute(select(audit).order_by(audit.c.id)).mappings():
        line = {name: row[name] for name in ("at", "actor", "channel", "action", "subject", "data")}
        if row["previous"] != previous or row["digest"] != _seal(previous, line):
            return int(row["id"])
        previous = row["digest"]
    return None


def _seal(previous: str, line: dict[str, Any]) -> str:
    return hashlib.sha256(previous.encode() + msgspec.json.encode(line, order="deterministic")).hexdigest()
