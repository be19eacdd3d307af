from datetime import timedelta

import numpy as np

from detectors.buckets import Buckets
from detectors.weeks import DAY_H, KEPT_H, Weeks, WeeksState, learn, newly_closed
from tests.detectors.series_of_weeks import DAY, MONDAY


def hourly(*an_hour, days=1, unknown=None):
    """So many mentions at the beginning of each hour, a number a source."""
    rows = np.zeros((days * DAY, len(an_hour)), dtype=int)
    rows[::60] = an_hour
    return Buckets.of(MONDAY, rows, unknown=unknown)


def test_hours_are_counted_and_what_is_older_than_four_weeks_is_forgotten():
    weeks = learn(Weeks(), hourly(5, days=30))
    assert set(weeks.counts) == {5}
    assert (len(weeks), weeks.end) == (KEPT_H, MONDAY + timedelta(days=30))


def test_an_hour_that_was_hardly_heard_is_unknown_and_one_that_was_mostly_heard_is_scaled():
    unknown = np.zeros(DAY, dtype=bool)
    unknown[600:660] = True  # all of hour 10
    unknown[730:742] = True  # a fifth of hour 12
    weeks = learn(Weeks(), hourly(8, unknown=unknown))
    assert (weeks.counts[9], weeks.counts[10], weeks.counts[12]) == (8, -1, 10)
    assert np.isnan(weeks.values[10])


def test_where_a_large_source_is_blind_the_hour_is_unknown_and_where_a_small_one_is_it_is_scaled():
    blind = np.zeros((3 * DAY, 2), dtype=bool)
    blind[2 * DAY :, 0] = True
    assert set(learn(Weeks(), hourly(9, 1, days=3, unknown=blind)).counts[-DAY_H:]) == {-1}
    assert set(learn(Weeks(), hourly(1, 9, days=3, unknown=blind)).counts[-DAY_H:]) == {10}


def test_a_source_that_joins_scales_the_hours_before_it():
    unknown = np.zeros((10 * DAY, 2), dtype=bool)
    unknown[: 5 * DAY, 1] = True
    weeks = learn(Weeks(), hourly(10, 10, days=10, unknown=unknown))
    assert abs(weeks.counts[0] - 20) <= 1
    assert weeks.counts[-1] == 20


def test_a_source_that_is_gone_for_a_week_is_none_of_ours_any_more():
    unknown = np.zeros((20 * DAY, 2), dtype=bool)
    unknown[5 * DAY :, 1] = True
    weeks = learn(Weeks(), hourly(10, 10, days=20, unknown=unknown))
    assert weeks.counts[6 * DAY_H] == -1
    assert abs(weeks.counts[0] - 10) <= 1
    assert weeks.counts[-1] == 10


def test_hours_that_nobody_stepped_over_are_unknown():
    first, later = hourly(5), hourly(5, days=3).rows(2 * DAY, 3 * DAY)
    assert learn(learn(Weeks(), first), later).counts[DAY_H : 2 * DAY_H] == (-1,) * DAY_H


def test_what_is_learnt_does_not_depend_on_the_cut():
    rng = np.random.default_rng(1)
    rows = Buckets.of(MONDAY, rng.poisson(0.05, (5 * DAY, 2)), unknown=rng.random((5 * DAY, 2)) < 0.001)
    whole = learn(Weeks(), rows)
    pieces = Weeks()
    for day in range(5):
        pieces = learn(pieces, rows.rows(day * DAY, (day + 1) * DAY))
    assert pieces == whole


def test_what_is_still_on_its_way_is_not_closed_and_what_was_judged_is_not_new():
    rows = hourly(1).rows(0, 130)
    assert newly_closed(WeeksState(), rows, timedelta(minutes=5)) == MONDAY + timedelta(hours=2)
    assert newly_closed(WeeksState(), rows, timedelta(minutes=20)) == MONDAY + timedelta(hours=1)
    assert newly_closed(WeeksState(judged_to=MONDAY + timedelta(hours=1)), rows, timedelta(minutes=20)) is None
    assert newly_closed(WeeksState(), hourly(1).rows(0, 59), timedelta(0)) is None
