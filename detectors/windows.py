"""The windows of a topic that end now, a quarter of an hour to a day: what they brought, what was expected, and how uneven such windows are. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

import msgspec
import numpy as np

from detectors import hours as totals
from detectors import novelty as news
from detectors.baseline import WARM_H, Baseline, absorb
from detectors.buckets import HOUR_S, QUARTER_S, Buckets, Counts, Mask, Rates
from detectors.hours import Hours
from detectors.novelty import Novelty

HOUR: Final = timedelta(hours=1)
DAY_H: Final = 24
BUSY: Final = 8.0  # mentions an hour, in the mean, from which a topic's own bursts are the measure
CRUDE_H: Final = 2.0  # settled hours from which on a young source is judged at all, by its own mean so far
THIN_DISPERSION: Final = 1.0  # added while the history is thin: its hours of the day and its unevenness are guesses


class Usual(msgspec.Struct, frozen=True, array_like=True):
    """What is usual of a topic, how restless it is, and its last settled day by the hour."""

    baseline: Baseline = Baseline()
    novelty: Novelty = Novelty()
    day: Hours = Hours()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as it is judged.

    `observed` and `expected`: of the judged sources where we listened; of a busy topic only, `excess` in spreads and the `top` of a usual fortnight in the same; `authors` within the last hour;
    `thin`: of sources too young to be judged by their history.
    """

    scale_s: int
    start: datetime
    observed: int
    expected: float
    dispersion: float
    authors: int
    thin: bool = False
    excess: float | None = None
    top: float | None = None


