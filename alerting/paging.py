"""Whom a page goes to and when the next one follows: the walk along a policy's steps and rounds. Pure.

An incident stands at (round, step). `page` tells the step it stands at; where nobody can be told there, the walk goes on at once, round by
round. Where a whole round reaches nobody, and when the last step of the last round has been told, the fallback is told instead, and where
there is none the operator's log. A fallback stands at the step after the last. The snapshot in `Incident.policy` carries, under "paged",
what has been told so far: {"at": {severity: time}, "last": time, "people": [ids]}; a snapshot without it has told nobody. "asleep" beside them: ids of
the same step who are told next, because it was their night (`awake_first`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from alerting.events import line
from alerting.hours import is_awake
from alerting.policy import OPERATOR, Recipient, Roster, first_wait, pages, recipients, wait_after
from core.records import Incident, Notification, NotificationKind, Record, TimelineEntry, Words, severity_rank

ACTOR = "escalation"
COOL_DOWN = timedelta(minutes=30)  # a severity that was paged is not paged again for a rise back to it within this time


class Walk(Record, frozen=True, kw_only=True, gc=False):
    """What paging came to: the incident at its new place, who was told, the lines that say so, the notifications."""

    incident: Incident
    people: tuple[Recipient, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    notifications: tuple[Notification, ...] = ()


def start(incident: Incident, now: datetime, roster: Roster) -> Walk:
    """Begin the policy: page its first step, or plan to if that step waits. Nothing where the policy is a digest."""
    if not pages(incident.policy):
        return Walk(incident=replace(incident, next_step_at=None))
    fresh = replace(incident, step=0, round=0, policy=without_pages(incident.policy))
    wait = first_wait(incident.policy)
    return Walk(incident=replace(fresh, next_step_at=now + wait)) if wait else page(fresh, now, roster)


def page(incident: Incident, now: datetime, roster: Roster, why: Words | None = None) -> Walk:
    """Page the step the incident stands at, or the next that reaches somebody; counts as a transition of its own.

    An acknowledged incident keeps waiting as it did: the page tells, and nobody's silence escalates it.
    """
    return _tell(replace(incident, transition=incident.transition + 1), _rest_of_circle(incident), now, roster, why)


def advance(incident: Incident, now: datetime, roster: Roster, why: Words | None = None) -> Walk:
    """Page those of the step who were left asleep; else the step after it, or the next that reaches somebody."""
    left = _left_asleep(incident, now, roster)
    if left:
        spent = now - last_paged_at(incident)
        waits = now + max(wait_after(incident.policy, incident.step, incident.severity) - spent, timedelta(0))
        return _reach(incident, left, waits, now, why)
    after = _next(incident, incident.step, incident.round)
    if after is None:
        return _tell(incident, (), now, roster, why)
    moved = replace(incident, step=after[0], round=after[1])
    return _tell(moved, _rest_of_circle(moved), now, roster, why)


def is_fallback(incident: Incident) -> bool:
    """Whether the fallback was told last."""
    return incident.step >= len(_steps(incident))


def is_exhausted(incident: Incident) -> bool:
    """Whether every step of every round, and the fallback, have been told."""
    return is_fallback(incident) and incident.round >= _repeat(incident)


def has_paged(incident: Incident) -> bool:
    """Whether anybody was told under the present policy."""
    return "paged" in incident.policy


def without_pages(policy: dict[str, Any]) -> dict[str, Any]:
    """The snapshot as it was before it told anybody."""
    return {key: value for key, value in policy.items() if key != "paged"}


def adopt(incident: Incident, policy: dict[str, Any]) -> Incident:
    """The incident on another policy, from its beginning, where that policy pages and is another; what has been told stays known."""
    if not pages(policy) or policy.get("id") == incident.policy.get("id"):
        return incident
    known = {key: incident.policy[key] for key in ("paged", "update") if key in incident.policy}
    return replace(incident, policy={**policy, **known}, step=0, round=0)


def told(incident: Incident) -> tuple[str, ...]:
    """Ids of the people who were paged under the present policy, in order."""
    return tuple(incident.policy.get("paged", {}).get("people", ()))


def last_paged_at(incident: Incident) -> datetime:
    """When somebody was last told; the opening where nobody was."""
    last = incident.policy.get("paged", {}).get("last")
    return incident.opened_at if last is None else datetime.fromisoformat(last)


def owes_page(incident: Incident, *, rose: bool, now: datetime) -> bool:
    """Whether the incident's severity asks for another page: it is above all that was paged, or it rose again after the cool-down.

    The cool-down is kept by severity: a page for major never hides one for critical.
    """
    times = incident.policy.get("paged", {}).get("at", {})
    rank = severity_rank(incident.severity)
    alike = [datetime.fromisoformat(at) for severity, at in times.items() if severity_rank(severity) >= rank]
    return not alike or (rose and now - max(alike) >= COOL_DOWN)


def notices(
    incident: Incident, people: Iterable[Recipient], kind: NotificationKind, now: datetime, why: Words | None = None
) -> tuple[Notification, ...]:
    """One notification for each person and channel, due now, unique by its key."""
    return tuple(
        Notification(
            key=notification_key(incident, one.person, channel, kind),
            incident_id=incident.id or None,
            kind=kind,
            person=one.person,
            channel=channel,
            due_at=now,
            planned_at=now,
            words=why,
            step=incident.step,
            round=incident.round,
            generation=incident.generation,
        )
        for one in people
        for channel in one.channels
    )


def apart(planned: Iterable[Notification], *what: str) -> tuple[Notification, ...]:
    """The same notifications under keys of their own, for messages beside the walk: one of them never stands for an update of the same moment."""
    return tuple(replace(one, key=hashlib.sha256("\0".join((one.key, *what)).encode()).hexdigest()) for one in planned)


def notification_key(incident: Incident, person: str, channel: str, kind: NotificationKind) -> str:
    """64 hexadecimal digits that are the same whenever the same decision is made again (rule 5).

    The incident goes in by its key, world and opening, not by its row's number, which a new one does not have yet.
    """
    opened = incident.opened_at.astimezone(UTC).isoformat()
    parts = (incident.world, incident.key, opened, incident.transition, incident.step, incident.round, person, channel, kind)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _tell(incident: Incident, places: Sequence[tuple[int, int]], now: datetime, roster: Roster, why: Words | None) -> Walk:
    """Tell the first of `places` that reaches somebody; none: the fallback."""
    skipped: list[TimelineEntry] = []
    for step, round_ in places:
        targets = _steps(incident)[step]["notify"]
        people = recipients(targets, now, roster, incident.severity)
        if people:
            walk = _tell_awake(replace(incident, step=step, round=round_), people, now, roster, why)
            return replace(walk, timeline=tuple(skipped))
        incident = replace(incident, step=step, round=round_)
        skipped.append(line(incident, now, "nobody_on_call", ACTOR, rotation=", ".join(targets), data={"step": step, "round": round_}))
    return _fall_back(incident, tuple(skipped), now, roster, why)


def _tell_awake(incident: Incident, people: Sequence[Recipient], now: datetime, roster: Roster, why: Words | None) -> Walk:
    """Tell the people of a step; where it asks the awake first and somebody is, the others wait, at most half of the step's time."""
    wait = wait_after(incident.policy, incident.step, incident.severity)
    later_s = _steps(incident)[incident.step].get("awake_after_s")
    awake = [one for one in people if later_s is None or is_awake(roster.people[one.person], now)]
    asleep = [one.person for one in people if one not in awake]
    if not awake or not asleep:
        return _reach(incident, people, now + wait, now, why)
    return _reach(incident, awake, now + min(timedelta(seconds=later_s or 0.0), wait / 2), now, why, asleep=asleep)


