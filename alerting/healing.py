"""What was ill of ourselves is well again: its incident closes by itself. Pure; `incident.decide` calls it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from alerting.events import Decision, line
from alerting.paging import notices, told
from alerting.policy import Roster, recipients
from core.records import Incident, Words


def healed(incident: Incident, now: datetime, roster: Roster) -> Decision:
    """What the incident becomes; who was called is told."""
    if not incident.is_open:
        return Decision(incident=incident)
    closed = replace(incident, status="resolved", resolved_at=now, close_reason="healed", snoozed_until=None, next_step_at=None)
    why = Words(key="alert.healed", args={"at": now.isoformat()})
    return Decision(
        incident=closed,
        timeline=(line(incident, now, "resolved", "watchman", key="resolved_healed"),),
        notifications=notices(closed, recipients(told(incident), now, roster, incident.severity), "resolved", now, why),
        cancel=("page", "update"),
        revoke_links=True,
    )
