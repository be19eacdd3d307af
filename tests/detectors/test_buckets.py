import doctest
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors import base, buckets
from detectors.buckets import Buckets

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(buckets).failed == 0
    assert doctest.testmod(base).failed == 0


def test_a_naive_start_is_refused():
    with pytest.raises(ValueError, match="naive"):
        Buckets.of(NOON.replace(tzinfo=None), [1])


def test_rows_that_do_not_fill_a_quarter_are_refused():
    with pytest.raises(ValueError, match="quarter"):
        Buckets.of(NOON, [1], width_s=7)


def test_rows_since_a_time_begin_there_and_keep_what_is_settled():
    late = Buckets.of(NOON, range(10), settled=6).since(NOON + timedelta(minutes=4))
    assert late.mentions[:, 0].tolist() == [4, 5, 6, 7, 8, 9]
    assert (late.start, late.settled) == (NOON + timedelta(minutes=4), 2)


def test_rows_since_within_a_row_begin_with_the_next():
    assert len(Buckets.of(NOON, range(10)).since(NOON + timedelta(seconds=90))) == 8


def test_rows_since_before_the_start_or_after_the_end():
    ten = Buckets.of(NOON, range(10))
    assert ten.since(NOON - timedelta(days=1)) is ten
    assert ten.since(None) is ten
    assert len(ten.since(NOON + timedelta(days=1))) == 0


def test_the_last_rows_and_the_rows_until():
    ten = Buckets.of(NOON, range(10), settled=10)
    assert ten.last(180).mentions[:, 0].tolist() == [7, 8, 9]
    assert len(ten.last(86_400)) == 10
    assert ten.until(NOON + timedelta(seconds=150)).mentions[:, 0].tolist() == [0, 1]
    assert len(ten.until(NOON - timedelta(hours=1))) == 0


def test_unknown_counts_are_read_as_nothing():
    two = Buckets.of(NOON, [[5, 1], [7, 2]], unknown=[[1, 0], [0, 0]])
    assert two.known(two.mentions).tolist() == [[0, 1], [7, 2]]


def test_columns_not_given_are_zero_and_everyone_is_a_new_author():
    made = Buckets.of(NOON, [[5, 1], [7, 2]])
    assert np.array_equal(made.authors, made.mentions)
    assert not made.confident_negative.any()
    assert made.sources == ("source-0", "source-1")


def test_views_and_sums_are_made_once_and_told_right():
    rng = np.random.default_rng(1)
    counts, unknown = rng.poisson(1.0, (90, 3)), rng.random((90, 3)) < 0.2
    for rows in (Buckets.of(NOON, counts), Buckets.of(NOON, counts, unknown=unknown)):
        heard = np.where(rows.unknown, 0, rows.mentions)
        assert rows.total("mentions").tolist() == heard.sum(axis=1).tolist()
        assert [rows.so_many("mentions", seconds) for seconds in (60, 900, 86_400)] == [heard[-n:].sum() for n in (1, 15, 90)]
        assert rows.last(900).so_many("mentions", 300) == heard[-5:].sum()
        assert rows.since(NOON + timedelta(minutes=30)) is rows.since(NOON + timedelta(minutes=30))
        assert rows.last(900).all_known is not rows.last(900).unknown.any()
        assert rows.known(rows.mentions).tolist() == heard.tolist()


def test_walking_along_a_long_series_keeps_few_views():
    long = Buckets.of(NOON, np.ones(5000, dtype=int))
    assert [long.rows(row, row + 3).so_many("mentions", 60) for row in range(4000)] == [1] * 4000
    assert len(long._made) <= buckets.MOST_MADE
