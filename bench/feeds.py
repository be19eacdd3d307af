"""How fast feeds are read, per second of processor time, beside feedparser (the peer) and libexpat (the floor), in the same run.

    python -m bench.feeds [--feeds FOLDER] [--count 20] [--rounds 3]

Two corpora: the feeds of FOLDER (left out where none is given), and made ones, RSS and Atom in
turn, of 20 to 100 entries in Vietnamese and English. `found` is bytes to raw entries, `read` to cleaned ones, `read again` with all of them
known but the newest. Items lost are counted against feedparser.
"""

from __future__ import annotations

import argparse
import gc
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.parsers import expat

import feedparser

from bench import corpus
from core.errors import SourceUnreadable
from listener.document import prepared
from listener.entries import Feed
from listener.feed import find, read
from listener.reference import read_reference

Reader = Callable[[bytes], object]


def main() -> None:
    """Print one table a corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    paths = sorted(asked.feeds.rglob("*")) if asked.feeds and asked.feeds.is_dir() else []
    recorded = [path.read_bytes() for path in paths if path.suffix in corpus.FEED_SUFFIXES]
    made = corpus.made_up(asked.count)
    whole = [body for body in recorded if _is_well_formed(body)]
    corpora = {
        "recorded": whole,
        "recorded, and libexpat stops at a slip": [body for body in recorded if body not in whole],
        "made": made,
        "mixed, half and half": [body for body in whole if 20_000 <= len(body) <= 200_000][: len(made)] + made,
    }
    gc.collect()
    gc.freeze()  # as the daemon does
    gc.set_threshold(50_000, 50, 50)
    for name, feeds in corpora.items():
        if feeds:
            _table(name, feeds, asked.rounds)


def _table(name: str, feeds: Sequence[bytes], rounds: int) -> None:
    readers: dict[str, Reader] = {
        "feedparser, as it comes": lambda body: feedparser.parse(io.BytesIO(body)),
        "feedparser, as our reference": read_reference,
        "libexpat, no handlers": _expat,
        "found: bytes to raw entries": lambda body: find(prepared(body, "", "bench")),
        "read: bytes to clean entries": read,
    }
    before = {body: _marks(body) for body in feeds}
    readers["read again: one entry is new"] = lambda body: read(body, known=before[body])
    taken = {title: _best_of(rounds if "feedparser" not in title else 2, reader, feeds) for title, reader in readers.items()}
    items = sum(len(feedparser.parse(io.BytesIO(body)).entries) for body in feeds)
    lost = sum(max(0, len(feedparser.parse(io.BytesIO(body)).entries) - _total(body)) for body in feeds)
    print(
        f"\n{name}: {len(feeds)} feeds, {sum(map(len, feeds)) / len(feeds) / 1e3:.0f} kB and {items / len(feeds):.0f} entries each; {lost} of {items} entries lost"
    )
    print(f"{'':32} {'us/feed':>9} {'feeds/s':>9} {'x feedparser':>13} {'x libexpat':>11}")
    for title, seconds in taken.items():
        each = seconds / len(feeds)
        times = taken["feedparser, as it comes"] / seconds
        print(f"{title:32} {each * 1e6:>9,.0f} {1 / each:>9,.0f} {times:>13,.1f} {seconds / taken['libexpat, no handlers']:>11.2f}")


def _best_of(rounds: int, reader: Reader, feeds: Sequence[bytes]) -> float:
    """Seconds of processor time for all feeds, each at its best of some rounds: what else runs on the machine does not count."""
    total = 0.0
    for body in feeds:
        taken = []
        for _ in range(rounds):
            began = time.process_time_ns()
            _try(reader, body)
            taken.append(time.process_time_ns() - began)
        total += min(taken)
    return total / 1e9


def _try(reader: Reader, body: bytes) -> object:
    try:
        return reader(body)
    except (SourceUnreadable, expat.ExpatError, ValueError):
        return None


def _expat(body: bytes) -> None:
    expat.ParserCreate().Parse(body, True)


def _is_well_formed(body: bytes) -> bool:
    try:
        _expat(body)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _marks(body: bytes) -> frozenset[str]:
    feed = _try(lambda given: read(given, known=frozenset()), body)
    return frozenset(feed.marks[1:]) if isinstance(feed, Feed) else frozenset()


def _total(body: bytes) -> int:
    feed = _try(read, body)
    return feed.total if isinstance(feed, Feed) else 0


if __name__ == "__main__":
    main()
