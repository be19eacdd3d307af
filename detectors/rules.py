"""Rules that others have published for "that is a lot", so that they can be compared with ours on one's own history.

Each rule says from how many mentions in its window it rings, as arithmetic on floats or on arrays (the bench asks whole series at once); NaN is a
window that we did not listen to. What they share as signals stands below: hourly totals in the state, and one alarm for one stretch.

Sources, read in 2026: `MELTWATER`, `SALESFORCE`, `SOCIALMETRIX`, `HUGINN`. What a page leaves open is told at its rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
import numpy as np
import numpy.typing as npt

from core.records import Words
from detectors.base import Finding, SignalOptions, State
from detectors.baseline import whole_hours
from detectors.buckets import HOUR_S, Buckets
from detectors.tails import score

MELTWATER: Final = "https://community.meltwater.com/alerts-205/understanding-alert-types-8057"
SALESFORCE: Final = "https://help.salesforce.com/apex/HTViewSolution?id=000232591"
SOCIALMETRIX: Final = "https://socialmetrix.freshdesk.com/support/solutions/articles/1000143951-variation-alerts"
HUGINN: Final = "https://github.com/huginn/huginn/blob/master/app/models/agents/peak_detector_agent.rb"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
LEAST: Final = 1.0  # mentions in a window that are taken for usual at the least: no page says what three times nothing is
SPACING: Final = timedelta(hours=3)  # a rule that rings on and on is one alarm, as with our own bursts
VERSION: Final = "1"
HEARD: Final = 0.5  # a window of which we heard less is unknown

Numbers = npt.ArrayLike
Answer = npt.NDArray[np.float64]


def meltwater_rings_from(half_day: Numbers, day_before: Numbers, week_before: Numbers, *, times: float) -> Answer:
    """The last hour against the mean of the 12 hours before; much more than in the same hour a day and a week before, too.

    "Much higher" has no figure on the page: `times` is ours, and asked of all three.

    Example:
        >>> float(meltwater_rings_from(2.0, 4.0, float("nan"), times=3.0))
        12.0
    """
    return times * np.maximum(half_day, np.fmax(np.fmax(day_before, week_before), LEAST))


def salesforce_rings_from(weeks: Numbers, *, percent: float) -> Answer:
    """The window against the mean of the same window in earlier weeks, shape (weeks, ...), and so many percent more.

    Example:
        >>> float(salesforce_rings_from([10.0, 30.0, float("nan")], percent=50.0))
        30.0
    """
    known = np.asarray(weeks, dtype=np.float64)
    counted = (~np.isnan(known)).sum(axis=0)
    mean = np.where(counted > 0, np.nansum(known, axis=0) / np.maximum(counted, 1), np.nan)
    return np.where(np.isnan(mean), np.nan, np.fmax(mean, LEAST) * (1.0 + percent / 100.0))


def socialmetrix_rings_from(mean: Numbers, deviation: Numbers, *, deviations: float) -> Answer:
    """The mean of 24 hours against the mean of 7 days and so many standard deviations of its hours; here as mentions in 24 hours.

    Example:
        >>> float(socialmetrix_rings_from(2.0, 1.0, deviations=1.5))
        84.0
    """
    return 24.0 * (np.asarray(mean) + deviations * np.asarray(deviation))


def huginn_rings_from(mean: Numbers, deviation: Numbers, *, deviations: float) -> Answer:
    """One hour's count against the mean of the hours kept before it and so many standard deviations (PeakDetectorAgent).

    Example:
        >>> float(huginn_rings_from(2.0, 1.0, deviations=3.0))
        5.0
    """
    return np.asarray(mean) + deviations * np.asarray(deviation)


class PublishedRule(SignalOptions):
    """Options of a rule: `published` is where it stands, `rings_from` the least mentions that ring, of what the rule is given."""

    published: ClassVar[str]

    def rings_from(self, given: Sequence[float]) -> float:
        """From how many mentions in its window the rule rings; NaN where it cannot say."""
        raise NotImplementedError


class RuleState(State, frozen=True, kw_only=True):
    """Mentions by clock hour up to `settled_to`, oldest first, None where we did not listen; and what was told.

    `over_to`: the end of the last window that rang. `asked_at`: the end of the last whole hour that was judged.
    """

    hours: tuple[int | None, ...] = ()
    over_to: datetime | None = None
    asked_at: datetime | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A window as a rule sees it: when it ends, its mentions, what is usual in such a window, and what the rule was given to say when it rings."""

    end: datetime
    window: timedelta
    observed: float
    usual: float
    given: list[float | None]


