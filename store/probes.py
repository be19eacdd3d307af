"""The probe's rows: what of it arrived, where it is, and that nothing of it stays."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, delete, select

from core.probe import KEYS, KIND, PROBE
from store import facts
from store.schema import coverage, mentions, meter, signals
from store.schema_paging import channel_states, notifications

ARRIVED: Final = "probe"
Stop = Literal["poller", "enricher", "intake", "dispatcher"]


def arrived(tx: Connection, said_at: datetime, now: datetime) -> None:
    """A probe has come to the end of its way; an older one that comes late changes nothing."""
    last = last_arrived(tx)
    if last is None or said_at > last:
        facts.put(tx, ARRIVED, said_at.isoformat(), now)


def last_arrived(tx: Connection) -> datetime | None:
    """When the newest probe was said that has come to the end of its way; None where none ever did."""
    value = facts.get(tx, ARRIVED)
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def stopped_at(tx: Connection) -> Stop:
    """The stage that the probe waits for, by where its rows have come to."""
    waiting = notifications.c.state.in_(("planned", "claimed"))
    if tx.execute(select(notifications.c.id).where(_OURS, waiting).limit(1)).first():
        return "dispatcher"
    if tx.execute(select(signals.c.id).where(signals.c.kind == KIND, signals.c.taken_at.is_(None)).limit(1)).first():
        return "intake"
    if tx.execute(select(mentions.c.id).where(mentions.c.source_id == PROBE, mentions.c.enriched_at.is_(None)).limit(1)).first():
        return "enricher"
    return "poller"


def purge(tx: Connection, before: datetime) -> int:
    """Take away what is older; how many mentions. Of a probe that is still on its way too: it comes too late to prove anything."""
    tx.execute(delete(notifications).where(_OURS, notifications.c.planned_at < before))
    tx.execute(delete(channel_states).where(channel_states.c.person == PROBE))
    tx.execute(delete(signals).where(signals.c.kind == KIND, signals.c.subject == PROBE, signals.c.bucket_start < before))
    tx.execute(delete(coverage).where(coverage.c.source_id == PROBE, coverage.c.ends_at < before))
    tx.execute(delete(meter).where(meter.c.source_id == PROBE))
    return tx.execute(delete(mentions).where(mentions.c.source_id == PROBE, mentions.c.counts_at < before)).rowcount


_OURS: Final = (notifications.c.key > KEYS[0]) & (notifications.c.key < KEYS[1])
