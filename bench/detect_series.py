"""The bare series that the detectors are compared on: real ones, drawn ones, and real crises spliced into either."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from detectors.buckets import NOWHERE

STEP = timedelta(minutes=5)
HOUR = 12  # rows
DAY = 24 * HOUR
WEEK = 7 * DAY
MONDAY = datetime(2026, 2, 2, tzinfo=UTC)
RISE_LEAST = 10  # mentions in an hour, from which an event has risen
EVENT_S = 48 * 3600.0  # so much of an event is spliced in
SUDDEN, SUDDEN_S = 30, 600.0

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Series:
    """Counts of five minutes from `start`, NaN where nobody counted; `zone` is where the topic's people live."""

    name: str
    start: datetime
    values: Numbers
    zone: ZoneInfo = NOWHERE

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def times(self) -> list[datetime]:
        """When each row begins."""
        return [self.start + row * STEP for row in range(len(self))]

    @property
    def known(self) -> Flags:
        """Rows in which somebody counted."""
        return ~np.isnan(self.values)

    def rows(self, first: int, last: int) -> Series:
        """A piece of it."""
        return replace(self, start=self.start + first * STEP, values=self.values[first:last])


@dataclass(frozen=True)
class Judged:
    """What a detector made of a series, row by row: a score, and whether it rang in this row for a new burst."""

    scores: Numbers
    alarms: Flags


Judge = Callable[[Series], Judged]


@dataclass(frozen=True)
class Labelled:
    """A series with the windows (first and last row) in which people saw something unusual."""

    series: Series
    windows: list[tuple[int, int]]


@dataclass(frozen=True)
class Event:
    """A real crisis: seconds of its posts from its beginning on."""

    name: str
    seconds: Numbers

    @property
    def tenth_s(self) -> float:
        """When ten people had spoken."""
        return float(self.seconds[9])

    @property
    def is_sudden(self) -> bool:
        """Whether thirty spoke in its first ten minutes."""
        return int(np.count_nonzero(self.seconds <= SUDDEN_S)) >= SUDDEN


def read_labelled(folder: Path) -> list[Labelled]:
    """The series of a folder in the form of the Numenta benchmark, with their windows."""
    windows = json.loads((folder / "windows.json").read_text("utf-8"))
    return [_labelled(folder / "data" / Path(key).name, windows[key]) for key in sorted(windows)]


def _labelled(path: Path, windows: list[list[str]]) -> Labelled:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    at = {datetime.fromisoformat(row["timestamp"]): number for number, row in enumerate(rows)}
    start = min(at).replace(tzinfo=UTC)
    values = np.array([float(row["value"]) for row in rows])
    series = Series(path.stem.removeprefix("Twitter_volume_"), start, values)
    return Labelled(series, [(at[datetime.fromisoformat(first)], at[datetime.fromisoformat(last)]) for first, last in windows])


def read_events(folder: Path) -> list[Event]:
    """The events of CrisisLexT26, each from the hour before its rise; and once more those in which thirty spoke within ten minutes, from there on."""
    rises, outbreaks = [], []
    for path in sorted(folder.glob("*.csv")):
        at = _posts(path)
        risen = [rise for rise in np.arange(300.0, at[-1], 300.0) if np.count_nonzero((at >= rise) & (at < rise + 3600)) >= RISE_LEAST]
        rises += [_event(path.stem, at, risen[0] - 3600)] if risen else []
        sudden = np.flatnonzero(at[SUDDEN - 1 :] - at[: len(at) - SUDDEN + 1] <= SUDDEN_S)
        outbreaks += [_event(f"{path.stem}, outbreak", at, at[sudden[0]])] if len(sudden) else []
    return [*rises, *outbreaks]


def _posts(path: Path) -> Numbers:
    """Seconds since the first post."""
    with path.open(encoding="utf-8", newline="") as file:
        stamps = [row[0] for row in csv.reader(file) if row][1:]
    at = np.sort([datetime.strptime(stamp, "%a %b %d %H:%M:%S %z %Y").timestamp() for stamp in stamps])
    return at - at[0]


def _event(name: str, at: Numbers, begin: float) -> Event:
    kept = at[(at >= begin) & (at < begin + EVENT_S)]
    return Event(name, kept - kept[0])


def thinned(series: Series, an_hour: float, rng: np.random.Generator) -> Series:
    """The same series with each mention kept by chance, so that it brings so many an hour."""
    share = an_hour / (float(np.nanmean(series.values)) * HOUR)
    kept = rng.binomial(series.values.astype(np.int64), min(share, 1.0)).astype(np.float64)
    return replace(series, name=f"{series.name} at {an_hour:g}/h", values=kept)


def drawn(an_hour: float, rows: int, rng: np.random.Generator, *, wave: bool = True, uneven: float | None = None) -> Series:
    """Poisson counts; with `wave` 0.2 to 1.8 times as many in the course of a day, with `uneven` each hour's mean drawn from a gamma of that shape."""
    mean = np.full(rows, an_hour / HOUR)
    if wave:
        mean *= 1.0 + 0.8 * np.sin(2.0 * np.pi * ((np.arange(rows) / HOUR) % 24 - 9) / 24)
    if uneven is not None:
        mean *= rng.gamma(uneven, 1.0 / uneven, -(-rows // HOUR)).repeat(HOUR)[:rows]
    name = f"{'uneven' if uneven else 'Poisson'} {an_hour:g}/h" + ("" if wave else ", flat")
    return Series(name, MONDAY, rng.poisson(mean).astype(np.float64))


def with_event(series: Series, row: int, event: Event) -> Series:
    """The series with an event that begins in this row."""
    rows = row + (event.seconds // STEP.total_seconds()).astype(np.int64)
    values = series.values.copy()
    np.add.at(values, rows[rows < len(values)], 1.0)
    return replace(series, values=values)


def with_burst(series: Series, row: int, mentions: int, rng: np.random.Generator) -> Series:
    """The series with so many mentions more within the hour from this row."""
    values = series.values.copy()
    values[row : row + HOUR] += np.bincount(rng.integers(0, HOUR, mentions), minlength=HOUR)
    return replace(series, values=values)
