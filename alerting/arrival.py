"""What a signal does to an incident: open it, add to it, raise it, open it again. Pure; `incident.decide` calls it.

A signal that adds nothing new is one line of the timeline and no page, so that ten thousand posts of one story are one page. Severity
goes up by signals and down by people only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from alerting.corroboration import FACTOR as CORROBORATION
from alerting.events import Decision, FlagReached, SignalArrived, line
from alerting.history import factor_data
from alerting.paging import Walk, adopt, has_paged, notices, owes_page, page, start
from alerting.patience import stirred
from alerting.policy import Roster, pages, recipients
from alerting.severity import flagged_factor, loudest_first
from alerting.silence import muted_line
from core.records import Factor, Incident, Notification, Severity, Signal, TimelineEntry, Words, severity_rank

ACTOR = "intake"
SET_BY_PERSON = "person"  # the factor that holds a severity which a person set; its value is what was assessed by then
FALSE_ALARMS = frozenset({"false_alarm", "campaign", "duplicate", "spam", "off_topic", "old_news", "other_brand", "known"})


def reopens(incident: Incident, now: datetime, within: timedelta) -> bool:
    """Whether a new signal of the same key belongs to this closed incident still (a flare-up), rather than to a new one."""
    return not incident.is_open and incident.resolved_at is not None and now - incident.resolved_at <= within


def on_signal(incident: Incident | None, event: SignalArrived, now: datetime, roster: Roster) -> Decision:
    """Decide what a signal does; `incident` None opens a new one."""
    if incident is None:
        return _open(event, now, roster)
    if incident.is_open:
        return _add(incident, event, now, roster)
    if incident.close_reason in FALSE_ALARMS and severity_rank(event.severity) <= severity_rank(incident.severity):
        said = line(incident, now, "signal", ACTOR, key="signal_kept_closed", signal=_said(event), data=_signal_data(event.signal))
        return Decision(incident=_heard(incident, event), timeline=(said,))
    return _flare_up(incident, event, now, roster)


def _open(event: SignalArrived, now: datetime, roster: Roster) -> Decision:
    signal = event.signal
    incident = Incident(
        key=event.key,
        kind=signal.kind,
        words=signal.words,
        severity=event.severity,
        opened_at=now,
        last_signal_at=signal.raised_at,
        topic_id=signal.topic_id,
        place_id=signal.place_id,
        world=event.world,
        factors=event.factors,
        policy=dict(event.policy),
        generation=signal.generation,
    )
    incident, attached = _with_playbook(incident, event, now)
    opened = line(incident, now, "opened", ACTOR, severity=event.severity, data={"factors": factor_data(event.factors)})
    return _begin(incident, event, now, roster, (_signal_line(incident, event, now), *_remarks(incident, event, now), opened, *attached))


def _add(incident: Incident, event: SignalArrived, now: datetime, roster: Roster) -> Decision:
    severity = _severity_after(incident, event.severity)
    rose = severity_rank(severity) > severity_rank(incident.severity)
    lines = [*([] if event.repeated and not rose else [_signal_line(incident, event, now)]), *_remarks(incident, event, now)]
    changed = _heard(incident, event)
    if rose:
        changed = _raised(changed, severity, event)
        told = {"factors": factor_data(event.factors)}
        lines.append(line(incident, now, "severity_raised", ACTOR, old=incident.severity, new=severity, data=told))
    changed = stirred(changed, now, roster, rose=rose)
    if rose or incident.playbook_id is None:
        changed, attached = _with_playbook(changed, event, now)
        lines.extend(attached)
    if not asks_for_page(changed, now, rose=rose):
        return Decision(incident=changed, timeline=tuple(lines))
    if event.silence is not None:
        return Decision(incident=changed, timeline=(*lines, muted_line(changed, event.silence, now, ACTOR)))
    return page_again(incident, changed, now, roster, tuple(lines))


def _flare_up(incident: Incident, event: SignalArrived, now: datetime, roster: Roster) -> Decision:
    again = replace(
        reopened(_heard(incident, event)),
        stage="flare-up",
        words=event.signal.words,
        severity=event.severity,
        factors=event.factors,
        policy=dict(event.policy),
    )
    again, attached = _with_playbook(again, event, now)
    again_said = line(incident, now, "reopened", ACTOR, key="reopened_itself")
    lines = (_signal_line(incident, event, now), *_remarks(incident, event, now), again_said, *attached)
    return _begin(again, event, now, roster, lines)


def flag_reached(incident: Incident, event: FlagReached, now: datetime, roster: Roster) -> Decision:
    """A flagged post is known to reach people by now: at least major, and paged as any rise."""
    factor = flagged_factor(event.drew, event.views)
    if not incident.is_open or factor.speaks_for is None:
        return Decision(incident=incident)
    severity = _severity_after(incident, factor.speaks_for)
    if severity == incident.severity:
        return Decision(incident=incident)
    factors = loudest_first((factor, *(one for one in incident.factors if one.name != factor.name)))
    changed = stirred(adopt(replace(incident, severity=severity, factors=factors), event.policy), now, roster, rose=True)
    told = {"factors": factor_data((factor,))}
    lines = (line(incident, now, "severity_raised", ACTOR, old=incident.severity, new=severity, data=told),)
    if not asks_for_page(changed, now, rose=True):
        return Decision(incident=changed, timeline=lines)
    return page_again(incident, changed, now, roster, lines)


def reopened(incident: Incident) -> Incident:
    """The closed incident as an open one that nobody has taken."""
    return replace(
        incident,
        status="open",
        owner=None,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_until=None,
        snoozed_until=None,
        resolved_at=None,
        reviewed_at=None,
        close_reason=None,
        close_proposed_at=None,
        merged_into=None,
        next_step_at=None,
    )


def _begin(incident: Incident, event: SignalArrived, now: datetime, roster: Roster, lines: tuple[TimelineEntry, ...]) -> Decision:
    """Start to page, or say why not."""
    if event.silence is not None:
        return Decision(incident=replace(incident, next_step_at=None), timeline=(*lines, muted_line(incident, event.silence, now, ACTOR)))
    if not pages(incident.policy):
        quiet = line(incident, now, "not_paged", ACTOR, severity=incident.severity)
        return Decision(incident=replace(incident, next_step_at=None), timeline=(*lines, quiet))
    walk = start(incident, now, roster)
    return Decision(incident=walk.incident, timeline=(*lines, *walk.timeline), notifications=walk.notifications)


def page_again(old: Incident, changed: Incident, now: datetime, roster: Roster, lines: tuple[TimelineEntry, ...]) -> Decision:
    """Page one step for a rise; what was planned before is replaced, and nothing that was due earlier is put off."""
    why = None
    if changed.severity != old.severity:
        why = Words(key="alert.severity_raised", args={"old": old.severity, "new": changed.severity})
    awake = replace(changed, snoozed_until=None)
    first = awake.status == "open" and not has_paged(awake)
    walk = start(awake, now, roster) if first else page(awake, now, roster, why)
    return Decision(
        incident=_no_later_than(walk.incident, old.next_step_at),
        timeline=(*lines, *walk.timeline),
        notifications=(*walk.notifications, *_to_owner(walk, now, roster, why)),
        cancel=("page",),
    )


def _to_owner(walk: Walk, now: datetime, roster: Roster, why: Words | None) -> tuple[Notification, ...]:
    """Who has the incident in hand hears of a rise too, where the step does not reach them anyway."""
    incident = walk.incident
    owner = incident.acknowledged_by
    if owner is None or owner in {one.person for one in walk.people}:
        return ()
    return notices(incident, recipients([owner], now, roster, incident.severity), "page", now, why)


def asks_for_page(incident: Incident, now: datetime, *, rose: bool) -> bool:
    """Whether the incident as it stands now should page; `rose` where its severity has just gone up."""
    if not pages(incident.policy):
        return False
    if not has_paged(incident):  # a first page that is planned already, or somebody who took it before, need no other
        return rose or (incident.status == "open" and incident.next_step_at is None)
    return owes_page(incident, rose=rose, now=now)


def _severity_after(incident: Incident, assessed: Severity) -> Severity:
    """The worse of the two; a severity set by a person holds until a signal is worse than what was assessed by then."""
    held = next((factor for factor in incident.factors if factor.name == SET_BY_PERSON), None)
    if held is not None and severity_rank(assessed) <= severity_rank(held.value):  # type: ignore[arg-type]  # a severity by `SeveritySet`
        return incident.severity
    return max(incident.severity, assessed, key=severity_rank)


def _raised(incident: Incident, severity: Severity, event: SignalArrived) -> Incident:
    """The incident at its new severity, told by the signal that raised it, on the policy of that severity."""
    return adopt(replace(incident, severity=severity, factors=event.factors, words=event.signal.words), event.policy)


def _heard(incident: Incident, event: SignalArrived) -> Incident:
    later = max(incident.last_signal_at, event.signal.raised_at)
    generation = max(incident.generation, event.signal.generation)
    return replace(incident, last_signal_at=later, generation=generation, factors=_confirmed(incident, event), close_proposed_at=None)


def _confirmed(incident: Incident, event: SignalArrived) -> tuple[Factor, ...]:
    """The incident's factors, with the corroboration that this signal adds."""
    found = {one.name: one for one in event.factors}.get(CORROBORATION)
    known = next((one for one in incident.factors if one.name == CORROBORATION), None)
    if found is None or (known is not None and _weight(found) <= _weight(known)):
        return incident.factors
    return loudest_first((found, *(one for one in incident.factors if one is not known)))


