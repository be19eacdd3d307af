"""`make bench-crash`: the real monitor, killed at random moments and at every crash point, and started again each time until all is at rest.

Real stages, SQLite with synchronous=FULL, forums over HTTP, pages by webhook and by SMTP. Nothing may be lost, nothing counted twice, nothing may
come thrice, and every repeat has to say that it may be one (rules R1 to R5 of the house's standard). Then the same with three wrong orders of
writing, each of which must be caught.
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from bench.crash_judge import Verdict, at_rest, judge, told
from bench.crash_nursery import Nursery
from bench.crash_orders import WRONG
from bench.crash_points import KILLED, Doom
from bench.crash_town import CROWD, Town, town

PLACES: Final = 2  # installations side by side
KILLS: Final = 520
MENTIONS: Final = 10_400
BRANDS: Final = 80
KILLS_WRONG: Final = 30
BRANDS_WRONG: Final = 30
LONGEST_LIFE_S: Final = 2.5
DOOMED_LIFE_S: Final = 3.0  # then its point will not come, and it dies where it stands
BURNT_AFTER: Final = 0.9  # of the kills all brands have burnt
PATIENCE_S: Final = 240.0
RANDOM: Final = "at a random moment"


class Plan(NamedTuple):
    """What one run is to do. `order`: a wrong order of writing, "" for the monitor's own."""

    kills: int
    mentions: int
    brands: int
    order: str = ""
    seed: int = 6


