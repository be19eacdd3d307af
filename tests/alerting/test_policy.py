"""Which policy applies, whom a step means, how long it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerting.policy import OPERATOR, Roster, first_wait, pages, policy_for, recipients, snapshot, wait_after
from alerting.rotation import Override
from alerting.settings import AlertingSettings
from core.on_call import Absence
from core.records import Severity

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
PEOPLE = [
    {"id": "lan", "name": "Lan", "channels": [{"kind": "email", "to": "l@example.org"}, {"kind": "sms", "only": "critical"}]},
    {"id": "minh", "channels": [{"kind": "sms", "only": ["critical", "major"]}]},
    {"id": "ha"},
]
BASE = {
    "people": PEOPLE,
    "rotations": [{"id": "line", "people": ["lan", "ha"], "handover": "09:00", "starts": "2026-11-20"}, {"id": "void", "people": []}],
    "policies": [
        {"id": "default", "steps": [{"notify": ["line"]}, {"notify": ["minh", "lan"], "after": "15m"}], "repeat": 3},
        {"id": "late", "steps": [{"notify": ["ha"], "after": "10m"}], "again_after": "1h"},
    ],
}


def settings(**change: object) -> AlertingSettings:
    return AlertingSettings.model_validate(BASE | change)


def who(targets: list[str], severity: Severity = "critical", roster: Roster | None = None) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.person, one.channels) for one in recipients(targets, AT, roster or Roster.of(settings()), severity)]


def test_a_rotation_means_the_person_on_call() -> None:
    assert who(["line"]) == [("lan", ("email", "sms"))]
    override = Override(rotation_id="line", person="ha", starts_at=AT, ends_at=AT + timedelta(hours=1))
    assert who(["line"], roster=Roster.of(settings(), [override])) == [("ha", ("log",))]


def test_nobody_is_told_twice_and_order_is_kept() -> None:
    assert [person for person, _ in who(["minh", "line", "lan", "minh"])] == ["minh", "lan"]


def test_a_person_without_a_channel_for_the_severity_is_left_out() -> None:
    assert who(["minh", "lan"], "minor") == [("lan", ("email",))]


def test_an_empty_rotation_and_a_person_who_left_mean_nobody() -> None:
    assert who(["void", "who-left"]) == []


def test_the_operator_is_always_there() -> None:
    assert who([OPERATOR.id], roster=Roster.of(AlertingSettings())) == [("operator", ("log",))]


def test_names_are_for_the_timeline() -> None:
    roster = Roster.of(settings())
    assert [roster.name(one) for one in ("lan", "minh", "stranger")] == ["Lan", "minh", "stranger"]


@pytest.mark.parametrize(
    ("routes", "severity", "kind", "expected"),
    [
        ([], "critical", "volume_spike", "default"),
        ([], "minor", "volume_spike", "default"),
        ([], "watch", "volume_spike", "daily"),
        ([{"match": {"severity": "watch"}, "policy": "late"}], "watch", "volume_spike", "late"),
        ([{"match": {"kind": "blind_spot"}, "digest": "hourly"}], "critical", "blind_spot", "hourly"),
        ([{"match": {"kind": "blind_spot"}, "digest": "hourly"}], "critical", "volume_spike", "default"),
        ([{"match": {"kind": "blind_spot"}, "digest": "hourly"}], "minor", "volume_spike", "daily"),
        ([{"match": {"topic": ["acme"], "severity": ["major"]}, "policy": "late"}, {"policy": "default"}], "major", "x", "late"),
        ([{"match": {"topic": ["rival"]}, "policy": "late"}, {"policy": "default"}], "major", "x", "default"),
    ],
)
def test_the_first_route_that_matches_decides(routes: list[object], severity: Severity, kind: str, expected: str) -> None:
    found = policy_for(settings(routes=routes), severity=severity, topic_id="acme", kind=kind)
    assert expected in (found.get("id"), found.get("digest"))
    assert pages(found) is ("digest" not in found)


def test_without_policies_everybody_is_told_and_without_people_the_log() -> None:
    everybody = policy_for(settings(policies=[], rotations=[]), severity="major", topic_id=None, kind="x")
    assert everybody["steps"] == [{"notify": ["lan", "minh", "ha"], "after_s": 0.0}]
    assert everybody["repeat"] == 2
    nobody = policy_for(AlertingSettings(), severity="major", topic_id=None, kind="x")
    assert (nobody["steps"], nobody["repeat"]) == ([{"notify": ["operator"], "after_s": 0.0}], 0)


def test_a_snapshot_is_plain_json_with_the_fallback_beside_it() -> None:
    of_person = snapshot(settings().policies[0], settings(fallback="ha"))
    assert msgspec.json.decode(msgspec.json.encode(of_person)) == of_person
    assert of_person["fallback"] == ["ha"]
    assert snapshot(settings().policies[1], settings(fallback="default"))["fallback"] == ["line", "minh", "lan"]
    assert snapshot(settings().policies[1], settings())["fallback"] == []


def test_a_step_waits_until_the_next_and_the_last_until_the_round_begins_again() -> None:
    policy = snapshot(settings().policies[0], settings())
    assert [wait_after(policy, step, "major") for step in (0, 1)] == [timedelta(minutes=15), timedelta(minutes=15)]
    late = snapshot(settings().policies[1], settings())
    assert first_wait(late) == timedelta(minutes=10)
    assert wait_after(late, 0, "major") == timedelta(hours=1)


def test_a_critical_page_waits_five_minutes_at_most() -> None:
    policy = snapshot(settings().policies[0], settings())
    assert wait_after(policy, 0, "critical") == timedelta(minutes=5)


def test_who_is_away_is_left_out_of_a_step() -> None:
    away = Absence(person="minh", starts_at=AT, ends_at=AT + timedelta(hours=1))
    roster = Roster.of(settings(), absences=[away])
    assert [person for person, _ in who(["minh", "lan"], roster=roster)] == ["lan"]
    assert [one.person for one in recipients(["minh"], AT, roster, "critical", away_too=True)] == ["minh"]
    assert roster.is_away("minh", AT)


ROUTES = [
    {"match": {"place": "q1", "risk": ["food-safety", "recall"]}, "policy": "late"},
    {"match": {"hours": ["22:00-07:00", "Sat,Sun"], "timezone": "Asia/Ho_Chi_Minh"}, "policy": "late"},
    {"policy": "default"},
]


@pytest.mark.parametrize(
    ("place", "risk", "at", "policy"),
    [
        ("q1", "recall", AT, "late"),
        ("q1", "rumour", datetime(2026, 11, 20, 3, tzinfo=UTC), "default"),
        (None, "recall", datetime(2026, 11, 20, 3, tzinfo=UTC), "default"),
        (None, None, datetime(2026, 11, 20, 16, tzinfo=UTC), "late"),  # 23:00 on Friday in Hà Nội
        (None, None, AT, "late"),  # Saturday morning there
        (None, None, None, "default"),  # where no time is known no route of some hours takes it
    ],
)
def test_a_route_matches_by_place_risk_and_hour(place: str | None, risk: str | None, at: datetime | None, policy: str) -> None:
    found = policy_for(settings(routes=ROUTES), severity="major", topic_id="acme", kind="x", place_id=place, risk=risk, at=at)
    assert found["id"] == policy


def test_the_manager_of_a_place_is_told_at_the_first_step_too() -> None:
    run = settings().settled(language="vi", timezone="UTC", managers={"q1": "minh", "q2": "ha"})
    of = {place: policy_for(run, severity="major", topic_id=None, kind="x", place_id=place)["steps"] for place in ("q1", "q2", "q3", None)}
    assert of["q1"][0]["notify"] == ["line", "minh"]
    assert of["q2"][0]["notify"] == ["line", "ha"]
    assert of["q3"] == of[None] == snapshot(run.policies[0], run)["steps"]
    assert of["q1"][1:] == of[None][1:]


def test_a_digest_stays_a_digest_whoever_runs_the_place() -> None:
    run = settings(routes=[{"digest": "daily"}]).settled(language="vi", timezone="UTC", managers={"q1": "minh"})
    assert not pages(policy_for(run, severity="major", topic_id=None, kind="x", place_id="q1"))
