"""The moments from which an incident's response times are told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from core.records import Incident, Notification, Signal, TimelineEntry

Moment = Literal["first_mention", "detected", "notified", "acknowledged", "resolved"]


def moments(
    incident: Incident,
    timeline: Iterable[TimelineEntry],
    notifications: Iterable[Notification],
    signals: Iterable[Signal] = (),
    *,
    first_mention: datetime | None = None,
) -> list[tuple[Moment, datetime]]:
    """The moments that are known, in the order in which they should come, each the first of its kind.

    One that came out of its order is left out: a duration below zero would say nothing. `first_mention` is the earliest post of the incident's
    evidence (aware), None where unknown.
    """
    detected = min((signal.raised_at for signal in signals), default=incident.opened_at)
    paged = [one.sent_at for one in notifications if one.kind == "page" and one.sent_at is not None]
    taken = [entry.at for entry in timeline if entry.kind == "acknowledged"]
    known: list[tuple[Moment, datetime | None]] = [
        ("first_mention", first_mention if first_mention is not None and first_mention <= detected else None),
        ("detected", detected),
        ("notified", min(paged, default=None)),
        ("acknowledged", min(taken, default=incident.acknowledged_at)),
        ("resolved", incident.resolved_at),
    ]
    kept: list[tuple[Moment, datetime]] = []
    for name, at in known:
        if at is not None and (not kept or at >= kept[-1][1]):
            kept.append((name, at))
    return kept
