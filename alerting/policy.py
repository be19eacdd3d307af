"""Escalation policies as pure data: which one applies, how it was when the incident paged, whom a step means now, how long it waits.

An incident carries a *snapshot*, a plain dict, so that an edit of `config.yaml` cannot pull a running escalation from under it
(P3 of the house's standard). Who is on call is asked when a step pages, not when the incident opened.

    {"id": "default", "steps": [{"notify": ["first-line"], "after_s": 0}], "repeat": 3, "again_after_s": 900, "fallback": ["lan"]}
    {"digest": "daily", "fallback": ["lan"]}        nobody is paged, the incident stands in the digest
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from alerting.rotation import Override, on_call
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings, PolicySettings, RotationSettings
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

    `settings` is what it was made of, for whoever needs a policy as well (`policy_for`).
    """

    people: Mapping[str, PersonSettings]
    rotations: Mapping[str, RotationSettings]
    settings: AlertingSettings
    overrides: tuple[Override, ...] = ()

    @classmethod
    def of(cls, settings: AlertingSettings, overrides: Iterable[Override] = ()) -> Self:
        """The roster of a configuration and the overrides in force; the operator is always on it."""
        people = {OPERATOR.id: OPERATOR} | {person.id: person for person in settings.people}
        return cls(people, {rotation.id: rotation for rotation in settings.rotations}, settings, tuple(overrides))

    def name(self, person: str) -> str:
        """How a person is called in the timeline; the id itself where nobody of that id is known."""
        known = self.people.get(person)
        return person if known is None else known.display_name


def recipients(targets: Sequence[str], at: datetime, roster: Roster, severity: Severity) -> tuple[Recipient, ...]:
    """Whom `targets` (ids of rotations and people) mean at `at`: each person once, in order, on the channels they use for `severity`.

    A rotation with nobody on call, a person who has left, and a person without a channel for this severity are left out.
    """
    found: dict[str, Recipient] = {}
    for target in targets:
        rotation = roster.rotations.get(target)
        person = roster.people.get((on_call(rotation, at, roster.overrides) or "") if rotation else target)
        channels = person.channels_for(severity) if person else ()
        if person and channels and person.id not in found:
            found[person.id] = Recipient(person=person.id, name=person.display_name, channels=channels)
    return tuple(found.values())


def policy_for(settings: AlertingSettings, *, severity: Severity, topic_id: str | None, kind: str) -> dict[str, Any]:
    """The snapshot that an incident gets: of the first route that matches.

    Where no route matches, the first policy takes what is at least minor (without any route) or major (beside routes), and the digest
    the rest: what nobody thought of is paged rather than lost. Without any policy everybody is told.
    """
    for route in settings.routes:
        match = route.match
        if _takes(match.severity, severity) and _takes(match.topic, topic_id) and _takes(match.kind, kind):
            return (
                _digest(route.digest or "daily", settings) if route.policy is None else snapshot(_named(settings, route.policy), settings)
            )
    pages_from = severity_rank("major" if settings.routes else "minor")
    if severity_rank(severity) < pages_from:
        return _digest("daily", settings)
    return snapshot(settings.policies[0], settings) if settings.policies else _everybody(settings)


def unpaged(settings: AlertingSettings) -> dict[str, Any]:
    """The snapshot of what pages nobody, whatever the routes say, and stands in the day's digest."""
    return _digest("daily", settings)


def snapshot(policy: PolicySettings, settings: AlertingSettings) -> dict[str, Any]:
    """The policy as a plain JSON dict, with the fallback beside it, to be stored with the incident."""
    return {
        "id": policy.id,
        "steps": [{"notify": list(step.notify), "after_s": step.after.total_seconds()} for step in policy.steps],
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


def _takes(wanted: Sequence[str], value: str | None) -> bool:
    return not wanted or value in wanted


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
