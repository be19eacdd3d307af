"""What people do to an incident, and the laws that hold whatever they do."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting.events import (
    Acknowledged,
    Assigned,
    Escalated,
    EscalationDue,
    Noted,
    Reopened,
    Resolved,
    SeveritySet,
    Snoozed,
    StepTicked,
)
from alerting.incident import decide, idle_because, unwanted_because
from core.errors import Refused
from core.records import SEVERITIES

MIN = timedelta(minutes=1)


def test_an_acknowledgement_stops_the_escalation(stage) -> None:
    stage.do(stage.signal())
    decision = stage.do(Acknowledged(by="lan", via="link"), minutes=2)
    incident = stage.live()
    assert (incident.status, incident.owner, incident.acknowledged_by, incident.acknowledged_at) == (
        "acknowledged",
        "lan",
        "lan",
        stage.now,
    )
    assert (incident.next_step_at, decision.cancel, decision.revoke_links) == (stage.now + 60 * MIN, ("page",), False)  # an update is owed
    assert decision.answer is not None
    assert decision.answer.key == "answer.taken"
    assert stage.do(EscalationDue(), minutes=59).notifications == ()


def test_the_second_hears_who_was_first(stage) -> None:
    stage.do(stage.signal())
    stage.do(Acknowledged(by="lan", via="link"), minutes=2)
    taken = stage.live()
    decision = stage.do(Acknowledged(by="minh", via="command"), minutes=1)
    assert decision.incident == taken
    assert decision.answer is not None
    assert (decision.answer.key, decision.answer.args["person"]) == ("answer.already_taken", "Lan")
    assert [entry.kind for entry in decision.timeline] == ["already_acknowledged"]
    again = stage.do(Acknowledged(by="lan", via="link"))
    assert (again.incident.acknowledged_at, again.timeline, again.notifications) == (taken.acknowledged_at, (), ())
    assert again.answer is not None
    assert again.answer.key == "answer.yours"


def test_whoever_was_called_hears_who_has_taken_it(stage, who) -> None:
    stage.do(stage.signal())
    stage.do(EscalationDue(), minutes=15)
    decision = stage.do(Acknowledged(by="minh", via="link"))
    assert who(decision) == [("update", "lan", "email")]
    assert decision.notifications[0].words.key == "alert.taken_by"
    assert who(stage.do(Resolved(by="minh", reason="fixed"))) == [("resolved", "lan", "email")]


def test_a_late_acknowledgement_is_a_note(stage) -> None:
    stage.do(stage.signal())
    stage.do(Resolved(by="lan", reason="fixed"))
    closed = stage.live()
    decision = stage.do(Acknowledged(by="minh", via="link"), minutes=5)
    assert (decision.incident, decision.notifications) == (closed, ())
    assert [entry.kind for entry in decision.timeline] == ["late_acknowledgement"]
    assert decision.answer is not None
    assert decision.answer.key == "answer.already_resolved"


def test_closing_cancels_everything_and_ends_the_links(stage) -> None:
    stage.do(stage.signal())
    decision = stage.do(Resolved(by="lan", reason="fixed"), minutes=3)
    assert (decision.cancel, decision.revoke_links) == (("page", "update"), True)
    incident = stage.live()
    assert (incident.status, incident.resolved_at, incident.close_reason, incident.next_step_at) == ("resolved", stage.now, "fixed", None)
    twice = stage.do(Resolved(by="minh", reason="spam"), minutes=3)
    assert (twice.incident, twice.timeline) == (incident, ())


def test_a_person_opens_it_again_and_it_pages_from_the_beginning(stage, who) -> None:
    stage.do(stage.signal())
    stage.do(EscalationDue(), minutes=15)
    stage.do(Resolved(by="minh", reason="fixed"))
    decision = stage.do(Reopened(by="ha", reason="it goes on"), minutes=9)
    assert who(decision) == [("page", "lan", "email")]
    assert (stage.live().status, stage.live().step, stage.live().stage) == ("open", 0, "smouldering")
    assert stage.kinds()[-1] == "reopened"
    twice = stage.do(Reopened(by="ha", reason="it goes on"))
    assert (twice.timeline, twice.answer and twice.answer.key) == ((), "answer.already_open")


def test_a_digest_incident_that_is_opened_again_pages_nobody(stage) -> None:
    stage.do(stage.signal("watch"))
    stage.do(Resolved(by="minh", reason="fixed"))
    decision = stage.do(Reopened(by="ha", reason="it goes on"))
    assert (decision.incident.status, decision.notifications) == ("open", ())


def test_the_one_it_is_given_to_is_told(stage, who) -> None:
    stage.do(stage.signal())
    decision = stage.do(Assigned(by="lan", to="minh"))
    assert who(decision) == [("page", "minh", "email")]
    assert decision.revoke_links
    assert (stage.live().owner, stage.live().status) == ("minh", "open")
    assert stage.do(Assigned(by="ha", to="ha")).notifications == ()
    with pytest.raises(Refused, match="nobody is called 'ghost'"):
        stage.do(Assigned(by="lan", to="ghost"))
    stage.do(Resolved(by="lan", reason="fixed"))
    closed = stage.do(Assigned(by="lan", to="lan"))
    assert (closed.incident.owner, closed.notifications) == ("lan", ())


def test_the_owner_stays_the_owner_when_another_takes_it(stage) -> None:
    stage.do(stage.signal())
    stage.do(Assigned(by="ha", to="minh"))
    stage.do(Acknowledged(by="lan", via="link"))
    assert (stage.live().owner, stage.live().acknowledged_by) == ("minh", "lan")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Noted(by="lan", text="called the shop"), "noted"),
        (StepTicked(by="lan", step_id="check", text="Check the batch"), "step_ticked"),
        (StepTicked(by="lan", step_id="check", text="Check the batch", done=False), "step_unticked"),
    ],
)
def test_a_note_or_a_step_is_one_line(stage, event, kind: str) -> None:
    stage.do(stage.signal())
    before = stage.live()
    decision = stage.do(event)
    assert decision.incident == before
    assert [entry.kind for entry in decision.timeline] == [kind]
    assert decision.timeline[0].actor == "lan"


def test_the_same_severity_is_no_change_and_a_lower_one_pages_nobody(stage) -> None:
    stage.do(stage.signal("major"))
    assert stage.do(SeveritySet(by="lan", severity="major", because="-")).timeline == ()
    decision = stage.do(SeveritySet(by="lan", severity="watch", because="a joke"))
    assert (decision.notifications, decision.incident.severity) == ((), "watch")


def test_a_closed_incident_can_be_rated_and_pages_nobody(stage) -> None:
    stage.do(stage.signal("minor"))
    stage.do(Resolved(by="lan", reason="fixed"))
    assert stage.do(SeveritySet(by="lan", severity="critical", because="looking back")).notifications == ()
    assert stage.do(Snoozed(by="lan", until=stage.now + MIN, reason="asleep")).timeline == ()


def test_what_makes_no_sense_is_refused(stage) -> None:
    with pytest.raises(Refused, match="no such incident"):
        decide(None, Noted(by="lan", text="?"), stage.now, stage.roster)
    stage.do(stage.signal())
    for event in (Snoozed(by="lan", until=stage.now, reason="asleep"), Acknowledged(by="lan", via="link", until=stage.now - MIN)):
        with pytest.raises(Refused, match="must lie in the future"):
            stage.do(event)


def test_idle_incidents_say_why(stage) -> None:
    stage.do(stage.signal(silence=stage.silence()))
    assert (idle_because(stage.live()) or stage).key == "idle.silenced"
    stage.do(stage.signal())
    assert idle_because(stage.live()) is None
    assert (idle_because(replace(stage.live(), next_step_at=None, policy={"digest": "daily"})) or stage).key == "idle.digest"


def test_a_page_is_unwanted_once_somebody_took_it_or_closed_it(stage) -> None:
    stage.do(stage.signal("minor"))
    (page,) = stage.planned
    assert unwanted_because(stage.live(), page) is None
    stage.do(Acknowledged(by="lan", via="link"), minutes=1)
    assert (unwanted_because(stage.live(), page) or stage).key == "reason.acknowledged"
    risen = stage.do(stage.signal("major"), minutes=1).notifications[0]
    assert unwanted_because(stage.live(), risen) is None
    stage.do(EscalationDue())
    stage.do(Resolved(by="ha", reason="fixed"), minutes=1)
    assert (unwanted_because(stage.live(), risen) or stage).key == "reason.resolved"
    goodbye = next(one for one in stage.planned if one.kind == "resolved")
    assert unwanted_because(stage.live(), goodbye) is None
    stage.do(Reopened(by="ha", reason="again"))
    assert (unwanted_because(stage.live(), goodbye) or stage).key == "reason.reopened"


def test_acknowledgements_in_any_order_leave_one_owner_and_one_transition(stage_with) -> None:
    for order in permutations(["lan", "minh", "ha", "lan"]):
        stage = stage_with({})
        stage.do(stage.signal())
        for person in order:
            stage.do(Acknowledged(by=person, via="link"), minutes=0.1)
        assert stage.live().acknowledged_by == order[0]
        assert stage.kinds().count("acknowledged") == 1


PEOPLE = st.sampled_from(["lan", "minh", "ha", "stranger"])
MOVES = st.one_of(
    st.tuples(st.just("signal"), st.sampled_from(SEVERITIES), st.sampled_from(["acme", "holes", "nobody", "late"]), st.booleans()),
    st.tuples(st.just("ack"), PEOPLE, st.sampled_from([None, 30])),
    st.tuples(st.just("due")),
    st.tuples(st.just("escalate"), PEOPLE),
    st.tuples(st.just("resolve"), PEOPLE, st.sampled_from(["fixed", "spam"])),
    st.tuples(st.just("reopen"), PEOPLE),
    st.tuples(st.just("severity"), PEOPLE, st.sampled_from(SEVERITIES)),
    st.tuples(st.just("assign"), PEOPLE, st.sampled_from(["lan", "minh", "ha"])),
    st.tuples(st.just("snooze"), PEOPLE, st.integers(1, 200)),
)


def play(stage, move) -> None:
    match move:
        case ("signal", severity, topic, muted):
            stage.do(stage.signal(severity, topic, silence=stage.silence() if muted else None))
        case ("ack", person, until):
            stage.do(Acknowledged(by=person, via="link", until=stage.now + until * MIN if until else None))
        case ("due",):
            stage.do(EscalationDue())
        case ("escalate", person):
            stage.do(Escalated(by=person))
        case ("resolve", person, reason):
            stage.do(Resolved(by=person, reason=reason))
        case ("reopen", person):
            stage.do(Reopened(by=person, reason="again"))
        case ("severity", person, severity):
            stage.do(SeveritySet(by=person, severity=severity, because="-", policy=stage.signal(severity).policy))
        case ("assign", person, to):
            stage.do(Assigned(by=person, to=to))
        case ("snooze", person, minutes):
            stage.do(Snoozed(by=person, until=stage.now + minutes * MIN, reason="asleep"))


@given(st.lists(st.tuples(MOVES, st.sampled_from([0, 1, 5, 15, 20, 40, 300])), max_size=25))
def test_the_laws_hold_whatever_people_do(stage_with, moves) -> None:
    stage = stage_with({})
    stage.do(stage.signal())
    for move, minutes in moves:
        stage.now += minutes * MIN
        before = stage.live()
        asked = len(stage.planned) + len(stage.cancelled)
        play(stage, move)
        incident = stage.live()
        every = stage.planned + stage.cancelled
        assert len({one.key for one in every}) == len(every)
        assert incident.is_open or incident.next_step_at is None
        assert incident.status != "open" or incident.next_step_at is not None or idle_because(incident) is not None
        assert (incident.status == "acknowledged") == (incident.acknowledged_by is not None) or not incident.is_open
        assert incident.transition >= before.transition
        assert incident.opened_at == before.opened_at
        if move[0] == "ack" and incident.snoozed_until is None:
            assert incident.next_step_at == incident.acknowledged_until or not incident.is_open
        if len(stage.planned) + len(stage.cancelled) > asked:
            assert stage.timeline[-1].at == stage.now  # whatever is sent, the timeline tells of


@given(st.lists(st.sampled_from(["lan", "minh", "ha"]), min_size=1, max_size=6))
def test_the_same_question_has_the_same_answer(stage_with, people) -> None:
    stage = stage_with({})
    stage.do(stage.signal())
    for person in people:
        event = Acknowledged(by=person, via="link")
        assert decide(stage.live(), event, stage.now, stage.roster) == decide(stage.live(), event, stage.now, stage.roster)
        stage.do(event)
