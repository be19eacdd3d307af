"""How cheaply many feeds are heard: our Poller with its store against lemon24/reader's update, on the same server, in the same run.

    python -m bench.listener [--feeds FOLDER] [--count 400] [--rounds 3] [--many 10000]

A server process gives the feeds; each system runs in a process of its own and is charged its CPU time, all threads included, from the first
request to the last row stored. Three cases: all new; unchanged with an ETag (304); unchanged without one. The median of the rounds counts;
the systems take turns within each round. Last, one process of ours polls `--many` feeds of mixed health: its memory and its loop's delay.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Self

CASES: Final = ("all new", "304", "unchanged, no ETag")
WANTED: Final = {"all new": 20, "304": 150, "unchanged, no ETag": 300}  # times reader, what we aim at


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=10_000)
    asked = parser.parse_args()
    rates: dict[tuple[str, str], list[float]] = {}
    for turn in range(asked.rounds):
        for system in ("ours", "reader"):
            for case, rate in _measure(system, asked.feeds, asked.count, turn).items():
                rates.setdefault((system, case), []).append(rate)
    print(f"{'feeds per CPU-second':24} {'ours':>10} {'reader':>10} {'times':>8} {'wanted':>8}")
    for case in CASES:
        ours, peer = (statistics.median(rates[system, case]) for system in ("ours", "reader"))
        print(f"{case:24} {ours:>10,.0f} {peer:>10,.1f} {ours / peer:>8,.1f} {WANTED[case]:>8}")
    if asked.many:
        print(_many(asked.feeds, asked.many))


def _measure(system: str, feeds: Path | None, count: int, turn: int) -> dict[str, float]:
    """Feeds per CPU-second of one system, by case."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for etag, cases in ((True, CASES[:2]), (False, CASES[2:])):
            with _Server(feeds, count, etag=etag, salt=turn) as server:
                told = _run("bench.listener_runs", system, server.url, str(count), f"{folder}/{system}-{etag}.db")
            spent = {"all new": told["first"], "304": told["again"], "unchanged, no ETag": told["again"]}
            found |= {case: count / spent[case] for case in cases}
    return found


def _many(feeds: Path | None, count: int) -> str:
    with tempfile.TemporaryDirectory() as folder, _Server(feeds, count, etag=True, salt=0, healthy=False) as server:
        told = _run("bench.listener_runs", "many", server.url, str(count), f"{folder}/many.db")
    return (
        f"{count:,} feeds of mixed health, one process: {told['rss_mb']:.0f} MB at most (wanted 400), loop delay p99 {told['lag_p99_ms']:.0f} ms "
        f"(wanted 100), {told['mentions']:,} mentions, {told['failed']:,} feeds failing and said so"
    )


def _run(module: str, *args: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", module, *args], check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


class _Server:
    """The feeds' server, in a process of its own."""

    def __init__(self, feeds: Path | None, count: int, *, etag: bool, salt: int, healthy: bool = True) -> None:
        words = ["serve", str(feeds or ""), str(count), "etag" if etag else "no-etag", str(salt), "healthy" if healthy else "mixed"]
        self._process = subprocess.Popen([sys.executable, "-m", "bench.listener_runs", *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


if __name__ == "__main__":
    main()
