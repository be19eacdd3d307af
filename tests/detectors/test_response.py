"""How soon we answered, week by week."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from detectors import response
from detectors.response import Case, response_weeks

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 15, 18, tzinfo=UTC)  # one in the morning of Monday, in Hanoi


def case(took, *, limit=3600.0, is_answered=True, days=0):
    return Case(at=MONDAY + timedelta(days=days), took_s=took, limit_s=limit, is_answered=is_answered)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(response).failed == 0


def test_weeks_begin_on_monday_where_people_are():
    found = response_weeks([case(60), case(60, days=6), case(60, days=7), case(60, days=-1)], HANOI)
    assert [(week.monday, week.asked) for week in found] == [(date(2026, 11, 9), 1), (date(2026, 11, 16), 2), (date(2026, 11, 23), 1)]


def test_what_is_not_due_yet_is_neither_in_time_nor_late():
    (week,) = response_weeks([case(600), case(7200), case(100, is_answered=False), case(5000, is_answered=False)], HANOI)
    assert (week.asked, week.answered, week.in_time) == (4, 2, 1 / 3)


def test_nothing_answered_is_unknown_and_not_zero():
    (week,) = response_weeks([case(100, is_answered=False)], HANOI)
    assert (week.median_s, week.p90_s, week.in_time) == (None, None, None)
    assert response_weeks([], HANOI) == []


def test_nine_of_ten_are_answered_within_the_percentile():
    (week,) = response_weeks([case(60.0 * minute) for minute in range(1, 11)], HANOI)
    assert (week.median_s, week.p90_s) == (330.0, 600.0)
