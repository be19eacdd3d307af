"""Somebody takes an incident, closes it, opens it again. Pure; `incident.decide` calls it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerting.arrival import reopened
from alerting.events import Acknowledged, Decision, Reopened, Resolved, ahead, closed_answer, line
from alerting.paging import notices, start, told, without_pages
from alerting.patience import without_end
from alerting.policy import Roster, recipients
from core.records import Incident, Notification, NotificationKind, Words


def acknowledge(incident: Incident, event: Acknowledged, now: datetime, roster: Roster) -> Decision:
    """Take it; the second who does hears who was first. Where `until` is given, it pages again from then on."""
    person = roster.name(event.by)
    if not incident.is_open:
        late = line(incident, now, "late_acknowledgement", event.by, person=person, via=event.via)
        return Decision(incident=incident, timeline=(late,), answer=closed_answer(incident))
    if incident.acknowledged_by is not None and incident.acknowledged_at is not None:
        owner = roster.name(incident.acknowledged_by)
        args = {"person": owner, "at": incident.acknowledged_at.isoformat()}
        mine = event.by == incident.acknowledged_by
        also = () if mine else (line(incident, now, "already_acknowledged", event.by, person=person, owner=owner),)
        return Decision(incident=incident, timeline=also, answer=Words(key="answer.yours" if mine else "answer.already_taken", args=args))
    until = None if event.until is None else ahead(event.until, now)
    taken = replace(
        without_end(incident),
        status="acknowledged",
        owner=incident.owner or event.by,
        acknowledged_at=now,
        acknowledged_by=event.by,
        acknowledged_until=until,
        snoozed_until=None,
        next_step_at=until,
    )
    why = Words(key="alert.taken_by", args={"person": person, "at": now.isoformat()})
    return Decision(
        incident=taken,
        timeline=(line(incident, now, "acknowledged", event.by, person=person, via=event.via, data={"via": event.via}),),
        notifications=tell_the_told(taken, "update", event.by, now, roster, why),
        cancel=("page",),
        answer=Words(key="answer.taken", args={"id": incident.id}),
    )


def resolve(incident: Incident, event: Resolved, now: datetime, roster: Roster) -> Decision:
    """Close it; who was called is told, and no link to take it works any more."""
    if not incident.is_open:
        return Decision(incident=incident, answer=closed_answer(incident))
    closed = replace(incident, status="resolved", resolved_at=now, close_reason=event.reason, snoozed_until=None, next_step_at=None)
    args: dict[str, Any] = {"person": roster.name(event.by), "reason": event.reason}
    why = Words(key="alert.resolved_by", args={**args, "at": now.isoformat()})
    return Decision(
        incident=closed,
        timeline=(line(incident, now, "resolved", event.by, **args, data={"reason": event.reason}),),
        notifications=tell_the_told(closed, "resolved", event.by, now, roster, why),
        cancel=("page", "update"),
        revoke_links=True,
        answer=Words(key="answer.resolved", args={"id": incident.id}),
    )


def reopen(incident: Incident, event: Reopened, now: datetime, roster: Roster) -> Decision:
    """Open it again, as one that nobody has taken; its policy begins anew."""
    if incident.is_open:
        return Decision(incident=incident, answer=Words(key="answer.already_open", args={"id": incident.id}))
    again = replace(reopened(incident), policy=without_pages(incident.policy), step=0, round=0)
    said = line(incident, now, "reopened", event.by, person=roster.name(event.by), reason=event.reason)
    walk = start(again, now, roster)
    answer = Words(key="answer.reopened", args={"id": incident.id})
    return Decision(incident=walk.incident, timeline=(said, *walk.timeline), notifications=walk.notifications, answer=answer)


def tell_the_told(
    incident: Incident, kind: NotificationKind, by: str, now: datetime, roster: Roster, why: Words
) -> tuple[Notification, ...]:
    """A notice for everybody who was paged, but for the one who acts."""
    others = [person for person in told(incident) if person != by]
    return notices(incident, recipients(others, now, roster, incident.severity), kind, now, why)
