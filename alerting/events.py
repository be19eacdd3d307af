"""What can happen to an incident, and what is decided of it: plain records, in and out of `alerting/incident.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.errors import Refused
from core.records import Factor, Incident, Notification, NotificationKind, Record, Severity, Signal, Stage, TimelineEntry, Words, World
from core.silences import Silence


class SignalArrived(Record, frozen=True, kw_only=True, gc=False):
    """A detector's finding that belongs to the incident, or opens one.

    `key` is the incident's (`grouping.incident_key`); `policy` the snapshot for this severity (`policy_for`); `silence` the one that mutes it.
    `repeated`: the timeline told the same a moment ago, and need not again. `remarks`: what else the timeline says of its weight.
    """

    signal: Signal
    key: str
    severity: Severity
    factors: tuple[Factor, ...] = ()
    policy: dict[str, Any]
    silence: Silence | None = None
    repeated: bool = False
    remarks: tuple[Words, ...] = ()
    playbook_id: str | None = None
    playbook_title: str | dict[str, str] = ""
    playbook_because: Words | None = None
    world: World = "live"


class Acknowledged(Record, frozen=True, kw_only=True, gc=False):
    """`by` takes the incident, through `via` ("link", "command", "console" ...). Where `until` is given it pages again from then on."""

    by: str
    via: str
    until: datetime | None = None


class EscalationDue(Record, frozen=True, kw_only=True, gc=False):
    """`next_step_at` has come."""


class Escalated(Record, frozen=True, kw_only=True, gc=False):
    """`by` passes it on to the next step at once (also: "not me, I am driving")."""

    by: str


class Resolved(Record, frozen=True, kw_only=True, gc=False):
    """`by` closes it; `reason` is a key of `reason.*` ("false_alarm") or the person's own words."""

    by: str
    reason: str


class Reopened(Record, frozen=True, kw_only=True, gc=False):
    """`by` opens it again."""

    by: str
    reason: str


class Noted(Record, frozen=True, kw_only=True, gc=False):
    """`by` writes something down."""

    by: str
    text: str


class SeveritySet(Record, frozen=True, kw_only=True, gc=False):
    """`by` overrules the severity. It holds until a signal is worse than what was assessed by then.

    `policy` is the snapshot for the new severity, taken where the severity rises; None keeps the present one (`respond` fills it in).
    """

    by: str
    severity: Severity
    because: str
    policy: dict[str, Any] | None = None


class Assigned(Record, frozen=True, kw_only=True, gc=False):
    """`by` gives it to `to`, who is told at once."""

    by: str
    to: str


class StepTicked(Record, frozen=True, kw_only=True, gc=False):
    """`by` did a step of the playbook, or takes it back (`done` False). `text` is the step as the playbook says it, by language, or its id."""

    by: str
    step_id: str
    text: str | dict[str, str]
    done: bool = True


class HeardAgain(Record, frozen=True, kw_only=True, gc=False):
    """`sources` that were blind are heard again; `left` of the same incident are not."""

    sources: tuple[str, ...]
    left: int


class AlarmOver(Record, frozen=True, kw_only=True, gc=False):
    """An alarm of another monitor, `name`, is over since `at`; `left` others of this incident still fire; `alone`: it holds nothing but alarms."""

    name: str
    at: datetime
    left: int
    alone: bool


class PlaceLooked(Record, frozen=True, kw_only=True, gc=False):
    """`by` looked at a place that no program may see: `found` whether there was anything about it, `text` what."""

    by: str
    place: str
    name: str
    found: bool
    text: str = ""


class Healed(Record, frozen=True, kw_only=True, gc=False):
    """What was ill of ourselves is well again."""


class MuteEnded(Record, frozen=True, kw_only=True, gc=False):
    """What kept it quiet is over; `still` is what mutes it now, if anything does. `alive`: it is to be paged where it owes a page (an echo whose cause is over may not be)."""

    silence: Silence
    still: Silence | None = None
    alive: bool = True


class Snoozed(Record, frozen=True, kw_only=True, gc=False):
    """`by` puts it off for a `reason`; at `until`, at most 24 hours from now, it pages again."""

    by: str
    until: datetime
    reason: str = ""


class RoleGiven(Record, frozen=True, kw_only=True, gc=False):
    """`by` gives a role of the response to `person`, who is told. `title`: as the playbook calls it, by language, or a message key with arguments."""

    by: str
    role: str
    person: str
    title: dict[str, Any]


class StageTurned(Record, frozen=True, kw_only=True, gc=False):
    """The crisis has come to another stage (`alerting/stage.py`), for the reason told."""

    stage: Stage
    because: Words


class FlagReached(Record, frozen=True, kw_only=True, gc=False):
    """A post of it that a person flagged has drawn so many likes, comments and shares, or views, by now; `policy`: the snapshot for major."""

    drew: int | None
    views: int | None
    policy: dict[str, Any]


class CloseProposed(Record, frozen=True, kw_only=True, gc=False):
    """All that can be computed says that it is over (`alerting/closing.py`); `told` are the numbers, for `alert.close_proposed`."""

    told: dict[str, Any]


Event = (
    SignalArrived
    | Acknowledged
    | EscalationDue
    | Escalated
    | Resolved
    | Reopened
    | Noted
    | SeveritySet
    | Assigned
    | StepTicked
    | Snoozed
    | HeardAgain
    | AlarmOver
    | PlaceLooked
    | MuteEnded
    | Healed
    | RoleGiven
    | StageTurned
    | FlagReached
    | CloseProposed
)


class Decision(Record, frozen=True, kw_only=True, gc=False):
    """What follows from an event, to be saved in one transaction.

    The timeline's lines come in order, with `incident_id` as the incident's, 0 where it is new; so do the notifications. `cancel` are the
    kinds of which every planned notification of the incident is cancelled *before* the new ones are added. `revoke_links` ends the
    acknowledgement links made before. `answer` is what to tell the person who asked.
    """

    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    notifications: tuple[Notification, ...] = ()
    cancel: tuple[NotificationKind, ...] = ()
    revoke_links: bool = False
    answer: Words | None = None


def line(
    incident: Incident, now: datetime, kind: str, actor: str, *, key: str = "", data: dict[str, Any] | None = None, **args: Any
) -> TimelineEntry:
    """One line of the timeline; its words are `timeline.<key or kind>` with `args`."""
    words = Words(key=f"timeline.{key or kind}", args=args)
    return TimelineEntry(at=now, kind=kind, actor=actor, words=words, incident_id=incident.id, data=data or {})


def ahead(until: datetime, now: datetime) -> datetime:
    """`until`, if it lies after `now`.

    Raises:
        Refused: it does not.
    """
    if until <= now:
        raise Refused("the end must lie in the future")
    return until


def closed_answer(incident: Incident) -> Words:
    """What to tell somebody who acts on an incident that is closed already."""
    at = (incident.resolved_at or incident.opened_at).isoformat()
    return Words(key="answer.already_resolved", args={"id": incident.id, "at": at})
