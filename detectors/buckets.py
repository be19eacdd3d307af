"""The counts that detectors step over: one row a minute, one column a source, and what is unknown marked as unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from detectors.seasons import PLAIN, Calendar

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Rates = npt.NDArray[np.float64]

MINUTE_S = 60
QUARTER_S = 900
HOUR_S = 3600
MOST_MADE = 64  # views and sums kept of one object: who walks along a series of years makes one after another
NOWHERE = ZoneInfo("UTC")
COLUMNS = ("mentions", "stories", "authors", "negative", "confident_negative", "reach", "engagement", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """The counts of one topic: all arrays have the shape (n, sources), rows oldest first and without holes, originals only.

    Attributes:
        start: when the first row begins (aware).
        zone: the topic's time zone; the usual day is learnt in it.
        sources: ids of the columns: every source of the topic, also those that said nothing.
        mentions: mentions published in the row's time.
        stories: of these, first sightings of a story.
        authors: of these, first sightings of an author in the clock hour; so a sum over at most an hour nearly counts people once.
        negative: of these, negative in tone.
        confident_negative: of these, negative where the model would stand by it.
        reach: people they may have reached, the unknown left out.
        engagement: likes, replies and reposts together, the unknown left out.
        unknown: True where we did not listen to this source, so that its counts say nothing.
        settled: how many leading rows are older than the allowed lateness and will not change any more.
        width_s: seconds a row; divides a quarter of an hour.
        topic_id: whose counts they are.
        calendar: which local days are not as their weekday is.

    All signals of a topic are handed the same object: views and sums of it are made once, so `since`, `last`, `total` and `so_many` may be asked again and again.
    Nobody writes into the arrays.
    """

    start: datetime
    zone: ZoneInfo
    sources: tuple[str, ...]
    mentions: Counts
    stories: Counts
    authors: Counts
    negative: Counts
    confident_negative: Counts
    reach: Counts
    engagement: Counts
    unknown: Mask
    settled: int
    width_s: int = MINUTE_S
    topic_id: str = ""
    calendar: Calendar = PLAIN
    _made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("Buckets.start is a naive datetime; every time has a zone")
        if QUARTER_S % self.width_s:
            raise ValueError(f"rows of {self.width_s} s do not fill a quarter of an hour")

    def __len__(self) -> int:
        return len(self.mentions)

    @property
    def end(self) -> datetime:
        """When the newest row ends."""
        if "end" not in self._made:
            self._made["end"] = self.start + timedelta(seconds=len(self) * self.width_s)
        made: datetime = self._made["end"]
        return made

    @property
    def settled_to(self) -> datetime:
        """Until when nothing can change any more."""
        return self.start + timedelta(seconds=self.settled * self.width_s)

    @property
    def newest(self) -> datetime:
        """When the newest row begins."""
        return self.end - timedelta(seconds=self.width_s)

    def known(self, counts: Counts) -> Counts:
        """The counts with zeros where we did not listen."""
        return counts if self.all_known else np.where(self.unknown, 0, counts)

    @property
    def all_known(self) -> bool:
        """Whether we listened to every source in every row."""
        if "all_known" not in self._made:
            self._made["all_known"] = not self.unknown.any()
        return bool(self._made["all_known"])

    def total(self, column: str) -> Counts:
        """What all sources brought together, row by row and without the unknown, shape (n,); `column` is one of `COLUMNS`."""
        if column not in self._made:
            counts = self.known(getattr(self, column))
            self._made[column] = counts[:, 0] if counts.shape[1] == 1 else counts.sum(axis=1)
        made: Counts = self._made[column]
        return made

    def so_many(self, column: str, seconds: int) -> int:
        """The sum of the newest `seconds` of `total`: the cheapest question, with which most steps should end."""
        if (column, seconds) not in self._made:
            newest = slice(max(0, len(self) - seconds // self.width_s), None)
            counts = getattr(self, column)[newest]
            self._made[column, seconds] = int((counts if self.all_known else counts * ~self.unknown[newest]).sum())
        made: int = self._made[column, seconds]
        return made

    def since(self, at: datetime | None) -> Self:
        """The rows that begin at `at` or later; all of them for None."""
        if at is None or at <= self.start:
            return self
        return self.rows(int(-((self.start - at) // timedelta(seconds=self.width_s))), len(self))

    def until(self, at: datetime) -> Self:
        """The rows that end at `at` or earlier."""
        return self.rows(0, max(0, (at - self.start) // timedelta(seconds=self.width_s)))

    def last(self, seconds: int) -> Self:
        """The newest `seconds`, or fewer where the rows do not reach back so far."""
        return self.rows(max(0, len(self) - seconds // self.width_s), len(self))

    def rows(self, first: int, last: int, *, settled: int | None = None) -> Self:
        """The rows `first` to before `last`; `settled` counts from the old first row, as `self.settled` does."""
        if first == 0 and last >= len(self) and settled in (None, self.settled):
            return self
        if (first, last, settled) not in self._made:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            view = self._made[first, last, settled] = self._view(first, last, self.settled if settled is None else settled)
            if self._made.get("all_known"):
                view._made["all_known"] = True  # noqa: SLF001 - of its own kind
        made: Self = self._made[first, last, settled]
        return made

    def _view(self, first: int, last: int, settled: int) -> Self:
        first, last = min(first, len(self)), min(last, len(self))
        return type(self)(
            start=self.start + timedelta(seconds=first * self.width_s),
            zone=self.zone,
            sources=self.sources,
            settled=min(max(0, settled - first), last - first),
            width_s=self.width_s,
            topic_id=self.topic_id,
            calendar=self.calendar,
            **{name: getattr(self, name)[first:last] for name in COLUMNS},
        )

    @classmethod
    def of(
        cls,
        start: datetime,
        mentions: npt.ArrayLike,
        *,
        zone: ZoneInfo = NOWHERE,
        sources: tuple[str, ...] | None = None,
        unknown: npt.ArrayLike | None = None,
        settled: int = 0,
        width_s: int = MINUTE_S,
        topic_id: str = "",
        calendar: Calendar = PLAIN,
        **others: npt.ArrayLike,
    ) -> Self:
        """Buckets from counts of mentions, (n,) or (n, sources); a column not given is zero, `authors` and `stories` as many as mentions.

        Example:
            >>> buckets = Buckets.of(datetime(2026, 11, 21, tzinfo=UTC), [1, 0, 2])
            >>> len(buckets), buckets.sources, int(buckets.authors.sum()), buckets.newest.minute
            (3, ('one',), 3, 2)
        """
        counts = _columns(mentions)
        given = {name: _columns(values) for name, values in others.items()}
        nothing = np.zeros_like(counts)
        return cls(
            start=start.astimezone(UTC) if start.tzinfo else start,
            zone=zone,
            sources=sources or (("one",) if counts.shape[1] == 1 else tuple(f"source-{i}" for i in range(counts.shape[1]))),
            mentions=counts,
            stories=given.pop("stories", counts),
            authors=given.pop("authors", counts),
            negative=given.pop("negative", nothing),
            confident_negative=given.pop("confident_negative", nothing),
            reach=given.pop("reach", nothing),
            engagement=given.pop("engagement", nothing),
            unknown=np.zeros(counts.shape, dtype=np.bool_) if unknown is None else _columns(unknown).astype(np.bool_),
            settled=settled,
            width_s=width_s,
            topic_id=topic_id,
            calendar=calendar,
            **given,
        )


def _columns(values: npt.ArrayLike) -> Counts:
    array = np.asarray(values, dtype=np.int64)
    return array[:, np.newaxis] if array.ndim == 1 else array
