"""A step may ask the awake first; who sleeps is told later, or at once where nobody is awake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from alerting.events import Acknowledged, Escalated, EscalationDue
from tests.alerting.conftest import Stage

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)  # in Hà Nội; midnight in New York
PEOPLE = [
    {"id": "lan", "name": "Lan", "timezone": "Asia/Ho_Chi_Minh"},
    {"id": "john", "name": "John", "timezone": "America/New_York"},
    {"id": "ha", "name": "Hà", "timezone": "Asia/Ho_Chi_Minh"},
]


def stage(at: datetime = NOON, **step: Any) -> Stage:
    first = {"notify": ["john", "lan"], "awake_first": True, "awake_after": "4m", **step}
    policy = {"id": "default", "steps": [first, {"notify": "ha", "after": "15m"}], "repeat": 1}
    built = Stage({"people": PEOPLE, "rotations": [], "policies": [policy], "routes": [{"policy": "default"}], "fallback": "ha"})
    built.now = at
    return built


def test_the_awake_are_told_now_and_the_others_later(who) -> None:
    house = stage()
    assert [person for _, person, _ in who(house.do(house.signal()))] == ["lan"]
    assert house.live().next_step_at == NOON + timedelta(minutes=4)
    decision = house.do(EscalationDue(), minutes=4)
    assert [person for _, person, _ in who(decision)] == ["john"]
    assert (house.live().step, house.live().next_step_at) == (0, NOON + timedelta(minutes=15)), "the step keeps its time"
    assert [person for _, person, _ in who(house.do(EscalationDue(), minutes=11))] == ["ha"]


def test_where_nobody_is_awake_all_are_told_at_once(who) -> None:
    house = stage(notify=["john"])
    assert [person for _, person, _ in who(house.do(house.signal()))] == ["john"]
    assert house.live().next_step_at == NOON + timedelta(minutes=15)


def test_a_critical_page_lets_the_others_sleep_half_of_its_five_minutes_at_most(who) -> None:
    house = stage()
    house.do(house.signal("critical"))
    assert house.live().next_step_at == NOON + timedelta(minutes=2.5)
    assert [person for _, person, _ in who(house.do(EscalationDue(), minutes=2.5))] == ["john"]
    assert house.live().next_step_at == NOON + timedelta(minutes=5)


def test_who_sleeps_is_never_woken_once_somebody_has_taken_it(who) -> None:
    house = stage()
    house.do(house.signal())
    house.do(Acknowledged(by="lan", via="command"), minutes=1)
    assert [person for _, person, _ in who(house.do(EscalationDue(), minutes=3))] == []


def test_passed_on_by_hand_the_sleepers_of_the_step_come_first(who) -> None:
    house = stage()
    house.do(house.signal())
    assert [person for _, person, _ in who(house.do(Escalated(by="lan"), minutes=1))] == ["john"]


@pytest.mark.parametrize("gone", [True, False])
def test_a_sleeper_who_has_left_meanwhile_makes_nobody_wait(who, gone: bool) -> None:
    house = stage()
    house.do(house.signal())
    if gone:
        house.roster = replace_people(house, "john")
    assert [person for _, person, _ in who(house.do(EscalationDue(), minutes=4))] == (["ha"] if gone else ["john"])


def replace_people(house: Stage, person: str) -> Any:
    people = {name: one for name, one in house.roster.people.items() if name != person}
    return type(house.roster)(people, house.roster.rotations, house.roster.settings)


def test_an_incident_of_an_older_release_has_nobody_asleep(who) -> None:
    house = stage()
    house.do(house.signal())
    paged = {key: value for key, value in house.live().policy["paged"].items() if key != "asleep"}
    house.incident = replace(house.live(), policy={**house.live().policy, "paged": paged})
    assert [person for _, person, _ in who(house.do(EscalationDue(), minutes=4))] == ["ha"]
