"""Nobody answers: what happens then, in the field's words. GitLab's nine rules of escalation, and what others got wrong.

The nine are the requirements of https://gitlab.com/gitlab-org/gitlab/-/issues/323139.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerting.events import Reopened, Resolved
from core.on_call import Absence, Override
from store import absences, overrides
from tests import make
from tests.house import House

FIRE = "Acme kettle caught fire and burned my son"  # critical: no step has more than five minutes
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, tzinfo=HANOI)
PHONE = [{"kind": "log", "id": "phone"}]


def alerting(*steps, rotations=(), **more):
    people = [{"id": one, "name": one.title(), "channels": PHONE} for one in ("ana", "ben", "chi")]
    return make.config(
        alerting={
            "people": people,
            "rotations": list(rotations),
            "policies": [{"id": "default", "steps": list(steps), **more.pop("policy", {})}],
            "fallback": "chi",
            **more,
        }
    )


def step(who, after="0m", **more):
    return {"notify": who, "after": after, **more}


LINE = {"id": "line", "people": ["ana", "ben"], "handover": "09:00", "starts": "2026-11-21"}  # ana on Saturday, ben on Sunday


@pytest.fixture
async def a_house(tmp_path, sqlite_template):
    """Build a house of other values; a second one moves into the first one's rooms, as after a change of config.yaml."""
    built = []

    async def build(values, start=make.NOON, *, after=None):
        path = tmp_path / "house.db"
        if after is None:
            path.write_bytes(sqlite_template.read_bytes())
        else:
            await after.close()
            built.remove(after)
        built.append(House(path, start, values))
        return built[-1]

    yield build
    for house in built:
        await house.close()


# --- GitLab's nine ---------------------------------------------------------------------------------------------------------------------


async def test_gitlab_1_an_alert_escalates_when_the_policy_says_so(a_house):
    house = await a_house(alerting(step("ana"), step("ben", "3m")))
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=3)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect("")


async def test_gitlab_2_it_escalates_to_a_schedule_and_asks_it_at_that_moment(a_house):
    start = datetime(2026, 11, 22, 8, 58, tzinfo=HANOI)
    house = await a_house(alerting(step("line"), step("line", "4m"), rotations=[LINE]), start)
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=4)
    await house.phone("ben").expect("Acme")  # nine has passed: it is his turn
    await house.acknowledge("ben")
    await house.phone("ana").expect("")


@pytest.mark.parametrize("minutes", [0, 10])
async def test_gitlab_3_a_rule_waits_its_minutes_nought_included(a_house, minutes):
    house = await a_house(alerting(step("ana", f"{minutes}m")))
    await house.say(FIRE)
    if minutes:
        assert house.phone("ana").messages == []
        await house.forward(minutes=minutes)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")


@pytest.mark.parametrize("deed", ["acknowledged", "resolved"])
async def test_gitlab_4_what_is_taken_or_closed_escalates_no_more(a_house, deed):
    house = await a_house(alerting(step("ana"), step("ben", "3m")))
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    if deed == "acknowledged":
        await house.acknowledge("ana")
    else:
        await house.respond(Resolved(by="ana", reason="over"))
    await house.forward(minutes=20)
    await house.phone("ben").expect_nothing()


async def test_gitlab_5_a_policy_does_not_apply_to_what_came_before_it(a_house):
    before = await a_house(alerting(step("ana"), policy={"repeat": 0}))
    await before.say(FIRE)
    await before.phone("ana").expect("Acme")
    house = await a_house(alerting(step("ben"), step("ben", "2m"), policy={"id": "new"}), before.now, after=before)
    await house.forward(minutes=4)
    await house.phone("ben").expect_nothing()
    await house.forward(minutes=2)
    await house.phone("chi").expect("Acme")  # the fallback of the old one
    assert house.incident.policy["id"] == "default"


async def test_gitlab_6_a_rule_is_on_time_to_the_second(a_house):
    house = await a_house(alerting(step("ana"), step("ben", "3m")))
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=10)
    await house.phone("ben").expect("Acme")
    opened = next(entry.at for entry in house.timeline() if entry.kind == "opened")
    escalated = next(entry.at for entry in house.timeline() if entry.kind == "escalated")
    assert escalated - opened == timedelta(minutes=3)
    await house.phone("chi").expect("Acme")


async def test_gitlab_7_each_rule_calls_once_for_each_alert(a_house):
    house = await a_house(alerting(step("ana"), step("ben", "3m")))
    await house.say(FIRE)
    await house.forward(hours=6)
    for person in ("ana", "ben", "chi"):
        await house.phone(person).expect("Acme")
        await house.phone(person).expect_nothing()


async def test_gitlab_8_what_opens_again_starts_the_policy_over(a_house):
    house = await a_house(alerting(step("ana"), step("ben", "3m")))
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=3)
    await house.phone("ben").expect("Acme")
    await house.respond(Resolved(by="ben", reason="over"))
    await house.phone("ana").expect("")
    await house.respond(Reopened(by="ben", reason="it goes on"))
    await house.phone("ana").expect("Acme")
    assert (house.incident.step, house.incident.round) == (0, 0)
    await house.forward(minutes=3)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect("")


async def test_gitlab_9_a_changed_policy_leaves_what_runs_on_the_old_rules(a_house):
    before = await a_house(alerting(step("ana"), step("ben", "5m")))
    await before.say(FIRE)
    await before.phone("ana").expect("Acme")
    house = await a_house(alerting(step("ana"), step("chi", "1m")), before.now, after=before)
    await house.forward(minutes=2)
    await house.phone("chi").expect_nothing()
    await house.forward(minutes=1)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect("")


