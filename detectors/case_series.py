"""A bare series of counts as a case holds it, or a CSV beside it: laid out in minutes, so that any detector of counts can step over it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import AwareDatetime, Field, model_validator

from core.durations import Duration
from core.errors import Refused
from detectors.buckets import MINUTE_S, NOWHERE, Buckets
from detectors.settings import Section

MOST_ROWS: Final = 100_000
MOST_MINUTES: Final = 1_000_000
NOON: Final = datetime(2026, 11, 16, 5, 0, tzinfo=UTC)  # a Monday's, in Hà Nội
Count = Annotated[float, Field(ge=0, le=10_000_000)]
Values = list[float | None]


class SeriesCase(Section):
    """Counts in equal steps: first what is `usual`, so many `times` over, then `counts`; or a file of `timestamp,value` (and `negative`), beside the file of cases.

    `every` is a whole number of minutes; counts are spread evenly over it. Of `counts` so many are `negative` (None: none). What is None nobody counted.
    `authors`: who wrote them; None: somebody else each.
    """

    start: AwareDatetime = NOON
    every: Duration = timedelta(hours=1)
    usual: tuple[Count, ...] = ()
    times: int = Field(default=0, ge=0, le=2_000)
    counts: tuple[Count | None, ...] = ()
    negative: tuple[Count, ...] = ()
    authors: tuple[Count, ...] = ()
    file: str | None = None

    @property
    def minutes(self) -> int:
        """How many minutes a row lasts."""
        return int(self.every.total_seconds()) // MINUTE_S

    @property
    def usual_rows(self) -> int:
        """How many rows the usual days before take."""
        return len(self.usual) * self.times

    @model_validator(mode="after")
    def _is_one_series(self) -> Self:
        if not self.counts and self.file is None:
            raise ValueError("a series needs counts, or a file")
        if self.every % timedelta(minutes=1) or not timedelta(minutes=1) <= self.every <= timedelta(days=1):
            raise ValueError("every is a whole number of minutes, at most a day")
        return self


def buckets_of(series: SeriesCase, folder: Path, zone: ZoneInfo = NOWHERE) -> Buckets:
    """The series as minutes of one source; what nobody counted is unknown."""
    start, values, negative = values_of(series, folder)
    minutes = series.minutes
    mentions, negative_rows = _spread(values, minutes), _spread(negative, minutes)
    authors = _spread([*series.usual * series.times, *series.authors], minutes) if series.authors else mentions
    unknown = np.repeat(np.array([value is None for value in values]), minutes)
    return Buckets.of(
        start,
        mentions,
        zone=zone,
        sources=("case",),
        authors=authors,
        negative=negative_rows,
        confident_negative=negative_rows,
        unknown=unknown,
        topic_id="case",
    )


def points_of(series: SeriesCase, folder: Path) -> list[tuple[datetime, float]]:
    """The series as a number that somebody else counts; what nobody counted is left out."""
    start, values, _ = values_of(series, folder)
    return [(start + number * series.every, float(value)) for number, value in enumerate(values) if value is not None]


def values_of(series: SeriesCase, folder: Path) -> tuple[datetime, Values, Values]:
    """When it begins, its counts with the usual days before, and how many of each are negative."""
    if series.file is not None:
        return _from_file(series, folder / series.file)
    usual: Values = [*(series.usual * series.times)]
    values = [*usual, *series.counts]
    if len(values) * series.minutes > MOST_MINUTES:
        raise Refused(f"a series longer than {MOST_MINUTES:,} minutes")
    negative: Values = [*([0.0] * len(usual)), *(series.negative or [0.0] * len(series.counts))]
    if len(negative) != len(values):
        raise Refused("a series has as many negative as counts")
    return series.start - len(usual) * series.every, values, negative


def _from_file(series: SeriesCase, path: Path) -> tuple[datetime, Values, Values]:
    """A CSV with a header, `timestamp,value` and perhaps `negative`; a step that is missing is unknown."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(_rows(csv.DictReader(lines)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path}: cannot be read: {error}") from error
    if not rows:
        raise Refused(f"{path}: holds no row")
    found = {(at - rows[0][0]) // series.every: (value, negative) for at, value, negative in rows}
    length = max(found) + 1
    if min(found) < 0 or length * series.minutes > MOST_MINUTES:
        raise Refused(f"{path}: rows out of order, or longer than {MOST_MINUTES:,} minutes")
    return (
        rows[0][0],
        [found.get(number, (None, 0.0))[0] for number in range(length)],
        [found.get(number, (None, 0.0))[1] for number in range(length)],
    )


def _rows(rows: Any) -> Iterator[tuple[datetime, float | None, float]]:
    for number, row in enumerate(rows, start=2):
        try:
            at = datetime.fromisoformat(row["timestamp"])
            value, negative = row["value"], row.get("negative")
            yield (at if at.tzinfo else at.replace(tzinfo=UTC)), float(value) if value else None, float(negative or 0.0)
        except (KeyError, TypeError, ValueError) as error:
            raise csv.Error(f"line {number} is no timestamp,value") from error
        if number > MOST_ROWS:
            raise csv.Error(f"more than {MOST_ROWS:,} rows")


def _spread(values: Values, minutes: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Each count over its minutes, as evenly as whole numbers go."""
    counts = np.array([round(value or 0.0) for value in values], dtype=np.int64)
    edges = (counts[:, np.newaxis] * np.arange(minutes + 1)) // minutes
    return np.diff(edges, axis=1).ravel()[:, np.newaxis]
