"""Who is on call: turns in local wall time, so that a handover at nine stays at nine when the clocks change.

A turn runs from one handover to the next, as instants: a handover that falls into the hour a clock skips happens at the jump, one that
falls into the hour a clock repeats happens the first time. Who holds an instant, asked from above:

    an override, the latest first
    on a holiday: whoever has the holidays
    the layers, the last first, at the hours to which they are restricted: whose turn it is, or the next of the order who is not away

Somebody who is away is on no duty, nor is somebody who is not configured any more; the next below takes over. So every instant has at most one
owner, and one exactly where the drawing leaves no hole. All pure; times handed in are aware.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from alerting.holidays import Holiday, holiday_at, holidays_between
from alerting.hours import is_within, windows
from alerting.on_call_settings import RotationSettings, TurnSettings
from alerting.wall import instant_cached
from core.on_call import Absence, Override
from core.records import Record

__all__ = ["Beside", "Override", "Shift", "on_call", "shifts"]

DAYS_PER_WEEK: Final = 7
NONE_BELOW: Final = -1  # the layer of what is held by no layer


class Shift(Record, frozen=True, kw_only=True, gc=False):
    """A stretch of duty of one person, from `starts_at` up to, not including, `ends_at` (UTC); `holiday` names the holidays in it."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    holiday: str = ""


class Beside(Record, frozen=True, kw_only=True, gc=False):
    """What stands beside a rotation: who is away, the days of its .ics calendars, the other rotations, and who is configured (None: everybody)."""

    absences: tuple[Absence, ...] = ()
    rotations: Mapping[str, RotationSettings] = {}
    people: frozenset[str] | None = None

    def can(self, person: str, at: datetime) -> bool:
        """Whether a person is there to be on duty."""
        return (self.people is None or person in self.people) and not any(
            one.person == person and one.starts_at <= at < one.ends_at for one in self.absences
        )


class _Held(Record, frozen=True, kw_only=True, gc=False):
    person: str | None
    layer: int = NONE_BELOW
    holiday: str = ""


NOTHING_BESIDE: Final = Beside()


def on_call(rotation: RotationSettings, at: datetime, overrides: Sequence[Override] = (), beside: Beside = NOTHING_BESIDE) -> str | None:
    """The id of the person on duty at `at` (aware); None where the rotation has nobody.

    Of several overrides that cover the instant, the last of the sequence counts.
    """
    return _held(rotation, at, overrides, beside).person


def shifts(
    rotation: RotationSettings, start: datetime, end: datetime, overrides: Sequence[Override] = (), beside: Beside = NOTHING_BESIDE
) -> tuple[Shift, ...]:
    """All duty between `start` and `end` (aware), in order, never two at once: cut at each handover, and wherever the person changes.

    The first and the last shift are clipped to the interval. Empty where the rotation has nobody or the interval is empty.
    """
    if start >= end:
        return ()
    handovers = [frozenset(_handovers(turn, _zone(rotation), start, end)) for turn in rotation.turns]
    edges = {edge for edge in _edges(rotation, start, end, overrides, beside) if start < edge < end}
    cuts = sorted({start, *edges, *(at for each in handovers for at in each if at > start)})
    found: list[Shift] = []
    for begins, ends in zip(cuts, [*cuts[1:], end], strict=True):
        held = _held(rotation, begins, overrides, beside)
        if held.person is None:
            continue
        changes_hands = held.layer != NONE_BELOW and begins in handovers[held.layer]
        last = found[-1] if found else None
        if last and (last.person, last.ends_at, last.holiday) == (held.person, begins, held.holiday) and not changes_hands:
            found[-1] = replace(last, ends_at=ends)
        else:
            found.append(Shift(rotation_id=rotation.id, person=held.person, starts_at=begins, ends_at=ends, holiday=held.holiday))
    return tuple(_with_days(shift, rotation, beside) for shift in found)


def _with_days(shift: Shift, rotation: RotationSettings, beside: Beside) -> Shift:
    """The shift with the names of the holidays in it, where these change nothing of whose it is."""
    if rotation.on_holidays != "same" or rotation.holidays is None:
        return shift
    days = holidays_between(rotation, shift.starts_at, shift.ends_at, beside.absences)
    return replace(shift, holiday=", ".join(dict.fromkeys(day.name for day in days)))


