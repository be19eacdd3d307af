"""Opening hours: evenings, weekends, holidays and a change of the clocks stop the clock."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detectors import opening
from detectors.opening import OpenHours, is_public_holiday

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SHOP = OpenHours(opens=8 * 60, closes=21 * 60, zone=HANOI, holidays="VN")
OFFICE = OpenHours(opens=9 * 60, closes=17 * 60, zone=HANOI, days=frozenset(range(5)))
HOUR = timedelta(hours=1)


def at(day, hour, minute=0, *, zone=HANOI, month=11, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=zone)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(opening).failed == 0


@pytest.mark.parametrize(
    ("shop", "asked", "due"),
    [
        (SHOP, at(21, 10), at(21, 11)),
        (SHOP, at(21, 20), at(21, 21)),
        (SHOP, at(21, 20, 30), at(22, 8, 30)),
        (SHOP, at(21, 23), at(22, 9)),
        (SHOP, at(22, 3), at(22, 9)),
        (OFFICE, at(20, 16, 30), at(23, 9, 30)),
        (SHOP, at(29, 20, 30, month=4), at(2, 8, 30, month=5)),
        (SHOP, at(15, 20, 30, month=2), at(21, 8, 30, month=2)),
    ],
)
def test_an_hour_of_opening_time(shop, asked, due):
    assert shop.after(asked, HOUR) == due
    assert shop.between(asked, due) == HOUR


def test_other_days_may_be_closed():
    closed = OpenHours(opens=480, closes=1260, zone=HANOI, closed=frozenset({date(2026, 11, 22)}))
    assert closed.after(at(21, 20, 30), HOUR) == at(23, 8, 30)


def test_nine_stays_nine_when_the_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    shop = OpenHours(opens=8 * 60, closes=21 * 60, zone=berlin)
    for day, month in ((28, 3), (24, 10)):  # the evenings before the clocks change
        asked = at(day, 20, 30, zone=berlin, month=month)
        assert shop.after(asked, HOUR) == at(day + 1, 8, 30, zone=berlin, month=month)
    whole = OpenHours(opens=0, closes=1440, zone=berlin)
    assert whole.between(at(25, 0, zone=berlin, month=10), at(26, 0, zone=berlin, month=10)) == 25 * HOUR


def test_it_is_open_from_its_opening_to_before_its_close():
    assert [SHOP.is_open(at(21, hour)) for hour in (7, 8, 20, 21)] == [False, True, True, False]
    assert SHOP.after(at(21, 21), timedelta(0)) == at(22, 8)
    assert SHOP.after(at(21, 12), timedelta(0)) == at(21, 12)


def test_nothing_passes_where_it_ends_before_it_begins_or_never_opens():
    assert SHOP.between(at(21, 22), at(22, 7)) == timedelta(0)
    never = OpenHours(opens=480, closes=1260, zone=HANOI, days=frozenset())
    assert never.after(at(21, 10), HOUR) > at(21, 10) + timedelta(days=365)


@pytest.mark.parametrize(("year", "eve"), [(2025, date(2025, 1, 28)), (2026, date(2026, 2, 16)), (2027, date(2027, 2, 5))])
def test_tet_is_five_days_from_its_eve(year, eve):
    assert [is_public_holiday(eve + timedelta(days=turn)) for turn in range(-1, 6)] == [False, True, True, True, True, True, False]
    assert datetime(year, 1, 1, tzinfo=UTC).date().year == year
