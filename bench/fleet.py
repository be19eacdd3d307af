"""The alarm budget over a fleet: what five thousand topics of noise page in four weeks, and what is found of the real events among them.

    make bench-detect
    python -m bench.fleet [--runs 100] [--stepped 40]

Two tables. *Drawn*: onsets are drawn from the law of their chances, so that many four-week runs of the whole fleet take seconds: noise that is what its
chances say, noise whose chances are told ten times too small, and noise that comes in storms (one Tết for a twentieth of the fleet at once). *Stepped*: the real
`volume_spike` over a part of such a fleet, each minute that brings something, and the fleet's budget asked for each onset that it finds. Real events are those of
one topic in a thousand a week. What is held is in the digest, and is not counted as found. All seeds are fixed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from alerting.budget import FAR, Budget, Wealth, budget_of, level, log10_chance, rule, sure_scores
from bench.detect_tables import table
from detectors.base import Finding
from detectors.buckets import Buckets
from detectors.raising import signal_about
from detectors.signals.volume_spike import Detector, Options
from detectors.tails import log10_tail
from detectors.walk import findings

MONDAY: Final = datetime(2026, 2, 2, tzinfo=UTC)
TOPICS: Final = 5_000
WEEKS: Final = 4
WEEK_H: Final = 168
REAL: Final = TOPICS // 1000 * WEEKS  # events: of one topic in a thousand a week
THRESHOLD: Final = 3e-5  # of volume_spike, for noise within an hour of one topic
LOOKS: Final = 20.0  # independent looks of an hour's window within an hour, each given half the chance
LOOKS_OF_SIX: Final = 8.0
KINDS: Final = ("volume_spike", "negative_surge")
Numbers = npt.NDArray[np.float64]
Noise = Callable[[np.random.Generator], list[tuple[float, float]]]


class Run(NamedTuple):
    """Four weeks of a fleet: onsets of noise, those that paged, the most of these in any seven days; real events that a detector saw, and that paged."""

    noise: int
    paged: int
    worst_week: int
    seen: int
    found: int


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="four-week runs of each kind of noise")
    parser.add_argument("--stepped", type=int, default=40, help="topics that the real detector steps over; 0 for none")
    asked = parser.parse_args()
    fleet = budget_of(None, TOPICS, KINDS)
    assert fleet is not None
    print(f"## A fleet of {TOPICS:,} topics for {WEEKS} weeks, budget {fleet.alarms:g} alarms a week (drawn; {asked.runs} runs each)\n")
    print(drawn(fleet, asked.runs))
    if asked.stepped:
        print(f"## The same budget, asked by the real volume_spike over {asked.stepped} topics (drawn counts)\n")
        print(stepped(fleet, asked.stepped))


def drawn(fleet: Budget, runs: int) -> str:
    """The table of drawn onsets."""
    head = ("noise", "onsets in 4 weeks", "paged, mean", "paged, most in any 7 days", "real events found", "of those a detector saw (95 %)")
    rows = []
    for name, noise in (("as its chances say", calibrated), ("chances ten times too small", overstated), ("in storms", storms)):
        told = [simulate(fleet, noise, seed) for seed in range(runs)]
        found, seen = sum(run.found for run in told), sum(run.seen for run in told)
        low, high = wilson(found, seen)
        rows.append(
            (
                name,
                f"{np.mean([run.noise for run in told]):.0f}",
                f"{np.mean([run.paged for run in told]):.1f}",
                f"{max(run.worst_week for run in told)}",
                f"{100 * found / (REAL * runs):.1f} % of {REAL * runs}",
                f"{100 * found / seen:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
            )
        )
    return table(head, rows)


def simulate(fleet: Budget, noise: Noise, seed: int) -> Run:
    """One run: every onset in the order of its hour, asked of one state of the budget."""
    rng = np.random.default_rng(seed)
    onsets = [(at, chance, False) for at, chance in noise(rng)] + [(at, chance, True) for at, chance in _events(rng)]
    wealth, paged, found = Wealth(), list[float](), 0
    for at, chance, is_real in sorted(onsets):
        holds = True
        for told in _as_told(fleet, chance):
            wealth, ruling = rule(fleet, wealth, told, MONDAY + timedelta(hours=at))
            holds = ruling.holds
            if not holds:
                break
        if not holds and is_real:
            found += 1
        elif not holds:
            paged.append(at)
    worst = max((sum(at <= other < at + WEEK_H for other in paged) for at in paged), default=0)
    seen = sum(is_real for _, _, is_real in onsets)
    return Run(noise=len(onsets) - seen, paged=len(paged), worst_week=worst, seen=seen, found=found)


def _as_told(fleet: Budget, chance: float) -> list[float]:
    """The chances at which a detector tells a burst that comes to `chance` in the end: as it passes its threshold, the budget's floor, and what is far beyond."""
    floor = level(fleet, Wealth())
    return [bound for bound in (math.log10(THRESHOLD), floor, FAR * floor) if chance <= bound]


