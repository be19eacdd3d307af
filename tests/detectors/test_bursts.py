import doctest
from datetime import UTC, datetime, timedelta

from detectors import bursts
from detectors.bursts import QUIET, Burst, advance, passed

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def turns(rows):
    """What is told over rows of (minutes, fires, hot, size)."""
    burst, told = Burst(), []
    for minutes, fires, hot, size in rows:
        burst, turn = advance(burst, at(minutes), fires=fires, hot=hot, size=size)
        told.append(turn)
    return told


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(bursts).failed == 0


def test_a_burst_is_told_once():
    assert turns([(m, True, True, 12) for m in range(30)]) == ["onset"] + [None] * 29


def test_a_flicker_around_the_threshold_is_one_burst():
    assert turns([(0, True, True, 12), (10, False, True, 9), (20, True, True, 13), (60, False, False, 1), (100, True, True, 12)]) == [
        "onset",
        None,
        None,
        None,
        None,
    ]


def test_a_burst_that_trebles_is_told_again_each_time():
    assert turns([(0, True, True, 10), (5, True, True, 29), (6, True, True, 30), (7, True, True, 89), (8, True, True, 90)]) == [
        "onset",
        None,
        "growth",
        None,
        "growth",
    ]


def test_after_a_quiet_time_the_next_burst_is_told():
    quiet = QUIET // timedelta(minutes=1)
    assert turns([(0, True, True, 12), (5, False, True, 8), (5 + quiet, True, True, 12)]) == ["onset", None, "onset"]
    assert turns([(0, True, True, 12), (5, False, True, 8), (4 + quiet, True, True, 12)]) == ["onset", None, None]


def test_one_row_never_tells_twice_and_the_growth_is_told_with_the_next_row():
    assert turns([(0, True, True, 10), (0, True, True, 50), (1, True, True, 50)]) == ["onset", None, "growth"]


def test_what_is_only_hot_opens_nothing():
    assert turns([(0, False, True, 9), (1, True, True, 12)]) == [None, "onset"]


def test_a_burst_is_told_once_more_at_each_bound_of_certainty_that_it_passes():
    burst, told = Burst(), []
    for minute, sure in enumerate((0, 0, 1, 1, 1, 2, 1, 2)):
        burst, turn = advance(burst, at(minute), fires=True, hot=True, size=10, sure=sure)
        told.append(turn)
    assert told == ["onset", None, "growth", None, None, "growth", None, None]


def test_without_a_budget_there_are_no_bounds():
    assert passed((), 1.0) == 0
    assert [passed((0.6, 0.8), score) for score in (0.5, 0.6, 0.9)] == [0, 1, 2]
