"""Real crises spliced into real and drawn backgrounds at known times: who finds them, how soon, and how often who rings for nothing.

Each series is four weeks; from its second week on, two events begin at drawn times, ten days apart or more. An event begins an hour before its rise (the first
five minutes after which an hour holds ten mentions), or where thirty speak within ten minutes, and lasts two days. Found is who rings within 24 hours of its beginning; a false alarm is an
episode (alarms within an hour are one) that begins neither in the first week nor within three days of an event's beginning. Real backgrounds hold
real bursts that nobody labelled, so some of the false alarms are none; they are the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.detect_judges import bursts, ours, published, z_score
from bench.detect_peers import Peer, peers
from bench.detect_series import DAY, HOUR, STEP, WEEK, Event, Flags, Judge, Labelled, Numbers, Series, drawn, thinned, with_event
from bench.detect_tables import interval, table

ROWS = 4 * WEEK
RATES = (30.0, 10.0, 3.0, 1.0)  # an hour, to which real series are thinned
DRAWN = tuple(product((0.25, 1.0, 3.0, 30.0), (None, 2.0)))
ROUNDS = 2  # series for each background
BEGINS = (8 * DAY, 18 * DAY)
WITHIN = 6 * DAY  # an event begins within so long of these
FOUND_WITHIN = DAY
AFTERMATH = 3 * DAY
DRAWS = 1000
GRID = 60
COLUMNS = ("found (90 %)", "false a topic-week (90 %)", "delay, min (90 %)", "sudden ones, min (90 %)")
SLOW = 6  # detectors that are slow or of less interest are asked for each sixth series
SLOW_PEERS = ("pysad LODA", "streamad SpotDetector", "river HalfSpaceTrees")


@dataclass(frozen=True)
class Trial:
    """A series and what was spliced in: the row at which each event begins."""

    series: Series
    events: tuple[tuple[int, Event], ...]


@dataclass(frozen=True)
class Outcome:
    """How alarms did on trials: minutes from the tenth mention to the alarm for each event (NaN: not found), false episodes and weeks of each trial."""

    delays: list[Numbers]
    sudden: list[Flags]
    false: Numbers
    weeks: Numbers

    @property
    def recall(self) -> float:
        """Share of the events that were found."""
        return float(np.mean(~np.isnan(np.concatenate(self.delays))))

    @property
    def false_a_week(self) -> float:
        """False episodes a topic-week."""
        return float(self.false.sum() / self.weeks.sum())

    def delay(self, *, sudden: bool = False) -> float:
        """Median minutes of the events found; of the sudden ones if asked."""
        every = np.concatenate(self.delays)
        chosen = every[np.concatenate(self.sudden)] if sudden else every
        return float(np.nanmedian(chosen)) if np.isfinite(chosen).any() else float("nan")

    def of(self, numbers: Sequence[int]) -> Outcome:
        """The same on some of the trials."""
        taken = list(numbers)
        return Outcome([self.delays[i] for i in taken], [self.sudden[i] for i in taken], self.false[taken], self.weeks[taken])


@dataclass(frozen=True)
class Line:
    """A detector's outcome, and that of ours on the same trials."""

    name: str
    outcome: Outcome
    ours: Outcome