def stepped(fleet: Budget, topics: int) -> str:
    """The table of the real detector: a week to learn, four of noise, and one event in each topic after them."""
    rng, noise, within, found, small = np.random.default_rng(11), 0, 0, 0, 0
    for number in range(topics):
        rate = float(np.clip(rng.lognormal(math.log(0.7), 1.2), 0.05, 30.0))
        counts, begins = _counts(rng, rate, uneven=number % 2 == 1)
        detector = Detector(Options())
        detector.sure = sure_scores(fleet, THRESHOLD)
        raised = findings(detector, Buckets.of(MONDAY, counts.tolist(), topic_id=f"t{number}"))
        at = [(one.bucket_start - MONDAY) / timedelta(minutes=1) for one in raised]
        told = [one for one, minute in zip(raised, at, strict=True) if WEEK_H * 60 <= minute < begins]
        noise += len(told)
        within += sum(_pages(fleet, one) for one in told)
        event = [one for one, minute in zip(raised, at, strict=True) if begins <= minute < begins + 120]
        found += any(_pages(fleet, one) for one in event)
        small += not event
    weeks = topics * WEEKS
    low, high = wilson(found, topics)
    rows = [
        ("signals of noise, a topic-week", f"{noise / weeks:.4f} ({noise} in {weeks})"),
        ("of these at the fleet's level, a topic-week", f"{within / weeks:.4f} ({within}; at most {upper(within) / weeks:.4f})"),
        (f"a week over {TOPICS:,} topics, before the weekly cap", f"{within / weeks * TOPICS:.0f}; the budget pays for {fleet.alarms:g}"),
        (
            "events that paged within two hours (95 %)",
            f"{found} of {topics} ({100 * low:.0f} to {100 * high:.0f} %); {small} were no signal to the detector",
        ),
    ]
    return table(("", "volume_spike, balanced"), rows)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share. Source: Wilson, JASA 22 (1927)."""
    if not whole:
        return 0.0, 1.0
    z, share = 1.96, part / whole
    middle, spread = share + z * z / (2 * whole), z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, (middle - spread) / (1 + z * z / whole)), min(1.0, (middle + spread) / (1 + z * z / whole))


def upper(count: int) -> float:
    """The 95 % upper bound of a Poisson mean of which so many were seen."""
    mean = float(count)
    while 10.0 ** log10_tail(count + 1, mean, 0.0) < 0.95:
        mean += 0.01
    return mean


def calibrated(rng: np.random.Generator, *, times: float = 1.0) -> list[tuple[float, float]]:
    """Onsets (hour, log10 chance) at the detector's threshold or beyond, for every topic, hour and kind: the chances are uniform."""
    count = rng.poisson(TOPICS * WEEKS * WEEK_H * len(KINDS) * THRESHOLD * times)
    at = rng.uniform(0.0, WEEKS * WEEK_H, count)
    return list(zip(at.tolist(), np.log10(THRESHOLD * rng.uniform(size=count)).tolist(), strict=True))


def overstated(rng: np.random.Generator) -> list[tuple[float, float]]:
    """A baseline that is too sure of itself: each chance is told ten times smaller than it is."""
    return calibrated(rng, times=10.0)


def storms(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Calibrated noise, and one evening on which a twentieth of the fleet rises for a reason that is nobody's crisis."""
    evening = float(rng.uniform(0.0, WEEKS * WEEK_H))
    topics = TOPICS // 20
    hours, chances = rng.uniform(evening, evening + 3.0, topics), rng.uniform(-9.0, math.log10(THRESHOLD), topics)
    return [*calibrated(rng), *zip(hours.tolist(), chances.tolist(), strict=True)]


def _events(rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Real events that the detector sees within six hours, in topics as a fleet has them.

    The first hour brings three times the usual and ten mentions more, half of them 18 and more; the five hours after it bring as many again together. The hour's
    and the six hours' windows are judged.
    """
    for _ in range(REAL):
        rate = float(np.clip(rng.lognormal(math.log(0.7), 1.2), 0.05, 30.0))
        crowd = 3 * rate + 10 + rng.lognormal(math.log(8.0), 0.7)
        hour = log10_tail(int(rng.poisson(rate) + crowd), rate, 0.3) + math.log10(LOOKS)
        six = log10_tail(int(rng.poisson(6 * rate) + 2 * crowd), 6 * rate, 0.1) + math.log10(LOOKS_OF_SIX)
        if min(hour, six) <= math.log10(THRESHOLD):
            yield float(rng.uniform(0.0, WEEKS * WEEK_H)), min(hour, six)


def _counts(rng: np.random.Generator, rate: float, *, uneven: bool) -> tuple[npt.NDArray[np.int64], int]:
    """Minutes of five weeks and a day, with a wave over the day and, where `uneven`, hours drawn from a gamma of shape 2; an event begins at the minute returned."""
    hours = (1 + WEEKS) * WEEK_H + 24
    mean = rate / 60.0 * (1.0 + 0.8 * np.sin(2.0 * np.pi * np.arange(hours) / 24))
    if uneven:
        mean *= rng.gamma(2.0, 0.5, hours)
    begins = ((1 + WEEKS) * WEEK_H + 6) * 60
    counts = rng.poisson(mean.repeat(60))
    crowd = int(15 + 3 * rate)
    counts[begins : begins + 60] += np.bincount(rng.integers(0, 60, crowd), minlength=60)
    return counts.astype(np.int64), begins


def _pages(fleet: Budget, finding: Finding) -> bool:
    """Whether the fleet's budget lets an onset page while nothing is spent."""
    told: Any = signal_about(finding, subject="topic:t", topic_id="t", now=finding.window_end, generation=1)
    return not rule(fleet, Wealth(), log10_chance(told), finding.window_end)[1].holds


if __name__ == "__main__":
    main()
