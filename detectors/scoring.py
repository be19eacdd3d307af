"""A bare series of counts, judged row by row from its past alone by the volume spike: for `tocsin score`, the benches, and anyone's own numbers.

A row wider than a quarter of an hour is spread evenly over its quarters, so that a short window never says more than the row does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from core.errors import Refused
from core.records import Record
from detectors.buckets import HOUR_S, MINUTE_S, NOWHERE, QUARTER_S, Buckets
from detectors.sensitivity import Sensitivity
from detectors.signals.volume_spike import Detector, Options
from detectors.windows import lately

ALMOST: Final = 0.49  # the most that a row scores without an alarm


class Row(Record, frozen=True, kw_only=True, gc=False):
    """One row as it was judged: mentions `expected` in it, `score` from 0 to 1 (0.5 and more where it alarms), `alarm`."""

    expected: float
    score: float
    alarm: bool


def score_series(
    times: Sequence[datetime],
    values: Sequence[float | None],
    *,
    sensitivity: Sensitivity = "balanced",
    zone: ZoneInfo = NOWHERE,
) -> Iterator[Row]:
    """Judge each row from the rows before it.

    Args:
        times: when each row begins (aware), in equal steps of whole minutes; a step that is missing is unknown.
        values: mentions in it; None where nobody counted. Fractions are rounded.
        sensitivity: the preset to judge by.
        zone: where the usual day is learnt.

    Raises:
        Refused: rows out of order, steps of no whole minutes, a value below zero or no number.

    Example:
        >>> from datetime import UTC
        >>> times = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 7 + 1)]
        >>> rows = list(score_series(times, [2.0] * 24 * 7 + [40.0]))
        >>> [row.alarm for row in rows[-2:]]
        [False, True]
    """
    step_s = _step(times)
    counts, unknown = _laid_out(times, values, step_s)
    width_s = math.gcd(step_s, QUARTER_S)
    parts = step_s // width_s
    start = times[0] - timedelta(seconds=times[0].timestamp() % width_s)  # rows stand on the grid of their width
    series = Buckets.of(start, _spread(counts, parts), zone=zone, unknown=np.repeat(unknown, parts), width_s=width_s)
    wanted = set(times)
    for index, row in enumerate(_judged(series, Detector(Options(sensitivity=sensitivity)), parts)):
        if times[0] + timedelta(seconds=index * step_s) in wanted:
            yield row


def _judged(series: Buckets, detector: Detector, parts: int) -> Iterator[Row]:
    """The rows of `parts` series rows each, as the detector's steps would judge them, hour by hour because it learns by the hour."""
    state, first, upto, an_hour = detector.start(), 0, parts, HOUR_S // series.width_s
    while upto <= len(series):
        state, fresh = detector.settle(state, series.rows(first, upto, settled=upto - parts))
        first = upto - len(fresh)
        lead = int((series.start.timestamp() + upto * series.width_s) % HOUR_S) // series.width_s
        last = min(len(series), max(upto, upto - lead + an_hour - 1))  # with the whole hour more is learnt
        heard = series.rows(first, last)
        rows = lately(state.usual, heard)
        expected = rows.expected if rows.any_mature else rows.young_expected
        while upto <= last:
            state, finding, found = detector.look(state, rows, upto - first, heard)
            yield Row(
                expected=expected[upto - first] - expected[upto - first - parts] if upto - parts >= first else 0.0,
                score=min(found, ALMOST) if finding is None else found,
                alarm=finding is not None,
            )
            upto += parts


def _step(times: Sequence[datetime]) -> int:
    """Seconds from one row to the next: the smallest gap."""
    if len(times) < 2:  # noqa: PLR2004 - a gap needs two
        raise Refused("a series needs at least two rows, so that its step can be told")
    gaps = {int((later - earlier).total_seconds()) for earlier, later in pairwise(times)}
    step = min(gaps)
    if step <= 0:
        raise Refused("the rows of a series stand in the order of time, and no time stands twice")
    if step % MINUTE_S:
        raise Refused(f"rows every {step} s; a step is a whole number of minutes")
    if any(gap % step for gap in gaps):
        raise Refused(f"the rows of a series stand in equal steps; here the smallest is {step} s, and another is no multiple of it")
    return step


def _laid_out(times: Sequence[datetime], values: Sequence[float | None], step_s: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts and what is unknown, row by row without holes."""
    length = int((times[-1] - times[0]).total_seconds()) // step_s + 1
    counts, unknown = np.zeros(length, dtype=np.int64), np.ones(length, dtype=np.bool_)
    for at, value in zip(times, values, strict=True):
        row = int((at - times[0]).total_seconds()) // step_s
        if value is None or math.isnan(value):
            continue
        if value < 0 or math.isinf(value):
            raise Refused(f"{at.isoformat()}: {value} is no count")
        counts[row], unknown[row] = round(value), False
    return counts, unknown


def _spread(counts: np.ndarray, parts: int) -> np.ndarray:
    """Each count cut into `parts` that differ by one at most; they add up to it."""
    edges = (counts[:, np.newaxis] * np.arange(parts + 1)) // parts
    return np.diff(edges, axis=1).ravel()