# --- What others got wrong -------------------------------------------------------------------------------------------------------------


async def test_goalert_4548_a_step_with_nobody_on_call_does_not_wait_out_its_delay(a_house):
    """https://github.com/target/goalert/issues/4548: a weekday rotation, and a page on Saturday night."""
    office = {"id": "office", "people": ["ana"], "restrictions": "Mon-Fri 09:00-18:00"}
    house = await a_house(alerting(step("office"), step("ben", "30m"), rotations=[office]), SATURDAY_NIGHT)
    await house.say(FIRE)
    await house.phone("ben").expect("Acme")
    first = next(entry for entry in house.timeline() if entry.kind == "notified")
    assert first.at - house.incident.opened_at <= timedelta(minutes=1)
    assert "nobody_on_call" in house.kinds()
    await house.acknowledge("ben")


async def test_p2_with_nobody_on_call_at_all_the_fallback_is_called_within_the_minute(a_house):
    office = {"id": "office", "people": ["ana"], "restrictions": "Mon-Fri 09:00-18:00"}
    house = await a_house(alerting(step("office"), step("office", "30m"), rotations=[office]), SATURDAY_NIGHT)
    await house.say(FIRE)
    await house.phone("chi").expect("Acme")
    notified = next(entry for entry in house.timeline() if entry.kind == "notified")
    assert notified.at - house.incident.opened_at <= timedelta(seconds=60)
    await house.acknowledge("chi")


async def test_goalert_3511_what_a_temporary_plan_leaves_open_belongs_to_the_rotation(a_house):
    """https://github.com/target/goalert/issues/3511: an override covers its hours alone, and only while its person is there."""
    house = await a_house(alerting(step("line"), rotations=[LINE]))
    database = house.simulation.store.database
    over = Override(rotation_id="line", person="chi", starts_at=house.now, ends_at=house.now + timedelta(hours=8))
    ill = Absence(person="chi", starts_at=house.now + timedelta(hours=2), ends_at=house.now + timedelta(hours=8))
    await database.write(overrides.add, over)
    await database.write(absences.add, ill)
    await house.say(FIRE)
    await house.phone("chi").expect("Acme")
    await house.respond(Resolved(by="chi", reason="over"))
    await house.forward(hours=9)  # beyond the time in which it would open again
    await house.say("Acme kettle exploded and hurt a child")
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana", 2)


async def test_oncall_3111_what_was_taken_months_ago_wakes_nobody(a_house):
    """https://github.com/grafana/oncall/issues/3111: taken in June, paged at 5.30 in October."""
    config = alerting(step("ana"), step("ben", "3m"), policy={"repeat": 3}, update_within={})
    house = await a_house(config)
    await house.say(FIRE)
    await house.phone("ana").expect("Acme")
    await house.acknowledge("ana")
    opened = house.now
    for days in (1, 7, 30, 120):
        moved = await a_house(config, opened + timedelta(days=days), after=house)  # and a restart does not wake it either
        house = moved
        await house.forward(minutes=30)
        assert [
            message.kind for person in ("ana", "ben", "chi") for message in house.phone(person).messages if message.kind == "page"
        ] == []
        assert house.incident.status == "acknowledged"
        house._phones.clear()


async def test_the_awake_are_asked_first(a_house):
    """https://github.com/grafana/oncall/issues/2960, "Notify everyone awake": noon in Hà Nội is midnight in New York."""
    values = alerting(step(["ben", "ana"], awake_first=True, awake_after="2m"), step("chi", "5m"))
    values["alerting"]["people"][1]["timezone"] = "America/New_York"
    house = await a_house(values)
    await house.say(FIRE)
    assert house.phone("ben").messages == []
    await house.phone("ana").expect("Acme")
    await house.forward(minutes=1)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ana")
    await house.phone("ben").expect("")
    await house.phone("chi").expect_nothing()


async def test_somebody_on_leave_is_not_called_and_the_next_takes_the_turn(a_house):
    house = await a_house(alerting(step("line"), rotations=[LINE]))
    off = Absence(person="ana", starts_at=house.now, ends_at=house.now + timedelta(days=3))
    await house.simulation.store.database.write(absences.add, off)
    await house.say(FIRE)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect_nothing()


async def test_tet_is_on_whoever_has_the_holidays(a_house):
    tet = datetime(2027, 2, 6, 12, tzinfo=HANOI)
    line = {**LINE, "holidays": "VN", "on_holidays": "chi"}
    house = await a_house(alerting(step("line"), rotations=[line]), tet)
    await house.say(FIRE)
    await house.phone("chi").expect("Acme")
    await house.acknowledge("chi")


async def test_at_night_another_policy_takes_it(a_house):
    policies = [{"id": "day", "steps": [step("ana")]}, {"id": "night", "steps": [step("ben")]}]
    routes = [{"match": {"hours": "22:00-07:00"}, "policy": "night"}, {"policy": "day"}]
    house = await a_house(alerting(step("ana"), policies=policies, routes=routes), SATURDAY_NIGHT)
    await house.say(FIRE)
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")


async def test_the_manager_of_the_branch_is_called_with_the_first_line(a_house):
    values = alerting(step("ana"))
    values["places"] = [{"id": "q1", "name": "Acme Quận 1", "aliases": ["Le Loi"], "manager": "ben"}]
    house = await a_house(values)
    await house.say("Acme Quận 1: kettle caught fire and burned my son")
    await house.phone("ana").expect("Acme")
    await house.phone("ben").expect("Acme")
    await house.acknowledge("ben")
    await house.phone("ana").expect("")
