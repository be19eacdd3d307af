import doctest

import numpy as np
import pytest

from detectors.base import save_state
from detectors.buckets import Buckets
from detectors.signals import slow_burn
from detectors.signals.slow_burn import Detector, Options
from tests.detectors.series_of_weeks import DAY, MONDAY, more, told, weeks

FROM = 21 * DAY  # what is judged begins after three weeks


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(slow_burn).failed == 0


@pytest.mark.parametrize(
    ("an_hour", "uneven", "weekend"), [(1, 0.0, 1.0), (3, 0.0, 0.5), (30, 0.0, 1.0), (30, 0.02, 0.5), (300, 0.05, 1.0)]
)
def test_two_usual_weeks_raise_nothing(an_hour, uneven, weekend):
    assert told(Detector(Options()), weeks(an_hour, 35, seed=1, uneven=uneven, weekend=weekend), after=FROM, every=180) == []


@pytest.mark.parametrize("an_hour", [10, 30, 300])
def test_a_day_with_eighty_percent_more_is_told_within_the_day(an_hour):
    for seed in range(2):
        counts = more(weeks(an_hour, 23, seed=seed), FROM + 480, FROM + 480 + DAY, 1.8, seed=seed)
        (first, *rest) = told(Detector(Options()), counts, after=FROM)
        assert (first.words.key, rest) == ("signal.slow_burn", [])
        assert first.window_end <= Buckets.of(MONDAY, counts[: FROM + 480 + DAY]).end


def test_three_days_each_above_the_last_are_told_as_such():
    counts = weeks(30, 24, seed=4)
    for turn, times in enumerate((1.2, 1.35, 1.55)):
        counts = more(counts, FROM + turn * DAY, FROM + (turn + 1) * DAY, times, seed=turn)
    (found,) = told(Detector(Options()), counts, after=FROM)
    args = found.words.args
    assert found.words.key == "signal.slow_burn.days"
    assert args["usual"] < args["first"] < args["second"] < args["third"]


@pytest.mark.parametrize("hours", [1, 2])
def test_what_one_or_two_loud_hours_explain_is_left_to_the_volume_spike(hours):
    counts = weeks(10, 23, seed=5)
    rows = slice(FROM + 720, FROM + 720 + 60 * hours)
    counts[rows] += np.random.default_rng(5).poisson(240 / 60 / hours, 60 * hours)  # twice the day in all
    assert told(Detector(Options()), counts, after=FROM) == []


def test_a_new_source_that_doubles_the_volume_is_no_rise():
    old, new = weeks(20, 28, seed=6), weeks(20, 28, seed=7)
    unknown = np.zeros((len(old), 2), dtype=bool)
    unknown[: 14 * DAY, 1] = True
    new[: 14 * DAY] = 0
    assert told(Detector(Options()), np.stack((old, new), axis=1), after=14 * DAY, every=120, sources=("old", "new"), unknown=unknown) == []


def test_a_source_that_is_gone_does_not_hide_the_next_rise():
    old, gone = weeks(20, 35, seed=8), weeks(20, 35, seed=9)
    unknown = np.zeros((len(old), 2), dtype=bool)
    unknown[14 * DAY :, 1] = True
    gone[14 * DAY :] = 0
    old = more(old, 33 * DAY, 34 * DAY, 2.0, seed=8)
    found = told(Detector(Options()), np.stack((old, gone), axis=1), after=14 * DAY, every=120, sources=("old", "gone"), unknown=unknown)
    assert [(finding.window_end - MONDAY).days for finding in found] == [33]


def test_a_first_week_and_a_backlog_of_an_outage_raise_nothing():
    assert told(Detector(Options()), more(weeks(30, 7, seed=10), 5 * DAY, 6 * DAY, 3.0, seed=10), after=4 * DAY) == []
    counts = more(weeks(30, 23, seed=11), FROM, FROM + DAY, 3.0, seed=11)
    unknown = np.zeros(len(counts), dtype=bool)
    unknown[FROM : FROM + DAY] = True
    assert told(Detector(Options()), counts, after=FROM, unknown=unknown) == []


def test_it_comes_to_the_same_minute_by_minute_and_after_a_pause():
    counts = weeks(6, 11, seed=12)
    series, detector = Buckets.of(MONDAY, counts), Detector(Options())
    once, _ = detector.step(detector.start(), series.rows(0, len(counts), settled=len(counts) - 120))
    state = detector.start()
    for upto in range(480, len(counts) + 1, 480):
        state, _ = detector.step(state, series.rows(0, upto, settled=upto - 120))
    assert state.weeks == once.weeks
    assert len(save_state(state)) < 4000


def test_a_finding_explains_itself():
    counts = more(weeks(30, 23, seed=13), FROM + 480, FROM + 480 + DAY, 1.8, seed=13)
    finding = told(Detector(Options()), counts, after=FROM)[0]
    assert finding.observed == sum(finding.frozen["window"]["counts"])
    assert finding.low < finding.expected < finding.high < finding.observed
    assert Detector(Options()).rejudge(finding.frozen) == finding.score >= 0.5
