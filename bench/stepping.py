"""What it costs to step many topics each minute, all signals together, in processor time.

    make bench-detect
    python -m bench.stepping [--topics 100] [--days 14]

Topics as a fleet has them (a third of them silent by the hour, a few busy) are warmed by days of history and then stepped each minute of an hour, as the Watcher does:
rows are laid out once, and every signal that is seen in counts steps over the same rows. The hour's turn, at which all learn, is told apart. The database
is left out, and the text of states told by itself. Every number of mentions is drawn; the same seed gives the same counts.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from console import shelf
from core.records import Record
from detectors.base import Detector, load_state, save_state
from detectors.buckets import Buckets
from detectors.cells import buckets_of
from store.series import Cell

START: Final = datetime(2026, 11, 2, tzinfo=UTC)
ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATENESS: Final = 2 * HOUR
SOURCES: Final = ("forum", "page", "press")
THOUSAND: Final = 1000


class Cost(Record, frozen=True, kw_only=True, gc=False):
    """Processor time, in milliseconds for a thousand topics and one minute; `turn_ms` of the minute at which an hour is learnt; `signal_us` a topic; `text_ms` of states; sizes in bytes."""

    minute_ms: float
    turn_ms: float
    rows_ms: float
    text_ms: float
    state_bytes: float
    signal_us: dict[str, float]


class Fleet(NamedTuple):
    """Topics: their counts (minutes, sources) and the states of their detectors as they are stored."""

    counts: list[np.ndarray[Any, np.dtype[np.int64]]]
    stored: list[dict[str, bytes]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", type=int, default=100)
    parser.add_argument("--days", type=int, default=14)
    asked = parser.parse_args()
    cost = measure(asked.topics, asked.days)
    print("## Cost of stepping (processor time; 1,000 topics, one minute)\n")
    print("| | ms |\n| --- | --- |")
    print(f"| all signals | {cost.minute_ms:.0f} |\n| of the hour's turn, when all learn | {cost.turn_ms:.0f} |")
    print(f"| rows laid out, on top | {cost.rows_ms:.0f} |\n| states read, and written where they changed, on top | {cost.text_ms:.0f} |\n")
    print("| signal | µs a topic and minute |\n| --- | --- |")
    for kind, spent in sorted(cost.signal_us.items(), key=lambda each: -each[1]):
        print(f"| {kind} | {spent:.0f} |")
    print(f"\nAll states of a topic: {cost.state_bytes / THOUSAND:.1f} kB.")


def detectors() -> dict[str, Detector[Any]]:
    """Every signal that is seen in counts, at its defaults; rules of others are there to be compared with, and people's for their topics alone."""
    modules = {kind: shelf.load(shelf.SIGNALS, kind) for kind in shelf.kinds(shelf.SIGNALS) if not kind.endswith("_rule")}
    built = {kind: module.Detector(module.Options()) for kind, module in modules.items()}
    return {kind: detector for kind, detector in built.items() if hasattr(detector, "step") and kind != "ambassador_in_trouble"}


def measure(topics: int, days: int, *, minutes: int = 60) -> Cost:
    """Step so many warmed topics through an hour (or the last minutes of it, with its turn)."""
    kinds = detectors()
    fleet = _fleet(topics, days, kinds)
    spent: dict[str, float] = defaultdict(float)
    turn = rows = text = 0.0
    for minute in range(61 - minutes, 61):
        turn = -sum(spent.values())
        end = START + days * DAY + minute * MINUTE
        heard = {source: [(START, end)] for source in SOURCES}
        for counts, stored in zip(fleet.counts, fleet.stored, strict=True):
            began = time.process_time()
            states = {kind: load_state(detector, stored[kind]) for kind, detector in kinds.items()}
            text += time.process_time() - began
            start = min(state.settled_to or START for state in states.values()).replace(minute=0, second=0, microsecond=0)
            cells = _cells(counts, start, end)
            began = time.process_time()
            buckets = buckets_of("acme", ZONE, cells, heard, start, end, end - LATENESS)
            rows += time.process_time() - began
            for kind, detector in kinds.items():
                began = time.process_time()
                after, _ = detector.step(states[kind], buckets)
                stepped = time.process_time()
                if after != states[kind]:
                    stored[kind] = save_state(after)
                spent[kind] += stepped - began
                text += time.process_time() - stepped
        turn += sum(spent.values())  # the last minute ends the hour
    each = THOUSAND / topics * THOUSAND  # seconds of these topics -> milliseconds of a thousand
    return Cost(
        minute_ms=sum(spent.values()) / minutes * each,
        turn_ms=turn * each,
        rows_ms=rows / minutes * each,
        text_ms=text / minutes * each,
        state_bytes=sum(len(state) for stored in fleet.stored for state in stored.values()) / topics,
        signal_us={kind: seconds / minutes / topics * THOUSAND * THOUSAND for kind, seconds in spent.items()},
    )


def _fleet(topics: int, days: int, kinds: dict[str, Detector[Any]]) -> Fleet:
    rng = np.random.default_rng(5)
    an_hour = np.exp(rng.normal(0.0, 1.8, topics))  # median 1 an hour, one in twenty above 19, one in a hundred above 65
    hours = np.arange((days + 1) * 24)
    by_hour = 1.0 + 0.8 * np.sin(2.0 * np.pi * (hours % 24 - 8) / 24.0)
    counts = [rng.poisson(np.repeat(rate * by_hour, 60)[:, None] / 60.0 * np.array([0.6, 0.3, 0.1])) for rate in an_hour]
    fleet = Fleet(counts, [{} for _ in counts])
    for rows, stored in zip(fleet.counts, fleet.stored, strict=True):
        upto = days * 1440
        whole = Buckets.of(START, rows[:upto], zone=ZONE, sources=SOURCES, topic_id="acme", settled=upto - LATENESS // MINUTE)
        for kind, detector in kinds.items():
            state, _ = detector.step(detector.start(), whole)
            stored[kind] = save_state(state)
    return fleet


def _cells(counts: np.ndarray[Any, np.dtype[np.int64]], start: datetime, end: datetime) -> list[Cell]:
    """What the database would hold of [start, end)."""
    part, first = counts[(start - START) // MINUTE : (end - START) // MINUTE], int(start.timestamp())
    found = [(row, column, int(part[row, column])) for row, column in zip(*(index.tolist() for index in np.nonzero(part)), strict=True)]
    return [Cell(first + row * 60, SOURCES[column], "original", "live", many, many, many, 0, 0, 0, 0) for row, column, many in found]


if __name__ == "__main__":
    main()
