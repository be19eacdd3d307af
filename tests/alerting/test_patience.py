"""An acknowledgement has an end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting.events import Acknowledged, EscalationDue, Noted, SeveritySet, Snoozed, StepTicked

MIN = timedelta(minutes=1)


@pytest.fixture
def taken(stage):
    stage.do(stage.signal("critical"))
    stage.do(Acknowledged(by="lan", via="link"), minutes=2)
    return stage


def heard(stage, **ago: float) -> None:
    """The last signal was so long ago."""
    stage.incident = replace(stage.live(), last_signal_at=stage.now - timedelta(**ago))


def test_a_critical_incident_without_an_update_asks_its_owner_after_half_an_hour_and_then_calls_the_policy(taken, who) -> None:
    assert taken.do(EscalationDue(), minutes=29).notifications == ()
    asked = taken.do(EscalationDue(), minutes=1)
    assert who(asked) == [("page", "lan", "email"), ("page", "lan", "sms")]
    assert asked.notifications[0].words.key == "alert.no_update_from_you"
    assert (taken.live().status, taken.live().acknowledged_by) == ("acknowledged", "lan")
    called = taken.do(EscalationDue(), minutes=5)
    assert taken.live().status == "open"
    assert [entry.words.key for entry in called.timeline] == ["timeline.no_update"]
    assert {one.person for one in called.notifications} == {"lan"}  # the step it stood at
    assert {one.person for one in taken.do(EscalationDue(), minutes=5).notifications} == {"minh"}


@pytest.mark.parametrize(
    "event",
    [
        Noted(by="minh", text="called the factory"),
        StepTicked(by="lan", step_id="stop", text="stop"),
        Acknowledged(by="lan", via="reply"),
        SeveritySet(by="lan", severity="critical", because="still"),
    ],
)
def test_whatever_a_person_does_pushes_the_end_on(taken, event) -> None:
    taken.do(EscalationDue(), minutes=30)
    taken.do(event, minutes=2)
    assert taken.live().next_step_at == taken.now + 30 * MIN
    assert taken.do(EscalationDue(), minutes=29).notifications == ()
    assert len(taken.do(EscalationDue(), minutes=1).notifications) == 2


def test_who_asks_for_what_another_has_gives_no_update(taken) -> None:
    until = taken.live().next_step_at
    taken.do(Acknowledged(by="minh", via="link"), minutes=10)
    assert taken.live().next_step_at == until


def test_an_end_that_the_person_chose_stays_theirs(stage) -> None:
    stage.do(stage.signal("critical"))
    until = stage.now + 120 * MIN
    stage.do(Acknowledged(by="lan", via="link", until=until))
    stage.do(Noted(by="lan", text="driving"), minutes=5)
    assert stage.live().next_step_at == until


def test_a_minor_incident_owes_no_update_until_it_gets_grave(stage) -> None:
    stage.do(stage.signal("minor"))
    stage.do(Acknowledged(by="lan", via="link"))
    assert stage.live().next_step_at is None
    stage.do(stage.signal("critical"), minutes=5)
    assert stage.live().next_step_at == stage.now + 30 * MIN
    stage.do(SeveritySet(by="lan", severity="minor", because="calm"))
    assert stage.live().next_step_at is None


def test_a_snooze_goes_on_though_somebody_writes_a_note(taken) -> None:
    taken.do(Snoozed(by="lan", until=taken.now + 200 * MIN, reason="waiting for the lab"))
    taken.do(Noted(by="lan", text="lab says 15:00"), minutes=10)
    assert taken.live().next_step_at == taken.live().snoozed_until


def test_an_acknowledged_incident_from_months_ago_wakes_nobody(taken) -> None:
    """Grafana OnCall #3111: an old, acknowledged alert was escalated after two months."""
    heard(taken, days=60)
    decision = taken.do(EscalationDue(), minutes=30)
    assert (decision.notifications, taken.live().next_step_at, taken.live().status) == ((), None, "acknowledged")
    assert taken.kinds()[-1] == "update_waived"
    assert taken.do(EscalationDue(), minutes=100_000).timeline == ()


def test_once_it_stirs_again_an_update_is_owed_again(taken) -> None:
    heard(taken, days=1)
    taken.do(EscalationDue(), minutes=30)
    taken.do(taken.signal("critical"), minutes=5)
    assert taken.live().next_step_at == taken.now + 30 * MIN


def test_an_owner_who_has_left_is_not_asked_but_the_policy_calls(taken) -> None:
    taken.incident = replace(taken.live(), owner="gone", acknowledged_by="gone")
    taken.do(EscalationDue(), minutes=30)
    assert taken.live().status == "open"


def test_the_time_for_an_update_is_a_setting(stage_with) -> None:
    stage = stage_with({"update_within": {"minor": "10m"}})
    stage.do(stage.signal("minor"))
    stage.do(Acknowledged(by="lan", via="link"))
    assert stage.live().next_step_at == stage.now + 10 * MIN
    assert len(stage.do(EscalationDue(), minutes=10).notifications) == 1