class Lately(msgspec.Struct, frozen=True, kw_only=True):
    """The rows in hand, as running sums (n + 1 numbers, the first 0): of all sources, of the mature ones and of the young.

    `dispersions` of a quarter and an hour; `top` in spreads, None where the topic is too slow to be judged by it.
    """

    start: datetime
    width_s: int
    mentions: list[int]
    counts: list[int]
    expected: list[float]
    authors: list[int]
    young: list[int]
    young_expected: list[float]
    young_authors: list[int]
    dispersions: tuple[float, float]
    top: float | None
    any_mature: bool
    any_crude: bool

    def __len__(self) -> int:
        return len(self.mentions) - 1

    def in_last_hour(self, upto: int) -> int:
        """Mentions in the hour that ends with row `upto`."""
        return self.mentions[upto] - self.mentions[max(0, upto - HOUR_S // self.width_s)]


def learn(usual: Usual, settled: Buckets) -> Usual:
    """Learn from whole settled hours, one after another, so that how they were cut into calls makes no difference."""
    rows, upto = HOUR_S // settled.width_s, 0
    while upto < len(settled):
        lead = (int(settled.start.timestamp() + upto * settled.width_s) % HOUR_S) // settled.width_s
        usual = _hour(usual, settled.rows(upto, upto + rows - lead))
        upto += rows - lead
    return usual


def _hour(usual: Usual, hour: Buckets) -> Usual:
    mature = _mature(usual.baseline, hour)
    judged = mature if mature.any() else ~mature
    expected = usual.baseline.expected(hour, judged)
    brought = hour.known(hour.mentions)[:, judged].sum(axis=1)
    heard = totals.totals(hour, hour.mentions)
    whole = Hours(heard.end, (int(brought.sum()),), (round(float(expected.sum()), totals.DIGITS),), heard.known)
    day = totals.join(usual.day, whole, keep=DAY_H)
    six, all_day = day.last(6), day.last(DAY_H)
    novelty = news.learn(
        usual.novelty,
        _steps(brought, hour.width_s),
        _steps(expected, hour.width_s),
        day=hour.start.astimezone(hour.zone).toordinal(),
        known=float((~hour.unknown[:, judged]).mean()),
        excesses=(six.count - six.expected, all_day.count - all_day.expected),
    )
    return Usual(absorb(usual.baseline, hour, hour.mentions), novelty, day)


def _steps(rows: Counts | Rates, width_s: int) -> list[float]:
    """The rows of an hour in steps of five minutes, or as they are where they are wider."""
    step = max(news.STEP_S // width_s, 1)
    return [float(part) for part in np.add.reduceat(rows, np.arange(0, len(rows), step))]


def _mature(baseline: Baseline, buckets: Buckets) -> Mask:
    return baseline.known_hours(buckets.sources) >= WARM_H


def lately(usual: Usual, fresh: Buckets) -> Lately:
    """The rows since what is settled, as they are needed to cut windows from."""
    baseline = usual.baseline
    known_h = baseline.known_hours(fresh.sources)
    mature, crude = known_h >= WARM_H, known_h >= CRUDE_H
    mentions, authors = fresh.known(fresh.mentions), fresh.known(fresh.authors)
    rates = [baseline.rates[source].an_hour for source, is_in in zip(fresh.sources, mature.tolist(), strict=True) if is_in]
    any_young = not mature.all()
    return Lately(
        start=fresh.start,
        width_s=fresh.width_s,
        mentions=_running(mentions.sum(axis=1)),
        counts=_running(mentions[:, mature].sum(axis=1)),
        expected=_running(baseline.expected(fresh, mature)) if rates else [0.0],
        authors=_running(authors[:, mature].sum(axis=1)),
        young=_running(mentions[:, ~mature].sum(axis=1)) if any_young else [0],
        young_expected=_running(baseline.expected(fresh, crude & ~mature)) if any_young else [0.0],
        young_authors=_running(authors[:, ~mature].sum(axis=1)) if any_young else [0],
        dispersions=(baseline.dispersion(QUARTER_S), baseline.dispersion(HOUR_S)),
        top=usual.novelty.usual_top if sum(rates) >= BUSY else None,
        any_mature=bool(rates),
        any_crude=any_young and bool((crude & ~mature).any()),
    )


def _running(rows: Counts | Rates) -> list[Any]:
    return [0, *accumulate(rows.tolist())]


def windows(usual: Usual, rows: Lately, upto: int, *, least: int = 0, times: float = 0.0) -> list[Window]:
    """The windows that end with row `upto` of the rows in hand: four of the mature sources, one of the young.

    Those of the mature that brought fewer than `least`, or less than so many `times` the expected, are left out.
    """
    hour_ago = max(0, upto - HOUR_S // rows.width_s)
    end = rows.start + timedelta(seconds=upto * rows.width_s)
    cut: list[Window] = []
    if rows.any_mature:
        for scale_s in news.SCALES:
            start, observed, expected = _counted(usual, rows, upto, end, scale_s)
            if observed >= least and observed >= times * expected:
                cut.append(_window(usual, rows, upto, scale_s, start, observed, expected))
    if rows.any_crude:
        cut.append(
            Window(
                scale_s=HOUR_S,
                start=end - HOUR,
                observed=rows.young[upto] - rows.young[hour_ago],
                expected=rows.young_expected[upto] - rows.young_expected[hour_ago],
                dispersion=rows.dispersions[1] + THIN_DISPERSION,
                authors=rows.young_authors[upto] - rows.young_authors[hour_ago],
                thin=True,
            )
        )
    return cut


def _counted(usual: Usual, rows: Lately, upto: int, end: datetime, scale_s: int) -> tuple[datetime, int, float]:
    """From when a window counts, what it brought and what was expected. The long ones are the settled hours and the rows in hand, and begin on a whole hour."""
    start = end - timedelta(seconds=scale_s)
    if scale_s <= HOUR_S:
        since = max(0, upto - scale_s // rows.width_s)
        return start, rows.counts[upto] - rows.counts[since], rows.expected[upto] - rows.expected[since]
    before = usual.day.since(start)
    return rows.start - before.hours * HOUR, before.count + rows.counts[upto], before.expected + rows.expected[upto]


def _window(usual: Usual, rows: Lately, upto: int, scale_s: int, start: datetime, observed: int, expected: float) -> Window:
    dispersion = rows.dispersions[scale_s > QUARTER_S]
    return Window(
        scale_s=scale_s,
        start=start,
        observed=observed,
        expected=expected,
        dispersion=dispersion if scale_s <= HOUR_S else max(dispersion, usual.novelty.dispersion(scale_s, expected)),
        authors=rows.authors[upto] - rows.authors[max(0, upto - HOUR_S // rows.width_s)],
        excess=usual.novelty.excess(scale_s, observed, expected) if rows.top is not None else None,
        top=rows.top,
    )
