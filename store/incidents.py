"""Incidents and their timelines: saved together, guarded by a version (rule 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from core.errors import StaleVersion
from core.records import Incident, TimelineEntry, World
from store.database import insert
from store.schema import incidents, timeline

OPEN = ("open", "acknowledged")
_NESTED = ("words", "factors", "policy", "playbook_because")
_FIELDS = tuple(name for name in Incident.__struct_fields__ if name != "id")


def create(tx: Connection, incident: Incident) -> int | None:
    """Store a new incident; None where another process opened one with this key first: read it and decide again."""
    made = insert(tx, incidents).values(**_row(incident)).on_conflict_do_nothing().returning(incidents.c.id)
    return tx.execute(made).scalar()


def save(tx: Connection, incident: Incident, was: int) -> None:
    """Store a changed incident where its version is still `was`.

    Raises:
        StaleVersion: somebody changed it meanwhile; nothing of this transaction may stay.
    """
    changed = update(incidents).where(incidents.c.id == incident.id, incidents.c.version == was)
    if tx.execute(changed.values(**_row(incident))).rowcount != 1:
        raise StaleVersion(f"incident {incident.id} is no longer at version {was}")


def get(tx: Connection, incident_id: int, *, lock: bool = False) -> Incident | None:
    """One incident, or None. `lock` keeps other writers from it until the end of the transaction (SQLite has one writer anyway)."""
    chosen = select(incidents).where(incidents.c.id == incident_id)
    row = tx.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    return None if row is None else _incident(row)


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
    same = incidents.c.key == key if topic_id is None else incidents.c.topic_id == topic_id
    alive = incidents.c.status.in_(OPEN) | (incidents.c.resolved_at >= closed_since)
    chosen = select(incidents).where(same, incidents.c.world == world, alive).order_by(incidents.c.id)
    return [_incident(row) for row in tx.execute(chosen).mappings()]


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
    same = (incidents.c.key == key) & (incidents.c.world == world) & incidents.c.merged_into.is_not(None)
    chosen = select(incidents.c.merged_into).where(same)
    return tx.execute(chosen.order_by(incidents.c.id.desc()).limit(1)).scalar()


def merged_from(tx: Connection, incident_id: int) -> list[Incident]:
    """The incidents that were merged into this one, oldest first."""
    chosen = select(incidents).where(incidents.c.merged_into == incident_id).order_by(incidents.c.id)
    return [_incident(row) for row in tx.execute(chosen).mappings()]


def to_escalate(tx: Connection, now: datetime, limit: int) -> list[Incident]:
    """Incidents whose next step is due, the longest waiting first."""
    chosen = select(incidents).where(incidents.c.next_step_at <= now).order_by(incidents.c.next_step_at, incidents.c.id).limit(limit)
    return [_incident(row) for row in tx.execute(chosen).mappings()]


def next_escalation(tx: Connection) -> datetime | None:
    """When the next incident wants its next step."""
    return tx.execute(select(func.min(incidents.c.next_step_at))).scalar()


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
