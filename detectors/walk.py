"""A detector over a whole series, row by row, as the Watcher would step it: for tests, examples and bare series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import numpy as np

from detectors.base import Detector, Finding, State
from detectors.buckets import Buckets

LATENESS = timedelta(hours=2)  # what comes later still counts, but the rows before are settled
S = TypeVar("S", bound=State)


def walk(
    detector: Detector[S], series: Buckets, *, state: S | None = None, lateness: timedelta = LATENESS, every_row: bool = False
) -> Iterator[tuple[S, Finding | None]]:
    """Step after each row in which something happened (after every row if asked); yields what each step returned.

    Args:
        detector: what to step.
        series: the whole series; its own `settled` is not looked at.
        state: where to go on from; a new start where None.
        lateness: rows older than this, seen from the row stepped at, are settled.
        every_row: also step after rows that brought nothing.
    """
    state = detector.start() if state is None else state
    happened = series.mentions.any(axis=1)
    rows = range(len(series)) if every_row else np.flatnonzero(happened).tolist()
    late = lateness // timedelta(seconds=series.width_s)
    for row in rows:
        upto = row + 1
        first = 0 if state.settled_to is None else (state.settled_to - series.start) // timedelta(seconds=series.width_s)
        state, finding = detector.step(state, series.rows(first, upto, settled=max(0, upto - late)))
        yield state, finding


def findings(detector: Detector[S], series: Buckets, *, every_row: bool = False) -> list[Finding]:
    """What a detector finds in a series, in order.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.signals.volume_spike import Detector, Options
        >>> quiet_week = [1 if minute % 60 == 7 else 0 for minute in range(7 * 24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), quiet_week + [1] * 20)
        >>> [(finding.bucket_start.isoformat(), finding.observed) for finding in findings(Detector(Options()), series)]
        [('2026-11-09T00:05:00+00:00', 6.0), ('2026-11-09T00:09:00+00:00', 10.0)]
    """
    return [finding for _, finding in walk(detector, series, every_row=every_row) if finding is not None]
