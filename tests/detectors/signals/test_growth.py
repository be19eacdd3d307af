import doctest
from datetime import timedelta

import numpy as np
import pytest

from detectors.buckets import Buckets
from detectors.signals import growth
from detectors.signals.growth import Detector, Options
from tests.detectors.series_of_weeks import DAY, MONDAY, told, weeks

FROM = 14 * DAY
NOON = FROM + 720


def gathering(an_hour, *, seed, minutes=240, doubles_min=50, first=0.3):
    """A fortnight, then a burst from noon on that doubles every so many minutes, from `first` mentions a minute."""
    counts = weeks(an_hour, 15, seed=seed)[: NOON + minutes]
    counts[NOON:] += np.random.default_rng(seed).poisson(first * 2.0 ** (np.arange(minutes) / doubles_min))
    return counts


def found(counts, *, options=None, every=10, **more):
    return told(Detector(options or Options()), counts, after=FROM, every=every, **more)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(growth).failed == 0


@pytest.mark.parametrize("an_hour", [1, 20, 200])
def test_mornings_of_usual_weeks_are_no_growth(an_hour):
    assert found(weeks(an_hour, 18, seed=1), every=15) == []


@pytest.mark.parametrize("an_hour", [0.5, 10])
def test_a_burst_that_doubles_each_hour_is_told_with_what_it_will_bring(an_hour):
    counts = gathering(an_hour, seed=2)
    first = found(counts)[0]
    args = first.words.args
    assert first.words.key == "signal.growth"
    assert first.bucket_start <= MONDAY + timedelta(minutes=NOON + 180)
    assert args["low"] < args["forecast"] < args["high"]
    assert args["by"] == (first.window_end + timedelta(hours=3)).isoformat()


def test_a_burst_is_told_once_and_again_when_its_forecast_has_trebled():
    keys = [finding.words.key for finding in found(gathering(1, seed=3, minutes=300))]
    assert keys[0] == "signal.growth"
    assert set(keys[1:]) <= {"signal.growth.growth"}
    assert len(keys) <= 3


def test_a_burst_at_a_steady_or_falling_pace_is_no_growth():
    counts = weeks(1, 15, seed=4)
    for pace in (np.full(480, 0.8), 3.0 * 0.5 ** (np.arange(480) / 120)):
        burst = counts.copy()
        burst[NOON : NOON + 480] += np.random.default_rng(4).poisson(pace)
        assert found(burst[: NOON + 480], options=Options(size=2000)) == []


def test_the_growth_of_few_people_is_none():
    counts = gathering(1, seed=5)
    authors = np.minimum(counts, 1)
    authors[NOON:] = 0
    authors[NOON::60] = 3
    assert found(counts, authors=authors) == []


def test_a_source_that_comes_back_amid_a_burst_is_no_growth():
    steady = weeks(1, 15, seed=6)[: NOON + 300]
    steady[NOON:] += 1
    counts = np.stack((steady, steady), axis=1)
    unknown = np.zeros(counts.shape, dtype=bool)
    unknown[NOON + 60 : NOON + 180, 1] = True
    assert found(counts, sources=("forum", "group"), unknown=unknown, options=Options(size=3000)) == []


def test_the_size_that_an_operator_fears_is_told_before_it_is_reached():
    counts = gathering(1, seed=7)
    early, late = (found(counts, options=Options(size=size, doubles=9.0)) for size in (150, 600))
    assert early[0].bucket_start < late[0].bucket_start
    assert early[0].words.args["forecast"] >= 150


def test_a_first_day_says_nothing():
    assert told(Detector(Options()), weeks(60, 1, seed=8), after=300, every=15) == []


def test_a_finding_explains_itself():
    finding = found(gathering(1, seed=9))[0]
    assert finding.observed == sum(finding.frozen["window"]["quarters"][-4:])
    assert [one["hours"] for one in finding.frozen["forecast"]] == [1, 3, 6]
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5


def test_most_minutes_end_early():
    detector = Detector(Options())
    series = Buckets.of(MONDAY, weeks(1, 5, seed=10))
    state, _ = detector.step(detector.start(), series.rows(0, 4 * DAY, settled=4 * DAY - 120))
    again, finding = detector.step(state, series.rows(4 * DAY - 180, 4 * DAY, settled=4 * DAY - 120))
    assert again is state
    assert finding is None
