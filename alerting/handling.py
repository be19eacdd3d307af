"""What people do to an incident that they have in hand: overrule its severity, give it away, put it off, tick a step, give out a role. Pure; `incident.decide` calls it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from alerting.arrival import SET_BY_PERSON, asks_for_page, page_again
from alerting.events import Assigned, Decision, PlaceLooked, RoleGiven, SeveritySet, Snoozed, StepTicked, ahead, closed_answer, line
from alerting.paging import adopt, apart, notices, told
from alerting.policy import Roster, recipients
from core.errors import Refused
from core.records import Factor, Incident, Words, severity_rank

LONGEST_SNOOZE: Final = timedelta(hours=24)


def set_severity(incident: Incident, event: SeveritySet, now: datetime, roster: Roster) -> Decision:
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


def assign(incident: Incident, event: Assigned, now: datetime, roster: Roster) -> Decision:
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


def snooze(incident: Incident, event: Snoozed, now: datetime, roster: Roster) -> Decision:
    """Put it off for a reason, for a day at most.

    Raises:
        Refused: no reason, an end in the past, or one too far off.
    """
    if not incident.is_open:
        return Decision(incident=incident, answer=closed_answer(incident))
    until = ahead(event.until, now)
    if until - now > LONGEST_SNOOZE:
        raise Refused("an incident can be put off for 24 hours at most")
    if not event.reason.strip():
        raise Refused("say why it is put off")
    told_of: dict[str, Any] = {"person": roster.name(event.by), "until": until.isoformat(), "reason": event.reason}
    said = line(incident, now, "snoozed", event.by, key="snoozed_because", **told_of, data={"reason": event.reason})
    answer = Words(key="answer.snoozed", args={"id": incident.id, "until": until.isoformat()})
    return Decision(incident=replace(incident, snoozed_until=until, next_step_at=until), timeline=(said,), cancel=("page",), answer=answer)


def tick(incident: Incident, event: StepTicked, now: datetime, roster: Roster) -> Decision:
    """A step of the playbook is done, or not done after all."""
    kind = "step_ticked" if event.done else "step_unticked"
    said = line(incident, now, kind, event.by, person=roster.name(event.by), step=event.text, data={"step": event.step_id})
    return Decision(incident=incident, timeline=(said,))


def looked(incident: Incident, event: PlaceLooked, now: datetime, roster: Roster) -> Decision:
    """What somebody saw where we cannot see; who has it in hand hears of what was found."""
    told_of = {"person": roster.name(event.by), "place": event.name, "text": event.text}
    data = {"place": event.place, "found": event.found}
    said = line(incident, now, "place_looked", event.by, key="place_found" if event.found else "place_empty", **told_of, data=data)
    wanted = {incident.owner, *told(incident)} - {event.by, None}
    people = recipients(sorted(filter(None, wanted)), now, roster, incident.severity) if event.found and incident.is_open else ()
    news = notices(incident, people, "update", now, Words(key="alert.place_found", args=told_of))
    answer = Words(key="answer.looked", args={"place": event.name})
    return Decision(incident=incident, timeline=(said,), notifications=apart(news, event.place, now.isoformat()), answer=answer)


def give_role(incident: Incident, event: RoleGiven, now: datetime, roster: Roster) -> Decision:
    """Give a role to somebody, who hears of it.

    Raises:
        Refused: nobody is called so.
    """
    if event.person not in roster.people:
        raise Refused(f"nobody is called {event.person!r}")
    told_of: dict[str, Any] = {"by": roster.name(event.by), "role": event.title, "person": roster.name(event.person)}
    said = line(incident, now, "role_given", event.by, **told_of, data={"role": event.role, "person": event.person})
    tells = incident.is_open and event.person != event.by
    people = recipients([event.person], now, roster, incident.severity) if tells else ()
    news = notices(incident, people, "update", now, Words(key="alert.role_given", args=told_of))
    answer = Words(key="answer.role_given", args=told_of)
    return Decision(incident=incident, timeline=(said,), notifications=apart(news, "role", event.role, now.isoformat()), answer=answer)
