"""The note of a handover: what is open, what to watch, what is muted, what cannot be heard, who comes next. For `tocsin handover` and whoever comes on duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from alerting.coverage import UNHEARD, Listening, SourceCoverage, coverage_of
from alerting.policy import Roster
from alerting.rotation import Shift
from core.records import Incident, Record, Words, severity_rank
from core.silences import Silence
from store import incidents, silences
from store.database import Tx

WATCHED: Final = timedelta(hours=24)  # what was closed so lately may flare up
LATELY: Final = timedelta(hours=1)
LOOK_AHEAD: Final = timedelta(days=60)
MOST_LINES: Final = 12  # of one kind; the console has them all


class HandoverNote(Record, frozen=True, kw_only=True, gc=False):
    """What whoever comes on duty has to know at `at`.

    `open`: incidents, the gravest first. `watch`: those closed within a day. `muted`: silences in force. `unheard`: sources of which nothing reaches us.
    `coming`: the next shift of every rotation.
    """

    at: datetime
    open: tuple[Incident, ...] = ()
    watch: tuple[Incident, ...] = ()
    muted: tuple[Silence, ...] = ()
    unheard: tuple[SourceCoverage, ...] = ()
    coming: tuple[Shift, ...] = ()


def handover_note(tx: Tx, roster: Roster, listening: Listening, now: datetime) -> HandoverNote:
    """The note as things stand now. Drills stand in none."""
    live = [one for one in incidents.listing(tx, statuses=("open", "acknowledged")) if one.world == "live"]
    closed = [one for one in incidents.listing(tx, statuses=("resolved", "reviewed"), limit=50) if one.world == "live"]
    heard = coverage_of(tx, listening, now - LATELY, now, now)
    return HandoverNote(
        at=now,
        open=tuple(sorted(live, key=lambda one: (-severity_rank(one.severity), one.opened_at))),
        watch=tuple(one for one in closed if one.resolved_at is not None and now - one.resolved_at <= WATCHED),
        muted=tuple(silences.active(tx, now)),
        unheard=heard.of(*UNHEARD),
        coming=tuple(_coming(roster, now)),
    )


def lines(note: HandoverNote, roster: Roster) -> Iterator[Words]:
    """The note, one message a line; a kind of which there is nothing says so, so that silence is never mistaken for a loss."""
    yield from _part("open", [_incident("handover.incident", one, roster) for one in note.open])
    yield from _part("watch", [_incident("handover.closed", one, roster) for one in note.watch])
    yield from _part("muted", [_silence(one) for one in note.muted])
    yield from _part("unheard", [Words(key="handover.source", args={"source": plain(one.words(note.at))}) for one in note.unheard])
    yield from _part(
        "coming",
        [
            Words(
                key="handover.shift",
                args={"person": roster.name(one.person), "rotation": one.rotation_id, "start": one.starts_at.isoformat()},
            )
            for one in note.coming
        ],
    )


def plain(words: Words) -> Any:
    """A message as it is stored inside another."""
    return msgspec.to_builtins(words)


def _part(name: str, found: list[Words]) -> Iterator[Words]:
    if not found:
        yield Words(key=f"handover.no_{name}")
        return
    yield Words(key=f"handover.{name}", args={"n": len(found)})
    yield from found[:MOST_LINES]
    if len(found) > MOST_LINES:
        yield Words(key="handover.more", args={"n": len(found) - MOST_LINES})


def _incident(key: str, incident: Incident, roster: Roster) -> Words:
    args = {
        "id": incident.id,
        "level": incident.severity,
        "status": incident.status,
        "what": plain(incident.words),
        "at": (incident.resolved_at or incident.opened_at).isoformat(),
    }
    holder = incident.owner or incident.acknowledged_by
    if holder is None or not incident.is_open:
        return Words(key=key, args=args)
    return Words(key=f"{key}_held", args={**args, "person": roster.name(holder)})


def _silence(silence: Silence) -> Words:
    what = ", ".join(f"{key}={value if isinstance(value, str) else '|'.join(value)}" for key, value in silence.matches.items())
    return Words(key="handover.silence", args={"what": what, "until": silence.ends_at.isoformat(), "why": silence.comment})


def _coming(roster: Roster, now: datetime) -> Iterator[Shift]:
    for rotation_id in roster.rotations:
        yield from [shift for shift in roster.shifts(rotation_id, now, now + LOOK_AHEAD) if shift.starts_at > now][:1]