class Run:
    """One monitor through all its lives."""

    def __init__(self, plan: Plan, nursery: Nursery, place: Town, folder: Path) -> None:
        self.plan = plan
        self.killed: Counter[str] = Counter()
        self._nursery = nursery
        self._town = place
        self._config = folder / "config.yaml"
        self._database = folder / "tocsin.db"
        self._points = folder / "points.txt"
        self._died_at = folder / "died-at.txt"
        self._random = random.Random(plan.seed)
        self._brands = [f"zolta{number}" for number in range(plan.brands)]
        self._unburnt = list(self._brands)
        self._config.write_text(yaml.safe_dump(place.config(folder, self._brands)), encoding="utf-8")

    def go(self) -> Verdict:
        """Live, die, live ...; then a last life in which everything comes to rest."""
        self._nursery.prepare(self._config)
        self._first_life()
        while self.killed.total() < self.plan.kills:
            self._say_something()
            self._live_and_die()
            if self._random.random() < 0.5:
                self._acknowledge_and_die()
        self._rest()
        return judge(self._database, self._town, self._brands)

    def points(self) -> list[str]:
        """Every crash point that any life has passed."""
        return sorted(set(self._points.read_text(encoding="utf-8").splitlines())) if self._points.exists() else []

    def _first_life(self) -> None:
        """What a forum holds at the first look raises nothing; so look first."""
        self._town.chat(self._brands, self.plan.mentions // 20)
        self._rest()

    def _say_something(self) -> None:
        """What is said before the next life: chatter, and from time to time a brand burns; those of the first team all at once."""
        gone = self.killed.total() / self.plan.kills
        self._town.chat(self._brands, self.plan.mentions // self.plan.kills + 1)
        while self._unburnt and len(self._town.burning) < max(CROWD, gone / BURNT_AFTER * self.plan.brands):
            self._town.burn(self._unburnt.pop(0))

    def _live_and_die(self) -> None:
        doom = self._doom()
        pid = self._nursery.daemon(self._config, doom, self.plan.order)
        self._await_death(pid, doom, DOOMED_LIFE_S if doom else self._random.uniform(0.2, LONGEST_LIFE_S))

    def _acknowledge_and_die(self) -> None:
        """Somebody takes an incident by the command line, which is killed before or after its commit; they try again until it is taken."""
        heard = told(self._database, self._town)
        if not heard:
            return
        number, person = self._random.choice(heard)
        words = ("ack", str(number), "--as", person)
        moment = self._random.choice(("before", "after"))
        doom = Doom(frozenset({f"{moment} commit of alerting.respond.respond"}), 1, self._died_at)
        self._await_death(self._nursery.tocsin(self._config, words, doom), doom, PATIENCE_S)
        self._nursery.wait(self._nursery.tocsin(self._config, words), PATIENCE_S)

    def _doom(self) -> Doom | None:
        """Whichever it meets first of the points that were died at less than others, four times of five; else none: the moment is random."""
        known = [point for point in self.points() if "respond" not in point]
        if not known or self._random.random() < 0.2:
            return None
        usual = sum(self.killed[point] for point in known) / len(known)
        seldom = frozenset(point for point in known if self.killed[point] <= usual)
        return Doom(seldom, self._random.choice((1, 1, 2)), self._died_at)

    def _await_death(self, pid: int, doom: Doom | None, seconds: float) -> None:
        status = self._nursery.wait(pid, seconds)
        if status is None:
            self._nursery.kill(pid)
            self.killed[RANDOM] += 1
        elif status == KILLED and doom is not None:
            self.killed[self._died_at.read_text(encoding="utf-8")] += 1
        elif status != 0:
            raise SystemExit(f"a life ended by itself, with {status}; see {self._config.with_name('log.txt')}")

    def _rest(self) -> None:
        """A life that is left alone until nothing waits any more."""
        pid = self._nursery.daemon(self._config, None, self.plan.order)
        end = time.monotonic() + PATIENCE_S
        while not at_rest(self._database, self._town) and time.monotonic() < end:
            if self._nursery.wait(pid, 0.2) is not None:
                raise SystemExit(f"the last life ended by itself; see {self._config.with_name('log.txt')}")
        self._nursery.stop(pid)


def run(plan: Plan, nursery: Nursery) -> tuple[Run, Verdict]:
    """One run in a folder of its own, which stays where something was wrong that should not be."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    with town(folder) as place:
        one = Run(plan, nursery, place, folder)
        verdict = one.go()
    if verdict.ok or plan.order:
        shutil.rmtree(folder)
    else:
        print(f"kept for looking: {folder}")
    return one, verdict


def main(argv: Sequence[str] | None = None) -> int:
    """Run all; the exit status is 1 where a promise was broken, or a wrong order was not caught."""
    args = _asked(argv)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # a life that dies in the middle of a mail is no news here
    warnings.simplefilter("ignore", DeprecationWarning)  # of the mail server that the tests use
    nurseries = [Nursery() for _ in range(PLACES)]  # forked before this process has a second thread
    begun = time.monotonic()
    plans = [Plan(-(-args.kills // PLACES), -(-args.mentions // PLACES), args.brands // PLACES, seed=place) for place in range(PLACES)]
    wrong = [Plan(KILLS_WRONG, KILLS_WRONG * 5, BRANDS_WRONG, order) for order in WRONG]
    with ThreadPoolExecutor(PLACES) as places:
        done = list(places.map(run, plans, nurseries))
        killed, verdict = _summed(done)
        _show_points(killed, {point for one, _ in done for point in one.points()})
        _show_head()
        _show("the monitor", killed.total(), verdict)
        caught = []
        for at in range(0, len(wrong), PLACES):
            for plan, (one, found) in zip(wrong[at : at + PLACES], places.map(run, wrong[at : at + PLACES], nurseries), strict=False):
                _show(plan.order, one.killed.total(), found)
                caught.append(found.lost_pages + found.lies + found.unflagged > 0)
    print(f"{time.monotonic() - begun:.0f} s; {'every wrong order was caught' if all(caught) else 'A WRONG ORDER WAS NOT CAUGHT'}")
    return 0 if verdict.ok and all(caught) else 1


def _asked(argv: Sequence[str] | None) -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="bench.crash", description=__doc__)
    asked.add_argument("--kills", type=int, default=KILLS)
    asked.add_argument("--mentions", type=int, default=MENTIONS)
    asked.add_argument("--brands", type=int, default=BRANDS, help="each burns once: an incident, two people paged at once")
    return asked.parse_args(argv)


def _summed(done: Sequence[tuple[Run, Verdict]]) -> tuple[Counter[str], Verdict]:
    killed = sum((one.killed for one, _ in done), Counter[str]())
    verdicts = [verdict for _, verdict in done]
    total = Verdict(*map(sum, zip(*verdicts, strict=True)))
    return killed, total._replace(most_copies=max(verdict.most_copies for verdict in verdicts))


def _show_points(killed: Counter[str], known: set[str]) -> None:
    named = {point: count for point, count in killed.items() if point != RANDOM}
    print(f"{killed.total()} kills: {killed[RANDOM]} at a random moment, {sum(named.values())} at {len(named)} of {len(known)} points")
    for point, count in sorted(named.items()):
        print(f"  {count:4} {point}")


def _show_head() -> None:
    print(f"{'order of writing':40}{'kills':>8}" + "".join(f"{name.replace('_', ' '):>15}" for name in Verdict._fields))


def _show(name: str, kills: int, verdict: Verdict) -> None:
    print(f"{name:40}{kills:>8,}" + "".join(f"{number:>15,}" for number in verdict), flush=True)


if __name__ == "__main__":
    sys.exit(main())
