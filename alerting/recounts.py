"""Counters of flagged posts, asked for again and again while an incident is open; what people read forms a series.

Whoever flagged the post is asked, else who has the incident in hand, else who is on call. After three questions without an answer it is once
an hour; the incident's end, and a post that is gone, end it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import line
from alerting.paging import apart, notices
from alerting.policy import Recipient, Roster, recipients
from alerting.save import LINK_BYTES
from alerting.updates import give_update
from core.errors import NotFound, Refused
from core.flagged import Counted
from core.records import Incident, Notification, Record, Words
from store import audit, flags, incidents, notifications, readings, tasks
from store.database import Tx
from store.flags import Flag
from store.readings import COUNTERS, Reading
from store.tasks import READING, Task

ACTOR: Final = "recounts"
ASK: Final = "alert.read_again"
PATIENCE: Final = 3  # questions without an answer, then once an hour
SLOWLY: Final = timedelta(hours=1)
BEFORE: Final = timedelta(days=1)  # what was flagged in the topic so long before it opened is the incident's too
MEMORY: Final = timedelta(days=30)  # nothing flagged for so long: nothing to look for
GROUP_CHARS: Final = 80


class Series(Record, frozen=True, kw_only=True, gc=False):
    """A flagged post of an incident: who flagged it, its readings (oldest first), when somebody is asked next, its pictures.

    `pictures`: (hex SHA-256, whether the picture itself is kept).
    """

    flag: Flag
    by_name: str
    readings: tuple[Reading, ...] = ()
    next_at: datetime | None = None
    pictures: tuple[tuple[str, bool], ...] = ()


def series_of(tx: Tx, incident: Incident, roster: Roster) -> tuple[Series, ...]:
    """The flagged posts of an incident."""
    found = flags.of_incident(tx, incident.id, incident.topic_id, incident.opened_at - BEFORE)
    due = {task.data.get("mention"): task.due_at for task in tasks.of_incident(tx, incident.id, READING) if task.done_at is None}
    ids = [flag.mention_id for flag in found]
    read, shown = readings.of(tx, ids), flags.pictures_of(tx, ids)
    return tuple(
        Series(
            flag=flag,
            by_name=name_of(roster, flag.by),
            readings=tuple(read.get(flag.mention_id, ())),
            next_at=due.get(flag.mention_id) if incident.is_open else None,
            pictures=tuple(shown.get(flag.mention_id, ())),
        )
        for flag in found
    )


def is_question(notification: Notification) -> bool:
    """Whether a notification asks for counters."""
    return notification.words is not None and notification.words.key == ASK


def is_due(tx: Tx, now: datetime, every: dict[str, timedelta]) -> bool:
    """Whether `work` has anything to do. `every`: by source, how often its flags' counters are asked for."""
    if next(_new(tx, now, every), None) is not None:
        return True
    waiting = tasks.waiting(tx, READING)
    return any(task.due_at is not None and task.due_at <= now for task in waiting) or any(_news(tx, waiting))


def work(tx: Tx, now: datetime, every: Mapping[str, timedelta], roster: Roster) -> None:
    """Begin what was flagged since, tell the timeline what was read, ask for what is due."""
    for task in list(_new(tx, now, every)):
        tasks.add(tx, [task])
    settle(tx, now, roster)
    _ask(tx, now, roster)


def next_due(tx: Tx) -> datetime | None:
    """When the next question is due."""
    return min((task.due_at for task in tasks.waiting(tx, READING) if task.due_at is not None), default=None)


def settle(tx: Tx, now: datetime, roster: Roster) -> None:
    """Tell the timelines of all readings that they do not know, and end what is gone."""
    for task, flag, series in _news(tx, tasks.waiting(tx, READING)):
        incident = incidents.get(tx, task.incident_id)
        if incident is None:
            continue
        told = {"mention": task.data["mention"], "place": flag.place}
        if flag.deleted_at is not None:
            incidents.add_entries(tx, incident.id, [line(incident, now, "counters_gone", ACTOR, **told, data={"mention": flag.mention_id})])
            tasks.change(tx, task, {"done_at": now, "outcome": "gone"})
            continue
        fresh = [number for number, one in enumerate(series) if one.id > task.data["seen"]]
        entries = [_told(incident, series[number - 1] if number else None, series[number], told, roster) for number in fresh]
        incidents.add_entries(tx, incident.id, entries)
        due = series[-1].at + timedelta(seconds=task.data["every_s"])
        tasks.change(tx, task, {"due_at": due, "data": {**task.data, "seen": series[-1].id, "unanswered": 0}})


