"""Swapping duty: ask ("đổi ca minh T7"), agree or refuse, take over at once ("trực thay lan"). Functions on `tx`; each returns the words of the answer.

An agreement becomes an override, so the rotation itself is never rewritten. Whoever is concerned is told through the outbox.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.notice import plan_notice
from alerting.policy import Roster
from alerting.rotation import Shift
from alerting.wall import instant
from core.on_call import Override, Swap
from core.records import Words
from store import audit, overrides, swaps
from store.database import Tx

LOOK_AHEAD: Final = timedelta(days=60)
SHORTEST: Final = 3  # letters of an English day
_ENGLISH: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_VIETNAMESE: Final = {"cn": 6, "chủ nhật": 6, "chu nhat": 6}
_NEAR: Final = {
    "nay": 0,
    "hôm nay": 0,
    "hom nay": 0,
    "today": 0,
    "mai": 1,
    "ngày mai": 1,
    "ngay mai": 1,
    "tomorrow": 1,
    "mốt": 2,
    "ngày kia": 2,
}
_T: Final = re.compile(r"(?:t|thứ|thu)\s*([2-7])")
_DMY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?")


def parse_day(text: str, today: date) -> date | None:
    """The day that somebody means: "T7", "chủ nhật", "Sat", "mai", "28/11", "2026-11-28"; a weekday is the next one, today included. None: no day.

    Example:
        >>> parse_day("T7", date(2026, 11, 23))
        datetime.date(2026, 11, 28)
    """
    word = " ".join(text.lower().removeprefix("ngày ").split())
    if word in _NEAR:
        return today + timedelta(days=_NEAR[word])
    if (weekday := _weekday(word)) is not None:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    try:
        return date.fromisoformat(word)
    except ValueError:
        found = _DMY.fullmatch(word)
    return None if found is None else _day_of(int(found[1]), int(found[2]), found[3], today)


def ask(tx: Tx, by: str, person: str, now: datetime, roster: Roster, *, day: date | None = None, channel: str = "cli") -> Words:
    """Ask `person` to take the duty of `by`: of that day (on the rotation's clock), or the shift that runs or comes next.

    A shift that begins on the day is meant whole; of one that only runs through it, that day.
    """
    theirs = _stretch(by, now, roster, day)
    if theirs is None:
        return Words(key="swap.not_on_duty", args={"person": roster.name(by), "day": _noon(day)} if day else {"person": roster.name(by)})
    if by == person:
        return Words(key="swap.yourself")
    wanted = Swap(
        rotation_id=theirs.rotation_id, asked_by=by, person=person, starts_at=theirs.starts_at, ends_at=theirs.ends_at, asked_at=now
    )
    swap_id = swaps.add(tx, wanted)
    audit.add(tx, now, by, channel, "swap-asked", f"rotation:{wanted.rotation_id}", {"swap": swap_id, "person": person})
    args = {**_said(wanted), "id": swap_id, "by": roster.name(by), "person": roster.name(person)}
    plan_notice(tx, [person], Words(key="notice.swap_asked", args=args), f"swap:{swap_id}", now, roster)
    if roster.is_away(person, wanted.starts_at):
        return Words(key="swap.asked_away", args=args)
    return Words(key="swap.asked", args=args)


def answer(tx: Tx, swap_id: int | None, by: str, now: datetime, roster: Roster, *, agreed: bool, channel: str = "cli") -> Words:
    """Agree or refuse; without a number the only one that `by` was asked. An agreement becomes an override from now on, or from its beginning."""
    waiting = swaps.unanswered(tx, now, by)
    chosen = [one for one in waiting if swap_id in (None, one.id)]
    if not chosen:
        return Words(key="swap.none_waiting")
    if len(chosen) > 1:
        return Words(key="swap.which", args={"ids": [f"#{one.id}" for one in chosen]})
    swap = chosen[0]
    made = None
    if agreed:
        made = _hand_over(tx, swap.rotation_id, by, max(swap.starts_at, now), swap.ends_at, by=swap.asked_by)
    if not swaps.answer(tx, swap.id, now, agreed=agreed, override_id=made):
        return Words(key="swap.none_waiting")
    key = "agreed" if agreed else "refused"
    audit.add(tx, now, by, channel, f"swap-{key}", f"rotation:{swap.rotation_id}", {"swap": swap.id, "override": made})
    args = {**_said(swap), "by": roster.name(swap.asked_by), "person": roster.name(by)}
    plan_notice(tx, [swap.asked_by], Words(key=f"notice.swap_{key}", args=args), f"swap:{swap.id}", now, roster)
    return Words(key=f"swap.{key}", args=args)


def take_over(tx: Tx, by: str, instead_of: str, now: datetime, roster: Roster, *, channel: str = "cli") -> Words:
    """Take the rest of what `instead_of` has on duty now, of every rotation, at once; they are told."""
    running = [shift for shift in _shifts_of(instead_of, now, now + LOOK_AHEAD, roster) if shift.starts_at <= now]
    if by == instead_of:
        return Words(key="swap.yourself")
    if not running:
        return Words(key="swap.not_on_duty", args={"person": roster.name(instead_of)})
    for shift in running:
        made = _hand_over(tx, shift.rotation_id, by, now, shift.ends_at, by=by)
        audit.add(tx, now, by, channel, "take-over", f"rotation:{shift.rotation_id}", {"instead_of": instead_of, "override": made})
    until = max(shift.ends_at for shift in running)
    names = list(dict.fromkeys(shift.rotation_id for shift in running))
    args = {"by": roster.name(by), "person": roster.name(instead_of), "rotation": names, "end": until.isoformat()}
    plan_notice(tx, [instead_of], Words(key="notice.taken_over", args=args), f"take-over:{by}:{now.isoformat()}", now, roster)
    return Words(key="swap.taken_over", args=args)


def _stretch(person: str, now: datetime, roster: Roster, day: date | None) -> Shift | None:
    """The duty of a person that a day means, or their running or next shift; none that has passed."""
    if day is None:
        return min(_shifts_of(person, now, now + LOOK_AHEAD, roster), key=lambda shift: shift.starts_at, default=None)
    whole, part = [], []
    for rotation_id, rotation in roster.rotations.items():
        zone = ZoneInfo(rotation.timezone or "UTC")
        begins, ends = (instant(datetime.combine(each, time()), zone) for each in (day, day + timedelta(days=1)))
        theirs = [shift for shift in roster.shifts(rotation_id, begins - LOOK_AHEAD, ends + LOOK_AHEAD) if shift.person == person]
        whole += [shift for shift in theirs if begins <= shift.starts_at < ends and shift.ends_at > now]
        part += [shift for shift in roster.shifts(rotation_id, max(begins, now), ends) if shift.person == person]
    return min(whole or part, key=lambda shift: shift.starts_at, default=None)


def _shifts_of(person: str, start: datetime, end: datetime, roster: Roster) -> Sequence[Shift]:
    return [shift for rotation_id in roster.rotations for shift in roster.shifts(rotation_id, start, end) if shift.person == person]


def _hand_over(tx: Tx, rotation_id: str, person: str, starts_at: datetime, ends_at: datetime, *, by: str) -> int:
    return overrides.add(tx, Override(rotation_id=rotation_id, person=person, starts_at=starts_at, ends_at=ends_at, by=by))


def _said(swap: Swap) -> dict[str, str]:
    return {"rotation": swap.rotation_id, "start": swap.starts_at.isoformat(), "end": swap.ends_at.isoformat()}


def _noon(day: date) -> str:
    return datetime.combine(day, time(12), UTC).isoformat()


def _weekday(word: str) -> int | None:
    if word in _VIETNAMESE:
        return _VIETNAMESE[word]
    if found := _T.fullmatch(word):
        return int(found[1]) - 2
    found_at = [number for number, name in enumerate(_ENGLISH) if len(word) >= SHORTEST and name.startswith(word)]
    return found_at[0] if found_at else None


def _day_of(day: int, month: int, year: str | None, today: date) -> date | None:
    try:
        found = date(int(year) if year else today.year, month, day)
        return found if year or found >= today else found.replace(year=today.year + 1)
    except ValueError:
        return None
