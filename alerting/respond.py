"""What people do to incidents: the one door for the command line, the console, the links and the replies.

Everything here is a function of one transaction: read, decide, save, write the audit line. It needs no event loop, so `tocsin ack` answers
at once (`database.write_now(respond.respond, ...)`); the console says `await database.write_urgent(respond.respond, ...)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from alerting import recounts
from alerting.events import (
    Acknowledged,
    AlarmOver,
    CloseProposed,
    EscalationDue,
    Event,
    FlagReached,
    Healed,
    HeardAgain,
    MuteEnded,
    PlaceLooked,
    Resolved,
    RoleGiven,
    SeveritySet,
    SignalArrived,
    StageTurned,
    StepTicked,
    line,
)
from alerting.labelling import label_closing
from alerting.links import Signer
from alerting.policy import Roster, policy_for
from alerting.save import change
from alerting.updates import give_update
from core.errors import NotFound, Refused
from core.flagged import Counted
from core.records import Incident, Notification, Record, Words
from store import audit, channels, incidents, notifications, roles, signals, statements, steps
from store.database import Tx

if TYPE_CHECKING:
    from playbooks.playbook import Playbook

ROLES: Final = ("commander", "spokesperson", "approver", "scribe", "care", "legal")  # beside those that a playbook names


class Response(Record, frozen=True, kw_only=True, gc=False):
    """What became of it: the incident as it is now, and the words for the person who asked."""

    incident: Incident
    answer: Words


def respond(tx: Tx, incident_id: int, event: Event, now: datetime, roster: Roster, *, channel: str) -> Response:
    """Let a person's event happen to an incident.

    Args:
        tx: the transaction.
        incident_id: which incident.
        event: what the person did.
        now: when (aware).
        roster: who can be told; `event.by` need not be on it.
        channel: the door they came through: "cli", "web", "link", "reply" ...

    Raises:
        NotFound: there is no such incident, or no such step.
        Refused: it makes no sense now, told in one line.
    """
    if isinstance(
        event, SignalArrived | EscalationDue | StageTurned | FlagReached | CloseProposed | HeardAgain | AlarmOver | MuteEnded | Healed
    ):
        raise Refused("only the program itself does that")
    if isinstance(event, StepTicked):
        _tick(tx, incident_id, event, now)
    if isinstance(event, PlaceLooked):
        from alerting import looks  # the statement of coverage with it: not for `tocsin ack`

        event = replace(event, name=looks.note(tx, incident_id, event, now))
    if isinstance(event, SeveritySet):
        event = _on_its_policy(tx, incident_id, event, now, roster)
    incident, decision = change(tx, incident_id, event, now, roster)
    if isinstance(event, RoleGiven):
        roles.give(tx, incident_id, event.role, event.person, now)
    if isinstance(event, Resolved) and decision.timeline:  # not where it was closed before
        label_closing(tx, incident_id, event.reason, by=event.by, now=now)
    audit.add(tx, now, event.by, channel, type(event).__name__.lower(), f"incident:{incident_id}")
    return Response(incident=incident, answer=decision.answer or Words(key="answer.done", args={"incident": incident_id}))


def ticked(by: str, step_id: str, playbook: Playbook | None, *, done: bool = True) -> StepTicked:
    """The tick of a step, with the step's words in every language that the playbook has, so that each reader gets their own."""
    step = None if playbook is None else playbook.step(step_id)
    text = step_id if step is None else {str(tag): words for tag, words in step.text.items()}
    return StepTicked(by=by, step_id=step_id, text=text, done=done)


def role_given(by: str, role: str, person: str, playbook: Playbook | None) -> RoleGiven:
    """A role for somebody: one of the playbook's, by its words in every language, or one of `ROLES`.

    Raises:
        Refused: there is no such role; those that there are are listed.
    """
    known = {} if playbook is None else {one.id: {str(tag): words for tag, words in one.title.items()} for one in playbook.roles}
    titles: dict[str, Any] = {name: {"key": f"role_of.{name}"} for name in ROLES} | known
    if role not in titles:
        raise Refused(f"there is no role {role!r}; there are: {', '.join(sorted(titles))}")
    return RoleGiven(by=by, role=role, person=person, title=titles[role])


def open_link(tx: Tx, signer: Signer, token: str, now: datetime) -> tuple[Notification, Incident] | None:
    """What a link shows: its notification and incident; None where it is false, too old, or was ended. Changes nothing."""
    link_id = signer.read_link(token, now)
    notification = None if link_id is None else notifications.with_link(tx, link_id)
    if notification is None or notification.incident_id is None or recounts.is_question(notification):
        return None
    incident = incidents.get(tx, notification.incident_id)
    return None if incident is None else (notification, incident)


