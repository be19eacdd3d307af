"""Tells people of duty ahead, once each: gaps 7 days and 24 hours before (P2), time off that falls into a turn 14 days before, the note of a handover.

What was told stands in the fact "duty-told", changed in the transaction that plans the messages: a restart tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from alerting.coverage import Listening
from alerting.gaps import Clash, Gap, clashes, gaps
from alerting.handover import handover_note, lines, plain
from alerting.notice import plan_notice
from alerting.policy import Roster, unpaged
from alerting.rotation import Shift
from core.records import Record, Words
from store import facts
from store.database import Tx
from store.open import Store

FACT: Final = "duty-told"
EVERY: Final = timedelta(minutes=15)
GAP_AHEAD: Final = (timedelta(hours=24), timedelta(days=7))  # the nearest first
CLASH_AHEAD: Final = timedelta(days=14)
LOOK_AHEAD: Final = timedelta(days=35)  # so far the end of a gap is looked for: by its end it is known again
LATE: Final = timedelta(hours=2)  # a handover that was missed for longer needs no note any more
MOST_LINES: Final = 10


class Told(Record, frozen=True, kw_only=True, gc=False):
    """What has been told: gap or clash -> its end; rotation -> the beginning of the shift whose note went out."""

    ahead: dict[str, datetime] = msgspec.field(default_factory=dict)
    notes: dict[str, datetime] = msgspec.field(default_factory=dict)


class DutyKeeper:
    """The stage that looks ahead.

    Args:
        store: where messages are planned.
        roster: who is on duty when.
        listening: where we listen, for the note.
    """

    def __init__(self, store: Store, *, roster: Callable[[Tx], Roster], listening: Listening) -> None:
        self._store = store
        self._roster = roster
        self._listening = listening

    async def step(self, now: datetime) -> datetime:
        """Tell what is due; returns when to look again: in a quarter of an hour, or at the next handover that has a note."""
        planned, next_at = await self._store.database.write(self._work, now)
        if planned:
            await self._store.notifications.publish(planned)
        return next_at

    def _work(self, tx: Tx, now: datetime) -> tuple[list[int], datetime]:
        roster = self._roster(tx)
        before = msgspec.convert(facts.take(tx, FACT, msgspec.to_builtins(Told()), now), Told)
        told = Told(ahead={key: end for key, end in before.ahead.items() if end > now}, notes=dict(before.notes))
        planned = [
            *_tell_gaps(tx, roster, told, now),
            *_tell_clashes(tx, roster, told, now),
            *self._tell_handovers(tx, roster, told, now),
        ]
        if told != before:
            facts.put(tx, FACT, msgspec.to_builtins(told), now)
        return planned, _next_look(roster, now)

    def _tell_handovers(self, tx: Tx, roster: Roster, told: Told, now: datetime) -> list[int]:
        planned = []
        for rotation in roster.rotations.values():
            shift = _came_on(roster, rotation.id, now) if rotation.handover_notes else None
            if shift is None or told.notes.get(rotation.id) == shift.starts_at:
                continue
            told.notes[rotation.id] = shift.starts_at
            note = handover_note(tx, roster, self._listening, now)
            args = {
                "rotation": rotation.id,
                "until": shift.ends_at.isoformat(),
                "open": len(note.open),
                "lines": [plain(one) for one in lines(note, roster)],
            }
            planned += plan_notice(
                tx, [shift.person], Words(key="notice.handover", args=args), f"{rotation.id}:{shift.starts_at.isoformat()}", now, roster
            )
        return planned


def leads(roster: Roster) -> list[str]:
    """Who mends a hole in the plan: the fallback, else everybody."""
    fallback: list[str] = unpaged(roster.settings)["fallback"]
    return fallback or [person.id for person in roster.settings.people]


def gap_words(gap: Gap) -> Words:
    """One gap in one line."""
    args = {
        "policy": gap.policy_id,
        "step": gap.step + 1,
        "targets": list(gap.targets),
        "start": gap.starts_at.isoformat(),
        "end": gap.ends_at.isoformat(),
    }
    return Words(key="gap.whole" if gap.whole else "gap.step", args=args)


def clash_words(clash: Clash, roster: Roster) -> Words:
    """One clash in one line."""
    args = {
        "person": roster.name(clash.person),
        "rotation": clash.rotation_id,
        "start": clash.starts_at.isoformat(),
        "end": clash.ends_at.isoformat(),
    }
    if clash.instead is None:
        return Words(key="clash.nobody", args=args)
    return Words(key="clash.instead", args={**args, "instead": roster.name(clash.instead)})


def _tell_gaps(tx: Tx, roster: Roster, told: Told, now: datetime) -> list[int]:
    """What a plan leaves open on purpose is told once a week, and only where the policy reaches nobody at all."""
    due: dict[timedelta, list[Gap]] = {}
    for gap in gaps(roster, now, now + LOOK_AHEAD):
        ahead = next((one for one in GAP_AHEAD if gap.starts_at - now <= one), None)
        if ahead is None:
            continue
        key, until = f"gap/{gap.key}/{ahead.total_seconds():.0f}", gap.ends_at
        if gap.drawn:
            key, until = f"drawn/{gap.policy_id}/{gap.step}/{'{}-W{:02}'.format(*now.isocalendar()[:2])}", now + GAP_AHEAD[-1]
            if not gap.whole:
                continue
        if key not in told.ahead:
            told.ahead[key] = until
            due.setdefault(ahead, []).append(gap)
    planned = []
    for ahead, found in due.items():
        said = [plain(gap_words(gap)) for gap in found[:MOST_LINES]]
        args = {"n": len(found), "ahead": ahead.total_seconds(), "lines": said}
        planned += plan_notice(
            tx, leads(roster), Words(key="notice.gaps", args=args), f"{found[0].key}:{now.isoformat()}", now, roster, by_day=True
        )
    return planned


def _tell_clashes(tx: Tx, roster: Roster, told: Told, now: datetime) -> list[int]:
    """Whoever is away, and whoever takes their turn, or where nobody does whoever can mend it."""
    planned = []
    for clash in clashes(roster, now, now + LOOK_AHEAD):
        key = f"clash/{clash.key}"
        if key in told.ahead or clash.starts_at - now > CLASH_AHEAD:
            continue
        told.ahead[key] = clash.ends_at
        people = list(dict.fromkeys([clash.person, *([clash.instead] if clash.instead else leads(roster))]))
        said: dict[str, Any] = {"lines": [plain(clash_words(clash, roster))]}
        planned += plan_notice(tx, people, Words(key="notice.clash", args=said), f"{clash.key}:{now.isoformat()}", now, roster, by_day=True)
    return planned


def _came_on(roster: Roster, rotation_id: str, now: datetime) -> Shift | None:
    """The shift that began lately and belongs to somebody other than the one before; None where nothing changed hands."""
    around: Sequence[Shift] = roster.shifts(rotation_id, now - LATE, now + LOOK_AHEAD)
    for earlier, later in zip((None, *around), around, strict=False):
        if now - LATE < later.starts_at <= now and (earlier is None or earlier.person != later.person):
            return later
    return None


def _next_look(roster: Roster, now: datetime) -> datetime:
    handovers = [
        shift.starts_at
        for rotation in roster.rotations.values()
        if rotation.handover_notes
        for shift in roster.shifts(rotation.id, now, now + EVERY)
        if shift.starts_at > now
    ]
    return min([now + EVERY, *handovers])
