"""Where the public benchmark is blind: topics of a few mentions, new topics, changes of the clocks, outages. All drawn, seeds fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from bench.detect_judges import bursts, ours, published, z_score
from bench.detect_series import DAY, HOUR, MONDAY, STEP, WEEK, Flags, Judge, Judged, Series, drawn, with_burst
from bench.detect_tables import share, table
from detectors.buckets import Buckets
from detectors.signals.volume_spike import Detector, Options
from detectors.walk import walk

BERLIN = ZoneInfo("Europe/Berlin")
CHANGE = datetime(2026, 3, 29, 1, tzinfo=UTC)  # clocks go forward
SIZES = (6, 8, 12)
QUIETEST = 3 * HOUR  # of a drawn day with a wave
BUSY = ((30.0, None), (300.0, None), (30.0, 2.0), (300.0, 2.0))


@dataclass(frozen=True)
class Size:
    """How many topics of each kind are drawn."""

    noise: int = 12
    bursts: int = 10
    new: int = 30
    clocks: int = 10
    outage: int = 12


QUICK = Size(noise=1, bursts=1, new=2, clocks=1, outage=1)


def run(size: Size) -> None:
    """Print the tables."""
    judges = {"Tocsin, balanced": ours("balanced"), **published(), "z-score of 7 days over 3": _over_three}
    print("## Topics of a few mentions, new topics, changes of the clocks, outages (drawn)\n")
    _noise(judges, size.noise)
    _found(judges, size.bursts)
    _first_day({**judges, "Tocsin, quiet": ours("quiet")}, size.new)
    _clocks(judges, size.clocks)
    _outage(judges, size.outage)
    print(_backlog(size.outage))


def _over_three(series: Series) -> Judged:
    scores = z_score(series)
    return Judged(scores, bursts(scores, 3.0, closes=HOUR))


def _noise(judges: dict[str, Judge], topics: int) -> None:
    """False alarms where nothing happens."""
    kinds = [(rate, wave, uneven) for wave, uneven in ((False, None), (True, None), (True, 2.0)) for rate in (0.25, 1.0, 3.0)]
    made = [
        [drawn(rate, 4 * WEEK, _rng(rate, number), wave=wave, uneven=uneven) for number in range(topics)] for rate, wave, uneven in kinds
    ]
    rows = []
    for name, judge in judges.items():
        counts = [sum(_alarms(judge(series).alarms[WEEK:]) for series in drawn_) for drawn_ in made]
        rows.append((name, *(f"{count / topics / 3:.3f}" for count in counts)))
    head = [f"{rate:g}/h{'' if wave else ' flat'}{' uneven' if uneven else ''}" for rate, wave, uneven in kinds]
    print(table((f"false a topic-week ({3 * topics} weeks each)", *head), rows))


def _found(judges: dict[str, Judge], topics: int) -> None:
    """One burst of an hour on the eleventh day: at any time of a flat day; ours also in a day with a wave, at any time and at its quietest."""
    cases = [(rate, size) for rate in (0.25, 1.0, 3.0) for size in SIZES]
    rows = [(name, *(_share_found(judge, rate, size, topics, "flat") for rate, size in cases)) for name, judge in judges.items()]
    rows += [
        (f"Tocsin, balanced, {day}", *(_share_found(judges["Tocsin, balanced"], rate, size, topics, day) for rate, size in cases))
        for day in ("wave", "wave, at its quietest")
    ]
    print(table(("found within two hours", *(f"{rate:g}/h +{size}" for rate, size in cases)), rows))


def _share_found(judge: Judge, rate: float, size: int, topics: int, day: str) -> str:
    found = 0
    for number in range(topics):
        rng = _rng(rate, 100 + number)
        at = 10 * DAY + (QUIETEST if day.endswith("quietest") else int(rng.integers(0, DAY)))
        series = with_burst(drawn(rate, at + 2 * HOUR, rng, wave=day != "flat"), at, size, rng)
        found += bool(judge(series).alarms[at:].any())
    return share(found, topics)


def _first_day(judges: dict[str, Judge], topics: int) -> None:
    """Busy topics that are new: alarms in the first day, and in the first week."""
    rows = []
    for name, judge in judges.items():
        cells = []
        for rate, uneven in BUSY:
            rung = [judge(drawn(rate, 3 * DAY, _rng(rate, 200 + number), uneven=uneven)).alarms for number in range(topics)]
            cells.append(f"{np.mean([_alarms(each[:DAY]) for each in rung]):.2f} ({np.mean([_alarms(each) for each in rung]):.2f})")
        rows.append((name, *cells))
    head = [f"{rate:g}/h{' uneven' if uneven else ''}" for rate, uneven in BUSY]
    print(table((f"alarms a new topic, first day (three days), {topics} each", *head), rows))


def _clocks(judges: dict[str, Judge], topics: int) -> None:
    """People speak from nine to five by their own clocks, which change after three weeks."""
    start = CHANGE - timedelta(weeks=3)
    local = [(start + row * STEP).astimezone(BERLIN).hour for row in range(3 * WEEK + 2 * DAY)]
    profile = np.where([9 <= hour < 17 for hour in local], 2.5, 0.25)
    rows = []
    for name, judge in judges.items():
        cells = []
        for rate in (3.0, 30.0, 300.0):
            after, before = 0, 0
            for number in range(topics):
                values = _rng(rate, 300 + number).poisson(profile * rate / HOUR).astype(float)
                rung = judge(Series("clocks", start, values, zone=BERLIN)).alarms
                after, before = after + _alarms(rung[3 * WEEK :]), before + _alarms(rung[3 * WEEK - 2 * DAY : 3 * WEEK])
            cells.append(f"{10 * after / topics:.1f} ({10 * before / topics:.1f})")
        rows.append((name, *cells))
    print(table((f"alarms in 48 h of 10 topics after the clocks change (before), {topics} each", "3/h", "30/h", "300/h"), rows))


def _outage(judges: dict[str, Judge], topics: int) -> None:
    """Six hours in which nobody listened, at 30 an hour; two hours later 120 more within the hour."""
    at, rows = 2 * WEEK + 3 * DAY + 8 * HOUR, []
    for name, judge in judges.items():
        false, found = {"known": 0, "zeros": 0}, {"known": 0, "zeros": 0}
        for number in range(topics):
            rng = _rng(30.0, 400 + number)
            series = drawn(30.0, at + 2 * DAY, rng)
            burst = with_burst(series, at + 8 * HOUR, 120, rng)
            for how, filled in (("known", np.nan), ("zeros", 0.0)):
                false[how] += _alarms(judge(_down(series, at, filled)).alarms[at : at + 6 * HOUR + DAY])
                found[how] += bool(judge(_down(burst, at, filled).rows(0, at + 10 * HOUR)).alarms[at + 8 * HOUR :].any())
        rows.append((name, *(cell for how in ("known", "zeros") for cell in (f"{false[how] / topics:.2f}", share(found[how], topics)))))
    head = (
        "outage of six hours",
        "known: alarms in 24 h",
        "known: later burst found",
        "as zeros: alarms in 24 h",
        "as zeros: later burst found",
    )
    print(table(head, rows))


def _down(series: Series, at: int, filled: float) -> Series:
    values = series.values.copy()
    values[at : at + 6 * HOUR] = filled
    return replace(series, values=values)


def _backlog(topics: int) -> str:
    """What was said in an outage comes at once when it ends, each post at its own time: the signal is stepped with what was known then."""
    at, raised = 2 * WEEK + 3 * DAY + 8 * HOUR, 0
    ended, detector = at + 6 * HOUR, Detector(Options())
    for number in range(topics):
        series = drawn(30.0, at + 2 * DAY, _rng(30.0, 500 + number))
        unknown = np.zeros(len(series), dtype=np.bool_)
        unknown[at:ended] = True
        before = _buckets(series, np.where(unknown, 0.0, series.values), unknown)
        state = detector.start()
        for state, _ in walk(detector, before.rows(0, ended)):  # noqa: B007 - the last state is wanted
            pass
        after = _buckets(series, series.values, np.zeros_like(unknown))
        for row in range(ended + 1, len(series)):
            first = (state.settled_to - MONDAY) // STEP
            state, finding = detector.step(state, after.rows(first, row, settled=row - 2 * HOUR))
            raised += finding is not None
    return f"The backlog of a six-hour outage, each post at its own time, raised {raised} alarms in {topics} topics in the 34 hours after it.\n"


def _buckets(series: Series, values: np.ndarray, unknown: Flags) -> Buckets:
    return Buckets.of(series.start, values.astype(np.int64), unknown=unknown, width_s=int(STEP.total_seconds()))


def _alarms(rung: Flags) -> int:
    return int(np.count_nonzero(rung))


def _rng(rate: float, number: int) -> np.random.Generator:
    return np.random.default_rng((int(rate * 100), number))
