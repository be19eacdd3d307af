import numpy as np
import pytest

from detectors.buckets import Buckets
from detectors.mood_days import MoodDays, absorb, last_day
from tests.detectors.series_of_weeks import DAY, MONDAY


def moods(days, *, negative=4, hours=24):
    """Ten mentions at the beginning of each hour, some of them negative; more in the last `hours`."""
    said, worse = np.zeros(days * DAY, dtype=int), np.zeros(days * DAY, dtype=int)
    said[::60] = 10
    worse[::60] = 2
    worse[-hours * 60 :: 60] = negative
    return Buckets.of(MONDAY, said, negative=worse, confident_negative=worse)


def test_the_last_day_is_held_against_those_before():
    day = last_day(absorb(MoodDays(), moods(10)), least=24)
    assert (sum(day.negative), sum(day.mentions), day.authors) == (96, 240, 240)
    assert sum(day.expected) == pytest.approx(48, rel=0.02)


def test_a_day_is_known_after_a_week_and_only_where_there_is_enough_of_it():
    assert last_day(absorb(MoodDays(), moods(6)), least=24) is None
    assert last_day(absorb(MoodDays(), moods(10)), least=97) is None


def test_it_comes_to_the_same_in_pieces():
    rows, pieces = moods(9), MoodDays()
    for day in range(9):
        pieces = absorb(pieces, rows.rows(day * DAY, (day + 1) * DAY))
    assert pieces == absorb(MoodDays(), rows)
