"""What people wrote back, each reply once, and how each inbox is heard.

Of what was no command the words are not kept: a group's chatter is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from store import facts
from store.database import insert
from store.schema import facts as facts_table
from store.schema_paging import replies

_NEWEST: Final = 100  # rows that are looked through for an earlier answer to somebody
_PREFIX: Final = "inbox/"


class ReplyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reply and what became of it. `answer` is {"key", "args"} of its words and, under "to", what the inbox needs to say them."""

    id: int
    inbox: str
    native_id: str
    at: datetime
    sender: str
    person: str | None
    text: str
    command: str | None
    incident_id: int | None
    answer: dict[str, Any] | None
    answered_at: datetime | None


class InboxState(msgspec.Struct, frozen=True, kw_only=True):
    """How an inbox is heard: up to which cursor, by which process until when, and since when and why not."""

    cursor: str | None = None
    held_by: str | None = None
    held_until: datetime | None = None
    heard_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    because: str | None = None


def add(tx: Connection, inbox: str, native_id: str, at: datetime, sender: str) -> int | None:
    """Note that a reply came; returns its row's id, None where it came before."""
    row = insert(tx, replies).values(inbox=inbox, native_id=native_id, at=at, sender=sender, text="")
    return tx.execute(row.on_conflict_do_nothing().returning(replies.c.id)).scalar()


def settle(tx: Connection, reply_id: int, values: Mapping[str, Any]) -> None:
    """Write what became of it (column -> value): `person`, `text`, `command`, `incident_id`, `answer`."""
    tx.execute(update(replies).where(replies.c.id == reply_id).values(**values))


def unanswered(tx: Connection, inbox: str, since: datetime) -> list[ReplyRow]:
    """Those whose answer was not said yet, the oldest first; older ones than `since` are let go."""
    waiting = (replies.c.inbox == inbox) & replies.c.answer.is_not(None) & replies.c.answered_at.is_(None) & (replies.c.at >= since)
    return [_row(row) for row in tx.execute(select(replies).where(waiting).order_by(replies.c.id)).mappings()]


def answered(tx: Connection, reply_id: int, now: datetime) -> None:
    """Its answer was said."""
    tx.execute(update(replies).where(replies.c.id == reply_id).values(answered_at=now))


def of_sender(tx: Connection, inbox: str, sender: str, since: datetime, *, before: int | None = None) -> list[ReplyRow]:
    """What somebody wrote since then, the newest first; only what came `before` that row, where it is given."""
    chosen = select(replies).where(replies.c.inbox == inbox, replies.c.sender == sender, replies.c.at >= since)
    if before is not None:
        chosen = chosen.where(replies.c.id < before)
    return [_row(row) for row in tx.execute(chosen.order_by(replies.c.id.desc()).limit(_NEWEST)).mappings()]


def of_incident(tx: Connection, incident_id: int) -> list[ReplyRow]:
    """What was written about an incident, the oldest first."""
    return [_row(row) for row in tx.execute(select(replies).where(replies.c.incident_id == incident_id).order_by(replies.c.id)).mappings()]


def count(tx: Connection, inbox: str) -> int:
    """How many came by an inbox so far."""
    return int(tx.execute(select(func.count()).where(replies.c.inbox == inbox)).scalar_one())


def state(tx: Connection, inbox: str) -> InboxState:
    """How an inbox is heard."""
    value = tx.execute(select(facts_table.c.value).where(facts_table.c.name == _PREFIX + inbox)).scalar()
    return InboxState() if value is None else msgspec.convert(value, InboxState)


def states(tx: Connection) -> dict[str, InboxState]:
    """How each inbox that was ever listened to is heard, by its kind."""
    rows = tx.execute(select(facts_table.c.name, facts_table.c.value).where(facts_table.c.name.startswith(_PREFIX)))
    return {name.removeprefix(_PREFIX): msgspec.convert(value, InboxState) for name, value in rows}


def change_state(tx: Connection, inbox: str, now: datetime, /, **values: Any) -> InboxState:
    """Change how an inbox is heard (fields of `InboxState`); returns what holds now."""
    changed = msgspec.structs.replace(_locked(tx, inbox, now), **values)
    facts.put(tx, _PREFIX + inbox, msgspec.to_builtins(changed), now)
    return changed


def hold(tx: Connection, inbox: str, holder: str, now: datetime, lasts: timedelta) -> InboxState | None:
    """Take an inbox for one process, or keep it; None where another process holds it: two would be told each half."""
    known = _locked(tx, inbox, now)
    if known.held_by not in (None, holder) and known.held_until is not None and known.held_until > now:
        return None
    return change_state(tx, inbox, now, held_by=holder, held_until=now + lasts)


def _locked(tx: Connection, inbox: str, now: datetime) -> InboxState:
    return msgspec.convert(facts.take(tx, _PREFIX + inbox, {}, now), InboxState)


def _row(row: RowMapping) -> ReplyRow:
    return msgspec.convert({name: row[name] for name in ReplyRow.__struct_fields__}, ReplyRow)
