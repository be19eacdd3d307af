"""Which days are holidays: Tết by the library, whatever language the process speaks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from alerting.holidays import check_country, days_of, holidays_between, is_country
from alerting.on_call_settings import RotationSettings


@pytest.mark.parametrize(
    ("calendar", "is_one"), [("VN", True), ("DE-BY", True), ("company.ics", False), ("https://x.example/a.ics", False)]
)
def test_a_country_is_told_from_a_calendar(calendar: str, is_one: bool) -> None:
    assert is_country(calendar) is is_one


def test_tet_is_known_in_vietnamese_and_worked_out_once() -> None:
    assert days_of("VN", 2027)[date(2027, 2, 6)] == "Tết Nguyên Đán"
    assert days_of("vn", 2027) is days_of("VN", 2027)


def test_a_country_that_is_not_known_is_refused_at_the_door_and_has_no_days() -> None:
    check_country("VN")
    with pytest.raises(ValueError, match="VN or DE-BY"):
        check_country("ZQ")
    with pytest.raises(ValueError, match="VN or DE-BY"):
        check_country("DE-QQ")
    assert days_of("ZQ", 2027) == {}


def test_a_holiday_runs_from_midnight_to_midnight_on_the_rotations_clock() -> None:
    line = RotationSettings.model_validate({"id": "line", "people": ["an"], "timezone": "Asia/Ho_Chi_Minh", "holidays": "VN"})
    start = datetime(2026, 9, 1, tzinfo=UTC)
    found = holidays_between(line, start, start + timedelta(days=3), ())
    assert [day.starts_at for day in found] == [datetime(2026, 8, 31, 17, tzinfo=UTC), datetime(2026, 9, 1, 17, tzinfo=UTC)]
    assert holidays_between(RotationSettings.model_validate({"id": "line", "people": ["an"]}), start, start + timedelta(days=3), ()) == []