def answer(tx: Tx, given: Counted, now: datetime, roster: Roster, *, channel: str) -> Words:
    """Keep counters that a person read again, or that the post is gone; returns what to tell them.

    Raises:
        NotFound: no such post was flagged.
        Refused: it is gone already, or nothing was counted.
    """
    flag = flags.get(tx, given.mention_id)
    if flag is None:
        raise NotFound(f"there is no flagged post {given.mention_id}")
    if not given.gone and all(getattr(given.engagement, name) is None for name in COUNTERS):
        raise Refused("no counters were given")
    if not flags.take(tx, flag, given, now):
        raise Refused("this post is gone already")
    settle(tx, now, roster)
    for incident in (incidents.get(tx, number, lock=True) for number in flags.incidents_of(tx, given.mention_id)):
        if incident is not None:
            give_update(tx, incident, now, roster)
    audit.add(tx, now, given.by, channel, "gone" if given.gone else "counted", f"mention:{given.mention_id}")
    return Words(key="answer.gone" if given.gone else "answer.counted", args={"mention": given.mention_id})


def counted_words(reading: Reading) -> list[dict[str, Any]]:
    """The known counters of a reading, each a message: "thích 480"."""
    known = [(name, getattr(reading, name)) for name in COUNTERS if getattr(reading, name) is not None]
    return [{"key": f"counter.{name}", "args": {"n": value}} for name, value in known]


def name_of(roster: Roster, by: str) -> str:
    """How whoever flagged is called."""
    return roster.name(person_of(roster, by) or by)


def person_of(roster: Roster, by: str) -> str | None:
    """The configured person whose id, or one of whose channels, this is (a mail address, a Telegram id or "@name")."""
    if by in roster.people:
        return by
    wanted = by.casefold()
    for person in roster.people.values():
        if wanted and any(str(value).casefold() == wanted for channel in person.channels for value in channel.options.values()):
            return person.id
    return None


def _new(tx: Tx, now: datetime, every: Mapping[str, timedelta]) -> Iterator[Task]:
    """Tasks for flagged posts of open incidents that have none yet."""
    if not every or not flags.lately(tx, now - MEMORY):
        return
    for incident in incidents.listing(tx, statuses=incidents.OPEN):
        known = {task.data.get("mention") for task in tasks.of_incident(tx, incident.id, READING)}
        for flag in flags.of_incident(tx, incident.id, incident.topic_id, incident.opened_at - BEFORE):
            wait = every.get(flag.source_id)
            if not wait or flag.mention_id in known or flag.deleted_at is not None:
                continue
            series = readings.of(tx, [flag.mention_id]).get(flag.mention_id, [])
            yield Task(
                incident_id=incident.id,
                kind=READING,
                what=flag.place,
                to=str(flag.mention_id),
                owner=flag.by,
                due_at=max(now, (series[-1].at if series else flag.at) + wait),
                created_at=now,
                created_by=ACTOR,
                data={"mention": flag.mention_id, "every_s": wait.total_seconds(), "seen": series[-1].id if series else 0, "unanswered": 0},
            )


def _news(tx: Tx, waiting: Sequence[Task]) -> Iterator[tuple[Task, Flag, list[Reading]]]:
    """The tasks whose post was read again, or is gone, since the timeline was told."""
    series = readings.of(tx, [task.data["mention"] for task in waiting]) if waiting else {}
    for task in waiting:
        flag = flags.get(tx, task.data["mention"])
        read = series.get(task.data["mention"], [])
        if flag is not None and (flag.deleted_at is not None or (read and read[-1].id > task.data["seen"])):
            yield task, flag, read


