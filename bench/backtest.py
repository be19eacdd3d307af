"""A year of history played back: mentions a second on one core, and what a year of a million costs. `make bench-backtest`, or with `--mentions 100000 --days 36`.

The history is of our own making: five topics of unequal size, days and weeks with their shape, a few crises, Vietnamese and English lines, copies, named
and unnamed authors, eight sources. It is written as the live run leaves it: understood, matched, counted from its first mention on.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import math
import os
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.history import LINES, RISKS, write_history
from console.backtest import Asked, play
from console.config import Config, parse
from console.logging import configure
from store.open import open_database

YEAR: Final = 1_000_000
TOPICS: Final = (
    ("acme", "brand", 0.5),
    ("rival", "competitor", 0.25),
    ("kettle", "brand", 0.15),
    ("tea", "industry", 0.08),
    ("care", "brand", 0.02),
)
SOURCES: Final = tuple(f"source-{number}" for number in range(8))
START: Final = datetime(2025, 11, 1, tzinfo=UTC)
CRISES: Final = 6  # a year
DAY_SHAPE: Final = tuple(
    0.15 + 0.85 * max(0.0, math.sin((hour - 6) / 17 * math.pi)) ** 1.5 if 6 <= hour <= 23 else 0.12 for hour in range(24)
)


def configuration(kinds: Sequence[str] = ()) -> Config:
    """Five topics, two people; the signals of these kinds, or as they are switched on by default."""
    return parse(
        {
            **({"detectors": {"signals": [{"kind": kind} for kind in kinds]}} if kinds else {}),
            "name": "bench",
            "language": "vi",
            "timezone": "Asia/Ho_Chi_Minh",
            "topics": [{"id": name, "name": name.title(), "kind": kind, "query": name} for name, kind, _ in TOPICS],
            "listener": {
                "sources": [
                    {
                        "id": name,
                        "kind": "webhook",
                        "secrets": ["whsec_" + "eHh4" * 10],
                        "tier": "press" if name.endswith("7") else "social",
                    }
                    for name in SOURCES
                ]
            },
            "alerting": {
                "people": [{"id": name, "name": name.title(), "channels": [{"kind": "log", "id": "phone"}]} for name in ("lan", "minh")],
                "policies": [
                    {"id": "default", "steps": [{"notify": ["lan"], "after": "0m"}, {"notify": ["minh"], "after": "15m"}], "repeat": 1}
                ],
            },
        }
    )


def moments(mentions: int, days: int, chance: random.Random) -> Iterator[tuple[datetime, str, bool]]:
    """When somebody speaks of which topic, and whether it is of a crisis; in order."""
    shape = sum(DAY_SHAPE)
    per_day = mentions / days
    crises = {chance.randrange(7, max(days, 8)): chance.choice(TOPICS)[0] for _ in range(max(1, round(CRISES * days / 365)))}
    for day in range(days):
        weekend = 0.7 if (START + timedelta(days=day)).weekday() > 4 else 1.12
        for hour in range(24):
            local = (hour + 7) % 24
            told = []
            for name, _, share in TOPICS:
                rate = per_day * share * weekend * DAY_SHAPE[local] / shape * chance.gammavariate(6, 1 / 6)
                told += [(name, False)] * _poisson(rate, chance)
            if crises.get(day) and 12 <= local <= 20:
                told += [(crises[day], True)] * _poisson(120 / (local - 11), chance)
            at = START + timedelta(days=day, hours=hour)
            yield from (
                (at + timedelta(seconds=second), *what)
                for second, what in sorted(zip((chance.uniform(0, 3600) for _ in told), told, strict=True))
            )


def _poisson(rate: float, chance: random.Random) -> int:
    if rate > 50:
        return max(0, round(chance.gauss(rate, math.sqrt(rate))))
    limit, count, product = math.exp(-rate), 0, chance.random()
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def text(topic: str, chance: random.Random, *, crisis: bool) -> tuple[str, str, bool]:
    """What is said: (words, language, negative)."""
    if crisis and chance.random() < 0.3:
        words, language = chance.choice(RISKS)
        return words.format(topic=topic), language, True
    words, language, negative = chance.choice(LINES)
    return words.format(topic=topic, n=chance.randrange(1000)), language, negative or (crisis and chance.random() < 0.6)


async def main() -> None:
    """Make a history, play it, tell how long it took."""
    options = _options()
    configure(verbose=-1, daemon=False)
    chance, config = random.Random(5), configuration(options.signals)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        url = f"sqlite:///{Path(options.keep or folder)}/history.db"
        fresh = not (options.keep and os.path.exists(f"{options.keep}/history.db"))  # noqa: ASYNC240, PTH110 - nothing else runs
        past = open_database(url, durable=False)
        if fresh:
            said = (
                (at, topic, *text(topic, chance, crisis=crisis)) for at, topic, crisis in moments(options.mentions, options.days, chance)
            )
            write_history(past, config, said, SOURCES, chance)
        profile = cProfile.Profile() if options.profile else None
        began, wall = time.process_time(), time.monotonic()
        if profile:
            profile.enable()
        played = await play(config, past, Asked(), progress=_progress if sys.stderr.isatty() else None)
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative" if options.profile == "cumulative" else "tottime").print_stats(45)
        spent = time.process_time() - began
        past.close()
    rate = played.mentions / spent
    print(
        f"{played.mentions} mentions of {options.days} days in {spent:.1f} s of CPU ({time.monotonic() - wall:.1f} s by the clock): {rate:.0f} a second"
    )
    print(
        f"a year of {YEAR:,} mentions: {_year(options, spent):.0f} s ({len(played.incidents)} incidents, {len(played.pages)} pages; {played.tolls})"
    )


def _year(options: Any, spent: float) -> float:
    """Seconds for a year of a million, where the part played has the density of such a year."""
    return spent * YEAR / options.mentions


def _progress(done: int, whole: int) -> None:
    print(f"\r{done * 100 // whole} %", end="", file=sys.stderr, flush=True)


def _options() -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mentions", type=int, default=YEAR)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", help="a folder in which the history is kept for the next time")
    parser.add_argument("--signals", nargs="*", default=(), help="kinds; default: those that are switched on by default")
    parser.add_argument("--profile", choices=("own", "cumulative"))
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
