import doctest
from datetime import UTC, datetime

import numpy as np

from detectors.buckets import Buckets
from detectors.signals import meltwater_rule
from detectors.signals.meltwater_rule import Detector, Options
from detectors.walk import findings

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
EVEN = np.tile([1, *[0] * 9], 6)  # an hour of six mentions


def found(*hours, options=None):
    return findings(Detector(options or Options()), Buckets.of(MONDAY, np.concatenate(hours), topic_id="acme"))


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(meltwater_rule).failed == 0


def test_three_times_the_last_twelve_hours_ring_and_say_whose_rule_it_is():
    (finding,) = found(np.tile(EVEN, 24), np.ones(30, dtype=int))
    assert 18 <= finding.words.args["threshold"] <= finding.observed <= 19  # hours that lie partly in a window give their part
    assert finding.frozen["rule"].startswith("https://community.meltwater.com/")
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5


def test_twice_as_much_rings_for_the_sensitive_only():
    twice = np.tile([1, 0, 0, 0], 15)
    assert found(np.tile(EVEN, 24), twice) == []
    assert len(found(np.tile(EVEN, 24), twice, options=Options(sensitivity="sensitive"))) == 1
    assert Options(sensitivity="quiet").times == 5.0


def test_a_morning_like_the_day_before_does_not_ring():
    night, day = np.zeros(12 * 60, dtype=int), np.ones(12 * 60, dtype=int)
    assert len(found(night, day)) == 1, "nothing is known of the day before yet"
    assert len(found(night, day, night, day)) == 1


def test_a_rise_that_lasts_is_told_once():
    assert len(found(np.tile(EVEN, 24), np.ones(300, dtype=int))) == 1


def test_the_first_hours_of_a_topic_do_not_ring():
    assert found(np.zeros(300, dtype=int), np.ones(60, dtype=int)) == []