def run(labelled: list[Labelled], events: list[Event], *, each: int = 1, quick: bool = False) -> None:
    """Print the tables, of each so many-th series."""
    trials = splice(backgrounds(labelled), events)[::each]
    spliced = sum(len(trial.events) for trial in trials)
    print(f"## Real crises spliced in ({spliced} onsets of {len(events)} events, {len(trials)} series of four weeks)\n")
    base = outcome(trials, [ours("balanced")(trial.series).alarms for trial in trials])
    third, sixth = range(0, len(trials), SLOW // 2), range(0, len(trials), SLOW)
    lines = [Line("Tocsin, balanced", base, base)]
    lines += [
        _asked("Tocsin, quiet *", ours("quiet"), trials, third, base),
        _asked("Tocsin, sensitive *", ours("sensitive"), trials, third, base),
    ]
    lines += [_asked(name, judge, trials, range(len(trials)), base) for name, judge in published().items()]
    for name, peer in (("z-score of 7 days", z_score), *peers(quick=quick).items()):
        lines += _by_threshold(name, peer, trials, sixth if name in SLOW_PEERS else range(len(trials)), base)
    if any(line.name.endswith("**") for line in lines):
        lines.append(Line("Tocsin, balanced **", base.of(sixth), base.of(sixth)))
    head = ("detector", *COLUMNS)
    print(table(head, [row(line.name, line.outcome) for line in lines]))
    print(
        "\\* each 3rd series, \\*\\* each 6th. Delays are medians from the tenth mention to the end of the row that rings; sudden is thirty in ten minutes."
    )
    print(
        "A peer that only scores stands at two thresholds chosen in hindsight: no more false alarms than ours and the most found; no less found and the fewest false.\n"
    )
    _by_background(trials, base)
    _tell_dominance(lines)


def _asked(name: str, judge: Judge, trials: list[Trial], numbers: range, base: Outcome) -> Line:
    chosen = [trials[number] for number in numbers]
    return Line(name, outcome(chosen, [judge(trial.series).alarms for trial in chosen]), base.of(numbers))


def _by_threshold(name: str, peer: Peer, trials: list[Trial], numbers: range, base: Outcome) -> list[Line]:
    chosen, mark, mine = [trials[number] for number in numbers], "" if len(numbers) == len(trials) else " **", base.of(numbers)
    few, many = by_threshold([peer(trial.series) for trial in chosen], chosen, mine)
    return [Line(f"{name}, as few false{mark}", few, mine), Line(f"{name}, as many found{mark}", many, mine)]


def backgrounds(labelled: list[Labelled]) -> list[Series]:
    """Four-week pieces of the real series, as they are and thinned, and drawn ones; each in two draws."""
    rng = np.random.default_rng(7)
    made: list[Series] = []
    for _ in range(ROUNDS):
        for each in labelled:
            for piece in (each.series.rows(0, ROWS), each.series.rows(len(each.series) - ROWS, len(each.series))):
                an_hour = float(piece.values.mean()) * HOUR
                made += [piece, *(thinned(piece, rate, rng) for rate in RATES if rate < 0.8 * an_hour)]
        made += [drawn(rate, ROWS, rng, uneven=uneven) for rate, uneven in DRAWN for _ in range(2)]
    return made


def splice(series: list[Series], events: list[Event]) -> list[Trial]:
    """Two events into each series, in turn, at drawn rows."""
    rng = np.random.default_rng(11)
    trials = []
    for number, one in enumerate(series):
        chosen = tuple((int(begin + rng.integers(0, WITHIN)), events[(2 * number + i) % len(events)]) for i, begin in enumerate(BEGINS))
        for at, event in chosen:
            one = with_event(one, at, event)  # noqa: PLW2901 - the series grows by its events
        trials.append(Trial(one, chosen))
    return trials


def outcome(trials: list[Trial], alarms: list[Flags]) -> Outcome:
    """What these alarms are worth."""
    delays, sudden, false, weeks = [], [], [], []
    for trial, rung in zip(trials, alarms, strict=True):
        delays.append(np.array([_delay(np.flatnonzero(rung), at, event) for at, event in trial.events]))
        sudden.append(np.array([event.is_sudden for _, event in trial.events]))
        quiet = np.arange(len(rung)) >= WEEK
        for at, _ in trial.events:
            quiet[at : at + AFTERMATH] = False
        rows = np.flatnonzero(rung & quiet)
        false.append(int((np.diff(rows, prepend=-WEEK) > HOUR).sum()))
        weeks.append(quiet.sum() / WEEK)
    return Outcome(delays, sudden, np.array(false), np.array(weeks))


def _delay(rung: np.ndarray, at: int, event: Event) -> float:
    after = rung[(rung >= at) & (rung < at + FOUND_WITHIN)]
    return float((after[0] + 1 - at) * STEP.total_seconds() - event.tenth_s) / 60 if len(after) else float("nan")


def by_threshold(scores: list[Numbers], trials: list[Trial], base: Outcome) -> tuple[Outcome, Outcome]:
    """The most found at no more false alarms than `base`, and the fewest false alarms at no less found; bursts ring once."""
    pooled = np.concatenate(scores)
    tried = np.unique(np.quantile(pooled, 1.0 - np.geomspace(1e-6, 0.1, GRID)))
    every = [outcome(trials, [bursts(values, threshold) for values in scores]) for threshold in tried]
    few = [each for each in every if each.false_a_week <= base.false_a_week] or [min(every, key=lambda each: each.false_a_week)]
    many = [each for each in every if each.recall >= base.recall] or [max(every, key=lambda each: each.recall)]
    return max(few, key=lambda each: each.recall), min(many, key=lambda each: each.false_a_week)


def row(name: str, one: Outcome) -> tuple[str, ...]:
    """A line of the table."""
    drawn_rows = np.random.default_rng(1).integers(0, len(one.delays), (DRAWS, len(one.delays)))
    hits = np.array([(~np.isnan(each)).sum() for each in one.delays])[drawn_rows].sum(axis=1)
    sizes = np.array([len(each) for each in one.delays])[drawn_rows].sum(axis=1)
    recall, false = interval(100.0 * hits / sizes), interval(one.false[drawn_rows].sum(axis=1) / one.weeks[drawn_rows].sum(axis=1))
    return (
        name,
        f"{100 * one.recall:.0f} % ({recall[0]:.0f} to {recall[1]:.0f})",
        f"{one.false_a_week:.2f} ({false[0]:.2f} to {false[1]:.2f})",
        _minutes(one, drawn_rows, sudden=False),
        _minutes(one, drawn_rows, sudden=True),
    )


def _minutes(one: Outcome, drawn_rows: np.ndarray, *, sudden: bool) -> str:
    """A median delay with its interval."""
    delay = one.delay(sudden=sudden)
    if np.isnan(delay):
        return "-"
    every = np.where(np.stack(one.sudden) | (not sudden), np.stack(one.delays), np.nan)[drawn_rows].reshape(len(drawn_rows), -1)
    low, high = interval(np.nanmedian(every[~np.isnan(every).all(axis=1)], axis=1))
    return f"{round(delay)} ({round(low)} to {round(high)})"


def _by_background(trials: list[Trial], base: Outcome) -> None:
    """Ours by how much the background brings."""
    an_hour = np.array([float(np.mean(trial.series.values[:WEEK])) * HOUR for trial in trials])
    rows = []
    for low, high in ((0.0, 2.0), (2.0, 8.0), (8.0, 25.0), (25.0, 80.0), (80.0, 1e9)):
        numbers = np.flatnonzero((an_hour >= low) & (an_hour < high)).tolist()
        if numbers:
            rows.append(row(f"{low:g} to {high:g} an hour" if high < 1e9 else f"over {low:g} an hour", base.of(numbers)))
    print(table(("Tocsin, balanced, by background", *COLUMNS), rows))


def _tell_dominance(lines: list[Line]) -> None:
    """Who is better in all three, and whom ours is."""
    better, worse = [], []
    for line in lines:
        if line.name.startswith("Tocsin"):
            continue
        false, missed = line.outcome.false_a_week - line.ours.false_a_week, line.ours.recall - line.outcome.recall
        later = np.nan_to_num(line.outcome.delay(), nan=np.inf) - line.ours.delay()
        better += [line.name] if false < 0 and missed <= 0 and later <= 0 else []
        worse += [line.name] if min(false, missed, later) >= 0 and max(false, missed, later) > 0 else []
    print(f"Fewer false alarms than ours (balanced) at no less found and no more delay: {', '.join(better) or 'none'}.")
    print(f"Ours (balanced) is at least as good in all three, and better in one, than: {', '.join(worse) or 'none'}.\n")