def _held(rotation: RotationSettings, at: datetime, overrides: Sequence[Override], beside: Beside) -> _Held:
    for override in reversed(overrides):
        if override.rotation_id == rotation.id and override.starts_at <= at < override.ends_at and beside.can(override.person, at):
            return _Held(person=override.person)
    holiday = holiday_at(rotation, at, beside.absences) if rotation.on_holidays != "same" else None
    name = holiday.name if holiday else ""
    if holiday:
        other = beside.rotations.get(rotation.on_holidays)
        person = on_call(other, at, overrides, beside) if other else rotation.on_holidays
        if rotation.on_holidays == "nobody":
            return _Held(person=None, holiday=name)
        if person is not None and beside.can(person, at):
            return _Held(person=person, holiday=name)
    for layer, turn in reversed(list(enumerate(rotation.turns))):
        person = _whose_turn(turn, _zone(rotation), at, beside)
        if person is not None:
            return _Held(person=person, layer=layer, holiday=name)
    return _Held(person=None)


def _whose_turn(turn: TurnSettings, zone: ZoneInfo, at: datetime, beside: Beside) -> str | None:
    """Whose turn it is in one layer: the first from then on who can; None outside its hours, or where nobody can."""
    if not turn.people or (turn.restrictions and not is_within(turn.restrictions, at, zone)):
        return None
    first = _turn(turn, zone, at)
    order = (turn.people[(first + step) % len(turn.people)] for step in range(len(turn.people)))
    return next((person for person in order if beside.can(person, at)), None)


def _edges(rotation: RotationSettings, start: datetime, end: datetime, overrides: Sequence[Override], beside: Beside) -> Iterator[datetime]:
    """Every instant beside the handovers at which the person may change."""
    zone = _zone(rotation)
    for override in overrides:
        if override.rotation_id == rotation.id:
            yield from (override.starts_at, override.ends_at)
    for absence in beside.absences:
        if absence.starts_at < end and absence.ends_at > start:
            yield from (absence.starts_at, absence.ends_at)
    for turn in rotation.turns:
        for window in windows(turn.restrictions, zone, start, end):
            yield from window
    if rotation.on_holidays == "same":
        return
    other = beside.rotations.get(rotation.on_holidays)
    for holiday in holidays_between(rotation, start, end, beside.absences):
        yield from (holiday.starts_at, holiday.ends_at)
        if other is not None:
            yield from _of_other(other, holiday, overrides, beside)


def _of_other(other: RotationSettings, holiday: Holiday, overrides: Sequence[Override], beside: Beside) -> Iterator[datetime]:
    for shift in shifts(other, holiday.starts_at, holiday.ends_at, overrides, beside):
        yield from (shift.starts_at, shift.ends_at)


def _handovers(turn: TurnSettings, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    if not turn.people:
        return
    number = _turn(turn, zone, start)
    while (begins := _begins(turn, zone, number)) < end:
        if begins >= start:
            yield begins
        number += 1


def _turn(turn: TurnSettings, zone: ZoneInfo, at: datetime) -> int:
    """The number of the turn that covers `at`; turn 0 begins at the first handover on or after `starts`."""
    number = (at.astimezone(zone).date() - turn.starts).days // _period_days(turn)  # never too small: a turn begins on its day or later
    while _begins(turn, zone, number) > at:
        number -= 1
    return number


def _begins(turn: TurnSettings, zone: ZoneInfo, number: int) -> datetime:
    first: date = turn.starts
    if turn.handover.weekday is not None:
        first += timedelta(days=(turn.handover.weekday - first.weekday()) % DAYS_PER_WEEK)
    return instant_cached(datetime.combine(first + timedelta(days=number * _period_days(turn)), turn.handover.at), zone)


def _period_days(turn: TurnSettings) -> int:
    return turn.every * (1 if turn.handover.weekday is None else DAYS_PER_WEEK)


def _zone(rotation: RotationSettings) -> ZoneInfo:
    return ZoneInfo(rotation.timezone or "UTC")
