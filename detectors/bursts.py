"""One burst, one alarm: a state machine with hysteresis between "that is a lot" and "somebody should know".

A crisis lifts the counts for hours; each minute of it is out of range. A burst is told at its onset, told again only when it has clearly grown,
and closed after a quiet time, so that a flicker around the threshold stays one burst.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

QUIET = timedelta(hours=3)  # a burst closes after so long below the release level, where its detector does not say otherwise
GROWTH = 3.0  # a burst is told again when its size is so many times the size last told

Turn = Literal["onset", "growth"]


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """Where a topic's burst stands.

    `opened_at` None: no burst. `hot_at`: the last row above the release level. `told_at` and `told_size`: the row and the size last told;
    `told_at` outlives the burst, because one row never tells twice. `told_sure`: how sure it was then.
    """

    opened_at: datetime | None = None
    hot_at: datetime | None = None
    told_at: datetime | None = None
    told_size: float = 0.0
    told_sure: int = 0

    @property
    def is_open(self) -> bool:
        """Whether a burst is under way."""
        return self.opened_at is not None


def advance(
    burst: Burst, at: datetime, *, fires: bool, hot: bool, size: float, quiet: timedelta = QUIET, sure: int = 0
) -> tuple[Burst, Turn | None]:
    """Take in one judged row.

    Args:
        burst: as it stood.
        at: when the newest row begins.
        fires: the window is over its threshold.
        hot: the window is over the release level, which lies well below the threshold.
        size: how large the burst is now, in any one unit (mentions in the widest window).
        quiet: how long below the release level ends it.
        sure: how many of the bounds beyond the threshold the window has passed, at which a burst that was told is told once more; see `passed`.

    Returns:
        The burst as it stands now, and whether to tell it: at its onset, or because it has grown.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> burst, turn = advance(Burst(), noon, fires=True, hot=True, size=12)
        >>> turn
        'onset'
        >>> burst, turn = advance(burst, noon + timedelta(minutes=1), fires=True, hot=True, size=20)
        >>> turn is None
        True
        >>> burst, turn = advance(burst, noon + timedelta(minutes=9), fires=True, hot=True, size=40)
        >>> turn
        'growth'
    """
    if burst.hot_at is not None and at - burst.hot_at >= quiet:
        burst = Burst(told_at=burst.told_at)
    if not fires:
        return (msgspec.structs.replace(burst, hot_at=at) if hot and burst.is_open else burst), None
    told_before = burst.told_at is not None and at <= burst.told_at
    if not burst.is_open:
        if told_before:
            return burst, None
        return Burst(opened_at=at, hot_at=at, told_at=at, told_size=size, told_sure=sure), "onset"
    burst = msgspec.structs.replace(burst, hot_at=at)
    if told_before or (size < GROWTH * burst.told_size and sure <= burst.told_sure):
        return burst, None
    return msgspec.structs.replace(burst, told_at=at, told_size=size, told_sure=max(sure, burst.told_sure)), "growth"


def passed(bounds: Sequence[float], score: float) -> int:
    """How many of the bounds a score has passed. A fleet's alarm budget sets them (`console/detecting.py`); else there are none."""
    return sum(score >= bound for bound in bounds)
