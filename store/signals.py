"""Signals: unique findings, waiting to be taken by the Intake."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from core.records import Signal
from store.database import insert
from store.schema import signals

_PLAIN = (
    "kind",
    "subject",
    "bucket_start",
    "topic_id",
    "place_id",
    "risk",
    "scale_s",
    "observed",
    "expected",
    "low",
    "high",
    "unit",
    "score",
    "raised_at",
    "generation",
)


def add(tx: Connection, found: Sequence[Signal]) -> list[int]:
    """Store findings; the same one twice (kind, subject, bucket) adds nothing. Returns the new rows' ids."""
    if not found:
        return []
    stored = insert(tx, signals).on_conflict_do_nothing().returning(signals.c.id)
    return sorted(tx.execute(stored, [_row(signal) for signal in found]).scalars())


def get(tx: Connection, ids: Sequence[int]) -> list[Signal]:
    """The signals of these ids, oldest row first."""
    return [_signal(row) for row in tx.execute(_OF_IDS, {"ids": list(ids)}).mappings()]


_OF_IDS = select(signals).where(signals.c.id.in_(bindparam("ids", expanding=True))).order_by(signals.c.id)


def to_take(tx: Connection, limit: int) -> list[int]:
    """Ids of signals that no Intake has taken, oldest row first."""
    return list(tx.execute(_TO_TAKE, {"most": limit}).scalars())


_TO_TAKE = select(signals.c.id).where(signals.c.taken_at.is_(None)).order_by(signals.c.id).limit(bindparam("most"))


def is_waiting(tx: Connection, signal_id: int) -> bool:
    """Whether no Intake has taken it yet."""
    return tx.execute(_WAITING, {"signal": signal_id}).first() is not None


_WAITING = select(signals.c.id).where(signals.c.id == bindparam("signal"), signals.c.taken_at.is_(None))


def take(tx: Connection, signal_id: int, now: datetime, *, incident_id: int | None = None, silence_id: int | None = None) -> bool:
    """Mark a signal as dealt with: put on an incident, or silenced; whether this call did it."""
    values = {"taken_at": now, "incident_id": incident_id, "silence_id": silence_id}
    return tx.execute(_TAKEN, {"signal": signal_id, **values}).rowcount == 1


_TAKEN = update(signals).where(signals.c.id == bindparam("signal"), signals.c.taken_at.is_(None))


def push_forward(tx: Connection, signal_id: int) -> int:
    """Count an attempt on a signal that could not be taken; returns the attempts so far."""
    pushed = update(signals).where(signals.c.id == signal_id).values(take_attempts=signals.c.take_attempts + 1)
    return int(tx.execute(pushed.returning(signals.c.take_attempts)).scalar_one())


def of_incident(tx: Connection, incident_id: int) -> list[Signal]:
    """The signals of an incident, oldest first."""
    return [_signal(row) for row in tx.execute(_OF_INCIDENT, {"incident": incident_id}).mappings()]


_OF_INCIDENT = select(signals).where(signals.c.incident_id == bindparam("incident")).order_by(signals.c.bucket_start, signals.c.id)


def some_of(tx: Connection, incident_id: int, limit: int) -> list[Signal]:
    """The first signal of an incident, and the last `limit` of them, the newest first."""
    mine = select(signals).where(signals.c.incident_id == incident_id)
    rows = [
        *tx.execute(mine.order_by(signals.c.id.desc()).limit(limit)).mappings(),
        *tx.execute(mine.order_by(signals.c.id).limit(1)).mappings(),
    ]
    return [_signal(row) for row in {row["id"]: row for row in rows}.values()]


def told_since(tx: Connection, incident_id: int, signal: Signal, since: datetime) -> bool:
    """Whether a signal of the same kind and risk was put on this incident since then."""
    same = (signals.c.incident_id == incident_id) & (signals.c.kind == signal.kind) & (signals.c.taken_at > since)
    risk = signals.c.risk.is_(None) if signal.risk is None else signals.c.risk == signal.risk
    return tx.execute(select(signals.c.id).where(same, risk).limit(1)).first() is not None


def kinds_on(tx: Connection, incident_id: int, since: datetime) -> set[str]:
    """The kinds of signal that an incident was given since then."""
    same = (signals.c.incident_id == incident_id) & (signals.c.raised_at >= since)
    return set(tx.execute(select(signals.c.kind).distinct().where(same)).scalars())


def topics_with(tx: Connection, kinds: Collection[str], topic_ids: Collection[str], since: datetime, until: datetime) -> set[str]:
    """Those of the topics that have a signal of one of these kinds, raised within [since, until]."""
    within = (signals.c.raised_at >= since) & (signals.c.raised_at <= until)
    chosen = select(signals.c.topic_id).distinct().where(signals.c.topic_id.in_(topic_ids), signals.c.kind.in_(kinds), within)
    return {topic_id for topic_id in tx.execute(chosen).scalars() if topic_id is not None}


def incident_of(tx: Connection, kind: str, subject: str, bucket_start: datetime) -> int | None:
    """The incident that a signal was put on; None where it was not taken, silenced away, or never raised."""
    same = (signals.c.kind == kind) & (signals.c.subject == subject) & (signals.c.bucket_start == bucket_start)
    return tx.execute(select(signals.c.incident_id).where(same)).scalar_one_or_none()


def latest(tx: Connection, kind: str, subject: str) -> Signal | None:
    """The newest signal of a kind about a subject, taken or not."""
    chosen = select(signals).where(signals.c.kind == kind, signals.c.subject == subject).order_by(signals.c.bucket_start.desc()).limit(1)
    row = tx.execute(chosen).mappings().first()
    return None if row is None else _signal(row)


def told(tx: Connection, kinds: Sequence[str], topic_id: str, since: datetime) -> list[Signal]:
    """The signals of these kinds about a topic, or about anything within it, that begin at `since` or later, oldest first; taken or not."""
    chosen = select(signals).where(signals.c.kind.in_(kinds), signals.c.topic_id == topic_id, signals.c.bucket_start >= since)
    return [_signal(row) for row in tx.execute(chosen.order_by(signals.c.bucket_start, signals.c.id)).mappings()]


def raised_between(tx: Connection, kinds: Sequence[str], since: datetime, until: datetime) -> list[Signal]:
    """The signals of these kinds raised within [since, until), in that order."""
    within = signals.c.kind.in_(kinds) & (signals.c.raised_at >= since) & (signals.c.raised_at < until)
    return [_signal(row) for row in tx.execute(select(signals).where(within).order_by(signals.c.raised_at, signals.c.id)).mappings()]


def _row(signal: Signal) -> dict[str, Any]:
    return {name: getattr(signal, name) for name in _PLAIN} | {
        "words": msgspec.to_builtins(signal.words),
        "evidence": list(signal.evidence),
        "frozen": signal.frozen,
    }


def _signal(row: RowMapping) -> Signal:
    return msgspec.convert({name: row[name] for name in (*_PLAIN, "id", "words", "evidence", "frozen")}, Signal)
