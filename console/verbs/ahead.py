"""What duty looks like ahead, for `tocsin check` and the console: holes, time off that falls into a turn, calendars that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from alerting.policy import Roster
    from alerting.settings import AlertingSettings
    from core.messages import Translator
    from store.database import Tx

AHEAD: Final = timedelta(days=30)
MOST_GAPS: Final = 20  # that are said; all are in the JSON


def gaps_ahead(roster: Roster, now: datetime) -> list[dict[str, Any]]:
    """The steps that reach nobody, and the rotations that no policy names and that have holes."""
    from alerting.gaps import gaps, holes

    end = now + AHEAD
    found: list[dict[str, Any]] = [
        {
            "policy": gap.policy_id,
            "step": gap.step,
            "rotation": ", ".join(gap.targets),
            "starts_at": gap.starts_at.isoformat(),
            "ends_at": gap.ends_at.isoformat(),
            "drawn": gap.drawn,
            "whole": gap.whole,
        }
        for gap in gaps(roster, now, end)
    ]
    named = {one for policy in roster.settings.policies for step in policy.steps for one in step.notify}
    return found + [
        {"policy": None, "rotation": rotation.id, "starts_at": start.isoformat(), "ends_at": stop.isoformat(), "drawn": False}
        for rotation in roster.rotations.values()
        if rotation.id not in named
        for start, stop in holes(roster, rotation, now, end)
    ]


def clashes_ahead(roster: Roster, now: datetime) -> list[dict[str, Any]]:
    """The turns that fall into somebody's time off."""
    from alerting.gaps import clashes

    return [
        {
            "rotation": one.rotation_id,
            "person": one.person,
            "instead": one.instead,
            "starts_at": one.starts_at.isoformat(),
            "ends_at": one.ends_at.isoformat(),
        }
        for one in clashes(roster, now, now + AHEAD)
    ]


def calendar_states(tx: Tx, settings: AlertingSettings) -> list[dict[str, Any]]:
    """How the .ics calendars do."""
    from alerting.calendars import states

    return [
        {"origin": one.origin, "read_at": one.read_at and one.read_at.isoformat(), "events": one.events, "error": one.error}
        for one in states(tx, settings)
    ]


def duty_lines(say: Translator, found: dict[str, Any]) -> Iterator[str]:
    """Holes first, those that nobody drew before those that the hours of a rotation leave."""
    unexpected = [gap for gap in found["gaps"] if not gap["drawn"]]
    for gap in unexpected[:MOST_GAPS]:
        if gap["policy"] is None:
            yield say("cli.gap", rotation=gap["rotation"], start=gap["starts_at"], end=gap["ends_at"])
        else:
            args = {"policy": gap["policy"], "step": gap["step"] + 1, "targets": [gap["rotation"]]}
            yield say("gap.whole" if gap["whole"] else "gap.step", start=gap["starts_at"], end=gap["ends_at"], **args)
    if len(unexpected) > MOST_GAPS:
        yield say("handover.more", n=len(unexpected) - MOST_GAPS)
    drawn = len(found["gaps"]) - len(unexpected)
    if drawn:
        yield say("oncall.gaps_drawn", n=drawn)
    for clash in found["clashes"]:
        key = "clash.instead" if clash["instead"] else "clash.nobody"
        yield say(key, start=clash["starts_at"], end=clash["ends_at"], **{name: clash[name] for name in ("person", "rotation", "instead")})
    for calendar in found["calendars"]:
        yield say(calendar_key(calendar), origin=calendar["origin"], n=calendar["events"], at=calendar["read_at"], error=calendar["error"])


def calendar_key(calendar: dict[str, Any]) -> str:
    """How a calendar's state is said."""
    if calendar["error"]:
        return "calendar.failed" if calendar["read_at"] else "calendar.failed_never"
    return "calendar.read" if calendar["read_at"] else "calendar.never"
