"""Where nobody would be called, told 30 days ahead; what was drawn so is told apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerting.gaps import clashes, gaps, holes
from alerting.policy import Roster
from alerting.settings import AlertingSettings
from core.on_call import Absence, Override

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, tzinfo=HANOI)
PEOPLE = [{"id": "lan"}, {"id": "minh"}, {"id": "ha", "channels": [{"kind": "log", "only": "minor"}]}]


def roster(rotation: dict[str, Any], *absences: Absence, overrides: tuple[Override, ...] = (), steps: Any = None) -> Roster:
    settings = AlertingSettings.model_validate(
        {
            "people": PEOPLE,
            "rotations": [{"id": "line", **rotation}],
            "policies": [{"id": "default", "steps": steps or [{"notify": "line"}, {"notify": "minh", "after": "15m"}]}],
        }
    )
    return Roster.of(settings.settled(language="vi", timezone="Asia/Ho_Chi_Minh"), overrides, absences)


def away(person: str, start: datetime, **length: float) -> Absence:
    return Absence(person=person, starts_at=start, ends_at=start + timedelta(**length))


def test_a_rotation_that_always_has_somebody_has_no_gap() -> None:
    assert gaps(roster({"people": ["lan"]}), MONDAY, MONDAY + timedelta(days=30)) == []


def test_time_off_of_the_only_one_is_a_gap_of_exactly_that_time() -> None:
    found = gaps(roster({"people": ["lan"]}, away("lan", MONDAY, days=2)), MONDAY - timedelta(days=1), MONDAY + timedelta(days=30))
    assert [(gap.step, gap.starts_at, gap.ends_at, gap.drawn, gap.whole) for gap in found] == [
        (0, MONDAY, MONDAY + timedelta(days=2), False, False)
    ]


def test_where_no_step_reaches_anybody_the_gap_is_whole() -> None:
    off = (away("lan", MONDAY, days=1), away("minh", MONDAY, days=3))
    found = gaps(roster({"people": ["lan"]}, *off), MONDAY, MONDAY + timedelta(days=30))
    assert [(gap.step, gap.whole, gap.ends_at - gap.starts_at) for gap in found] == [
        (0, True, timedelta(days=1)),
        (1, True, timedelta(days=1)),
        (1, False, timedelta(days=2)),
    ]


def test_the_nights_of_office_hours_are_drawn_so() -> None:
    found = gaps(roster({"people": ["lan"], "restrictions": "Mon-Fri 09:00-18:00"}), MONDAY, MONDAY + timedelta(days=7))
    assert len(found) == 6
    assert all(gap.drawn and not gap.whole for gap in found)
    assert found[-1].ends_at - found[-1].starts_at == timedelta(hours=54), "the weekend is one"


def test_somebody_without_a_channel_for_critical_is_nobody() -> None:
    over = Override(rotation_id="line", person="ha", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=3))
    line = roster({"people": ["lan"]}, overrides=(over,))
    (gap,) = gaps(line, MONDAY - timedelta(hours=1), MONDAY + timedelta(days=1))
    assert (gap.starts_at, gap.ends_at, gap.drawn) == (MONDAY, MONDAY + timedelta(hours=3), False)
    assert holes(line, line.rotations["line"], MONDAY - timedelta(hours=1), MONDAY + timedelta(days=1)) == [(gap.starts_at, gap.ends_at)]


def test_a_gap_has_one_key_however_often_it_is_looked_for() -> None:
    line = roster({"people": ["lan"]}, away("lan", MONDAY, days=2))
    keys = {gap.key for hour in (-5, 0, 7, 30) for gap in gaps(line, MONDAY + timedelta(hours=hour), MONDAY + timedelta(days=30))}
    assert len(keys) == 1


def test_time_off_that_falls_into_a_turn_names_who_takes_it() -> None:
    line = roster({"people": ["lan", "minh"], "handover": "09:00"}, away("lan", MONDAY, days=2), away("ha", MONDAY, days=2))
    found = clashes(line, MONDAY - timedelta(days=1), MONDAY + timedelta(days=5))
    assert {(clash.person, clash.instead) for clash in found} == {("lan", "minh")}
    assert sum((clash.ends_at - clash.starts_at for clash in found), timedelta(0)) == timedelta(days=1), "every second day is hers"


def test_time_off_of_which_nobody_takes_the_turn() -> None:
    (clash,) = clashes(roster({"people": ["lan"]}, away("lan", MONDAY, hours=3)), MONDAY, MONDAY + timedelta(days=5))
    assert (clash.person, clash.instead) == ("lan", None)


def test_a_day_off_within_office_hours_is_a_gap_of_its_hours_and_the_night_stays_drawn() -> None:
    office = roster({"people": ["lan"], "restrictions": "Mon-Fri 09:00-18:00"}, away("lan", MONDAY, days=1))
    found = gaps(office, MONDAY, MONDAY + timedelta(days=1))
    assert [(gap.starts_at.astimezone(HANOI).hour, gap.ends_at.astimezone(HANOI).hour, gap.drawn) for gap in found] == [
        (0, 9, True),
        (9, 18, False),
        (18, 0, True),
    ]
