"""Where nobody would be called: the stretches in which a step of a policy reaches nobody, and the turns of people who are away. Pure.

Told ahead (P2 of the house's standard): in `tocsin check`, on the console, and by `alerting/duty.py` to whoever can mend it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from alerting.on_call_settings import PolicySettings, RotationSettings
from alerting.policy import Roster, recipients
from core.records import Record, Severity

ASKED_OF: Final[Severity] = "critical"  # a gap is where not even the gravest page would arrive


class Gap(Record, frozen=True, kw_only=True, gc=False):
    """A stretch [starts_at, ends_at) in which step number `step` (from 0) of a policy reaches nobody.

    `targets` are the ids it names. `drawn`: the rotations are drawn so, with nobody away and nothing swapped. `whole`: no other step of the policy reaches
    anybody either, so that a page goes to the fallback at once.
    """

    policy_id: str
    step: int
    targets: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    drawn: bool = False
    whole: bool = False

    @property
    def key(self) -> str:
        """The same for the same gap, however often it is looked for."""
        return f"{self.policy_id}/{self.step}/{self.ends_at.isoformat()}"


class Clash(Record, frozen=True, kw_only=True, gc=False):
    """A stretch [starts_at, ends_at) in which somebody has both a turn and time off; `instead` takes it, None where nobody does."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    instead: str | None = None

    @property
    def key(self) -> str:
        """The same for the same clash, however often it is looked for."""
        return f"{self.rotation_id}/{self.person}/{self.ends_at.isoformat()}"


def gaps(roster: Roster, start: datetime, end: datetime) -> list[Gap]:
    """Every gap between two moments (aware), by policy, step and time; those that touch are one."""
    plain = Roster.of(roster.settings)
    found = []
    for policy in roster.settings.policies:
        cuts = sorted({start, end, *_edges(policy, roster, start, end), *_edges(policy, plain, start, end)})
        for number, step in enumerate(policy.steps):
            for begins, ends in pairwise(cuts):
                if not recipients(step.notify, begins, roster, ASKED_OF):
                    drawn = not recipients(step.notify, begins, plain, ASKED_OF)
                    whole = not any(recipients(one.notify, begins, roster, ASKED_OF) for one in policy.steps)
                    gap = Gap(
                        policy_id=policy.id, step=number, targets=step.notify, starts_at=begins, ends_at=ends, drawn=drawn, whole=whole
                    )
                    found.append(gap)
    return _joined(found)


def holes(roster: Roster, rotation: RotationSettings, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches in which a rotation itself reaches nobody, in order."""
    found, until = [], start
    for shift in roster.shifts(rotation.id, start, end):
        person = roster.people.get(shift.person)
        if person is None or not person.channels_for(ASKED_OF):
            continue
        if shift.starts_at > until:
            found.append((until, shift.starts_at))
        until = shift.ends_at
    return [*found, (until, end)] if until < end else found


def clashes(roster: Roster, start: datetime, end: datetime) -> list[Clash]:
    """Every turn between two moments that falls into its owner's time off, by rotation and time."""
    planned = Roster.of(roster.settings, roster.overrides)
    found = []
    for rotation_id in roster.rotations:
        for shift in planned.shifts(rotation_id, start, end):
            for absence in roster.beside.absences:
                begins, ends = max(shift.starts_at, absence.starts_at), min(shift.ends_at, absence.ends_at)
                if absence.person == shift.person and begins < ends:
                    instead = roster.on_call(rotation_id, begins)
                    found.append(Clash(rotation_id=rotation_id, person=shift.person, starts_at=begins, ends_at=ends, instead=instead))
    return found


def _edges(policy: PolicySettings, roster: Roster, start: datetime, end: datetime) -> Iterable[datetime]:
    """Every instant between at which a step of the policy may begin or cease to reach somebody."""
    targets = {one for step in policy.steps for one in step.notify}
    for target in targets & roster.rotations.keys():
        for shift in roster.shifts(target, start, end):
            yield from (shift.starts_at, shift.ends_at)
    for absence in roster.beside.absences:
        if absence.person in targets:
            yield from (edge for edge in (absence.starts_at, absence.ends_at) if start < edge < end)


def _joined(found: Iterable[Gap]) -> list[Gap]:
    """Neighbours of one kind as one."""
    joined: list[Gap] = []
    for gap in found:
        if joined and replace(joined[-1], starts_at=gap.starts_at, ends_at=gap.ends_at) == gap and joined[-1].ends_at == gap.starts_at:
            joined[-1] = replace(joined[-1], ends_at=gap.ends_at)
        else:
            joined.append(gap)
    return joined