class Past:
    """Mentions of all sources as far back as a state goes, and in the rows since."""

    def __init__(self, hours: Sequence[int | None], rows: Buckets) -> None:
        self._hours = np.array([np.nan if count is None else count for count in hours], dtype=np.float64)
        self._rows = rows
        self._counts = rows.known(rows.mentions).sum(axis=1)
        self._heard = (~rows.unknown).sum(axis=1) / max(1, len(rows.sources))

    def seen(self, end: datetime, window: timedelta) -> float:
        """Mentions heard in the window that ends then; an hour that lies partly in it gives that part of its mentions."""
        return self._sum(end, window)[0]

    def usual(self, end: datetime, window: timedelta) -> float:
        """Mentions that such a window brings: what was not heard is thought to be like the rest; NaN where less than half was heard."""
        mentions, heard_h = self._sum(end, window)
        length_h = window / HOUR
        return mentions * length_h / heard_h if heard_h >= HEARD * length_h else float("nan")

    def whole_hours(self, end: datetime, count: int) -> Answer:
        """Mentions of so many clock hours up to `end`, a whole hour; NaN where unknown, fewer where there is less history."""
        newest = [np.nan if hour is None else hour for hour in hourly(self._rows.until(end))]
        return np.concatenate((self._hours, newest))[-count:]

    def _sum(self, end: datetime, window: timedelta) -> tuple[float, float]:
        first, last = ((at - self._rows.start) / HOUR for at in (end - window, end))
        touched = slice(max(0, math.floor(first) + len(self._hours)), max(0, math.ceil(last) + len(self._hours)))
        hours = self._hours[touched]
        begins = np.arange(touched.start, touched.start + len(hours)) - len(self._hours)
        part = np.minimum(begins + 1.0, last) - np.maximum(begins, first)
        known = ~np.isnan(hours)
        an_hour = HOUR_S // self._rows.width_s
        rows = slice(max(0, round(first * an_hour)), max(0, round(last * an_hour)))
        mentions = float((part[known] * hours[known]).sum() + self._counts[rows].sum())
        return mentions, float(part[known].sum() + self._heard[rows].sum() / an_hour)


def hourly(buckets: Buckets) -> list[int | None]:
    """Mentions of each whole clock hour (the first may lack its beginning); None where less than half of it was heard."""
    an_hour = HOUR_S // buckets.width_s
    lead = np.zeros((int(buckets.start.timestamp()) % HOUR_S) // buckets.width_s)
    rows = (len(lead) + len(buckets)) // an_hour * an_hour
    counts = np.concatenate((lead, buckets.known(buckets.mentions).sum(axis=1)))[:rows].reshape(-1, an_hour).sum(axis=1)
    listened = (~buckets.unknown).sum(axis=1) / max(1, len(buckets.sources))
    heard = np.concatenate((lead, listened))[:rows].reshape(-1, an_hour).mean(axis=1)
    return [round(count / share) if share >= HEARD else None for count, share in zip(counts.tolist(), heard.tolist(), strict=True)]


def remember(state: RuleState, buckets: Buckets, *, keep_h: int) -> tuple[RuleState, Past | None]:
    """Take the settled whole hours into the state, of which `keep_h` are kept; and the past as it stands then, None where no row is new."""
    fresh = buckets.since(state.settled_to)
    if not len(fresh):
        return state, None
    if state.settled_to is not None and fresh.start > state.settled_to:
        state = msgspec.structs.replace(state, hours=())  # rows are missing in between
    settled = whole_hours(fresh, keep=HOUR)
    if settled is None:
        return msgspec.structs.replace(state, settled_to=fresh.start), Past(state.hours, fresh)
    state = msgspec.structs.replace(state, settled_to=settled.end, hours=(*state.hours, *hourly(settled))[-keep_h:])
    return state, Past(state.hours, fresh.since(settled.end))


def newest_hour(state: RuleState, buckets: Buckets) -> datetime | None:
    """The end of the newest whole clock hour, None where it was judged already."""
    end = buckets.end.replace(minute=0, second=0, microsecond=0)
    return end if len(buckets) and end > buckets.start and (state.asked_at is None or end > state.asked_at) else None


def tell(
    state: RuleState, reading: Reading, options: PublishedRule, *, kind: str, spacing: timedelta, buckets: Buckets
) -> tuple[RuleState, Finding | None]:
    """The finding of a window that rings: once for one stretch, which ends when nothing has rung for `spacing`."""
    rings_from = options.rings_from(_numbers(reading.given))
    if not reading.observed >= rings_from:  # NaN never rings
        return state, None
    told = state.over_to is not None and reading.end - state.over_to < spacing
    state = msgspec.structs.replace(state, over_to=reading.end)
    return state, None if told else _finding(reading, rings_from, options, kind, buckets)


class RuleDetector:
    """What the detectors of published rules share; each adds its `step`.

    Args:
        options: of the rule.
    """

    version = VERSION

    def __init__(self, options: PublishedRule) -> None:
        self._options = options

    def start(self) -> RuleState:
        """Nothing known yet."""
        return RuleState()

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding again, from what its rule was given."""
        reading, options = frozen["reading"], type(self._options)(**frozen["options"])
        return score(float(reading["observed"]), options.rings_from(_numbers(reading["given"])))


def _numbers(given: Sequence[float | None]) -> list[float]:
    return [np.nan if number is None else number for number in given]


def _finding(reading: Reading, rings_from: float, options: PublishedRule, kind: str, buckets: Buckets) -> Finding:
    seconds = int(reading.window.total_seconds())
    args = {"topic": buckets.topic_id, "observed": round(reading.observed), "scale": seconds, "threshold": math.ceil(rings_from)}
    return Finding(
        kind=kind,
        bucket_start=reading.end - timedelta(seconds=buckets.width_s),
        window_start=reading.end - reading.window,
        window_end=reading.end,
        scale_s=seconds,
        observed=reading.observed,
        expected=reading.usual,
        low=None,
        high=None,
        score=score(reading.observed, rings_from),
        words=Words(key=f"signal.{kind}", args=args),
        frozen={"version": VERSION, "rule": options.published, "options": options.model_dump(), "reading": msgspec.to_builtins(reading)},
    )