def _weight(corroboration: Factor) -> tuple[float, float]:
    return float(corroboration.value or 0), corroboration.beside or 0


def _no_later_than(incident: Incident, until: datetime | None) -> Incident:
    if incident.next_step_at is None or until is None:
        return incident
    return replace(incident, next_step_at=min(incident.next_step_at, until))


def _with_playbook(incident: Incident, event: SignalArrived, now: datetime) -> tuple[Incident, tuple[TimelineEntry, ...]]:
    if event.playbook_id is None or event.playbook_id == incident.playbook_id:
        return incident, ()
    because = event.playbook_because or Words(key="because.default")
    said = {"key": because.key, "args": because.args}
    title = event.playbook_title or event.playbook_id
    attached = line(incident, now, "playbook_attached", ACTOR, playbook=title, because=said, data={"playbook": event.playbook_id})
    return replace(incident, playbook_id=event.playbook_id, playbook_because=because), (attached,)


def _signal_line(incident: Incident, event: SignalArrived, now: datetime) -> TimelineEntry:
    return line(incident, now, "signal", ACTOR, signal=_said(event), data=_signal_data(event.signal))


def _remarks(incident: Incident, event: SignalArrived, now: datetime) -> tuple[TimelineEntry, ...]:
    """What else there is to say of the signal's weight."""
    return tuple(
        TimelineEntry(at=now, kind="weighed", actor=ACTOR, words=remark, incident_id=incident.id, data=_signal_data(event.signal))
        for remark in event.remarks
    )


def _said(event: SignalArrived) -> dict[str, Any]:
    return {"key": event.signal.words.key, "args": event.signal.words.args}


def _signal_data(signal: Signal) -> dict[str, Any]:
    return {"signal": signal.id, "kind": signal.kind}
