"""Silences: which muted match, if any, keeps a signal from paging, and what breaks through. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from alerting.events import line
from core.records import Factor, Incident, Severity, Signal, TimelineEntry
from core.silences import Silence

HARM_FACTOR: Final = "harm"
KEYS: Final = {"silence": "silenced", "maintenance": "silenced", "inhibition": "inhibited"}  # lines of the timeline
Told = Mapping[str, frozenset[str]]  # what something is about, by key ("topic", "source" ...); no value is unknown


def silenced(signal: Signal, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that mutes `signal` at `now` and lasts longest; None where nothing does. What inhibits is asked in `inhibition.py`.

    A silence matches where each of its keys does: "topic", "kind", "risk", "source" (of a signal about sources: all of them) and "place". One that
    names nothing, or a key that we do not know, matches nothing: a slip must not mute the whole house.
    """
    told = told_of(signal)
    found = [one for one in silences if one.kind != "inhibition" and one.holds(now) and matches(one.matches, told)]
    return max(found, key=lambda one: one.over_at, default=None)


def matches(wanted: Mapping[str, str | tuple[str, ...]], told: Told) -> bool:
    """Whether each wanted key is told, and all that is told of it is wanted."""
    given = {key: frozenset((value,) if isinstance(value, str) else value) for key, value in wanted.items()}
    return bool(given) and all(told.get(key) and told[key] <= values for key, values in given.items())


def told_of(signal: Signal) -> dict[str, frozenset[str]]:
    """What a signal is about, by key."""
    values = {"topic": signal.topic_id, "kind": signal.kind, "risk": signal.risk, "place": signal.place_id}
    return {**{key: _one(value) for key, value in values.items()}, "source": sources_of(signal)}


def sources_of(signal: Signal) -> frozenset[str]:
    """The ids of the sources that a signal is about; none where it is about something else."""
    if signal.subject.startswith(("source:", "measure:")):
        return _one(signal.subject.partition(":")[2].partition("/")[0])
    if signal.subject.startswith("sources:"):
        return frozenset(str(one["id"]) for one in signal.frozen.get("sources", ()))
    return frozenset()


def breaks_through(severity: Severity, factors: Iterable[Factor]) -> bool:
    """Whether it pages whatever is muted: critical, and people are harmed."""
    return severity == "critical" and any(factor.name == HARM_FACTOR for factor in factors)


def muted_line(incident: Incident, silence: Silence, now: datetime, actor: str) -> TimelineEntry:
    """The line that says why nobody was called: muted until when and for what reason, or the echo of which incident."""
    told = (
        {"cause": silence.data["incident"]}
        if silence.kind == "inhibition"
        else {"until": silence.over_at.isoformat(), "comment": silence.comment}
    )
    return line(incident, now, "silenced", actor, key=KEYS[silence.kind], data={"silence": silence.id}, **told)


def _one(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset((value,))
