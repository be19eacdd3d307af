"""The counts of one topic in memory, minute by minute, as the Watcher would read them from the database: for playing years of history back.

`Tally.buckets` and `cells.buckets_of` give the same rows; a test holds them together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from detectors.buckets import HOUR_S, MINUTE_S, Buckets
from store.series import COLUMNS, Count

ROOM: Final = 2 * 1440  # minutes that are laid out at least
OLDEST: Final = 36 * 1440  # minutes before the newest that are kept for a detector that knows nothing yet


class Tally:
    """Counts by minute and source, and when each source was heard.

    Args:
        topic_id: whose they are.
        zone: where the topic's usual day is learnt.
    """

    def __init__(self, topic_id: str, zone: ZoneInfo) -> None:
        self._topic_id = topic_id
        self._zone = zone
        self._sources: tuple[str, ...] = ()
        self._columns: dict[str, int] = {}
        self._base = 0  # minutes since the epoch of the first row
        self._counts = np.zeros((len(COLUMNS), 0, 0), dtype=np.int64)
        self._unknown = np.ones((0, 0), dtype=np.bool_)
        self._heard: dict[str, tuple[float, float]] = {}  # source -> when its newest stretch began and ended, in seconds since the epoch
        self._counted_to: dict[str, int] = {}  # source -> start of its newest cell
        self._late: list[Count] = []
        self._absorbed = 0  # minutes since the epoch: nobody asks for rows before it any more
        self.first: int | None = None
        """The start of the oldest hour that holds a count, in seconds since the epoch."""

    def add(self, count: Count) -> None:
        """Count one mention; what came late waits until its minute is settled."""
        hour = count.at - count.at % HOUR_S
        self.first = hour if self.first is None else min(self.first, hour)
        self._counted_to[count.source_id] = max(count.at - count.at % MINUTE_S, self._counted_to.get(count.source_id, 0))
        if count.source_id not in self._columns:
            self._widen(count.source_id)
        if count.kind != "original":
            return
        if count.arrival == "live":
            self._put(count)
        else:
            self._late.append(count)

    def hear(self, source_id: str, since: float, until: float) -> None:
        """A source was heard from `since` until `until` (seconds since the epoch), in order; going on where it ended before is one stretch."""
        began, ended = self._heard.get(source_id, (since, -1.0))
        self._heard[source_id] = (began if ended == since else since, until)
        if source_id not in self._columns:
            self._widen(source_id)
        first, last = round(since / MINUTE_S), round(until / MINUTE_S)
        first = max(first, self._absorbed, last - OLDEST)
        if first < last:
            self._reach(first, last)
            self._unknown[first - self._base : last - self._base, self._columns[source_id]] = False

    def buckets(self, start: datetime, end: datetime, settled: datetime) -> Buckets:
        """The rows of [start, end), both on whole minutes; `settled`: what begins before it does not change any more."""
        first, last = int(start.timestamp()) // MINUTE_S, int(end.timestamp()) // MINUTE_S
        settled_to = int(settled.timestamp()) // MINUTE_S
        if self._late:
            self._settle(settled_to)
        self._reach(first, last)
        rows = slice(first - self._base, last - self._base)
        counts, unknown = self._counts[:, rows], self._unknown[rows].copy()
        self._know(counts[0], unknown, first)
        names = self._sources
        spoke = [name for name in names if self._is_there(name, first * MINUTE_S)]
        if len(spoke) < len(names):
            chosen = [self._columns[name] for name in spoke]
            names, counts, unknown = tuple(spoke), counts[:, :, chosen], unknown[:, chosen]
        if names:  # else nobody learns from these rows
            self._absorbed = max(self._absorbed, first)
        return Buckets(
            start=start,
            zone=self._zone,
            sources=names,
            unknown=unknown,
            settled=max(0, min(last - first, settled_to - first)),
            topic_id=self._topic_id,
            **dict(zip(COLUMNS, counts, strict=True)),
        )

    def _is_there(self, name: str, start: int) -> bool:
        """Whether a source was heard, or counted, after `start`."""
        return self._counted_to.get(name, -1) >= start or (name in self._heard and self._heard[name][1] > start)

    def _know(
        self,
        mentions: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
        unknown: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        first: int,
    ) -> None:
        """After what was heard a count is knowledge; within a gap it is some of what was said, and its minute stays unknown."""
        for name, counted_to in self._counted_to.items():
            heard_to = self._heard[name][1] if name in self._heard else 0.0
            if counted_to + MINUTE_S > heard_to:
                rows, column = slice(max(0, int(heard_to // MINUTE_S) - first), None), self._columns[name]
                unknown[rows, column] &= mentions[rows, column] == 0

    def _settle(self, settled_to: int) -> None:
        waiting, self._late = self._late, []
        for count in waiting:
            if count.at // MINUTE_S < settled_to:
                self._put(count)
            else:
                self._late.append(count)

    def _put(self, count: Count) -> None:
        minute = count.at // MINUTE_S
        if minute < max(self._absorbed, self._base + len(self._unknown) - ROOM - OLDEST):
            return
        self._reach(minute, minute + 1)
        row, column = minute - self._base, self._columns[count.source_id]
        for index, name in enumerate(COLUMNS):
            value = getattr(count, name)
            if value:
                self._counts[index, row, column] += value

    def _widen(self, source_id: str) -> None:
        """Give a source its column; columns are in the order of their names."""
        names = tuple(sorted((*self._sources, source_id)))
        at = names.index(source_id)
        self._counts = np.insert(self._counts, at, 0, axis=2)
        self._unknown = np.insert(self._unknown, at, True, axis=1)
        self._sources, self._columns = names, {name: place for place, name in enumerate(names)}

    def _reach(self, first: int, last: int) -> None:
        """Have rows for [first, last), minutes since the epoch; those that nobody asks for any more are given up for room."""
        if not len(self._unknown):
            self._base = first
        if first >= self._base and last <= self._base + len(self._unknown):
            return
        base = min(first, max(self._base, self._absorbed))
        kept = slice(max(0, base - self._base), len(self._unknown))
        length = max(last, self._base + len(self._unknown) if first < self._base else last) - base + ROOM
        counts = np.zeros((len(COLUMNS), length, len(self._sources)), dtype=np.int64)
        unknown = np.ones((length, len(self._sources)), dtype=np.bool_)
        at = self._base + kept.start - base
        size = max(0, min(kept.stop - kept.start, length - at))
        counts[:, at : at + size] = self._counts[:, kept.start : kept.start + size]
        unknown[at : at + size] = self._unknown[kept.start : kept.start + size]
        self._counts, self._unknown, self._base = counts, unknown, base
