from datetime import timedelta

from core.records import Incident, Words
from store import incidents, steps
from store.steps import StepState

HOUR = timedelta(hours=1)


def opened(database, now):
    words = Words(key="signal.single_risk")
    new = Incident(key="acme", kind="single_risk", words=words, severity="major", opened_at=now, last_signal_at=now)
    return database.write_now(incidents.create, new)


def test_the_earliest_due_come_first_and_those_without_a_time_last(database, now):
    number = opened(database, now)
    database.write_now(steps.lay_out, number, [("whenever", None), ("b-later", now + HOUR), ("a-later", now + HOUR), ("first", now)])
    assert [step.step_id for step in database.read_now(steps.of_incident, number)] == ["first", "a-later", "b-later", "whenever"]


def test_a_step_is_ticked_once_and_can_be_taken_back(database, now):
    number = opened(database, now)
    database.write_now(steps.lay_out, number, [("call", now)])
    assert database.write_now(steps.tick, number, "call", now, "ana", "called at noon")
    assert not database.write_now(steps.tick, number, "call", now, "ben", None)
    assert database.read_now(steps.of_incident, number) == [StepState("call", now, now, "ana", "called at noon")]
    assert database.write_now(steps.untick, number, "call")
    assert not database.write_now(steps.untick, number, "call")
    assert database.read_now(steps.of_incident, number) == [StepState("call", now, None, None, None)]


def test_a_step_that_does_not_exist_cannot_be_ticked(database, now):
    assert not database.write_now(steps.tick, opened(database, now), "nothing", now, "ana", None)


def test_laying_out_again_leaves_ticks_as_they_are(database, now):
    number = opened(database, now)
    database.write_now(steps.lay_out, number, [("call", now)])
    database.write_now(steps.tick, number, "call", now, "ana", None)
    database.write_now(steps.lay_out, number, [("call", now + HOUR), ("write", now)])
    database.write_now(steps.lay_out, number, [])
    found = database.read_now(steps.of_incident, number)
    assert [(step.step_id, step.due_at, step.done_by) for step in found] == [("call", now, "ana"), ("write", now, None)]
