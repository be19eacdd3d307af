"""A share is told with how sure it is."""

import pytest

from core.intervals import least_fall, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)],  # the last by Newcombe 1998, table I
)
def test_the_interval_of_a_share_is_wilson_s(hits, of, low, high):
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.001)


def test_of_nothing_everything_may_be_true():
    assert wilson(0, 0) == (0.0, 1.0)
    assert least_fall((0, 0), (0, 5)) < 0 > least_fall((5, 5), (0, 0))


def test_a_fall_is_told_only_where_it_is_more_than_chance():
    assert least_fall((56, 70), (48, 80)) == pytest.approx(0.0524, abs=0.0005)  # Newcombe 1998, table II
    assert least_fall((9, 10), (6, 10)) < 0
    assert least_fall((18, 20), (2, 10)) > 0.3
