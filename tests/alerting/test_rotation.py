"""Somebody is always on call, exactly one, and a handover keeps its hour when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.on_call_settings import RotationSettings
from alerting.rotation import Override, on_call, shifts
from alerting.wall import instant

ZONES = (
    "Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/Santiago", "Asia/Tehran", "Pacific/Auckland", "Europe/Dublin", "Asia/Kathmandu", "Pacific/Apia",
)  # fmt: skip


def rotation(
    handover: str = "Mon 09:00", zone: str = "Asia/Ho_Chi_Minh", people: tuple[str, ...] = ("an", "binh", "chi"), **more: object
) -> RotationSettings:
    return RotationSettings.model_validate({"id": "first-line", "timezone": zone, "people": people, "handover": handover, **more})


def local(zone: str, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ((2024, 1, 1, 8, 59), "chi"),  # before the first handover: the last of the circle
        ((2024, 1, 1, 9, 0), "an"),
        ((2024, 1, 8, 8, 59), "an"),
        ((2024, 1, 8, 9, 0), "binh"),
        ((2024, 1, 22, 9, 0), "an"),
        ((2023, 12, 18, 9, 0), "binh"),
    ],
)
def test_a_week_belongs_to_one_person(at: tuple[int, ...], person: str) -> None:
    assert on_call(rotation(), local("Asia/Ho_Chi_Minh", *at)) == person


def test_a_daily_handover_changes_every_day() -> None:
    daily = rotation("09:00", starts=date(2026, 11, 20))
    assert [on_call(daily, local("Asia/Ho_Chi_Minh", 2026, 11, day, 10)) for day in (20, 21, 22, 23)] == ["an", "binh", "chi", "an"]
    assert on_call(daily, local("Asia/Ho_Chi_Minh", 2026, 11, 20, 8)) == "chi"


def test_nobody_is_on_call_where_the_rotation_is_empty() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert on_call(rotation(people=()), at) is None
    assert shifts(rotation(people=()), at, at + timedelta(days=30)) == ()


def test_an_override_takes_the_duty_and_gives_it_back() -> None:
    start = datetime(2026, 11, 21, 3, tzinfo=UTC)
    swap = Override(rotation_id="first-line", person="ha", starts_at=start, ends_at=start + timedelta(hours=2))
    later = Override(rotation_id="first-line", person="duc", starts_at=start + timedelta(hours=1), ends_at=start + timedelta(hours=2))
    other = Override(rotation_id="second-line", person="nobody", starts_at=start, ends_at=start + timedelta(hours=9))
    usual = on_call(rotation(), start)
    found = [on_call(rotation(), start + timedelta(minutes=m), (swap, later, other)) for m in (-1, 0, 59, 60, 119, 120)]
    assert found == [usual, "ha", "ha", "duc", "duc", usual]
    assert [(s.person, s.ends_at - s.starts_at) for s in shifts(rotation(), start - timedelta(hours=1), start + timedelta(hours=3), (swap, later, other))] == [
        (usual, timedelta(hours=1)), ("ha", timedelta(hours=1)), ("duc", timedelta(hours=1)), (usual, timedelta(hours=1)),
    ]  # fmt: skip


def test_an_override_that_changes_nothing_does_not_cut_a_shift() -> None:
    start = datetime(2026, 11, 21, 3, tzinfo=UTC)
    same = Override(rotation_id="first-line", person=on_call(rotation(), start) or "", starts_at=start, ends_at=start + timedelta(hours=2))
    assert len(shifts(rotation(), start - timedelta(hours=1), start + timedelta(hours=3), (same,))) == 1


def test_an_hour_that_is_skipped_hands_over_at_the_jump() -> None:
    assert instant(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Paris")) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert instant(datetime(2026, 10, 4, 2, 15), ZoneInfo("Australia/Lord_Howe")) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_an_hour_that_comes_twice_hands_over_the_first_time() -> None:
    assert instant(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Paris")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("handover", ["09:00", "02:30", "00:00", "Sun 02:30", "Mon 09:00", "Sun 01:30"])
def test_a_year_has_no_gap_and_no_overlap_in_any_zone(zone: str, handover: str) -> None:
    start, end = datetime(2025, 12, 31, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    found = shifts(rotation(handover, zone), start, end)
    assert found[0].starts_at == start
    assert found[-1].ends_at == end
    assert all(earlier.ends_at == later.starts_at and earlier.person != later.person for earlier, later in pairwise(found))
    usual = timedelta(days=7 if " " in handover else 1)
    assert all(abs(shift.ends_at - shift.starts_at - usual) <= timedelta(hours=1) for shift in found[1:-1])


@given(
    st.sampled_from(ZONES),
    st.sampled_from(["09:00", "02:30", "01:30", "00:00", "Sun 02:30", "Fri 23:45"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
)
def test_each_instant_lies_in_the_shift_of_its_owner(zone: str, handover: str, at: datetime) -> None:
    found = [s for s in shifts(rotation(handover, zone), at - timedelta(days=9), at + timedelta(days=9)) if s.starts_at <= at < s.ends_at]
    assert [shift.person for shift in found] == [on_call(rotation(handover, zone), at)]


def test_a_day_that_a_zone_skips_belongs_to_somebody() -> None:
    found = shifts(rotation("09:00", "Pacific/Apia"), datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 3, tzinfo=UTC))
    assert all(earlier.ends_at == later.starts_at for earlier, later in pairwise(found))


def test_an_empty_interval_has_no_shifts() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert shifts(rotation(), at, at) == ()
