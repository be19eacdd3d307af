"""What happens when nobody answers: the next step, the next round, the end of an acknowledgement or a snooze. Pure; `incident.decide` calls it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerting.events import Decision, Escalated, closed_answer, line
from alerting.paging import ACTOR, Walk, advance, has_paged, is_exhausted, is_fallback, last_paged_at, page, told
from alerting.patience import run_out
from alerting.policy import Roster, pages
from core.records import Incident, TimelineEntry, Words


def escalate_when_due(incident: Incident, now: datetime, roster: Roster) -> Decision:
    """The next step, if its time has come; asked too early, or after somebody took it, nothing changes."""
    if incident.next_step_at is None or now < incident.next_step_at:
        return Decision(incident=incident)
    if incident.is_open and (incident.snoozed_until is not None or incident.status == "acknowledged"):
        return _wake(incident, now, roster)
    if not incident.is_open or not pages(incident.policy) or is_exhausted(incident):
        return Decision(incident=replace(incident, next_step_at=None))
    if not has_paged(incident):
        return _first_page(incident, now, roster)
    return _escalated(incident, now, roster)


def _first_page(incident: Incident, now: datetime, roster: Roster) -> Decision:
    """The first step of a policy that waits before it calls anybody."""
    walk = page(incident, now, roster)
    waited = (now - last_paged_at(incident)).total_seconds()
    said = line(incident, now, "escalated", ACTOR, key="first_step", waited=waited, to=[one.name for one in walk.people], data=_place(walk))
    return _paged(walk, said)


def _escalated(incident: Incident, now: datetime, roster: Roster) -> Decision:
    waited = (now - last_paged_at(incident)).total_seconds()
    before = ", ".join(roster.name(one) for one in told(incident))
    walk = advance(incident, now, roster, Words(key="alert.escalated_to_you", args={"person": before, "waited": waited}))
    if is_fallback(walk.incident):
        return _paged(walk)
    names = [one.name for one in walk.people]
    key = "escalated_again" if walk.incident.round > incident.round else "escalated"
    said = line(incident, now, "escalated", ACTOR, key=key, waited=waited, to=names, data=_place(walk))
    return Decision(incident=walk.incident, timeline=(*walk.timeline, said), notifications=walk.notifications)


def _wake(incident: Incident, now: datetime, roster: Roster) -> Decision:
    """A snooze has ended, or an acknowledgement has run out: open again, and the step it stood at is paged again."""
    unheard = run_out(incident, now, roster)
    if unheard is not None:
        return unheard
    taker = incident.acknowledged_by
    if incident.snoozed_until is not None or taker is None:
        said = line(incident, now, "snooze_ended", ACTOR)
    else:
        said = line(incident, now, "acknowledgement_expired", ACTOR, person=roster.name(taker))
    awake = replace(
        incident, status="open", acknowledged_at=None, acknowledged_by=None, acknowledged_until=None, snoozed_until=None, next_step_at=None
    )
    return _paged(page(awake, now, roster) if pages(awake.policy) else Walk(incident=awake), said)


def escalate_by_hand(incident: Incident, event: Escalated, now: datetime, roster: Roster) -> Decision:
    """The next step at once, because somebody says so; who has taken the incident keeps it until another does."""
    if not incident.is_open:
        return Decision(incident=incident, answer=closed_answer(incident))
    passed_on = replace(incident, transition=incident.transition + 1, snoozed_until=None)
    person = roster.name(event.by)
    why = Words(key="alert.passed_to_you", args={"person": person})
    walk = advance(passed_on, now, roster, why) if has_paged(incident) or not pages(incident.policy) else page(incident, now, roster, why)
    names = [one.name for one in walk.people]
    said = line(incident, now, "escalated", event.by, key="escalated_by", person=person, to=names, data=_place(walk))
    return Decision(
        incident=walk.incident,
        timeline=(said, *walk.timeline),
        notifications=walk.notifications,
        answer=Words(key="answer.escalated", args={"to": names}),
    )


def _paged(walk: Walk, *before: TimelineEntry) -> Decision:
    return Decision(incident=walk.incident, timeline=(*before, *walk.timeline), notifications=walk.notifications)


def _place(walk: Walk) -> dict[str, Any]:
    incident = walk.incident
    return {"step": incident.step, "round": incident.round, "people": [one.person for one in walk.people]}
