"""Who is on call: turns in local wall time, so that a handover at nine stays at nine when the clocks change.

A turn runs from one handover to the next, as instants: a handover that falls into the hour a clock skips happens at the jump, one that
falls into the hour a clock repeats happens the first time. So every instant has exactly one owner. All pure; times handed in are aware.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from alerting.settings import RotationSettings
from core.records import Record

DAYS_PER_WEEK = 7


class Override(Record, frozen=True, kw_only=True, gc=False):
    """Somebody else takes a rotation's duty from `starts_at` up to, not including, `ends_at`."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    by: str = ""
    comment: str = ""
    id: int = 0


class Shift(Record, frozen=True, kw_only=True, gc=False):
    """A stretch of duty of one person, from `starts_at` up to, not including, `ends_at` (UTC)."""

    rotation_id: str
    person: str
    starts_at: datetime
    ends_at: datetime


def on_call(rotation: RotationSettings, at: datetime, overrides: Sequence[Override] = ()) -> str | None:
    """The id of the person on duty at `at` (aware); None where the rotation has nobody.

    Of several overrides that cover the instant, the last of the sequence counts.
    """
    for override in reversed(overrides):
        if override.rotation_id == rotation.id and override.starts_at <= at < override.ends_at:
            return override.person
    if not rotation.people:
        return None
    return rotation.people[_turn(rotation, at) % len(rotation.people)]


def shifts(rotation: RotationSettings, start: datetime, end: datetime, overrides: Sequence[Override] = ()) -> tuple[Shift, ...]:
    """All duty between `start` and `end` (aware), in order, without gaps: cut at each handover and where an override begins or ends.

    The first and the last shift are clipped to the interval. Empty where the rotation has nobody or the interval is empty.
    """
    if start >= end:
        return ()
    handovers = _handovers(rotation, start, end)
    edges = {edge for one in overrides if one.rotation_id == rotation.id for edge in (one.starts_at, one.ends_at) if start < edge < end}
    cuts = sorted({start, *handovers, *edges})
    found: list[Shift] = []
    for begins, ends in zip(cuts, [*cuts[1:], end], strict=True):
        person = on_call(rotation, begins, overrides)
        if person is None:
            continue
        if found and found[-1].person == person and found[-1].ends_at == begins and begins not in handovers:
            begins = found.pop().starts_at  # noqa: PLW2901  an override that changes nothing does not cut the shift
        found.append(Shift(rotation_id=rotation.id, person=person, starts_at=begins, ends_at=ends))
    return tuple(found)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which clocks of `zone` first show `wall` (naive), or the jump where they skip it."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):  # the jump lies between; offsets change on whole seconds
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def _handovers(rotation: RotationSettings, start: datetime, end: datetime) -> list[datetime]:
    turn = _turn(rotation, start) + 1
    found = []
    while (begins := _begins(rotation, turn)) < end:
        found.append(begins)
        turn += 1
    return found


def _turn(rotation: RotationSettings, at: datetime) -> int:
    """The number of the turn that covers `at`; turn 0 begins at the first handover on or after `starts`."""
    local = at.astimezone(_zone(rotation)).replace(tzinfo=None)
    turn = (local.date() - rotation.starts).days // _period_days(rotation)  # never too small: a turn begins on its day or later
    while _begins(rotation, turn) > at:
        turn -= 1
    return turn


def _begins(rotation: RotationSettings, turn: int) -> datetime:
    handover = rotation.handover
    first = rotation.starts
    if handover.weekday is not None:
        first += timedelta(days=(handover.weekday - first.weekday()) % DAYS_PER_WEEK)
    wall = datetime.combine(first + timedelta(days=turn * _period_days(rotation)), handover.at)
    return _instant_cached(wall, _zone(rotation))


def _period_days(rotation: RotationSettings) -> int:
    return 1 if rotation.handover.weekday is None else DAYS_PER_WEEK


def _zone(rotation: RotationSettings) -> ZoneInfo:
    return ZoneInfo(rotation.timezone or "UTC")


_instant_cached = lru_cache(maxsize=4096)(instant)
