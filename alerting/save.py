"""Saves a decision: incident, timeline, notifications, all in the caller's transaction (rule 4)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from alerting.copies import following
from alerting.events import Decision, Event
from alerting.incident import decide
from alerting.policy import Roster
from core.errors import NotFound, StaleVersion
from core.records import Incident, Notification
from store import incidents, notifications
from store.database import Tx

LINK_BYTES = 16  # 128 random bits name a link


def change(tx: Tx, incident_id: int, event: Event, now: datetime, roster: Roster) -> tuple[Incident, Decision]:
    """Read an incident, decide what follows from `event`, save it.

    Returns:
        The incident as it is now, and the decision, whose `answer` is for the person who asked.

    Raises:
        NotFound: there is no such incident.
        Refused: the event makes no sense now.
    """
    before = incidents.get(tx, incident_id, lock=True)  # a hundred who press at once wait their turn instead of racing
    if before is None:
        raise NotFound(f"there is no incident {incident_id}")
    decision = decide(before, event, now, roster)
    after = save(tx, before, decision)
    taker = roster.name(after.acknowledged_by or "")
    notifications.plan(tx, with_links(following(tx, before, after, decision.notifications, now, taker)))
    return after, decision


def save(tx: Tx, before: Incident | None, decision: Decision) -> Incident:
    """Store what was decided; returns the incident with its id and version.

    Raises:
        StaleVersion: somebody changed it, or opened it first; the transaction is run again.
    """
    incident = replace(decision.incident, version=decision.incident.version + 1)
    if before is None:
        made = incidents.create(tx, incident)
        if made is None:
            raise StaleVersion(f"an incident with the key {incident.key} was opened meanwhile")
        incident = replace(incident, id=made)
    else:
        incidents.save(tx, incident, before.version)
    if decision.cancel:
        notifications.cancel(tx, incident.id, decision.cancel)
    if decision.revoke_links:
        notifications.revoke_links(tx, incident.id)
    notifications.plan(tx, with_links(replace(one, incident_id=incident.id) for one in decision.notifications))
    incidents.add_entries(tx, incident.id, decision.timeline)
    return incident


def with_links(planned: Iterable[Notification]) -> list[Notification]:
    """The same, each with a link of its own to take the incident by."""
    return [replace(one, link_id=one.link_id or secrets.token_urlsafe(LINK_BYTES)) for one in planned]
