"""Somebody is always on call, exactly one, and a handover keeps its hour when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.hours import is_within
from alerting.on_call_settings import RotationSettings
from alerting.rotation import Beside, Override, on_call, shifts
from alerting.wall import instant
from core.on_call import Absence

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


DST = {  # the days of 2026 on which clocks of a zone change; Morocco around Ramadan, Tehran, Kathmandu and Hà Nội not at all
    "Asia/Ho_Chi_Minh": (date(2026, 3, 29), date(2026, 10, 25)), "Europe/Paris": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)), "America/St_Johns": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)), "Africa/Casablanca": (date(2026, 2, 15), date(2026, 3, 22)),
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 6)), "Asia/Tehran": (date(2026, 3, 22), date(2026, 9, 22)),
    "Pacific/Auckland": (date(2026, 4, 5), date(2026, 9, 27)), "Europe/Dublin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Asia/Kathmandu": (date(2026, 3, 29), date(2026, 10, 25)), "Pacific/Apia": (date(2026, 4, 5), date(2026, 9, 27)),
}  # fmt: skip
DRAWN = {
    "plain": {},
    "layer": {"layers": [{"people": ["duc", "ha"], "handover": "02:30"}]},
    "office": {"layers": [{"people": ["duc", "ha"], "handover": "01:30", "restrictions": "Mon-Sun 01:30-02:30"}]},
    "night": {"layers": [{"people": ["duc"], "restrictions": ["22:00-02:30", "Sat,Sun"]}], "every": 2},
    "restricted": {"restrictions": "Mon-Fri 02:30-23:00"},
}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("handover", ["02:30", "Sun 02:30"])
@pytest.mark.parametrize("drawn", DRAWN)
def test_both_days_on_which_clocks_change_have_one_owner_an_instant(zone: str, handover: str, drawn: str) -> None:
    """P1: never two owners, none only where the drawing says so; asked instant by instant and as shifts it is the same."""
    line = rotation(handover, zone, **DRAWN[drawn])  # type: ignore[arg-type]
    for day in DST[zone]:
        start = instant(datetime(day.year, day.month, day.day), ZoneInfo(zone)) - timedelta(hours=3)
        end = start + timedelta(hours=32)
        found = shifts(line, start, end)
        assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(found)), "never two"
        for half in range(16 * 2):
            at = start + timedelta(minutes=30 * half)
            owners = [shift.person for shift in found if shift.starts_at <= at < shift.ends_at]
            assert owners == ([] if (one := on_call(line, at)) is None else [one])
            assert (owners == []) == (drawn == "restricted" and not is_within(line.restrictions, at, ZoneInfo(zone)))
        if drawn != "restricted":
            assert sum((shift.ends_at - shift.starts_at for shift in found), timedelta(0)) == end - start


def test_hours_that_a_clock_skips_begin_at_the_jump_and_those_it_repeats_are_worked_once() -> None:
    paris = ZoneInfo("Europe/Paris")
    night = rotation(zone="Europe/Paris", restrictions="02:30-04:00")
    (spring,) = shifts(night, local("Europe/Paris", 2026, 3, 29, 0), local("Europe/Paris", 2026, 3, 29, 12))
    assert spring.starts_at.astimezone(paris) == local("Europe/Paris", 2026, 3, 29, 3)
    early = rotation(zone="Europe/Paris", restrictions="01:30-02:30")
    (autumn,) = shifts(early, local("Europe/Paris", 2026, 10, 25, 0), local("Europe/Paris", 2026, 10, 25, 12))
    assert (autumn.ends_at - autumn.starts_at, autumn.ends_at) == (timedelta(hours=1), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))


def test_a_new_rule_of_a_zone_moves_instants_and_never_wall_times() -> None:
    """The same drawing under two rules (a fixed offset then, clocks that change now): who has nine o'clock local is the same in both."""
    old, new = rotation("09:00", "Etc/GMT-1"), rotation("09:00", "Europe/Paris")
    for day in range(1, 366, 7):
        wall = datetime(2026, 1, 1, 9) + timedelta(days=day)
        assert on_call(old, instant(wall, ZoneInfo("Etc/GMT-1"))) == on_call(new, instant(wall, ZoneInfo("Europe/Paris")))