def open_question(tx: Tx, signer: Signer, token: str, now: datetime) -> Notification | None:
    """What a link that asks for counters shows: its notification; None where it is false, too old, or was ended. Changes nothing."""
    link_id = signer.read_link(token, now)
    notification = None if link_id is None else notifications.with_link(tx, link_id)
    return notification if notification is not None and recounts.is_question(notification) else None


def answer_by_link(tx: Tx, signer: Signer, token: str, nonce: str, given: Counted, now: datetime, roster: Roster) -> Words:
    """Keep the counters that the person of a link read; `given.by` and `given.mention_id` are the link's.

    Raises:
        NotFound: the link is no longer good.
        Refused: the button was pressed before, or nothing was counted.
    """
    notification = open_question(tx, signer, token, now)
    if notification is None or notification.words is None:
        raise NotFound("this link is no longer valid")
    digest = signer.spends(nonce, notification.link_id or "", now)
    if digest is None or not notifications.use_nonce(tx, digest, now):
        raise Refused("this page was used or is too old; open the link again")
    own = replace(given, by=notification.person, mention_id=notification.words.args["mention"])
    return recounts.answer(tx, own, now, roster, channel="link")


def acknowledge_by_link(tx: Tx, signer: Signer, token: str, nonce: str, now: datetime, roster: Roster) -> Response:
    """Take an incident by the button behind a link.

    Raises:
        NotFound: the link is no longer good, or its person has left.
        Refused: the button was pressed before, or the page is too old: open the link again.
    """
    opened = open_link(tx, signer, token, now)
    if opened is None:
        raise NotFound("this link is no longer valid")
    notification, incident = opened
    if notification.person not in roster.people:
        raise NotFound("this link is no longer valid: whom it was sent to has left")
    digest = signer.spends(nonce, notification.link_id or "", now)
    if digest is None or not notifications.use_nonce(tx, digest, now):
        raise Refused("this page was used or is too old; open the link again")
    channels.confirmed(tx, notification.person, notification.channel, now)  # who opens a link of it reads it
    return respond(tx, incident.id, Acknowledged(by=notification.person, via="link"), now, roster, channel="link")


def draft_statement(
    tx: Tx, incident_id: int, playbook: Playbook, statement_id: str, values: Mapping[str, str], *, by: str, now: datetime, roster: Roster
) -> str:
    """Fill a holding statement's blanks, keep the draft, tell the timeline; returns the text.

    Raises:
        NotFound: there is no such incident or statement.
        Refused: a blank is open, or the statement has expired.
    """
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    from playbooks.statement import draft  # templates: not for `tocsin ack`

    text = draft(playbook, statement_id, values, opened_at=incident.opened_at, now=now)
    chosen = playbook.statement(statement_id)
    assert chosen is not None  # `draft` has found it
    statement = statements.add_draft(
        tx,
        incident_id,
        playbook_id=playbook.id,
        statement_id=statement_id,
        language=chosen.language,
        channel=chosen.channel,
        text=text,
        now=now,
        by=by,
    )
    told = {"statement": statement_id, "person": roster.name(by)}
    give_update(tx, incident, now, roster)
    incidents.add_entries(tx, incident_id, [line(incident, now, "statement_drafted", by, data={"statement": statement}, **told)])
    audit.add(tx, now, by, "statement", "drafted", f"incident:{incident_id}", {"statement": statement})
    return text


def _on_its_policy(tx: Tx, incident_id: int, event: SeveritySet, now: datetime, roster: Roster) -> SeveritySet:
    """The event with the snapshot for the new severity: what stood in the digest has to page once a person says that it is grave."""
    incident = incidents.get(tx, incident_id)
    if incident is None or event.policy is not None:
        return event
    policy = policy_for(
        roster.settings,
        severity=event.severity,
        topic_id=incident.topic_id,
        kind=incident.kind,
        place_id=incident.place_id,
        risk=next((signal.risk for signal in reversed(signals.of_incident(tx, incident_id)) if signal.risk), None),
        at=now,
    )
    return replace(event, policy=policy)


def _tick(tx: Tx, incident_id: int, event: StepTicked, now: datetime) -> None:
    known = {step.step_id for step in steps.of_incident(tx, incident_id)}
    if event.step_id not in known:
        raise NotFound(f"incident {incident_id} has no step {event.step_id!r}; it has: {', '.join(sorted(known)) or 'none'}")
    if event.done:
        steps.tick(tx, incident_id, event.step_id, now, event.by, None)
    else:
        steps.untick(tx, incident_id, event.step_id)
