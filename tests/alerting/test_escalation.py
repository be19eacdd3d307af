"""Nobody answers: steps, rounds, holes, the fallback and the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting.events import Acknowledged, Escalated, EscalationDue, Resolved, Snoozed
from alerting.incident import idle_because

MIN = timedelta(minutes=1)


def test_the_second_step_is_called_when_the_first_stays_silent(stage, who) -> None:
    stage.do(stage.signal())
    decision = stage.do(EscalationDue(), minutes=15)
    assert who(decision) == [("page", "minh", "email")]
    assert stage.kinds() == ["signal", "opened", "escalated"]
    assert stage.timeline[-1].words.args == {"waited": 900.0, "to": ["Minh"]}
    assert decision.notifications[0].words.args == {"person": "Lan", "waited": 900.0}
    assert stage.live().next_step_at == stage.now + 20 * MIN


def test_steps_then_rounds_then_the_fallback_then_the_end(stage, who) -> None:
    stage.do(stage.signal())
    found = []
    for _ in range(9):
        if (due := stage.live().next_step_at) is None:
            break
        found.append((who(stage.do(EscalationDue(), minutes=(due - stage.now) / MIN))[0][1], stage.live().step, stage.live().round))
    assert found == [("minh", 1, 0), ("lan", 0, 1), ("minh", 1, 1), ("ha", 2, 1)]
    assert stage.kinds()[-5:] == ["escalated", "escalated", "escalated", "escalation_ended", "fallback"]
    assert stage.timeline[-4].words.key == "timeline.escalated_again"
    because = idle_because(stage.live())
    assert because is not None
    assert because.key == "idle.exhausted"
    assert stage.do(EscalationDue(), minutes=60).notifications == ()


def test_an_exhausted_incident_that_is_asked_all_the_same_stays_quiet(stage) -> None:
    stage.do(stage.signal())
    stage.incident = replace(stage.live(), step=2, round=1)
    decision = stage.do(EscalationDue(), minutes=15)
    assert (decision.incident.next_step_at, decision.notifications, decision.timeline) == (None, (), ())


@pytest.mark.parametrize("minutes", [0, 14.9])
def test_asked_too_early_nothing_changes(stage, minutes: float) -> None:
    stage.do(stage.signal())
    before = stage.live()
    decision = stage.do(EscalationDue(), minutes=minutes)
    assert (decision.incident, decision.timeline, decision.notifications) == (before, (), ())


def test_an_empty_step_is_skipped_at_once_and_the_timeline_says_so(stage, who) -> None:
    decision = stage.do(stage.signal(topic="holes"))
    assert who(decision) == [("page", "minh", "email")]
    assert stage.kinds() == ["signal", "opened", "nobody_on_call"]
    assert (stage.live().step, stage.live().round) == (1, 0)
    decision = stage.do(EscalationDue(), minutes=15)
    assert who(decision) == [("page", "minh", "email")]
    assert [entry.kind for entry in decision.timeline] == ["nobody_on_call", "nobody_on_call", "escalated"]
    assert (stage.live().step, stage.live().round) == (1, 1)
    decision = stage.do(EscalationDue(), minutes=15)
    assert who(decision) == [("page", "ha", "log")]
    assert [entry.kind for entry in decision.timeline] == ["nobody_on_call", "escalation_ended", "fallback"]


def test_where_nobody_is_on_call_the_fallback_is_told_in_every_round(stage, who) -> None:
    assert who(stage.do(stage.signal(topic="nobody"))) == [("page", "ha", "log")]
    assert stage.kinds() == ["signal", "opened", "nobody_on_call", "fallback"]
    assert stage.live().next_step_at == stage.now + 20 * MIN
    assert who(stage.do(EscalationDue(), minutes=20)) == [("page", "ha", "log")]
    assert stage.kinds()[-3:] == ["nobody_on_call", "escalation_ended", "fallback"]
    assert stage.live().next_step_at is None
    assert len({one.key for one in stage.planned}) == 2


def test_without_a_fallback_the_log_is_told(stage_with, who) -> None:
    stage = stage_with({"fallback": None})
    assert who(stage.do(stage.signal(topic="nobody"))) == [("page", "operator", "log")]
    assert stage.timeline[-1].words.args == {"to": ["log"]}


def test_with_nobody_configured_the_log_is_told(stage_with, who) -> None:
    stage = stage_with({"people": [], "rotations": [], "policies": [], "routes": [], "fallback": None})
    assert who(stage.do(stage.signal())) == [("page", "operator", "log")]


def test_a_person_can_pass_it_on_at_once(stage, who) -> None:
    stage.do(stage.signal())
    decision = stage.do(Escalated(by="lan"), minutes=1)
    assert who(decision) == [("page", "minh", "email")]
    assert decision.answer is not None
    assert decision.answer.args == {"to": ["Minh"]}
    assert stage.timeline[-1].words.key == "timeline.escalated_by"
    assert stage.live().next_step_at == stage.now + 20 * MIN


def test_passing_on_from_the_end_tells_the_fallback_once_more(stage, who) -> None:
    stage.do(stage.signal(topic="late"))
    assert who(stage.do(Escalated(by="lan"))) == [("page", "lan", "email")]
    assert who(stage.do(Escalated(by="lan"))) == [("page", "ha", "log")]
    assert who(stage.do(Escalated(by="lan"))) == [("page", "ha", "log")]
    assert len({one.key for one in stage.planned}) == 3


def test_a_digest_incident_can_be_passed_on_to_the_fallback(stage, who) -> None:
    stage.do(stage.signal("watch"))
    assert who(stage.do(Escalated(by="lan"))) == [("page", "ha", "log")]


def test_who_has_it_keeps_it_when_passing_it_on(stage, who) -> None:
    stage.do(stage.signal())
    stage.do(Acknowledged(by="lan", via="link"))
    assert who(stage.do(Escalated(by="lan"))) == [("page", "minh", "email")]
    assert (stage.live().status, stage.live().owner, stage.live().next_step_at) == ("acknowledged", "lan", stage.now + 60 * MIN)


def test_a_closed_incident_escalates_nothing(stage) -> None:
    stage.do(stage.signal())
    stage.do(Resolved(by="lan", reason="fixed"))
    for event in (EscalationDue(), Escalated(by="lan")):
        decision = stage.do(event, minutes=60)
        assert (decision.notifications, decision.timeline, decision.incident.next_step_at) == ((), (), None)


def test_a_closed_incident_that_is_due_all_the_same_waits_for_nothing(stage) -> None:
    stage.do(stage.signal())
    stage.do(Resolved(by="lan", reason="fixed"))
    stage.incident = replace(stage.live(), next_step_at=stage.now)
    decision = stage.do(EscalationDue())
    assert (decision.incident.next_step_at, decision.notifications) == (None, ())


def test_an_acknowledgement_that_runs_out_pages_again(stage, who) -> None:
    stage.do(stage.signal())
    stage.do(Acknowledged(by="lan", via="link", until=stage.now + 30 * MIN))
    assert stage.live().next_step_at == stage.now + 30 * MIN
    decision = stage.do(EscalationDue(), minutes=30)
    assert who(decision) == [("page", "lan", "email")]
    assert [entry.kind for entry in decision.timeline] == ["acknowledgement_expired"]
    assert (stage.live().status, stage.live().acknowledged_by, stage.live().next_step_at) == ("open", None, stage.now + 15 * MIN)


def test_a_snooze_ends_with_a_page(stage, who) -> None:
    stage.do(stage.signal())
    assert stage.do(Snoozed(by="lan", until=stage.now + 60 * MIN, reason="asleep")).cancel == ("page",)
    assert stage.live().next_step_at == stage.now + 60 * MIN
    decision = stage.do(EscalationDue(), minutes=60)
    assert who(decision) == [("page", "lan", "email")]
    assert [entry.kind for entry in decision.timeline] == ["snooze_ended"]


def test_a_snooze_of_a_digest_incident_ends_quietly(stage) -> None:
    stage.do(stage.signal("watch"))
    stage.do(Snoozed(by="lan", until=stage.now + 60 * MIN, reason="asleep"))
    decision = stage.do(EscalationDue(), minutes=60)
    assert (decision.notifications, decision.incident.next_step_at) == ((), None)


def test_a_digest_incident_that_is_due_waits_for_nothing(stage) -> None:
    stage.do(stage.signal("watch"))
    stage.incident = replace(stage.live(), next_step_at=stage.now)
    assert stage.do(EscalationDue()).incident.next_step_at is None