@given(
    st.sampled_from(ZONES),
    st.sampled_from(sorted(DRAWN)),
    st.sampled_from(["02:30", "Sun 01:30"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 200),
    st.sampled_from(["an", "binh", "duc", "ha"]),
)
@settings(max_examples=60, deadline=None)
def test_with_somebody_away_there_is_still_one_owner_at_most_and_never_they(zone, drawn, handover, at, hours, person) -> None:  # type: ignore[no-untyped-def]
    line = rotation(handover, zone, **DRAWN[drawn])  # type: ignore[arg-type]
    away = Absence(person=person, starts_at=at - timedelta(hours=5), ends_at=at + timedelta(hours=hours))
    beside = Beside(absences=(away,))
    found = [s for s in shifts(line, at - timedelta(days=3), at + timedelta(days=3), (), beside) if s.starts_at <= at < s.ends_at]
    assert [shift.person for shift in found] == [one for one in [on_call(line, at, (), beside)] if one]
    assert person not in [shift.person for shift in found] or away.ends_at <= at
    if drawn != "restricted":
        assert found, "two others are there"


def test_every_second_week() -> None:
    line = rotation(every=2, people=("an", "binh"))
    found = [on_call(line, local("Asia/Ho_Chi_Minh", 2024, 1, day, 10)) for day in (1, 8, 15, 22, 29)]
    assert found == ["an", "an", "binh", "binh", "an"]
    assert [
        on_call(rotation("09:00", every=3, starts=date(2026, 11, 20)), local("Asia/Ho_Chi_Minh", 2026, 11, day, 10)) for day in (20, 22, 23)
    ] == ["an", "an", "binh"]


def test_a_layer_has_its_hours_and_the_one_below_the_rest() -> None:
    line = rotation(people=("an",), layers=[{"people": ["binh"], "restrictions": "Mon-Fri 09:00-18:00"}])
    monday = [on_call(line, local("Asia/Ho_Chi_Minh", 2026, 11, 23, hour)) for hour in (8, 9, 17, 18)]
    assert monday == ["an", "binh", "binh", "an"]
    assert on_call(line, local("Asia/Ho_Chi_Minh", 2026, 11, 22, 12)) == "an", "Sunday"


def test_the_next_of_the_order_stands_in_and_where_all_are_away_the_layer_below() -> None:
    start = local("Asia/Ho_Chi_Minh", 2026, 11, 23, 9)
    line = rotation("09:00", people=("an",), layers=[{"people": ["binh", "chi"], "handover": "09:00"}])
    holder = on_call(line, start) or ""
    other = {"binh": "chi", "chi": "binh"}[holder]
    off = [Absence(person=one, starts_at=start, ends_at=start + timedelta(hours=hours)) for one, hours in ((holder, 6), (other, 3))]
    found = shifts(line, start, start + timedelta(hours=12), (), Beside(absences=tuple(off)))
    assert [(s.person, (s.ends_at - s.starts_at).seconds // 3600) for s in found] == [("an", 3), (other, 3), (holder, 6)]


def test_an_override_by_somebody_who_is_away_falls_back_to_the_rotation() -> None:
    start = datetime(2026, 11, 21, 3, tzinfo=UTC)
    over = Override(rotation_id="first-line", person="ha", starts_at=start, ends_at=start + timedelta(hours=4))
    ill = Absence(person="ha", starts_at=start + timedelta(hours=1), ends_at=start + timedelta(hours=2))
    usual = on_call(rotation(), start)
    found = [on_call(rotation(), start + timedelta(hours=h), (over,), Beside(absences=(ill,))) for h in range(4)]
    assert found == ["ha", usual, "ha", "ha"]


@pytest.mark.parametrize(("on_holidays", "expected"), [("nobody", None), ("ha", "ha"), ("festive", "duc"), ("same", "an")])
def test_tet_belongs_to_whoever_has_the_holidays(on_holidays: str, expected: str | None) -> None:
    """The first day of Tết 2027 is the 6th of February; it ends at midnight in Hà Nội."""
    line = rotation(people=("an",), holidays="VN", on_holidays=on_holidays)
    festive = RotationSettings.model_validate({"id": "festive", "people": ["duc"], "timezone": "Asia/Ho_Chi_Minh"})
    beside = Beside(rotations={"festive": festive, "first-line": line})
    tet = local("Asia/Ho_Chi_Minh", 2027, 2, 6, 12)
    assert on_call(line, tet, (), beside) == expected
    week = shifts(line, tet - timedelta(days=7), tet + timedelta(days=7), (), beside)
    assert any("Tết Nguyên Đán" in shift.holiday for shift in week) == (expected is not None)
    assert on_call(line, local("Asia/Ho_Chi_Minh", 2027, 2, 20, 12), (), beside) == "an", "an ordinary day"
    if on_holidays == "festive":
        days = [shift for shift in week if shift.person == "duc"]
        assert days[0].starts_at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).hour == 0


def test_who_is_away_on_a_holiday_leaves_it_to_the_usual_turns() -> None:
    line = rotation(people=("an",), holidays="VN", on_holidays="ha")
    tet = local("Asia/Ho_Chi_Minh", 2027, 2, 6, 12)
    off = Absence(person="ha", starts_at=tet - timedelta(days=1), ends_at=tet + timedelta(days=1))
    assert on_call(line, tet, (), Beside(absences=(off,))) == "an"


def test_the_days_of_an_ics_calendar_are_holidays_too() -> None:
    start = local("Asia/Ho_Chi_Minh", 2026, 11, 23, 0)
    line = rotation(people=("an",), holidays="company.ics", on_holidays="ha")
    day = Absence(person="holidays:first-line", starts_at=start, ends_at=start + timedelta(days=1), comment="Company day")
    beside = Beside(absences=(day,))
    assert [on_call(line, start + timedelta(hours=h), (), beside) for h in (-1, 0, 23, 24)] == ["an", "ha", "ha", "an"]
