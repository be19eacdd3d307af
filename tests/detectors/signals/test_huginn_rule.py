import doctest
from datetime import UTC, datetime

import numpy as np

from detectors.buckets import Buckets
from detectors.signals import huginn_rule
from detectors.signals.huginn_rule import Detector, Options
from detectors.walk import findings

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def hours(*counts):
    """Minutes of clock hours that hold so many mentions; one more mention lets the last hour be judged."""
    return np.concatenate([*([count, *[0] * 59] for count in counts), [1]])


def found(*counts, options=None):
    return findings(Detector(options or Options()), Buckets.of(MONDAY, hours(*counts), topic_id="acme"))


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(huginn_rule).failed == 0


def test_an_hour_above_three_deviations_rings_and_says_whose_rule_it_is():
    (finding,) = found(*[1, 3] * 24, 6)
    assert (finding.expected, finding.words.args["threshold"]) == (2.0, 5)
    assert finding.frozen["rule"].startswith("https://github.com/huginn/huginn")
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5


def test_an_hour_within_three_deviations_does_not_ring():
    assert found(*[1, 3] * 24, 4) == []


def test_peaks_within_two_days_of_one_told_are_passed_over():
    assert len(found(*[1, 3] * 24, 20, *[1, 3] * 20, 60)) == 1
    assert len(found(*[1, 3] * 24, 20, *[1, 3] * 25, 60)) == 2
    assert len(found(*[1, 3] * 24, 20, *[1, 3] * 20, 60, options=Options(spacing_days=0.5))) == 2


def test_four_hours_are_needed_first():
    assert found(1, 1, 1, 50) == []
    assert len(found(1, 1, 1, 1, 50)) == 1


def test_it_has_no_levels():
    assert Options(sensitivity="quiet").deviations == Options(sensitivity="sensitive").deviations == 3.0
