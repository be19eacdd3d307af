"""The life of an incident: `decide(incident, event, now, roster) -> Decision`. Pure.

No clock, no database, no network: the stages read an incident, ask `decide`, and save what it returned where nobody changed the incident
meanwhile; else they read and ask again. So an acknowledgement that races an escalation cannot be lost, and a story can be told on a
virtual clock. What a signal does stands in `arrival.py`, what people do in `taking.py` and `handling.py`, what silence does in `escalation.py` and
`patience.py`, the walk along the policy in `paging.py`.

    open -- acknowledged --> acknowledged -- resolved --> resolved -- (review) --> reviewed
      ^ <- it ran out, a snooze ended -'                      |                      |
      '----- a signal within the hours after closing, a person who reopens ----------'
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from alerting.arrival import flag_reached, on_signal
from alerting.blindness import heard_again
from alerting.closing import propose
from alerting.escalation import escalate_by_hand, escalate_when_due
from alerting.events import (
    Acknowledged,
    AlarmOver,
    Assigned,
    CloseProposed,
    Decision,
    Escalated,
    EscalationDue,
    Event,
    FlagReached,
    Healed,
    HeardAgain,
    MuteEnded,
    Noted,
    PlaceLooked,
    Reopened,
    Resolved,
    RoleGiven,
    SeveritySet,
    SignalArrived,
    Snoozed,
    StageTurned,
    StepTicked,
    line,
)
from alerting.handling import assign, give_role, looked, set_severity, snooze, tick
from alerting.healing import healed
from alerting.mute_end import mute_ended
from alerting.outside import alarm_over
from alerting.paging import has_paged
from alerting.patience import updated
from alerting.policy import Roster, pages
from alerting.stage import turn
from alerting.taking import acknowledge, reopen, resolve
from core.errors import Refused
from core.records import Incident, Notification, Words

UPDATES = Acknowledged | Noted | StepTicked | SeveritySet | PlaceLooked | Assigned | Escalated | RoleGiven | Snoozed


def decide(incident: Incident | None, event: Event, now: datetime, roster: Roster) -> Decision:
    """What follows from `event` at `now` (aware), where `roster` says who can be told.

    The same arguments give the same decision, and saving it twice adds nothing: notifications are unique by their keys. The stage raises
    `version`; nothing here does. What a person does counts as an update (`alerting/patience.py`).

    Raises:
        Refused: the incident does not exist (only a signal opens one), or the event makes no sense, told in one line.
    """
    if incident is None:
        if isinstance(event, SignalArrived):
            return on_signal(None, event, now, roster)
        raise Refused("there is no such incident")
    decision = _decided(incident, event, now, roster)
    if not _is_update(decision.incident, event):
        return decision
    return replace(decision, incident=updated(decision.incident, now, roster))


def _is_update(incident: Incident, event: Event) -> bool:
    """Whether a person did something to it by which the others know that it is in hand; to ask for it when another has it is nothing of the kind."""
    return isinstance(event, UPDATES) and (not isinstance(event, Acknowledged) or event.by == incident.acknowledged_by)


def _decided(incident: Incident, event: Event, now: datetime, roster: Roster) -> Decision:  # noqa: C901, PLR0911, PLR0912 - one arm an event
    match event:
        case Acknowledged():
            return acknowledge(incident, event, now, roster)
        case EscalationDue():
            return escalate_when_due(incident, now, roster)
        case Escalated():
            return escalate_by_hand(incident, event, now, roster)
        case Resolved():
            return resolve(incident, event, now, roster)
        case Reopened():
            return reopen(incident, event, now, roster)
        case SeveritySet():
            return set_severity(incident, event, now, roster)
        case Assigned():
            return assign(incident, event, now, roster)
        case Snoozed():
            return snooze(incident, event, now, roster)
        case Noted():
            return Decision(
                incident=incident, timeline=(line(incident, now, "noted", event.by, person=roster.name(event.by), text=event.text),)
            )
        case StepTicked():
            return tick(incident, event, now, roster)
        case PlaceLooked():
            return looked(incident, event, now, roster)
        case RoleGiven():
            return give_role(incident, event, now, roster)
        case StageTurned():
            return turn(incident, event, now)
        case FlagReached():
            return flag_reached(incident, event, now, roster)
        case CloseProposed():
            return propose(incident, event, now, roster)
        case HeardAgain():
            return heard_again(incident, event, now, roster)
        case AlarmOver():
            return alarm_over(incident, event, now, roster)
        case Healed():
            return healed(incident, now, roster)
        case MuteEnded():
            return mute_ended(incident, event, now, roster)
        case SignalArrived():
            return on_signal(incident, event, now, roster)
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
