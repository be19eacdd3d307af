import doctest
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.errors import Refused
from detectors import scoring
from detectors.buckets import Buckets
from detectors.scoring import score_series
from detectors.signals.volume_spike import Detector, Options
from detectors.walk import walk

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def times(count, minutes, start=MONDAY):
    return [start + timedelta(minutes=minutes) * index for index in range(count)]


def noise(count, an_hour, minutes, seed=1):
    return np.random.default_rng(seed).poisson(an_hour * minutes / 60, count).astype(float).tolist()


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(scoring).failed == 0


@pytest.mark.parametrize("an_hour", [2, 40])
def test_a_series_is_judged_as_the_detector_would_step_it(an_hour):
    values = noise(6 * 288, an_hour, 5)
    values[5 * 288 : 5 * 288 + 9] = [6.0 * an_hour] * 9
    scored = [row.alarm for row in score_series(times(len(values), 5), values)]
    series = Buckets.of(MONDAY, np.array(values, dtype=int), width_s=300)
    stepped = walk(Detector(Options()), series, lateness=timedelta(0), every_row=True)
    assert scored == [finding is not None for _, finding in stepped]
    assert any(scored)


def test_a_row_scores_half_and_more_only_where_it_alarms():
    values = noise(5 * 288, 2, 5)
    values[1200:1220] = [8.0] * 20
    rows = list(score_series(times(len(values), 5), values))
    assert all((row.score >= 0.5) == row.alarm and 0.0 <= row.score <= 1.0 for row in rows)
    assert sum(row.alarm for row in rows) <= 3


def test_what_comes_later_changes_no_row_before_it():
    values = noise(4 * 288, 10, 5)
    whole = list(score_series(times(len(values), 5), values))
    assert list(score_series(times(900, 5), values[:900])) == whole[:900]


@pytest.mark.parametrize(
    ("minutes", "days", "burst"), [(1, 4, 3.0), (10, 5, 8.0), (15, 5, 12.0), (30, 6, 20.0), (60, 7, 40.0), (1440, 40, 600.0)]
)
def test_any_step_of_whole_minutes_is_judged(minutes, days, burst):
    count = days * 1440 // minutes
    values = [2.0 * minutes / 60] * count
    for index in range(count - max(1, 30 // minutes), count):
        values[index] = burst
    assert any(row.alarm for row in list(score_series(times(count, minutes), values))[-30:])


def test_a_row_that_is_missing_or_empty_is_unknown_and_no_silence():
    values = [float(value) for value in noise(6 * 288, 30, 5)]
    outage = range(4 * 288, 4 * 288 + 72)
    emptied = [None if index in outage else value for index, value in enumerate(values)]
    kept = [(at, value) for index, (at, value) in enumerate(zip(times(len(values), 5), values, strict=True)) if index not in outage]
    told = list(score_series(times(len(values), 5), emptied))
    missing = list(score_series([at for at, _ in kept], [value for _, value in kept]))
    assert not any(row.alarm for row in told)
    assert [row for index, row in enumerate(told) if index not in outage] == missing
    assert told[-1].expected == pytest.approx(2.5, rel=0.2)


def test_rows_need_not_stand_on_the_hour():
    odd = [at + timedelta(minutes=42, seconds=53) for at in times(4 * 288, 5)]
    assert len(list(score_series(odd, noise(4 * 288, 3, 5)))) == 4 * 288


def test_the_usual_day_is_learnt_where_people_live():
    hanoi = ZoneInfo("Asia/Ho_Chi_Minh")
    values = [60.0 if 9 <= at.astimezone(hanoi).hour < 17 else 2.0 for at in times(24 * 21, 60)]
    rows = list(score_series(times(len(values), 60), values, zone=hanoi))
    at_ten = [row.expected for at, row in zip(times(len(values), 60), rows, strict=True) if at.astimezone(hanoi).hour == 10]
    assert at_ten[-1] > 40.0
    assert not any(row.alarm for row in rows[24 * 7 :])


@pytest.mark.parametrize(
    ("at", "values", "told"),
    [
        (times(1, 5), [1.0], "two rows"),
        ([MONDAY, MONDAY], [1.0, 1.0], "order of time"),
        ([MONDAY + timedelta(minutes=5), MONDAY], [1.0, 1.0], "order of time"),
        ([MONDAY, MONDAY + timedelta(seconds=10)], [1.0, 1.0], "whole number of minutes"),
        ([MONDAY, MONDAY + timedelta(minutes=5), MONDAY + timedelta(minutes=12)], [1.0] * 3, "equal steps"),
        (times(2, 5), [1.0, -1.0], "no count"),
        (times(2, 5), [1.0, float("inf")], "no count"),
    ],
)
def test_a_series_that_is_none_is_refused_in_one_line(at, values, told):
    with pytest.raises(Refused, match=told):
        list(score_series(at, values))
