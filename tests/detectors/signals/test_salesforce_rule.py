import doctest
from datetime import UTC, datetime

import numpy as np

from detectors.buckets import Buckets
from detectors.signals import salesforce_rule
from detectors.signals.salesforce_rule import Detector, Options
from detectors.walk import walk

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440
DAILY = np.tile([1, *[0] * 59], 24)  # a day of 24 mentions


def found(before, after, options=None, **more):
    """Findings of the minutes `after`, those `before` taken in at once."""
    detector = Detector(options or Options())
    series = Buckets.of(MONDAY, np.concatenate((before, after)), topic_id="acme", **more)
    state, _ = detector.step(detector.start(), series.rows(0, len(before), settled=len(before) - 120))
    return [finding for _, finding in walk(detector, series, state=state) if finding is not None]


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(salesforce_rule).failed == 0


def test_twice_the_day_of_the_weeks_before_rings_and_says_whose_rule_it_is():
    (finding,) = found(np.tile(DAILY, 29), np.ones(60, dtype=int))
    assert finding.expected == 24.0
    assert finding.words.args["threshold"] == 48
    assert finding.frozen["rule"].startswith("https://help.salesforce.com/")
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5


def test_half_as_much_more_rings_for_the_sensitive_only():
    more = np.ones(14, dtype=int)
    assert found(np.tile(DAILY, 29), more) == []
    assert len(found(np.tile(DAILY, 29), more, Options(sensitivity="sensitive"))) == 1


def test_a_busy_saturday_like_those_before_does_not_ring():
    week = np.concatenate((np.tile(DAILY, 5), np.ones(DAY, dtype=int), DAILY))
    assert found(np.concatenate((week, week, DAILY, DAILY, DAILY, DAILY, DAILY)), np.ones(600, dtype=int)) == []


def test_before_there_is_a_week_to_compare_with_nothing_rings():
    assert found(np.tile(DAILY, 6), np.ones(120, dtype=int)) == []


def test_a_week_may_be_the_window():
    assert found(np.tile(DAILY, 15), np.ones(60, dtype=int), Options(window_h=168)) == []
    assert len(found(np.tile(DAILY, 15), np.ones(200, dtype=int), Options(window_h=168))) == 1
