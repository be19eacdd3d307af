"""Looks at places that no program may see: a person is asked, asked once more when the time is over, and says what there was.

An incident of level major, or one that calls somebody, asks for a look at each unseen place of its topic.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from alerting.coverage import Listening, UnseenPlace
from alerting.events import PlaceLooked, line
from alerting.paging import apart, has_paged, notices
from alerting.policy import Roster, pages, recipients
from alerting.save import LINK_BYTES
from core.errors import NotFound
from core.messages import Translator
from core.records import Incident, Notification, Record, Words, severity_rank
from store import incidents, notifications, tasks
from store.database import Tx
from store.tasks import LOOK, Task

ACTOR = "looks"


class Look(Record, frozen=True, kw_only=True, gc=False):
    """One place on an incident's list: who is asked, by when, and what came of it (`found` None: nobody has looked yet)."""

    place: str
    name: str
    person: str
    person_name: str
    within_s: float
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    found: bool | None = None
    text: str = ""


def looks_of(tx: Tx, incident_id: int, roster: Roster) -> tuple[Look, ...]:
    """The places of an incident, in the order in which they were asked for."""
    return tuple(
        Look(
            place=task.to or "",
            name=task.what,
            person=task.owner or "",
            person_name=roster.name(task.owner or ""),
            within_s=float(task.data.get("within_s", 0.0)),
            due_at=task.due_at,
            done_at=task.done_at,
            done_by=roster.name(task.data["by"]) if task.data.get("by") else None,
            found=task.data.get("found"),
            text=task.outcome or "",
        )
        for task in tasks.of_incident(tx, incident_id, LOOK)
    )


def owed(tx: Tx, listening: Listening) -> list[int]:
    """Ids of the open incidents that are grave enough to send somebody looking, and have places that nobody was asked about."""
    if not listening.unseen:
        return []
    grave = [incident for incident in incidents.listing(tx, statuses=incidents.OPEN) if wants_looks(incident)]
    return [incident.id for incident in grave if _missing(tx, incident, listening)]


def ask(tx: Tx, incident_id: int, listening: Listening, now: datetime, roster: Roster) -> None:
    """Ask for every look that an incident still lacks, and write that down."""
    incident = incidents.get(tx, incident_id, lock=True)
    if incident is None or not wants_looks(incident):
        return
    wanted = _missing(tx, incident, listening)
    tasks.add(tx, [_task(incident, place, now) for place in wanted])
    known = notifications.of_incident(tx, incident.id)
    paged = {one.person for one in known if one.kind == "page" and one.state in notifications.WAITING and one.due_at <= now}
    for person, places in _by_person(wanted):
        due = now + timedelta(seconds=max(place.within_s for place in places))
        args: dict[str, Any] = {"person": roster.name(person), "places": [place.name for place in places], "due": due.isoformat()}
        data = {"places": [place.id for place in places], "person": person}
        incidents.add_entries(tx, incident.id, [line(incident, now, "look_asked", ACTOR, **args, data=data)])
        if person not in paged:  # the page names the places too
            notifications.plan(tx, _told(incident, person, Words(key="alert.look_for", args=args), now, roster, "asked"))


def wants_looks(incident: Incident) -> bool:
    """Whether an incident is grave enough to send somebody looking: of level major, or one that calls people; not where it is silenced."""
    silenced = incident.status == "open" and pages(incident.policy) and not has_paged(incident) and incident.next_step_at is None
    return incident.is_open and not silenced and (severity_rank(incident.severity) >= severity_rank("major") or pages(incident.policy))


def overdue(tx: Tx, now: datetime) -> list[Task]:
    """Looks that are late and were not asked for again."""
    return [task for task in tasks.waiting(tx, LOOK) if _asks_again_at(task) is not None and (task.due_at or now) <= now]


def next_due(tx: Tx) -> datetime | None:
    """When the next look becomes late."""
    return min((at for task in tasks.waiting(tx, LOOK) if (at := _asks_again_at(task)) is not None), default=None)


def remind(tx: Tx, now: datetime, roster: Roster) -> None:
    """Ask once more for every look that is late."""
    late: dict[tuple[int, str], list[Task]] = {}
    for task in overdue(tx, now):
        tasks.change(tx, task, {"data": {**task.data, "asked_again_at": now.isoformat()}})
        late.setdefault((task.incident_id, task.owner or ""), []).append(task)
    for (incident_id, person), found in late.items():
        incident = incidents.get(tx, incident_id)
        if incident is None:
            continue
        args: dict[str, Any] = {"person": roster.name(person), "places": [task.what for task in found]}
        incidents.add_entries(tx, incident_id, [line(incident, now, "look_late", ACTOR, **args, data={"person": person})])
        notifications.plan(tx, _told(incident, person, Words(key="alert.look_late", args=args), now, roster, "again"))


def note(tx: Tx, incident_id: int, event: PlaceLooked, now: datetime) -> str:
    """Keep what somebody saw; returns the place's name.

    Raises:
        NotFound: the incident has no such place on its list.
    """
    known = {task.to: task for task in tasks.of_incident(tx, incident_id, LOOK)}
    task = known.get(event.place)
    if task is None:
        there = ", ".join(sorted(place for place in known if place)) or "none"
        raise NotFound(f"incident {incident_id} has no unseen place {event.place!r}; it has: {there}")
    data = {**task.data, "by": event.by, "found": event.found}
    tasks.change(tx, task, {"done_at": now, "outcome": event.text, "data": data})
    return task.what


def look_lines(say: Translator, looks: Sequence[Look]) -> Iterator[str]:
    """The looks in words, a line for each person who still owes some and for each place that was seen."""
    open_looks = [look for look in looks if look.done_at is None]
    for person in dict.fromkeys(look.person for look in open_looks):
        own = [look for look in open_looks if look.person == person]
        within = max(look.within_s for look in own)
        yield say("alert.not_looked", places=[look.name for look in own], person=own[0].person_name, within=within)
    for look in looks:
        if look.done_at is not None:
            key = "alert.looked_found" if look.found else "alert.looked_nothing"
            yield say(key, place=look.name, person=look.done_by or look.person_name, at=look.done_at, text=look.text).strip()


def _missing(tx: Tx, incident: Incident, listening: Listening) -> list[UnseenPlace]:
    known = {task.to for task in tasks.of_incident(tx, incident.id, LOOK)}
    return [place for place in listening.unseen_of(incident.topic_id) if place.id not in known]


def _task(incident: Incident, place: UnseenPlace, now: datetime) -> Task:
    return Task(
        incident_id=incident.id,
        kind=LOOK,
        to=place.id,
        owner=place.person,
        what=place.name,
        due_at=now + timedelta(seconds=place.within_s),
        created_at=now,
        created_by=ACTOR,
        data={"within_s": place.within_s, "why": place.why},
    )


def _by_person(places: Iterable[UnseenPlace]) -> list[tuple[str, list[UnseenPlace]]]:
    found: dict[str, list[UnseenPlace]] = {}
    for place in places:
        found.setdefault(place.person, []).append(place)
    return list(found.items())


def _asks_again_at(task: Task) -> datetime | None:
    return None if "asked_again_at" in task.data else task.due_at


def _told(incident: Incident, person: str, words: Words, now: datetime, roster: Roster, what: str) -> list[Notification]:
    people = recipients([person], now, roster, incident.severity)
    planned = apart(notices(incident, people, "update", now, words), what, now.isoformat())
    return [replace(one, link_id=secrets.token_urlsafe(LINK_BYTES)) for one in planned]