def _told(incident: Incident, before: Reading | None, now: Reading, told: Mapping[str, Any], roster: Roster) -> Any:
    """One line: "thích 120 → 480 trong 15 phút"."""
    changes = []
    for name in COUNTERS:
        old, new = getattr(before, name, None), getattr(now, name)
        if new is not None and new != old:
            known = {"old": old, "new": new} if old is not None else {"n": new}
            changes.append({"key": f"counter.{name}.moved" if old is not None else f"counter.{name}", "args": known})
    args: dict[str, Any] = {**told, "person": name_of(roster, now.by)}
    data = {"mention": now.mention_id, "reading": now.id}
    if not changes:
        return line(incident, now.at, "counters_read", now.by, key="counters_same", **args, data=data)
    if before is None:
        return line(incident, now.at, "counters_read", now.by, key="counters_first", **args, changes=changes, data=data)
    within = (now.at - before.at).total_seconds()
    return line(incident, now.at, "counters_read", now.by, **args, changes=changes, within=within, data=data)


def _ask(tx: Tx, now: datetime, roster: Roster) -> None:
    """Ask for each post that is due, once though several incidents hold it."""
    due = [task for task in tasks.waiting(tx, READING) if task.due_at is not None and task.due_at <= now]
    asked: set[int] = set()
    for task in due:
        unanswered = task.data["unanswered"] + 1
        wait = timedelta(seconds=task.data["every_s"]) if unanswered < PATIENCE else max(SLOWLY, timedelta(seconds=task.data["every_s"]))
        tasks.change(tx, task, {"due_at": now + wait, "data": {**task.data, "unanswered": unanswered}})
        incident, flag = incidents.get(tx, task.incident_id), flags.get(tx, task.data["mention"])
        if incident is None or flag is None or flag.mention_id in asked:
            continue
        asked.add(flag.mention_id)
        _ask_one(tx, incident, flag, unanswered, now, roster)


def _ask_one(tx: Tx, incident: Incident, flag: Flag, unanswered: int, now: datetime, roster: Roster) -> None:
    people = whom(incident, flag.by, now, roster)
    read = readings.of(tx, [flag.mention_id]).get(flag.mention_id, [])
    last = read[-1] if read else Reading(mention_id=flag.mention_id, at=flag.at, by=flag.by)
    args = {"mention": flag.mention_id, "place": flag.place, "group": flag.title[:GROUP_CHARS], "at": last.at.isoformat()}
    told = {"person": people[0].name if people else "-", "mention": flag.mention_id, "place": flag.place}
    key = "counters_asked" if unanswered != PATIENCE + 1 else "counters_asked_slowly"
    incidents.add_entries(
        tx, incident.id, [line(incident, now, "counters_asked", ACTOR, key=key, **told, data={"mention": flag.mention_id})]
    )
    words = Words(key=ASK, args={**args, "person": told["person"], "last": counted_words(last) or [{"key": "counter.none"}]})
    notifications.plan(tx, _told_to(incident, people, words, now, str(flag.mention_id)))


def whom(incident: Incident, by: str, now: datetime, roster: Roster) -> tuple[Recipient, ...]:
    """The one to ask: who flagged it, else who has the incident, else who is on call for it; nobody where nobody can be told."""
    steps = incident.policy.get("steps", [])
    on_duty = steps[min(incident.step, len(steps) - 1)]["notify"] if steps else incident.policy.get("fallback", [])
    for targets in ([person_of(roster, by)], [incident.owner], on_duty):
        people = recipients([one for one in targets if one], now, roster, incident.severity)
        if people:
            return people[:1]
    return ()


def _told_to(incident: Incident, people: Sequence[Recipient], words: Words, now: datetime, what: str) -> list[Notification]:
    planned = apart(notices(incident, people, "update", now, words), "recount", what, now.isoformat())
    return [replace(one, incident_id=incident.id, link_id=secrets.token_urlsafe(LINK_BYTES)) for one in planned]
