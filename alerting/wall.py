"""From wall time to instants, where clocks skip an hour or show one twice. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


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


instant_cached = lru_cache(maxsize=16_384)(instant)
"""The same, remembered: a shift's edges are asked for again and again."""
