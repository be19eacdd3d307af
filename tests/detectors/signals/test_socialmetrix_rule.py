import doctest
from datetime import UTC, datetime

import numpy as np

from detectors.buckets import Buckets
from detectors.signals import socialmetrix_rule
from detectors.signals.socialmetrix_rule import Detector, Options
from detectors.walk import walk

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAILY = np.tile([1, *[0] * 59], 24)


def found(before, after, options=None, unknown=None):
    """Findings of the minutes `after`, those `before` taken in at once."""
    detector = Detector(options or Options())
    series = Buckets.of(MONDAY, np.concatenate((before, after)), topic_id="acme", unknown=unknown)
    state, _ = detector.step(detector.start(), series.rows(0, len(before), settled=len(before) - 120))
    return [finding for _, finding in walk(detector, series, state=state) if finding is not None]


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(socialmetrix_rule).failed == 0


def test_a_day_far_above_its_week_rings_once_and_says_whose_rule_it_is():
    (finding,) = found(np.tile(DAILY, 8), np.ones(24 * 60, dtype=int))
    assert finding.scale_s == 24 * 3600
    assert finding.observed >= finding.words.args["threshold"] - 1
    assert finding.frozen["rule"].startswith("https://socialmetrix.freshdesk.com/")
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5


def test_an_outbreak_of_an_hour_is_not_seen_by_this_rule():
    assert found(np.tile(DAILY, 8), np.concatenate((np.full(60, 5), DAILY))) == []


def test_high_variation_rings_later_than_low():
    rise = np.ones(14 * 60, dtype=int)
    assert len(found(np.tile(DAILY, 8), rise, Options(sensitivity="sensitive"))) == 1
    assert found(np.tile(DAILY, 8), rise, Options(sensitivity="quiet")) == []


def test_days_as_always_and_days_without_a_word_do_not_ring():
    assert found(np.tile(DAILY, 8), DAILY) == []
    assert found(np.zeros(8 * 1440, dtype=int), np.zeros(60, dtype=int)) == []


def test_an_outage_within_the_day_makes_the_rule_wait():
    unknown = np.zeros(9 * 1440, dtype=bool)
    unknown[8 * 1440 : 8 * 1440 + 120] = True
    assert found(np.tile(DAILY, 8), np.ones(1440, dtype=int), unknown=unknown) == []
