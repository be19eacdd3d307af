"""Does what a command asks for, and says what became of it, in the caller's transaction.

Incidents go through `alerting/respond.py`, labels through `alerting/labelling.py`, muting through `alerting/silencing.py`, duty through `duty.py`: an answer can
do nothing that the console cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerting.arrival import FALSE_ALARMS
from alerting.events import Acknowledged, Assigned, Escalated, Event, Noted, Reopened, Resolved, SeveritySet, Snoozed, closed_answer
from alerting.inbox import duty
from alerting.inbox.command import Command
from alerting.inbox.spans import next_at
from alerting.labelling import label_incident
from alerting.policy import Roster
from alerting.regroup import MOST_HOPS, merge
from alerting.respond import Response, respond, ticked
from alerting.silencing import silence
from core.errors import NotFound, Refused
from core.records import Incident, Words
from core.silences import Silence
from playbooks.load import Library
from playbooks.playbook import Playbook
from store import incidents
from store.database import Tx

DOOR: Final = "reply"
SNOOZE: Final = timedelta(minutes=30)  # "lát nữa"
FIXED: Final = "fixed"
FALSE: Final = "false_alarm"
UNSAID: Final = "-"  # where nobody gave a reason


@dataclass(frozen=True, slots=True)
class Deed:
    """A command that is being carried out: by whom, when, on which incident, heard by which kind of inbox."""

    tx: Tx
    command: Command
    incident: Incident
    person: str
    now: datetime
    roster: Roster
    via: str
    playbook: Playbook | None

    def do(self, event: Event) -> Response:
        """Let it happen to the incident."""
        return respond(self.tx, self.incident.id, event, self.now, self.roster, channel=DOOR)

    def words(self, key: str, **args: object) -> Words:
        """An answer about this incident."""
        return Words(key=f"reply.{key}", args={"id": self.incident.id, "at": self.now.isoformat(), **args})


class Carrier:
    """Carries commands out.

    Args:
        library: playbooks, for their steps.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    def carry_out(
        self, tx: Tx, command: Command, incident_id: int | None, person: str, now: datetime, roster: Roster, *, via: str
    ) -> Words:
        """What to say after it was done.

        Args:
            tx: the transaction.
            command: what is wanted.
            incident_id: of which incident; None for what is about none.
            person: who wants it.
            now: when (aware).
            roster: who can be told.
            via: the kind of inbox, for the timeline ("telegram").

        Raises:
            NotFound: there is no such incident, step or person.
            Refused: it makes no sense now.
        """
        if command.verb == "help":
            return Words(key="reply.help")
        if command.verb in duty.VERBS:
            return duty.carry_out(tx, command, person, now, roster)
        incident = _at_its_place(tx, incident_id)
        return _done(Deed(tx, command, incident, person, now, roster, via, self._library.get(incident.playbook_id)))

    def untaken(self, tx: Tx, incident_ids: Sequence[int]) -> list[int]:
        """Those of them that wait for somebody."""
        found = (incidents.get(tx, number) for number in incident_ids)
        return [incident.id for incident in found if incident is not None and incident.status == "open"]


def _at_its_place(tx: Tx, incident_id: int | None) -> Incident:
    """The incident, or the one that it was put into."""
    incident = None if incident_id is None else incidents.get(tx, incident_id)
    for _ in range(MOST_HOPS):
        if incident is None or incident.merged_into is None:
            break
        incident = incidents.get(tx, incident.merged_into)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    return incident


def _done(deed: Deed) -> Words:  # noqa: C901, PLR0911, PLR0912 - one arm a command
    command, person = deed.command, deed.person
    match command.verb:
        case "acknowledge":
            return _take(deed)
        case "decline":
            return _pass_on(deed)
        case "escalate":
            return deed.do(Escalated(by=person)).answer
        case "assign":
            return _assign(deed)
        case "resolve":
            return deed.do(Resolved(by=person, reason=command.reason or command.text or FIXED)).answer
        case "false_alarm":
            return _call_false(deed)
        case "real":
            return label_incident(
                deed.tx, deed.incident.id, "real", command.text, by=person, now=deed.now, roster=deed.roster, channel=DOOR
            )
        case "reopen":
            return deed.do(Reopened(by=person, reason=command.text or UNSAID)).answer
        case "snooze":
            return _snooze(deed)
        case "silence":
            return _mute(deed)
        case "severity":
            return _set_severity(deed)
        case "tick":
            return _tick(deed)
        case "merge":
            return _merge(deed)
        case "approve" | "revise" | "disapprove":
            return _note(deed, f"{command.verb}_noted")
        case _:
            return _note(deed, "noted")


def _take(deed: Deed) -> Words:
    """Take it; who did hears what comes first."""
    taken = deed.do(Acknowledged(by=deed.person, via=deed.via))
    if deed.command.text:
        deed.do(Noted(by=deed.person, text=deed.command.text))
    if taken.answer.key != "answer.taken":
        return taken.answer
    first = next(iter(deed.playbook.first_15_minutes), None) if deed.playbook is not None else None
    if first is None:
        return deed.words("taken_plainly")
    return deed.words("taken", step={str(tag): words for tag, words in first.text.items()})