def _reach(
    incident: Incident, people: Sequence[Recipient], waits: datetime, now: datetime, why: Words | None, *, asleep: Sequence[str] = ()
) -> Walk:
    reached = _told(incident, people, now, asleep=asleep)
    return Walk(incident=_waiting(reached, waits), people=tuple(people), notifications=notices(reached, people, "page", now, why))


def _left_asleep(incident: Incident, now: datetime, roster: Roster) -> tuple[Recipient, ...]:
    return recipients(incident.policy.get("paged", {}).get("asleep", ()), now, roster, incident.severity)


def _fall_back(incident: Incident, skipped: tuple[TimelineEntry, ...], now: datetime, roster: Roster, why: Words | None) -> Walk:
    fallback = incident.policy.get("fallback", ())
    there = recipients(fallback, now, roster, incident.severity)
    people = there or recipients(fallback, now, roster, incident.severity, away_too=True)
    people = people or recipients([OPERATOR.id], now, roster, incident.severity)
    reached = _told(replace(incident, step=len(_steps(incident))), people, now)
    ended = is_exhausted(reached)
    waits = None if ended else now + timedelta(seconds=incident.policy["again_after_s"])
    lines = [*skipped]
    if ended:
        lines.append(line(incident, now, "escalation_ended", ACTOR))
    lines.append(line(incident, now, "fallback", ACTOR, to=[one.name for one in people], data={"people": [one.person for one in people]}))
    return Walk(
        incident=_waiting(reached, waits), people=people, timeline=tuple(lines), notifications=notices(reached, people, "page", now, why)
    )


def _waiting(incident: Incident, until: datetime | None) -> Incident:
    """The incident with its next step planned; one that somebody has in hand waits for the end of the acknowledgement alone."""
    return replace(incident, next_step_at=until if incident.status == "open" else incident.acknowledged_until)


def _told(incident: Incident, people: Sequence[Recipient], now: datetime, *, asleep: Sequence[str] = ()) -> Incident:
    paged = incident.policy.get("paged", {})
    everyone = list(dict.fromkeys([*paged.get("people", ()), *(one.person for one in people)]))
    record: dict[str, Any] = {
        "at": {**paged.get("at", {}), incident.severity: now.isoformat()},
        "last": now.isoformat(),
        "people": everyone,
    }
    if asleep:
        record["asleep"] = list(asleep)
    return replace(incident, policy={**incident.policy, "paged": record})


def _rest_of_circle(incident: Incident) -> tuple[tuple[int, int], ...]:
    """The place the incident stands at and those after it, each step at most once, up to the end of the last round."""
    steps = len(_steps(incident))
    place: tuple[int, int] | None = (incident.step if incident.step < steps else 0, incident.round)
    found: list[tuple[int, int]] = []
    while place is not None and len(found) < steps:
        found.append(place)
        place = _next(incident, *place)
    return tuple(found)


def _next(incident: Incident, step: int, round_: int) -> tuple[int, int] | None:
    """(step, round) after this one; None after the last."""
    if step + 1 < len(_steps(incident)):
        return step + 1, round_
    return (0, round_ + 1) if round_ < _repeat(incident) else None


def _steps(incident: Incident) -> list[dict[str, Any]]:
    """The policy's steps; a digest has none."""
    steps: list[dict[str, Any]] = incident.policy.get("steps", [])
    return steps


def _repeat(incident: Incident) -> int:
    return int(incident.policy.get("repeat", 0))
