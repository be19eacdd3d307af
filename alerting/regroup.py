"""Merge two incidents, split one: the one door for the command line, the console and replies. `merging.py` decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from alerting.events import line
from alerting.merging import merged_away, split_off, taken_in
from alerting.policy import Roster
from alerting.save import save
from core.errors import NotFound, Refused
from core.records import Incident, Words, World
from store import audit, evidence, incidents, roles, steps
from store.database import Tx

MOST_HOPS: Final = 20  # of a chain of merges


def merge(tx: Tx, incident_id: int, into: int, *, by: str, now: datetime, roster: Roster, channel: str) -> Words:
    """Put an incident into another one; returns the answer.

    Raises:
        NotFound: there is no such incident.
        Refused: it makes no sense, told in one line.
    """
    found = {
        number: incidents.get(tx, number, lock=True) for number in sorted({incident_id, into})
    }  # in one order: two merges never wait in a ring
    source, target = (_there(found[number], number) for number in (incident_id, into))
    away = merged_away(source, target, by, now, roster)
    taken = taken_in(target, source, by, now, roster)
    save(tx, source, away)
    save(tx, target, taken)
    evidence.copy(tx, source.id, target.id)
    roles.copy(tx, source.id, target.id)
    if target.playbook_id is None:
        steps.copy(tx, source.id, target.id)
    audit.add(tx, now, by, channel, "merged", f"incident:{source.id}", {"into": target.id})
    assert away.answer is not None  # a merge always has one
    return away.answer


def split(
    tx: Tx, incident_id: int, mention_ids: Sequence[int], *, by: str, now: datetime, roster: Roster, channel: str
) -> tuple[int, Words]:
    """Make an incident of its own out of some of the evidence; returns its number and the answer.

    Raises:
        NotFound: there is no such incident.
        Refused: it is closed, a mention is no evidence of it, or nothing would be left.
    """
    source = _there(incidents.get(tx, incident_id, lock=True), incident_id)
    chosen, known = sorted(set(mention_ids)), {piece.mention_id for piece in evidence.of_incident(tx, incident_id)}
    strangers = [number for number in chosen if number not in known]
    if not source.is_open:
        raise Refused(f"incident {source.id} is closed; reopen it first")
    if strangers or not chosen:
        raise Refused(f"mention {strangers[0]} is no evidence of incident {source.id}" if strangers else "name the mentions to split off")
    if len(chosen) == len(known):
        raise Refused("all of its evidence would go; leave at least one mention")
    part = save(tx, None, split_off(source, f"{source.key}+{chosen[0]}", len(chosen), by, now, roster))
    evidence.move(tx, source.id, part.id, chosen)
    steps.copy(tx, source.id, part.id)
    roles.copy(tx, source.id, part.id)
    said = line(source, now, "split", by, key="split_away", person=roster.name(by), id=part.id, n=len(chosen), data={"into": part.id})
    incidents.add_entries(tx, source.id, [said])
    audit.add(tx, now, by, channel, "split", f"incident:{source.id}", {"into": part.id, "mentions": chosen})
    return part.id, Words(key="answer.split", args={"id": source.id, "into": part.id, "n": len(chosen)})


def target_of(tx: Tx, key: str, world: World) -> Incident | None:
    """The open incident that the newest one of this key was merged into, however often; None where it was not, or that is closed."""
    number = incidents.merged_into(tx, key, world)
    for _ in range(MOST_HOPS):
        found = None if number is None else incidents.get(tx, number)
        if found is None or found.is_open:
            return found
        number = found.merged_into
    return None


def _there(incident: Incident | None, number: int) -> Incident:
    if incident is None:
        raise NotFound(f"there is no incident {number}")
    return incident
