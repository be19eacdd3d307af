"""The life of an incident: `decide(incident, event, now, roster) -> Decision`. Pure.

No clock, no database, no network: the stages read an incident, ask `decide`, and save what it returned where nobody changed the incident
meanwhile; else they read and ask again. So an acknowledgement that races an escalation cannot be lost, and a story can be told on a
virtual clock. What a signal does stands in `arrival.py`, what silence does in `escalation.py`, the walk
along the policy in `paging.py`.

    open -- acknowledged --> acknowledged -- resolved --> resolved -- (review) --> reviewed
      ^ <- it ran out, a snooze ended -'                      |                      |
      '----- a signal within the hours after closing, a person who reopens ----------'
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from alerting.arrival import SET_BY_PERSON, asks_for_page, on_signal, page_again, reopened
from alerting.blindness import heard_again
from alerting.escalation import escalate_by_hand, escalate_when_due
from alerting.events import (
    Acknowledged,
    AlarmOver,
    Assigned,
    Decision,
    Escalated,
    EscalationDue,
    Event,
    HeardAgain,
    Noted,
    PlaceLooked,
    Reopened,
    Resolved,
    SeveritySet,
    SignalArrived,
    Snoozed,
    StepTicked,
    ahead,
    closed_answer,
    line,
)
from alerting.outside import alarm_over
from alerting.paging import adopt, apart, has_paged, notices, start, told, without_pages
from alerting.policy import Roster, pages, recipients
from core.errors import Refused
from core.records import Factor, Incident, Notification, NotificationKind, Words, severity_rank


def decide(incident: Incident | None, event: Event, now: datetime, roster: Roster) -> Decision:  # noqa: C901, PLR0911, PLR0912 - one arm an event
    """What follows from `event` at `now` (aware), where `roster` says who can be told.

    The same arguments give the same decision, and saving it twice adds nothing: notifications are unique by their keys. The stage raises
    `version`; nothing here does.

    Raises:
        Refused: the incident does not exist (only a signal opens one), or the event makes no sense, told in one line.
    """
    if isinstance(event, SignalArrived):
        return on_signal(incident, event, now, roster)
    if incident is None:
        raise Refused("there is no such incident")
    match event:
        case Acknowledged():
            return _acknowledge(incident, event, now, roster)
        case EscalationDue():
            return escalate_when_due(incident, now, roster)
        case Escalated():
            return escalate_by_hand(incident, event, now, roster)
        case Resolved():
            return _resolve(incident, event, now, roster)
        case Reopened():
            return _reopen(incident, event, now, roster)
        case SeveritySet():
            return _set_severity(incident, event, now, roster)
        case Assigned():
            return _assign(incident, event, now, roster)
        case Snoozed():
            return _snooze(incident, event, now, roster)
        case Noted():
            return Decision(
                incident=incident, timeline=(line(incident, now, "noted", event.by, person=roster.name(event.by), text=event.text),)
            )
        case StepTicked():
            return _tick(incident, event, now, roster)
        case PlaceLooked():
            return _looked(incident, event, now, roster)
        case HeardAgain():
            return heard_again(incident, event, now, roster)
        case AlarmOver():
            return alarm_over(incident, event, now, roster)
        case _:
            assert_never(event)


def idle_because(incident: Incident) -> Words | None:
    """Why an open incident that nobody has taken waits for nothing; None where it does wait, or need not.

    The auditor's law: each open incident has a next step or this.
    """
    if incident.status != "open" or incident.next_step_at is not None:
        return None
    if not pages(incident.policy):
        return Words(key="idle.digest")
    return Words(key="idle.exhausted" if has_paged(incident) else "idle.silenced")


def unwanted_because(incident: Incident, notification: Notification) -> Words | None:
    """Why a notification that was planned must not go out any more; None where it still should. To be asked between claim and sending."""
    closed = not incident.is_open
    if notification.kind == "resolved":
        return None if closed else Words(key="reason.reopened")
    if notification.kind in ("page", "update") and closed:
        return Words(key="reason.resolved")
    taken = incident.acknowledged_at
    if notification.kind == "page" and taken is not None and notification.planned_at < taken:
        return Words(key="reason.acknowledged")
    return None


def _acknowledge(incident: Incident, event: Acknowledged, now: datetime, roster: Roster) -> Decision:
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
        incident,
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
        notifications=_tell_the_told(taken, "update", event.by, now, roster, why),
        cancel=("page",),
        answer=Words(key="answer.taken", args={"id": incident.id}),
    )


def _resolve(incident: Incident, event: Resolved, now: datetime, roster: Roster) -> Decision:
    if not incident.is_open:
        return Decision(incident=incident, answer=closed_answer(incident))
    closed = replace(incident, status="resolved", resolved_at=now, close_reason=event.reason, snoozed_until=None, next_step_at=None)
    args: dict[str, Any] = {"person": roster.name(event.by), "reason": event.reason}
    why = Words(key="alert.resolved_by", args={**args, "at": now.isoformat()})
    return Decision(
        incident=closed,
        timeline=(line(incident, now, "resolved", event.by, **args, data={"reason": event.reason}),),
        notifications=_tell_the_told(closed, "resolved", event.by, now, roster, why),
        cancel=("page", "update"),
        revoke_links=True,
        answer=Words(key="answer.resolved", args={"id": incident.id}),
    )


def _reopen(incident: Incident, event: Reopened, now: datetime, roster: Roster) -> Decision:
    if incident.is_open:
        return Decision(incident=incident, answer=Words(key="answer.already_open", args={"id": incident.id}))
    again = replace(reopened(incident), policy=without_pages(incident.policy), step=0, round=0)
    said = line(incident, now, "reopened", event.by, person=roster.name(event.by), reason=event.reason)
    walk = start(again, now, roster)
    answer = Words(key="answer.reopened", args={"id": incident.id})
    return Decision(incident=walk.incident, timeline=(said, *walk.timeline), notifications=walk.notifications, answer=answer)


def _set_severity(incident: Incident, event: SeveritySet, now: datetime, roster: Roster) -> Decision:
    """Overrule the severity; a rise pages like one that a signal brings, a fall pages nobody."""
    if event.severity == incident.severity:
        return Decision(incident=incident)
    assessed = next((factor.value for factor in incident.factors if factor.name == SET_BY_PERSON), incident.severity)
    held = Factor(name=SET_BY_PERSON, value=assessed, speaks_for=event.severity)
    others = tuple(factor for factor in incident.factors if factor.name != SET_BY_PERSON)
    changed = replace(incident, severity=event.severity, factors=(held, *others))
    args: dict[str, Any] = {"old": incident.severity, "new": event.severity, "because": event.because}
    said = line(incident, now, "severity_changed", event.by, person=roster.name(event.by), **args)
    rose = severity_rank(event.severity) > severity_rank(incident.severity)
    if rose and event.policy is not None:
        changed = adopt(changed, event.policy)
    if not (rose and changed.is_open and asks_for_page(changed, now, rose=True)):
        return Decision(incident=changed, timeline=(said,))
    return page_again(incident, changed, now, roster, (said,))


def _assign(incident: Incident, event: Assigned, now: datetime, roster: Roster) -> Decision:
    """Give it to somebody, who is told at once; whoever held a link to take it holds it no more."""
    if event.to not in roster.people:
        raise Refused(f"nobody is called {event.to!r}")
    args: dict[str, Any] = {"by": roster.name(event.by), "person": roster.name(event.to)}
    said = line(incident, now, "assigned", event.by, **args, data={"to": event.to})
    if not incident.is_open:
        return Decision(incident=replace(incident, owner=event.to), timeline=(said,))
    given = replace(incident, owner=event.to, transition=incident.transition + 1)
    people = () if event.by == event.to else recipients([event.to], now, roster, incident.severity)
    why = Words(key="alert.assigned_to_you", args={"person": args["by"]})
    return Decision(incident=given, timeline=(said,), notifications=notices(given, people, "page", now, why), revoke_links=True)


def _snooze(incident: Incident, event: Snoozed, now: datetime, roster: Roster) -> Decision:
    if not incident.is_open:
        return Decision(incident=incident, answer=closed_answer(incident))
    until = ahead(event.until, now)
    said = line(incident, now, "snoozed", event.by, person=roster.name(event.by), until=until.isoformat(), data={"reason": event.reason})
    return Decision(incident=replace(incident, snoozed_until=until, next_step_at=until), timeline=(said,), cancel=("page",))


def _tick(incident: Incident, event: StepTicked, now: datetime, roster: Roster) -> Decision:
    kind = "step_ticked" if event.done else "step_unticked"
    said = line(incident, now, kind, event.by, person=roster.name(event.by), step=event.text, data={"step": event.step_id})
    return Decision(incident=incident, timeline=(said,))


def _looked(incident: Incident, event: PlaceLooked, now: datetime, roster: Roster) -> Decision:
    """What somebody saw where we cannot see; who has it in hand hears of what was found."""
    told_of = {"person": roster.name(event.by), "place": event.name, "text": event.text}
    data = {"place": event.place, "found": event.found}
    said = line(incident, now, "place_looked", event.by, key="place_found" if event.found else "place_empty", **told_of, data=data)
    wanted = {incident.owner, *told(incident)} - {event.by, None}
    people = recipients(sorted(filter(None, wanted)), now, roster, incident.severity) if event.found and incident.is_open else ()
    news = notices(incident, people, "update", now, Words(key="alert.place_found", args=told_of))
    answer = Words(key="answer.looked", args={"place": event.name})
    return Decision(incident=incident, timeline=(said,), notifications=apart(news, event.place, now.isoformat()), answer=answer)


def _tell_the_told(
    incident: Incident, kind: NotificationKind, by: str, now: datetime, roster: Roster, why: Words
) -> tuple[Notification, ...]:
    """A notice for everybody who was paged, but for the one who acts."""
    others = [person for person in told(incident) if person != by]
    return notices(incident, recipients(others, now, roster, incident.severity), kind, now, why)
