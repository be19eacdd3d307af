"""Times of exports: the operator says the zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from listener.localtime import read_local, zone_of

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    "text",
    ["05/11/2026 14:05", "14:05 05-11-2026", "5.11.2026 2:05 PM", "05/11/26 2:05 CH", "Nov 5, 2026 2:05 PM", "5 Nov 2026, 14:05", "2026-11-05T14:05",
     "2026-11-05T07:05:00Z", "1793862300", "1793862300000", "14h05 ngày 5 tháng 11 năm 2026"],
)  # fmt: skip
def test_one_moment_in_many_spellings(text):
    assert read_local(text, HANOI) == (datetime(2026, 11, 5, 7, 5, tzinfo=UTC), True)


def test_a_day_alone_is_midnight_there_and_says_so():
    assert read_local("05/11/2026", HANOI) == (datetime(2026, 11, 4, 17, tzinfo=UTC), False)
    assert read_local("11/05/2026", HANOI, day_first=False) == read_local("05/11/2026", HANOI)
    assert read_local("11/21/2026", HANOI) == read_local("21/11/2026", HANOI), "there is no month 21"


@pytest.mark.parametrize("text", ["", "soon", "32/13/2026", "05/11/1969", "25:61", "9" * 40])
def test_what_is_no_date_is_none(text):
    assert read_local(text, HANOI) is None


def test_a_zone_that_does_not_exist_is_told():
    with pytest.raises(ValueError, match="Asia/Ho_Chi_Minh"):
        zone_of("Hanoi")