def _pass_on(deed: Deed) -> Words:
    """The next person at once, unless somebody else has it in hand already."""
    incident = deed.incident
    if incident.status == "acknowledged" and incident.acknowledged_by not in (None, deed.person) and incident.acknowledged_at is not None:
        args = {"person": deed.roster.name(str(incident.acknowledged_by)), "at": incident.acknowledged_at.isoformat()}
        return Words(key="answer.already_taken", args=args)
    passed = deed.do(Escalated(by=deed.person))
    if deed.command.text:
        deed.do(Noted(by=deed.person, text=deed.command.text))
    return deed.words("passed_on", **passed.answer.args) if passed.answer.key == "answer.escalated" else passed.answer


def _assign(deed: Deed) -> Words:
    """Give it to the one whose name was said; a department is nobody we can call, so that is noted and said."""
    people = deed.command.people
    if len(people) == 1:
        deed.do(Assigned(by=deed.person, to=people[0]))
        return deed.words("assigned", person=deed.roster.name(people[0]))
    if people:
        return deed.words("which_person", names=[f"{deed.roster.name(one)} ({one})" for one in people])
    deed.do(Noted(by=deed.person, text=deed.command.text))
    return deed.words("nobody_called", name=deed.command.text)


def _call_false(deed: Deed) -> Words:
    """Close it as a false alarm; one that is closed already is only labelled. Own words are kept as a note."""
    command, incident = deed.command, deed.incident
    reason = command.reason if command.reason in FALSE_ALARMS else FALSE
    if not incident.is_open:
        why = "" if reason == FALSE else reason
        return label_incident(
            deed.tx, incident.id, "false", why or command.text or "other", by=deed.person, now=deed.now, roster=deed.roster, channel=DOOR
        )
    closed = deed.do(Resolved(by=deed.person, reason=reason))
    if command.text:
        deed.do(Noted(by=deed.person, text=command.text))
    if closed.answer.key != "answer.resolved":
        return closed.answer
    return deed.words("false_alarm_unsaid" if reason == FALSE and not command.text else "false_alarm", reason=reason)


def _until(deed: Deed) -> datetime | None:
    """The end that was named, on the person's own clock."""
    command = deed.command
    if command.length is not None:
        return deed.now + command.length
    person = deed.roster.people.get(deed.person)
    return None if command.clock is None else next_at(command.clock, deed.now, (person and person.timezone) or "UTC")


def _snooze(deed: Deed) -> Words:
    until = _until(deed) or deed.now + SNOOZE
    snoozed = deed.do(Snoozed(by=deed.person, until=until, reason=deed.command.text or UNSAID))
    return deed.words("snoozed", until=until.isoformat()) if snoozed.answer.key == "answer.done" else snoozed.answer


def _mute(deed: Deed) -> Words:
    """Keep more of the same quiet: this topic, this kind of signal, this place."""
    until, incident = _until(deed), deed.incident
    if until is None:
        return deed.words("silence_how_long")
    about = {"topic": incident.topic_id, "kind": incident.kind, "place": incident.place_id}
    matches: dict[str, str | tuple[str, ...]] = {name: value for name, value in about.items() if value is not None}
    comment = deed.command.text or f"#{incident.id}"
    wanted = Silence(matches=matches, starts_at=deed.now, ends_at=until, by=deed.person, comment=comment)
    number = silence(deed.tx, wanted, deed.now, channel=DOOR)
    return deed.words("silenced", until=until.isoformat(), number=number, what=[str(value) for value in matches.values()])


def _set_severity(deed: Deed) -> Words:
    level = deed.command.severity
    if level is None:
        raise Refused("say which severity")
    if not deed.incident.is_open:
        return closed_answer(deed.incident)
    deed.do(SeveritySet(by=deed.person, severity=level, because=deed.command.text or UNSAID))
    return deed.words("severity_set", severity=level)


def _tick(deed: Deed) -> Words:
    """Step number n, as the alert counts them."""
    steps = [] if deed.playbook is None else [step for _, step in deed.playbook.steps()]
    number = deed.command.number or 0
    if not 0 < number <= len(steps):
        return deed.words("no_such_step", number=number, count=len(steps))
    step = steps[number - 1]
    deed.do(ticked(deed.person, step.id, deed.playbook))
    follows = {str(tag): words for tag, words in steps[number].text.items()} if number < len(steps) else None
    args = {"number": number, "count": len(steps), "step": {str(tag): words for tag, words in step.text.items()}}
    return deed.words("ticked_last", **args) if follows is None else deed.words("ticked", **args, next=follows, next_number=number + 1)


def _merge(deed: Deed) -> Words:
    into = deed.command.number
    if into is None:
        raise Refused("say into which incident")
    return merge(deed.tx, deed.incident.id, into, by=deed.person, now=deed.now, roster=deed.roster, channel=DOOR)


def _note(deed: Deed, key: str) -> Words:
    """Keep the words on the timeline; of statements too, whose approval has no other door yet."""
    said = {"approve": "duyệt / approved", "revise": "sửa / revise", "disapprove": "không duyệt / not approved"}.get(deed.command.verb)
    deed.do(Noted(by=deed.person, text=": ".join(filter(None, (said, deed.command.text)))))
    return deed.words(key)
