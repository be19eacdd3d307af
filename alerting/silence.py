"""Silences: which muted match, if any, keeps a signal from paging. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.records import Signal
from core.silences import Silence


def silenced(signal: Signal, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that mutes `signal` at `now` and lasts longest; None where nothing does.

    A silence matches where each of its keys does: "topic", "kind", "risk", "source" (of a signal about a source) and "place". One that
    names nothing, or a key that we do not know, matches nothing: a slip must not mute the whole house.
    """
    told = {
        "topic": signal.topic_id,
        "kind": signal.kind,
        "risk": signal.risk,
        "place": signal.place_id,
        "source": signal.subject.partition(":")[2].partition("/")[0] if signal.subject.startswith(("source:", "measure:")) else None,
    }
    found = [one for one in silences if one.starts_at <= now < one.ends_at and _matches(one, told)]
    return max(found, key=lambda one: one.ends_at, default=None)


def _matches(silence: Silence, told: dict[str, str | None]) -> bool:
    return bool(silence.matches) and all(told.get(key) == value for key, value in silence.matches.items())
