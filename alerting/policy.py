"""Escalation policies as pure data: which one applies, how it was when the incident paged, whom a step means now, how long it waits.

An incident carries a *snapshot*, a plain dict, so that an edit of `config.yaml` cannot pull a running escalation from under it
(P3 of the house's standard). Who is on call is asked when a step pages, not when the incident opened.

    {"id": "default", "steps": [{"notify": ["first-line"], "after_s": 0}], "repeat": 3, "again_after_s": 900, "fallback": ["lan"]}
    {"digest": "daily", "fallback": ["lan"]}        nobody is paged, the incident stands in the digest

A step may hold `awake_after_s`: those who are asleep are told so many seconds later than those who are awake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from alerting.hours import is_within
from alerting.on_call_settings import MatchSettings, PolicySettings, RotationSettings, StepSettings
from alerting.rotation import Beside, Shift, on_call, shifts
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from core.on_call import Absence, Override
from core.records import Record, Severity, severity_rank

OPERATOR = PersonSettings(id="operator", name="log", channels=(ChannelSettings(kind="log", id="log"),))
"""The last resort: who is "told" when nobody else can be. Stands in the log, so that no alert is dropped silently."""

CRITICAL_WAITS_AT_MOST = timedelta(minutes=5)  # R8: a critical page that nobody takes escalates even if the channel said it arrived
DEFAULT_REPEAT = 2
Snapshot = Mapping[str, Any]


class Recipient(Record, frozen=True, kw_only=True, gc=False):
    """A person to tell and the ids of the channels to tell them on; `name` as it stands in the timeline."""

    person: str
    name: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who can be told, and whose turn it is: what `recipients` looks names up in. Built anew when an override changes.

    `settings` is what it was made of, for whoever needs a policy as well (`policy_for`); `beside` is who is away.
    """

    people: Mapping[str, PersonSettings]
    rotations: Mapping[str, RotationSettings]
    settings: AlertingSettings
    overrides: tuple[Override, ...] = ()
    beside: Beside = field(default_factory=Beside)

    @classmethod
    def of(cls, settings: AlertingSettings, overrides: Iterable[Override] = (), absences: Iterable[Absence] = ()) -> Self:
        """The roster of a configuration, the overrides in force and who is away; the operator is always on it."""
        people = {OPERATOR.id: OPERATOR} | {person.id: person for person in settings.people}
        rotations = {rotation.id: rotation for rotation in settings.rotations}
        return cls(
            people, rotations, settings, tuple(overrides), Beside(absences=tuple(absences), rotations=rotations, people=frozenset(people))
        )

    def on_call(self, rotation_id: str, at: datetime) -> str | None:
        """Who is on duty of a rotation at `at` (aware); None where nobody is."""
        return on_call(self.rotations[rotation_id], at, self.overrides, self.beside)

    def shifts(self, rotation_id: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """The duty of a rotation between two moments, in order."""
        return shifts(self.rotations[rotation_id], start, end, self.overrides, self.beside)

    def is_away(self, person: str, at: datetime) -> bool:
        """Whether somebody has time off at `at`."""
        return not self.beside.can(person, at)

    def name(self, person: str) -> str:
        """How a person is called in the timeline; the id itself where nobody of that id is known."""
        known = self.people.get(person)
        return person if known is None else known.display_name


def recipients(
    targets: Sequence[str], at: datetime, roster: Roster, severity: Severity, *, away_too: bool = False
) -> tuple[Recipient, ...]:
    """Whom `targets` (ids of rotations and people) mean at `at`: each person once, in order, on the channels they use for `severity`.

    A rotation with nobody on call, a person who has left, who is away (unless `away_too`) or has no channel for this severity, is left out.
    """
    found: dict[str, Recipient] = {}
    for target in targets:
        person = roster.people.get((roster.on_call(target, at) or "") if target in roster.rotations else target)
        channels = person.channels_for(severity) if person else ()
        if person and channels and person.id not in found and (away_too or not roster.is_away(person.id, at)):
            found[person.id] = Recipient(person=person.id, name=person.display_name, channels=channels)
    return tuple(found.values())


def policy_for(
    settings: AlertingSettings,
    *,
    severity: Severity,
    topic_id: str | None,
    kind: str,
    place_id: str | None = None,
    risk: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """The snapshot that an incident gets: of the first route that matches.

    Where no route matches, the first policy takes what is at least minor (without any route) or major (beside routes), and the digest
    the rest: what nobody thought of is paged rather than lost. Without any policy everybody is told. The manager of the place is told at the first step too.

    Args:
        settings: the section.
        severity: the incident's.
        topic_id: its topic.
        kind: of the deciding signal.
        place_id: the branch it is about, where it is about one.
        risk: the family of the risk that was heard.
        at: when it pages (aware), for routes that hold at some hours alone; such a route takes nothing where None.
    """
    told: dict[str, str | None] = {"severity": severity, "topic": topic_id, "kind": kind, "place": place_id, "risk": risk}
    for route in settings.routes:
        if _matches(route.match, told, at):
            policy = None if route.policy is None else _named(settings, route.policy)
            return (
                _digest(route.digest or "daily", settings) if policy is None else _of_place(snapshot(policy, settings), settings, place_id)
            )
    pages_from = severity_rank("major" if settings.routes else "minor")
    if severity_rank(severity) < pages_from:
        return _digest("daily", settings)
    return _of_place(snapshot(settings.policies[0], settings) if settings.policies else _everybody(settings), settings, place_id)


def unpaged(settings: AlertingSettings) -> dict[str, Any]:
    """The snapshot of what pages nobody, whatever the routes say, and stands in the day's digest."""
    return _digest("daily", settings)


def snapshot(policy: PolicySettings, settings: AlertingSettings) -> dict[str, Any]:
    """The policy as a plain JSON dict, with the fallback beside it, to be stored with the incident."""
    return {
        "id": policy.id,
        "steps": [_step(step) for step in policy.steps],
        "repeat": policy.repeat,
        "again_after_s": policy.again_after.total_seconds(),
        "fallback": _fallback(settings),
    }


def pages(policy: Snapshot) -> bool:
    """Whether the snapshot pages anybody at all (a digest does not)."""
    return bool(policy.get("steps"))


def first_wait(policy: Snapshot) -> timedelta:
    """How long after the opening the first step pages; none in most policies."""
    return timedelta(seconds=policy["steps"][0]["after_s"])


def wait_after(policy: Snapshot, step: int, severity: Severity) -> timedelta:
    """How long step number `step` has to answer before the next one is told; after the last step, before the round begins again.

    Never more than five minutes where `severity` is critical.
    """
    steps = policy["steps"]
    seconds = steps[step + 1]["after_s"] - steps[step]["after_s"] if step + 1 < len(steps) else policy["again_after_s"]
    wait = timedelta(seconds=seconds)
    return min(wait, CRITICAL_WAITS_AT_MOST) if severity == "critical" else wait


def _step(step: StepSettings) -> dict[str, Any]:
    told: dict[str, Any] = {"notify": list(step.notify), "after_s": step.after.total_seconds()}
    return told | {"awake_after_s": step.awake_after.total_seconds()} if step.awake_first else told


def _matches(match: MatchSettings, told: Mapping[str, str | None], at: datetime | None) -> bool:
    if match.hours and (at is None or not is_within(match.hours, at, ZoneInfo(match.timezone or "UTC"))):
        return False
    wanted: dict[str, Sequence[str]] = {name: getattr(match, name) for name in told}
    return all(not values or told[name] in values for name, values in wanted.items())


def _of_place(policy: dict[str, Any], settings: AlertingSettings, place_id: str | None) -> dict[str, Any]:
    """The snapshot with the manager of the place in its first step, unless that names them already."""
    manager, first = settings.manager_of(place_id), policy["steps"][0]
    if manager is None or manager in first["notify"]:
        return policy
    return {**policy, "steps": [{**first, "notify": [*first["notify"], manager]}, *policy["steps"][1:]]}


def _named(settings: AlertingSettings, policy_id: str) -> PolicySettings:
    return next(policy for policy in settings.policies if policy.id == policy_id)


def _fallback(settings: AlertingSettings) -> list[str]:
    """The ids to tell when a policy reaches nobody; of a policy, everyone it names."""
    if settings.fallback is None:
        return []
    policy = next((policy for policy in settings.policies if policy.id == settings.fallback), None)
    return [settings.fallback] if policy is None else list(dict.fromkeys(one for step in policy.steps for one in step.notify))


def _digest(every: str, settings: AlertingSettings) -> dict[str, Any]:
    return {"digest": every, "fallback": _fallback(settings)}


def _everybody(settings: AlertingSettings) -> dict[str, Any]:
    """Without a policy: all people at once, three times; without people the log, once."""
    people = [person.id for person in settings.people]
    steps = [{"notify": people or [OPERATOR.id], "after_s": 0.0}]
    repeat = DEFAULT_REPEAT if people else 0
    return {"id": "everybody", "steps": steps, "repeat": repeat, "again_after_s": 900.0, "fallback": _fallback(settings)}
