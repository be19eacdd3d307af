"""What is noticed, how soon, and what it costs in false alarms: ours beside four published rules and detectors from the package index.

    make bench-detect
    python -m bench.detect [--nab FOLDER] [--crisislex FOLDER] [--only nab|spliced|quiet|cost ...] [--each N] [--quick]

Prints Markdown tables. The same input gives the same tables, but for the figures of cost. The sections are told in `bench/detect_nab.py`, `detect_spliced.py` and `detect_quiet.py`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench import detect_nab, detect_quiet, detect_spliced
from bench.detect_judges import ours, published, z_score
from bench.detect_peers import peers
from bench.detect_series import DAY, HOUR, WEEK, Series, drawn, read_events, read_labelled
from bench.detect_tables import table
from detectors.novelty import SCALES

SECTIONS = ("nab", "spliced", "quiet", "cost")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nab", type=Path, default=Path("../shared/data/nab"), help="labelled series: data/*.csv and windows.json")
    parser.add_argument("--crisislex", type=Path, default=Path("../shared/data/crisislex"), help="events: *.csv of Timestamp, Tweet-ID")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--each", type=int, default=1, help="splice into each so many-th series only: a look in less time")
    parser.add_argument("--quick", action="store_true", help="a glance: too little to say anything")
    asked = parser.parse_args()
    if missing := [name for name in ("river", "pysad", "streamad") if not any(peer.startswith(name) for peer in peers())]:
        print(f"Not installed, so not compared: {', '.join(missing)} (`make bench-detect` installs them)\n")
    labelled = read_labelled(asked.nab) if asked.nab.is_dir() else []
    events = read_events(asked.crisislex) if asked.crisislex.is_dir() else []
    if "nab" in asked.only and labelled:
        detect_nab.run(labelled, quick=asked.quick)
    if "spliced" in asked.only and labelled and events:
        detect_spliced.run(labelled, events, each=60 if asked.quick else asked.each, quick=asked.quick)
    if "quiet" in asked.only:
        detect_quiet.run(detect_quiet.QUICK if asked.quick else detect_quiet.Size())
    if "cost" in asked.only:
        _cost(quick=asked.quick)


def _cost(*, quick: bool) -> None:
    """Processor time of a point."""
    print("## Cost (processor time; series of five minutes at 30 an hour)\n")
    series = drawn(30.0, DAY if quick else 2 * WEEK, np.random.default_rng(3))
    us = _us_a_point(ours("balanced"), series)
    rows = [("Tocsin, all windows", f"{us:.0f}"), (f"Tocsin, each of {len(SCALES)} windows", f"{us / len(SCALES):.0f}")]
    rows += [(name, f"{_us_a_point(judge, series):.1f}") for name, judge in published().items()]
    others = {"z-score of 7 days": z_score, **peers(quick=quick)}
    short = series.rows(0, DAY)
    rows += [(name, f"{_us_a_point(peer, short):.0f}") for name, peer in others.items()]
    print(table(("detector", "us a point"), rows))


def _us_a_point(judge: Callable[[Series], object], series: Series) -> float:
    judge(series.rows(0, HOUR))  # what is imported at the first call is not the detector's cost
    start = time.process_time()
    judge(series)
    return (time.process_time() - start) / len(series) * 1e6


if __name__ == "__main__":
    main()
