"""From stored cells to the rows that detectors step over. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

import numpy as np

from detectors.buckets import MINUTE_S, Buckets
from store import series

COUNTS_OF = attrgetter(*series.COLUMNS)


def buckets_of(
    topic_id: str,
    zone: ZoneInfo,
    cells: Sequence[series.Cell],
    heard: Mapping[str, list[tuple[datetime, datetime]]],
    start: datetime,
    end: datetime,
    settled: datetime,
) -> Buckets:
    """The rows of [start, end), both on whole minutes, from stored cells: originals only, unknown where a source was not heard. Pure.

    What came late stands in the settled rows alone: it trains baselines and raises nothing (rule 7).
    """
    names = tuple(sorted({cell.source_id for cell in cells} | set(heard)))
    columns = {name: index for index, name in enumerate(names)}
    first, length = int(start.timestamp()), int((end - start).total_seconds()) // MINUTE_S
    settled_rows = max(0, min(length, int((settled - start).total_seconds()) // MINUTE_S))
    counts = np.zeros((len(series.COLUMNS), length * len(names)), dtype=np.int64)
    places: list[int] = []
    brought: list[tuple[int, ...]] = []
    unknown = np.ones((length, len(names)), dtype=np.bool_)
    for name, intervals in heard.items():
        for since, until in intervals:
            unknown[_rows(since, until, first, length), columns[name]] = False
    heard_to = {name: max(until.timestamp() for _, until in intervals) for name, intervals in heard.items()}
    for cell in cells:
        row, column = (cell.start - first) // MINUTE_S, columns[cell.source_id]
        if 0 <= row < length and cell.kind == "original" and (cell.arrival == "live" or row < settled_rows):
            # after what was heard a count is knowledge; within a gap it is some of what was said, and its minute stays unknown
            if cell.start + MINUTE_S > heard_to.get(cell.source_id, 0.0):
                unknown[row, column] = False
            places.append(row * len(names) + column)
            brought.append(COUNTS_OF(cell))
    if places:  # all at once: a busy topic has hundreds of cells, and some of one minute and source
        np.add.at(counts.T, places, np.array(brought, dtype=np.int64))
    by_name = dict(zip(series.COLUMNS, counts.reshape(len(series.COLUMNS), length, len(names)), strict=True))
    return Buckets(
        start=start,
        zone=zone,
        sources=names,
        mentions=by_name["mentions"],
        stories=by_name["stories"],
        authors=by_name["authors"],
        negative=by_name["negative"],
        confident_negative=by_name["confident_negative"],
        reach=by_name["reach"],
        engagement=by_name["engagement"],
        unknown=unknown,
        settled=settled_rows,
        topic_id=topic_id,
    )


def _rows(since: datetime, until: datetime, first: int, length: int) -> slice:
    """The rows that were heard for at least half: a poll a few seconds into a minute does not make the minute known."""
    begin = round((since.timestamp() - first) / MINUTE_S)
    end = round((until.timestamp() - first) / MINUTE_S)
    return slice(max(0, min(begin, length)), max(0, min(end, length)))
