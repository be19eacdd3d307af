import numpy as np
import pytest

from detectors.compared import compare, usual_hours

HOURS = 28 * 24


def noise(mean, *, seed=1, hours=HOURS):
    return np.random.default_rng(seed).poisson(np.broadcast_to(mean, hours)).astype(float)


def test_a_calm_topic_is_expected_to_go_on():
    found = compare(noise(30.0), 24)
    assert found.days == 27
    assert found.expected == pytest.approx(720, rel=0.03)
    assert found.dispersion < 0.015
    assert found.usual.sum() == pytest.approx(found.expected)


def test_days_that_vary_make_it_uneven():
    days = np.random.default_rng(2).gamma(10.0, 0.1, 28).repeat(24)
    assert 0.04 < compare(noise(30.0 * days), 24).dispersion < 0.25


def test_weekdays_are_told_apart():
    week = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.4]).repeat(24)
    saturdays = np.tile(week, 5)[: HOURS - 24 * 2 + 0]  # ends with a Friday's hours left out: the newest day is a Friday
    found = compare(noise(30.0 * saturdays, hours=len(saturdays)), 24)
    assert found.expected == pytest.approx(720, rel=0.1)
    sunday = np.tile(week, 4)
    assert compare(noise(30.0 * sunday), 24).expected == pytest.approx(288, rel=0.15)


def test_a_crisis_of_the_past_is_cut():
    values = noise(10.0)
    values[300:324] += 200.0
    assert compare(values, 24).expected == pytest.approx(240, rel=0.1)


def test_unknown_hours_count_on_neither_side():
    values = noise(10.0)
    values[-6:] = np.nan
    values[100:130] = np.nan
    found = compare(values, 24)
    assert found.known_h == 18
    assert found.expected == pytest.approx(180, rel=0.1)
    assert found.days < 27


def test_nothing_is_expected_where_nothing_is_known():
    for values in (np.array([]), np.full(HOURS, np.nan), noise(5.0, hours=20)):
        assert compare(values, 24).days == 0


def test_the_usual_of_the_hours_around_now():
    day = np.arange(24, dtype=float)
    usual = usual_hours(np.tile(day, 7), 3, 9)
    assert usual == [21.0, 22.0, 23.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert usual_hours(day, 3, 9) == []
