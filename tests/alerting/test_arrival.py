"""A signal opens, adds, raises or opens again, and pages no more than once for each of these."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.arrival import reopens
from alerting.events import Acknowledged, EscalationDue, Resolved, SeveritySet, Snoozed
from alerting.paging import COOL_DOWN
from core.records import Words


def test_a_signal_opens_an_incident_and_pages_the_first_step(stage, who) -> None:
    decision = stage.do(stage.signal())
    assert stage.kinds() == ["signal", "opened"]
    assert who(decision) == [("page", "lan", "email")]
    incident = stage.live()
    assert (incident.status, incident.stage, incident.transition, incident.step, incident.round) == ("open", "smouldering", 1, 0, 0)
    assert incident.next_step_at == stage.now + timedelta(minutes=15)
    assert incident.words.key == "signal.volume_spike"
    assert not decision.cancel


def test_a_critical_incident_uses_every_channel_and_waits_five_minutes(stage, who) -> None:
    decision = stage.do(stage.signal("critical"))
    assert who(decision) == [("page", "lan", "email"), ("page", "lan", "sms")]
    assert stage.live().next_step_at == stage.now + timedelta(minutes=5)


def test_ten_thousand_signals_are_one_page(stage) -> None:
    for _ in range(10_000):
        stage.now += timedelta(milliseconds=6)
        stage.do(stage.signal())
    assert len(stage.planned) == 1
    assert stage.kinds().count("signal") == 10_000
    assert len(stage.timeline) == 10_001
    assert stage.live().last_signal_at == stage.now


def test_a_rise_pages_one_step_again_with_the_new_words(stage, who) -> None:
    stage.do(stage.signal("minor"))
    decision = stage.do(stage.signal("critical", kind="negative_surge"), minutes=3)
    assert who(decision) == [("page", "lan", "email"), ("page", "lan", "sms")]
    assert decision.cancel == ("page",)
    assert stage.kinds()[-2:] == ["signal", "severity_raised"]
    assert (stage.live().severity, stage.live().words.key, stage.live().transition) == ("critical", "signal.negative_surge", 2)
    assert decision.notifications[0].words == Words(key="alert.severity_raised", args={"old": "minor", "new": "critical"})
    assert len({one.key for one in stage.planned + stage.cancelled}) == 3


def test_a_rise_never_puts_an_escalation_off(stage) -> None:
    stage.do(stage.signal("minor"))
    due = stage.live().next_step_at
    stage.do(stage.signal("major"), minutes=14)
    assert stage.live().next_step_at == due


def test_a_milder_signal_changes_nothing_but_the_timeline(stage) -> None:
    stage.do(stage.signal("critical"))
    decision = stage.do(stage.signal("minor"), minutes=1)
    assert (decision.incident.severity, decision.notifications) == ("critical", ())
    assert [entry.kind for entry in decision.timeline] == ["signal"]


def test_a_rise_after_an_acknowledgement_tells_the_step_and_the_owner_and_escalates_nothing(stage, who) -> None:
    stage.do(stage.signal("minor"))
    stage.do(Acknowledged(by="minh", via="link"), minutes=1)
    decision = stage.do(stage.signal("major"), minutes=1)
    assert who(decision) == [("page", "lan", "email"), ("page", "minh", "email")]
    assert (stage.live().status, stage.live().next_step_at) == ("acknowledged", stage.now + timedelta(minutes=60))  # an update is owed


def test_a_rise_back_to_a_severity_that_was_paged_waits_for_the_cool_down(stage, who) -> None:
    stage.do(stage.signal("major"))
    stage.do(SeveritySet(by="lan", severity="minor", because="our own post"), minutes=1)
    assert stage.do(SeveritySet(by="ha", severity="major", because="no, theirs"), minutes=1).notifications == ()
    assert who(stage.do(SeveritySet(by="ha", severity="critical", because="police"), minutes=1)) == [
        ("page", "lan", "email"),
        ("page", "lan", "sms"),
    ]
    stage.do(SeveritySet(by="lan", severity="minor", because="calm"), minutes=1)
    later = COOL_DOWN.total_seconds() / 60
    assert who(stage.do(SeveritySet(by="ha", severity="major", because="again"), minutes=later)) == [("page", "lan", "email")]


def test_a_severity_set_by_a_person_holds_until_a_signal_is_worse_than_what_was_known(stage) -> None:
    stage.do(stage.signal("major"))
    stage.do(SeveritySet(by="lan", severity="minor", because="our own post"), minutes=1)
    stage.do(stage.signal("major"), minutes=1)
    assert stage.live().severity == "minor"
    assert (stage.live().factors[0].name, stage.live().factors[0].value) == ("person", "major")
    stage.do(SeveritySet(by="lan", severity="watch", because="really"), minutes=1)
    assert [factor.value for factor in stage.live().factors] == ["major"]
    stage.do(stage.signal("critical"), minutes=1)
    assert stage.live().severity == "critical"
    assert stage.live().factors == ()


def test_a_digest_incident_pages_nobody_and_says_so_until_it_rises(stage, who) -> None:
    assert stage.do(stage.signal("watch")).notifications == ()
    assert stage.kinds() == ["signal", "opened", "not_paged"]
    assert stage.do(stage.signal("watch"), minutes=1).notifications == ()
    decision = stage.do(stage.signal("major"), minutes=1)
    assert who(decision) == [("page", "lan", "email")]
    assert stage.live().next_step_at is not None


def test_a_person_who_raises_a_digest_incident_has_it_paged(stage, who) -> None:
    stage.do(stage.signal("watch"))
    policy = stage.signal("major").policy
    assert who(stage.do(SeveritySet(by="ha", severity="major", because="the press called", policy=policy))) == [("page", "lan", "email")]
    assert stage.kinds()[-1] == "severity_changed"


def test_a_digest_incident_that_somebody_took_is_left_to_them_until_it_rises(stage, who) -> None:
    stage.do(stage.signal("watch"))
    stage.do(Acknowledged(by="minh", via="command"))
    assert stage.do(stage.signal("watch")).notifications == ()
    assert who(stage.do(stage.signal("major"))) == [("page", "lan", "email"), ("page", "minh", "email")]
    assert stage.live().status == "acknowledged"


def test_a_silenced_signal_opens_and_pages_nobody(stage, who) -> None:
    assert stage.do(stage.signal(silence=stage.silence())).notifications == ()
    assert stage.kinds() == ["signal", "opened", "silenced"]
    assert stage.live().next_step_at is None
    assert stage.do(stage.signal(silence=stage.silence())).notifications == ()
    assert who(stage.do(stage.signal())) == [("page", "lan", "email")]


def test_a_silenced_rise_of_a_paged_incident_is_paged_when_the_silence_is_over(stage, who) -> None:
    stage.do(stage.signal("minor"))
    assert stage.do(stage.signal("critical", silence=stage.silence())).notifications == ()
    assert stage.kinds()[-1] == "silenced"
    assert ("page", "lan", "sms") in who(stage.do(stage.signal("critical")))


def test_a_first_step_may_wait_and_a_second_signal_does_not_hurry_it(stage, who) -> None:
    assert stage.do(stage.signal(topic="late")).notifications == ()
    assert stage.live().next_step_at == stage.now + timedelta(minutes=10)
    assert stage.do(stage.signal(topic="late"), minutes=5).notifications == ()
    assert who(stage.do(EscalationDue(), minutes=5)) == [("page", "lan", "email")]


def test_a_rise_breaks_a_snooze(stage) -> None:
    stage.do(stage.signal("minor"))
    stage.do(Snoozed(by="lan", until=stage.now + timedelta(hours=5), reason="asleep"))
    assert stage.do(stage.signal("minor")).notifications == ()
    decision = stage.do(stage.signal("major"))
    assert decision.notifications
    assert (stage.live().snoozed_until, stage.live().next_step_at) == (None, stage.now + timedelta(minutes=15))


def test_a_rise_onto_another_policy_starts_that_policy(stage, who) -> None:
    stage.do(stage.signal("minor", topic="holes"))
    decision = stage.do(stage.signal("major"))
    assert who(decision) == [("page", "lan", "email")]
    assert stage.live().policy["id"] == "default"


def test_a_playbook_is_attached_once_and_changed_only_by_a_rise(stage) -> None:
    because = Words(key="because.risk", args={"risk": "recall"})
    stage.do(stage.signal("minor", playbook_id="recall", playbook_title="Recall", playbook_because=because))
    assert stage.kinds() == ["signal", "opened", "playbook_attached"]
    assert stage.timeline[-1].words.args == {"playbook": "Recall", "because": {"key": "because.risk", "args": {"risk": "recall"}}}
    stage.do(stage.signal("minor", playbook_id="recall"))
    stage.do(stage.signal("minor", playbook_id="other"))
    assert stage.live().playbook_id == "recall"
    stage.do(stage.signal("major", playbook_id="other"))
    assert (stage.live().playbook_id, stage.live().playbook_because) == ("other", Words(key="because.default"))


def test_a_signal_after_closing_opens_it_again(stage, who) -> None:
    stage.do(stage.signal("major"))
    stage.do(Acknowledged(by="lan", via="link"))
    stage.do(Resolved(by="lan", reason="fixed"), minutes=30)
    decision = stage.do(stage.signal("minor"), minutes=60)
    again = stage.live()
    assert who(decision) == [("page", "lan", "email")]
    assert [entry.kind for entry in decision.timeline] == ["signal", "reopened"]
    assert (again.status, again.stage, again.severity, again.transition) == ("open", "flare-up", "minor", 2)
    assert (again.resolved_at, again.acknowledged_at, again.acknowledged_by, again.owner, again.close_reason) == (None,) * 5


def test_a_false_alarm_stays_closed_unless_it_gets_worse(stage) -> None:
    stage.do(stage.signal("minor"))
    stage.do(Resolved(by="lan", reason="campaign"))
    stage.now += timedelta(minutes=5)
    decision = stage.do(stage.signal("minor"))
    assert (decision.incident.status, decision.notifications) == ("resolved", ())
    assert decision.timeline[0].words.key == "timeline.signal_kept_closed"
    assert decision.incident.last_signal_at == stage.now
    assert stage.do(stage.signal("major"), minutes=5).incident.status == "open"


@pytest.mark.parametrize(("hours", "again"), [(0, True), (6, True), (6.1, False)])
def test_an_incident_reopens_for_some_hours_only(stage, hours: float, again: bool) -> None:
    stage.do(stage.signal())
    assert not reopens(stage.live(), stage.now, timedelta(hours=6))
    stage.do(Resolved(by="lan", reason="fixed"))
    assert reopens(stage.live(), stage.now + timedelta(hours=hours), timedelta(hours=6)) is again
