"""The scorer against cases worked by hand: sigmoid(x) = 2 / (1 + e^(5x)) - 1, so sigmoid(-1) = 0.98661 and sigmoid(1) = -0.98661."""

import numpy as np
import pytest

from bench.detect_nab import tell
from bench.detect_scorer import Scored, best_threshold, score_of, sigmoid
from bench.detect_series import MONDAY, Labelled, Series


def scored(rows=100, windows=((40, 49),)):
    return Scored(Labelled(Series("x", MONDAY, np.zeros(rows)), list(windows)))


def rung(*rows, of=100):
    alarms = np.zeros(of, dtype=bool)
    alarms[list(rows)] = True
    return alarms


def score(*rows, windows=((40, 49),), profile="standard", of=100):
    return score_of([scored(of, windows)], [rung(*rows, of=of)], profile)


def test_who_never_rings_has_nothing_and_who_rings_at_each_beginning_all():
    assert score() == 0.0
    assert score(40) == pytest.approx(100.0)
    assert score(40, 60, windows=((40, 49), (60, 69))) == pytest.approx(100.0)


def test_a_window_found_late_is_worth_less_and_a_second_alarm_in_it_nothing():
    late = (sigmoid(np.array(-0.1)) / sigmoid(np.array(-1.0)) + 1) / 2 * 100  # its last row: one of ten rows left
    assert score(49) == pytest.approx(float(late))
    assert float(late) == pytest.approx(62.41, abs=0.01)
    assert score(40, 45, 49) == score(40)


def test_a_false_alarm_costs_the_more_the_farther_behind_a_window_it_stands():
    assert score(30) == pytest.approx(-0.11 / 2 * 100), "before the first window it costs in full"
    assert score(40, 58) == pytest.approx(100 - 0.11 * 0.98661 / 2 * 100, abs=1e-3), "a width behind: nine rows of a window of ten"
    assert score(40, 90) == pytest.approx(100 - 5.5), "more than three widths behind"
    assert score(40, 58, profile="low FP") == pytest.approx(100 - 0.22 * 0.98661 / 2 * 100, abs=1e-3)


def test_the_first_rows_are_for_learning():
    assert scored().first == 15
    assert scored(16_000).first == 750
    assert score(14) == 0.0
    assert score(15) < 0.0


def test_a_missed_window_costs_twice_where_misses_are_dear():
    windows = ((40, 49), (60, 69))
    assert score(40, windows=windows) == pytest.approx(50.0)
    assert score(40, 20, windows=windows, profile="low FN") == pytest.approx(50 - 0.11 / 6 * 100)


def test_the_best_threshold_is_the_best_of_all():
    rng = np.random.default_rng(5)
    series = [scored(300, ((60, 79), (150, 179))), scored(200, ((90, 109),))]
    scores = [rng.integers(0, 40, 300) / 40 + np.isin(np.arange(300), (62, 155)) * 0.2, rng.integers(0, 40, 200) / 40]
    for profile in ("standard", "low FP", "low FN"):
        best = best_threshold(series, scores, profile)
        tried = {bar: score_of(series, [values >= bar for values in scores], profile) for bar in {*scores[0], *scores[1], np.inf}}
        assert tried[best] == pytest.approx(max(tried.values()))


def test_where_every_alarm_costs_more_than_it_brings_nobody_rings():
    noise = np.zeros(100)
    noise[[30, 31]] = 1.0
    assert best_threshold([scored(windows=())], [noise], "standard") == float("inf")


def test_what_an_on_call_manager_would_say_of_the_alarms():
    told = tell([scored(2016 * 2, ((1000, 1100), (3000, 3100)))], [rung(800, 805, 830, 1050, 1060, 3020, of=4032)])
    assert (told.found, told.windows) == (2, 2)
    assert told.false_a_week == pytest.approx(2 / ((4032 - 604 - 202) / 2016)), "rows within an hour are one episode"
    assert told.delay_min == pytest.approx((0 - 30 * 5) / 2)
