"""Incidents and their timelines: saved together, guarded by a version (rule 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from core.errors import StaleVersion
from core.records import Incident, TimelineEntry, World
from store.database import insert
from store.schema import incidents, timeline

OPEN = ("open", "acknowledged")
_NESTED = ("words", "factors", "policy", "playbook_because")
_FIELDS = tuple(name for name in Incident.__struct_fields__ if name != "id")


def create(tx: Connection, incident: Incident) -> int | None:
    """Store a new incident; None where another process opened one with this key first: read it and decide again."""
    made = insert(tx, incidents).on_conflict_do_nothing().returning(incidents.c.id)
    return tx.execute(made, _row(incident)).scalar()


def save(tx: Connection, incident: Incident, was: int) -> None:
    """Store a changed incident where its version is still `was`.

    Raises:
        StaleVersion: somebody changed it meanwhile; nothing of this transaction may stay.
    """
    if tx.execute(_CHANGED, _row(incident) | {"number": incident.id, "was": was}).rowcount != 1:
        raise StaleVersion(f"incident {incident.id} is no longer at version {was}")


def get(tx: Connection, incident_id: int, *, lock: bool = False) -> Incident | None:
    """One incident, or None. `lock` keeps other writers from it until the end of the transaction (SQLite has one writer anyway)."""
    row = tx.execute(_ONE_LOCKED if lock else _ONE, {"number": incident_id}).mappings().first()
    return None if row is None else _incident(row)


_ONE = select(incidents).where(incidents.c.id == bindparam("number"))
_ONE_LOCKED = _ONE.with_for_update()
_CHANGED = update(incidents).where(incidents.c.id == bindparam("number"), incidents.c.version == bindparam("was"))


def of(tx: Connection, ids: Sequence[int]) -> list[Incident]:
    """The incidents of these numbers, in their order."""
    chosen = select(incidents).where(incidents.c.id.in_(ids)).order_by(incidents.c.id)
    return [_incident(row) for row in tx.execute(chosen).mappings()]


def in_digest(tx: Connection, every: str, since: datetime, until: datetime) -> list[Incident]:
    """The live incidents that stand in this kind of digest and were heard of within [since, until); the oldest first."""
    heard = (incidents.c.last_signal_at >= since) & (incidents.c.last_signal_at < until) & (incidents.c.world == "live")
    rows = tx.execute(select(incidents).where(heard).order_by(incidents.c.id)).mappings()
    return [one for row in rows if (one := _incident(row)).policy.get("digest") == every]


def beside(tx: Connection, topic_id: str | None, key: str, world: World, closed_since: datetime) -> list[Incident]:
    """The incidents of a topic (of a key, where there is no topic) that are open, or were closed since then; the oldest first."""
    chosen, same = (_BESIDE_KEY, key) if topic_id is None else (_BESIDE_TOPIC, topic_id)
    return [_incident(row) for row in tx.execute(chosen, {"same": same, "world": world, "since": closed_since}).mappings()]


_ALIVE = incidents.c.status.in_(OPEN) | (incidents.c.resolved_at >= bindparam("since"))
_BESIDE = select(incidents).where(incidents.c.world == bindparam("world"), _ALIVE).order_by(incidents.c.id)
_BESIDE_KEY = _BESIDE.where(incidents.c.key == bindparam("same"))
_BESIDE_TOPIC = _BESIDE.where(incidents.c.topic_id == bindparam("same"))


def open_at(tx: Connection, topic_id: str, start: datetime, end: datetime) -> int | None:
    """The number of a live incident of this topic that was open at some time of [start, end); the newest, None where there was none."""
    lasted = incidents.c.resolved_at.is_(None) | (incidents.c.resolved_at > start)
    same = (incidents.c.topic_id == topic_id) & (incidents.c.world == "live") & (incidents.c.opened_at < end) & lasted
    return tx.execute(select(func.max(incidents.c.id)).where(same)).scalar()


def listing(tx: Connection, *, statuses: Sequence[str] = (), limit: int = 200) -> list[Incident]:
    """The newest incidents first, of these statuses, or of all."""
    chosen = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
    if statuses:
        chosen = chosen.where(incidents.c.status.in_(statuses))
    return [_incident(row) for row in tx.execute(chosen).mappings()]


def merged_into(tx: Connection, key: str, world: World) -> int | None:
    """The incident that one of this key was merged into last; None where none was."""
    return tx.execute(_MERGED, {"key": key, "world": world}).scalar()


_MERGED = (
    select(incidents.c.merged_into)
    .where(incidents.c.key == bindparam("key"), incidents.c.world == bindparam("world"), incidents.c.merged_into.is_not(None))
    .order_by(incidents.c.id.desc())
    .limit(1)
)


def merged_from(tx: Connection, incident_id: int) -> list[Incident]:
    """The incidents that were merged into this one, oldest first."""
    chosen = select(incidents).where(incidents.c.merged_into == incident_id).order_by(incidents.c.id)
    return [_incident(row) for row in tx.execute(chosen).mappings()]


def to_escalate(tx: Connection, now: datetime, limit: int) -> list[Incident]:
    """Incidents whose next step is due, the longest waiting first."""
    return [_incident(row) for row in tx.execute(_TO_ESCALATE, {"now": now, "most": limit}).mappings()]


_TO_ESCALATE = (
    select(incidents)
    .where(incidents.c.next_step_at <= bindparam("now"))
    .order_by(incidents.c.next_step_at, incidents.c.id)
    .limit(bindparam("most"))
)


def next_escalation(tx: Connection) -> datetime | None:
    """When the next incident wants its next step."""
    return tx.execute(_NEXT_STEP).scalar()


_NEXT_STEP = select(func.min(incidents.c.next_step_at))


def add_entries(tx: Connection, incident_id: int, entries: Sequence[TimelineEntry]) -> None:
    """Append to the timeline; nothing on it is ever changed."""
    if entries:
        tx.execute(
            insert(tx, timeline),
            [
                {
                    "incident_id": incident_id,
                    "at": entry.at,
                    "kind": entry.kind,
                    "actor": entry.actor,
                    "words": msgspec.to_builtins(entry.words),
                    "data": entry.data,
                }
                for entry in entries
            ],
        )


def entries(tx: Connection, incident_id: int) -> list[TimelineEntry]:
    """The timeline in the order in which it was written."""
    chosen = select(timeline).where(timeline.c.incident_id == incident_id).order_by(timeline.c.id)
    return [
        msgspec.convert({name: row[name] for name in TimelineEntry.__struct_fields__}, TimelineEntry)
        for row in tx.execute(chosen).mappings()
    ]


def _row(incident: Incident) -> dict[str, Any]:
    nested = {name: msgspec.to_builtins(getattr(incident, name)) for name in _NESTED}
    return {name: getattr(incident, name) for name in _FIELDS} | nested


def _incident(row: RowMapping) -> Incident:
    return msgspec.convert({name: row[name] for name in Incident.__struct_fields__}, Incident)
