"""Hours of the week as people write them, across midnight and across the hours that clocks skip; and whose sleep they guard."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerting.hours import Hours, ends_at, held_until, is_awake, is_within, parse_hours, windows
from alerting.settings import PersonSettings

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PARIS = ZoneInfo("Europe/Paris")


def at(*wall: int, zone: ZoneInfo = HANOI) -> datetime:
    return datetime(*wall, tzinfo=zone)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Fri 09:00-18:00", Hours(days=(0, 1, 2, 3, 4), start=540, end=1080)),
        ("22:00-07:00", Hours(start=1320, end=1860)),
        ("Sat,Sun", Hours(days=(5, 6))),
        ("Fri-Mon 00:00-24:00", Hours(days=(0, 4, 5, 6))),
        ("T2-T6 8:00 - 17:30", Hours(days=(0, 1, 2, 3, 4), start=480, end=1050)),
        ("CN 09:00–12:00", Hours(days=(6,), start=540, end=720)),
        ("09:00-09:00", Hours(start=540, end=1980)),
        ("saturday", Hours(days=(5,))),
    ],
)
def test_hours_read_as_people_write_them(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize("text", ["", "25:00-26:00", "09:61-10:00", "Moon 09:00-10:00", "09:00", "Mon 9-10", "24:00-25:00", "nachts"])
def test_what_are_no_hours_says_how_to_write_them(text: str) -> None:
    with pytest.raises(ValueError, match="write it as"):
        parse_hours(text)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday = (parse_hours("Fri 22:00-07:00"),)
    found = [is_within(friday, at(2026, 11, day, hour), HANOI) for day, hour in ((20, 21), (20, 22), (21, 6), (21, 7), (21, 23))]
    assert found == [False, True, True, False, False]


def test_windows_skip_with_the_clock_and_come_once_where_it_repeats() -> None:
    hours = (parse_hours("02:30-02:45"), parse_hours("01:00-02:30"))
    spring = windows(hours, PARIS, at(2026, 3, 29, 0, zone=PARIS), at(2026, 3, 29, 12, zone=PARIS))
    assert spring == [(datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC))], "what a clock skips whole is not there"
    autumn = windows(hours[1:], PARIS, at(2026, 10, 25, 0, zone=PARIS), at(2026, 10, 25, 12, zone=PARIS))
    assert autumn == [(datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))]


def test_windows_that_touch_end_where_the_last_does() -> None:
    weekend = tuple(map(parse_hours, ("Fri 18:00-24:00", "Sat,Sun", "Mon 00:00-08:00")))
    assert ends_at(weekend, at(2026, 11, 20, 19), HANOI) == at(2026, 11, 23, 8)
    assert ends_at(weekend, at(2026, 11, 23, 8), HANOI) == at(2026, 11, 23, 8)


def person(**more: object) -> PersonSettings:
    return PersonSettings.model_validate({"id": "lan", "timezone": "Asia/Ho_Chi_Minh", **more})


def test_quiet_hours_hold_until_morning_and_critical_breaks_through() -> None:
    lan = person(quiet_hours="22:00-07:00")
    assert held_until(lan, "major", at(2026, 11, 21, 23)) == at(2026, 11, 22, 7)
    assert held_until(lan, "critical", at(2026, 11, 21, 23)) is None
    assert held_until(lan, "major", at(2026, 11, 22, 7)) is None
    assert held_until(person(), "watch", at(2026, 11, 21, 3)) is None


def test_who_breaks_through_is_said_in_only_and_the_clock_is_the_persons() -> None:
    john = person(timezone="America/New_York", quiet_hours={"hours": ["22:00-07:00"], "only": ["critical", "major"]})
    noon_in_hanoi = at(2026, 11, 21, 12)
    assert held_until(john, "minor", noon_in_hanoi) == datetime(2026, 11, 21, 12, tzinfo=UTC), "it is midnight in New York"
    assert held_until(john, "major", noon_in_hanoi) is None


def test_quiet_hours_that_never_end_hold_nothing_for_longer_than_eight_days() -> None:
    start = at(2026, 11, 21, 12)
    assert held_until(person(quiet_hours="00:00-24:00"), "minor", start) == start + timedelta(days=8)


@pytest.mark.parametrize(
    ("quiet", "hour", "awake"), [(None, 23, False), (None, 7, True), ("13:00-14:00", 13, False), ("13:00-14:00", 23, True)]
)
def test_who_is_awake(quiet: str | None, hour: int, awake: bool) -> None:
    assert is_awake(person(quiet_hours=quiet), at(2026, 11, 21, hour)) is awake
