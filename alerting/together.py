"""What belongs to an incident though it stands elsewhere: the timelines of those merged into it, and the people in its roles."""

from __future__ import annotations

from typing import TypedDict

from alerting.policy import Roster
from core.messages import Translator
from core.records import TimelineEntry
from playbooks.playbook import Playbook
from store import incidents, roles
from store.database import Tx


class Part(TypedDict):
    """A role of the response: its id, what it is called, who has it (None: nobody yet), and their name."""

    role: str
    title: str
    person: str | None
    name: str


def timeline_of(tx: Tx, incident_id: int) -> list[TimelineEntry]:
    """The timeline of an incident and of everything that was merged into it, in order of time; `incident_id` of a line says whose it is."""
    found, waiting, known = list[TimelineEntry](), [incident_id], set[int]()
    while waiting:
        number = waiting.pop()
        if number not in known:
            known.add(number)
            found += incidents.entries(tx, number)
            waiting += [one.id for one in incidents.merged_from(tx, number)]
    return sorted(found, key=lambda entry: (entry.at, entry.id))


def roles_of(tx: Tx, incident_id: int, playbook: Playbook | None, roster: Roster, say: Translator) -> list[Part]:
    """The roles of the playbook, filled by what was given out and else by whom the playbook names, and the others that somebody was given."""
    given = roles.of_incident(tx, incident_id)
    planned = {} if playbook is None else {role.id: role for role in playbook.roles}
    parts = []
    for role in [*planned, *(one for one in given if one not in planned)]:
        named = planned[role].primary if role in planned else None
        person = given.get(role) or (named if named in roster.people else None)
        title = playbook.say(planned[role].title, say.language) if playbook is not None and role in planned else say(f"role_of.{role}")
        parts.append(Part(role=role, title=title, person=person, name=roster.name(person) if person else say("console.role_open")))
    return parts
