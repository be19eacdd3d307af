"""The hours that a detector keeps in its state in place of a week of minutes."""

import doctest
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from detectors import hours
from detectors.buckets import Buckets
from detectors.hours import HOUR, Hours, Total, join, totals

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def some(counts, *, end=NOON):
    return Hours(end=end, counts=tuple(counts), expected=(1.0,) * len(counts), known=(1.0,) * len(counts))


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(hours).failed == 0


def test_minutes_become_hours_and_what_was_not_heard_is_told():
    unknown = np.zeros((150, 2), dtype=bool)
    unknown[90:, 1] = True
    rows = Buckets.of(NOON + timedelta(minutes=30), np.ones((150, 2), dtype=int), unknown=unknown)
    assert totals(rows, rows.mentions) == Hours(end=NOON + 3 * HOUR, counts=(60, 120, 60), expected=(0.0, 0.0, 0.0), known=(0.5, 1.0, 0.5))


def test_no_rows_are_no_hours():
    rows = Buckets.of(NOON, np.zeros((0, 1), dtype=int))
    assert totals(rows, rows.mentions) == Hours()
    assert join(some([1, 2]), Hours(), keep=24) == some([1, 2])
    assert (Hours().start, len(Hours()), Hours().last(5), Hours().since(NOON)) == (None, 0, Total(0, 0.0, 0, 0.0), Total(0, 0.0, 0, 0.0))


def test_only_the_newest_hours_are_kept():
    joined = join(some([1, 2, 3]), some([4, 5], end=NOON + 2 * HOUR), keep=4)
    assert (joined.counts, joined.start) == ((2, 3, 4, 5), NOON - 2 * HOUR)
    assert join(Hours(), some(range(9)), keep=4).counts == (5, 6, 7, 8)


def test_a_gap_is_unknown_and_a_long_one_leaves_nothing():
    assert join(some([1]), some([2], end=NOON + 3 * HOUR), keep=24).known == (1.0, 0.0, 0.0, 1.0)
    assert join(some([1, 1]), some([2], end=NOON + 400 * HOUR), keep=3).counts == (0, 0, 2)


def test_hours_that_both_hold_are_taken_from_the_later():
    assert join(some([1, 2, 3]), some([7, 8], end=NOON + HOUR), keep=24).counts == (1, 2, 7, 8)
    assert join(some([1]), some([7, 8], end=NOON), keep=24).counts == (7, 8)


def test_hours_joined_one_by_one_are_those_joined_at_once():
    rows = Buckets.of(NOON, np.arange(60 * 12))
    pieces = Hours()
    for first, last in ((0, 1), (1, 5), (5, 6), (6, 12)):
        piece = rows.rows(first * 60, last * 60)
        pieces = join(pieces, totals(piece, piece.mentions), keep=10)
    assert pieces == join(Hours(), totals(rows, rows.mentions), keep=10)


def test_sums_since_a_time_and_by_days():
    week = some(range(50))
    assert week.since(NOON - 2 * HOUR) == Total(48 + 49, 2.0, 2, 2.0)
    assert week.since(NOON - timedelta(minutes=90)).hours == 1
    assert [day.count for day in week.days()] == [sum(range(2, 26)), sum(range(26, 50))]


def test_a_week_is_a_few_kilobytes_of_json_and_comes_back_the_same():
    week = Hours(end=NOON, counts=(300,) * 168, expected=(287.65,) * 168, known=(1.0,) * 168)
    saved = msgspec.json.encode(week)
    assert len(saved) < 3000
    assert msgspec.json.decode(saved, type=Hours) == week
