"""Figures of the whole store at one moment, for metrics: what waits, what is open, what fails. Each is one cheap statement."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, func, or_, select, true

from core.probe import KIND, PROBE
from store import facts, probes
from store.schema import blindness, dead_letters, incidents, mentions, signals, sources
from store.schema_paging import channel_states, notifications

WATCHMAN: Final = "watchman"  # the fact in which the watchman says what is ill


class Figures(msgspec.Struct, frozen=True):
    """Counts, and one age in seconds (None: nothing is due)."""

    mentions: int
    mentions_waiting: int
    signals_waiting: int
    notifications: dict[str, int]
    oldest_due_s: float | None
    open_incidents: dict[str, int]
    sources: int
    sources_failing: int
    dead_letters: int
    channels_red: int
    ill: int
    probe_age_s: float | None


def answers(tx: Connection) -> bool:
    """Whether the database answers at all."""
    return tx.execute(select(true())).first() is not None


def taken(tx: Connection, now: datetime) -> Figures:
    """The figures at `now` (aware)."""
    waiting = notifications.c.state.in_(("planned", "claimed"))
    oldest = tx.execute(select(notifications.c.due_at).where(waiting).order_by(notifications.c.due_at).limit(1)).scalar()
    by_state = tx.execute(
        select(notifications.c.state, func.count()).where(notifications.c.person != PROBE).group_by(notifications.c.state)
    )
    is_open = incidents.c.status.in_(("open", "acknowledged"))
    by_severity = tx.execute(select(incidents.c.severity, func.count()).where(is_open).group_by(incidents.c.severity))
    watched, last = facts.get(tx, WATCHMAN), probes.last_arrived(tx)
    failing = or_(sources.c.failures > 0, sources.c.paused_because.is_not(None))
    return Figures(
        mentions=int(
            tx.execute(select(func.coalesce(func.sum(sources.c.mentions), 0)).where(sources.c.id != PROBE)).scalar_one()
        ),  # counting rows would read them all
        mentions_waiting=_count(tx, mentions.c.enriched_at.is_(None)),
        signals_waiting=_count(tx, signals.c.taken_at.is_(None)),
        notifications={row[0]: row[1] for row in by_state},
        oldest_due_s=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        open_incidents={row[0]: row[1] for row in by_severity},
        sources=_count(tx, sources.c.id != PROBE),
        sources_failing=_count(tx, failing & (sources.c.id != PROBE)),
        dead_letters=_count(tx, dead_letters.c.replayed_at.is_(None)),
        channels_red=_count(tx, channel_states.c.red_since.is_not(None)),
        ill=len(watched) if isinstance(watched, list) else 0,
        probe_age_s=None if last is None else (now - last).total_seconds(),
    )


def source_states(tx: Connection) -> dict[str, int]:
    """How many sources that are listened to or paused are "heard", "failing", "refused" (paused), and of all how many "blind" (told by a signal)."""
    is_paused, fails = sources.c.paused_because.is_not(None), sources.c.failures > 0
    listened = (sources.c.id != PROBE) & (sources.c.next_poll_at.is_not(None) | is_paused)
    return {
        "heard": _count(tx, listened & ~is_paused & ~fails),
        "failing": _count(tx, listened & ~is_paused & fails),
        "refused": _count(tx, listened & is_paused),
        "blind": _count(tx, blindness.c.ended_at.is_(None)),
    }


def raised(tx: Connection) -> dict[tuple[str, str | None], int]:
    """How many signals there were so far, by kind and topic (None: about no topic)."""
    by_kind = (
        select(signals.c.kind, signals.c.topic_id, func.count()).where(signals.c.kind != KIND).group_by(signals.c.kind, signals.c.topic_id)
    )
    return {(kind, topic_id): count for kind, topic_id, count in tx.execute(by_kind)}


def _count(tx: Connection, where: object) -> int:
    return int(tx.execute(select(func.count()).where(where)).scalar_one())  # type: ignore[arg-type]
