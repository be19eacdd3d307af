import doctest
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors import rules
from detectors.buckets import Buckets
from detectors.rules import DAY, HOUR, Past, RuleState, hourly, remember

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def minutes(*hours, unknown=()):
    """Buckets of clock hours that each hold so many mentions, evenly; the hours in `unknown` were not listened to."""
    counts = np.concatenate([np.bincount(np.arange(count) * 60 // max(count, 1), minlength=60) for count in hours])
    blind = np.isin(np.arange(len(hours)), unknown).repeat(60)
    return Buckets.of(MONDAY, counts, unknown=blind)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(rules).failed == 0


def test_what_a_rule_cannot_know_never_rings():
    assert np.isnan(rules.meltwater_rings_from(np.nan, 4.0, 4.0, times=3.0))
    assert np.isnan(rules.salesforce_rings_from([np.nan, np.nan], percent=100.0))


def test_three_times_nothing_is_three_mentions():
    assert rules.meltwater_rings_from(0.0, 0.0, 0.0, times=3.0) == 3.0
    assert rules.salesforce_rings_from([0.0], percent=100.0) == 2.0


def test_the_rules_answer_for_whole_series_as_for_one_window():
    series = rules.salesforce_rings_from(np.array([[10.0, 20.0], [30.0, np.nan]]), percent=100.0)
    assert series.tolist() == [40.0, 40.0]


def test_hours_that_were_not_heard_are_none_and_half_heard_ones_are_filled_up():
    assert hourly(minutes(6, 9, 12, unknown=(1,))) == [6, None, 12]
    half = Buckets.of(MONDAY, [1] * 60, unknown=np.arange(60) >= 30)
    assert hourly(half) == [60]


def test_the_first_hour_may_lack_its_beginning():
    late = Buckets.of(MONDAY + timedelta(minutes=20), [1] * 100)
    assert hourly(late) == [60, 60]


@pytest.mark.parametrize("settled", [0, 120, 240])
def test_a_window_holds_the_same_whether_its_hours_are_settled_or_not(settled):
    buckets = minutes(6, 12, 18, 24, 30)
    _, past = remember(RuleState(), buckets.rows(0, len(buckets), settled=settled), keep_h=48)
    assert past.seen(buckets.end, 2 * HOUR) == 54
    assert past.usual(buckets.end - HOUR, 4 * HOUR) == pytest.approx(60)
    assert past.whole_hours(buckets.end, 3).tolist() == [18, 24, 30]
    assert np.isnan(past.usual(buckets.end, DAY)), "five hours are no day"


def test_an_outage_is_left_out_of_what_is_usual_and_brings_nothing():
    buckets = minutes(10, 10, 0, 0, 10, 10, unknown=(2, 3))
    past = Past((), buckets)
    assert past.usual(buckets.end, 6 * HOUR) == pytest.approx(60)
    assert past.seen(buckets.end, 6 * HOUR) == 40
    assert np.isnan(past.usual(MONDAY + 4 * HOUR, 2 * HOUR))


def test_hours_are_kept_no_longer_than_the_rule_looks_back_and_a_gap_starts_anew():
    state, _ = remember(RuleState(), minutes(*range(9)).rows(0, 540, settled=540), keep_h=4)
    assert state.hours == (4, 5, 6, 7)
    assert state.settled_to == MONDAY + 8 * HOUR
    later = Buckets.of(MONDAY + 20 * HOUR, [1] * 30)
    assert remember(state, later, keep_h=4)[0].hours == ()


def test_rows_that_were_absorbed_before_change_nothing():
    buckets = minutes(1, 2, 3, 4, 5)
    state, _ = remember(RuleState(), buckets.rows(0, 300, settled=300), keep_h=9)
    assert remember(state, buckets.rows(0, 120), keep_h=9) == (state, None)
