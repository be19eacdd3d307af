"""What was heard when, of a stored history: every mention at its moment, and every source's stretches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from store import history
from store.database import Tx
from store.history import Followed

Stretch = tuple[datetime, datetime]


class Timetable:
    """The mentions of a history in the order in which they are played.

    A mention is played when it was heard. One that came late is played when it was counted, late again, so that a backtest is the live run; what was brought
    in from the time before anything was listened to is played as if it had been heard then, or there would be nothing to play.

    Attributes:
        began: when the installation began to listen (aware); None where it never did.
        arrivals: by mention, its arrival where it is played with another than it had.
        stretches: source id -> when it was heard, oldest first.
        first_polls: source id -> when it was first asked.
        imported: mentions that are played as if they had been heard.
    """

    def __init__(self, tx: Tx, lateness: timedelta, since: datetime | None = None, until: datetime | None = None) -> None:
        self.began = history.heard_since(tx)
        self.arrivals: dict[int, str] = {}
        self.imported = 0
        self._edges: dict[str, list[float]] = {}
        times: list[float] = []
        ids: list[int] = []
        for one in history.order(tx, since, until):
            times.append(self._played_at(one, lateness))
            ids.append(one.id)
        order = np.lexsort((np.array(ids, dtype=np.int64), np.array(times)))
        self.times: npt.NDArray[np.float64] = np.array(times, dtype=np.float64)[order]
        self.ids: npt.NDArray[np.int64] = np.array(ids, dtype=np.int64)[order]
        self.stretches = self._stretches(history.intervals(tx))
        self.first_polls = history.first_polls(tx)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def start(self) -> datetime:
        """When the first is played."""
        return datetime.fromtimestamp(self.times[0], UTC)

    @property
    def end(self) -> datetime:
        """When the last is."""
        return datetime.fromtimestamp(self.times[-1], UTC)

    def blocks(self, size: int) -> Iterator[tuple[list[int], Any]]:
        """Ids and times (seconds since the epoch) of so many mentions at a time."""
        for first in range(0, len(self.ids), size):
            yield self.ids[first : first + size].tolist(), self.times[first : first + size]

    def _played_at(self, one: Followed, lateness: timedelta) -> float:
        """When a mention is played, in seconds since the epoch."""
        seen = _seconds(one.seen_at)
        if self.began is not None and seen >= self.began.timestamp():
            return seen if one.arrival != "late" or one.enriched_at is None else max(seen, _seconds(one.enriched_at))
        self.imported += 1
        age = seen - _seconds(one.counts_at)
        self.arrivals[one.id] = "late" if age > lateness.total_seconds() else "live"
        edges = self._edges.setdefault(one.source_id, [seen, seen])
        edges[0], edges[1] = min(edges[0], seen), max(edges[1], seen)
        return seen

    def _stretches(self, heard: Mapping[str, Sequence[Stretch]]) -> dict[str, list[Stretch]]:
        """When each source was heard; an imported history is whole, and silence in it was heard: all its sources from its first mention to its last."""
        found = {source_id: list(stretches) for source_id, stretches in heard.items()}
        if not self._edges:
            return found
        whole = (min(edge[0] for edge in self._edges.values()), max(edge[1] for edge in self._edges.values()))
        imported = tuple(datetime.fromtimestamp(edge, UTC) for edge in whole)
        for source_id in self._edges:
            found.setdefault(source_id, []).insert(0, (imported[0], imported[1]))
        return found


def _seconds(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()
