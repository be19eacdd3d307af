from datetime import timedelta

import pytest

from alerting import looks
from alerting.policy import Roster
from console.listening import listening_of
from store import audit, incidents, notifications, steps
from tests.console.conftest import Room


def test_an_acknowledgement_answers_in_words_and_stops_the_pages(room: Room) -> None:
    room.incident()
    said = room.tocsin("ack", "1", "--as", "ana", after=timedelta(minutes=1))
    assert (said.status, said.err) == (0, "")
    assert "#1" in said.out
    incident = room.use(incidents.get, 1)
    assert (incident.status, incident.acknowledged_by) == ("acknowledged", "ana")
    assert [one.state for one in room.use(notifications.of_incident, 1) if one.kind == "page"] == ["cancelled"]
    assert room.use(audit.first_broken) is None


def test_a_second_acknowledgement_says_who_has_it(room: Room) -> None:
    room.incident()
    room.tocsin("ack", "#1", "--as", "ana")
    said = room.tocsin("ack", "1", "--as", "ben", after=timedelta(minutes=4))
    assert said.status == 0
    assert "Ana" in said.out
    assert "12:00" in said.out
    assert room.use(incidents.get, 1).acknowledged_by == "ana"


def test_an_acknowledgement_may_end_by_itself(room: Room) -> None:
    room.incident()
    assert room.tocsin("ack", "1", "--as", "ana", "--until", "30m").status == 0
    assert room.use(incidents.get, 1).acknowledged_until == room.now + timedelta(minutes=30)


def test_who_acts_must_be_said_where_several_could_be_meant(room: Room) -> None:
    room.incident()
    said = room.tocsin("ack", "1")
    assert said.status == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "--as" in said.err
    assert "ana, ben" in said.err


def test_the_environment_says_who_acts(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.incident()
    monkeypatch.setenv("TOCSIN_AS", "ben")
    assert room.tocsin("ack", "1").status == 0
    assert room.use(incidents.get, 1).acknowledged_by == "ben"


def test_the_only_configured_person_needs_not_be_named(room: Room) -> None:
    room.configure(alerting={"people": [{"id": "lan"}]})
    room.incident()
    assert room.tocsin("ack", "1").status == 0
    assert room.use(incidents.get, 1).acknowledged_by == "lan"


def test_where_nobody_is_configured_the_operator_acts(room: Room) -> None:
    room.configure(alerting={})
    room.incident()
    assert room.tocsin("ack", "1").status == 0
    assert room.use(incidents.get, 1).acknowledged_by == "operator"


def test_an_unknown_person_is_told_who_is_known(room: Room) -> None:
    room.incident()
    said = room.tocsin("ack", "1", "--as", "bne")
    assert said.status == 2
    assert "'bne'" in said.err
    assert "ana, ben" in said.err


def test_an_unknown_incident_fails_in_one_line(room: Room) -> None:
    said = room.tocsin("ack", "99", "--as", "ana")
    assert (said.status, said.out) == (1, "")
    assert said.err == "tocsin: there is no incident 99\n"


def test_an_incident_is_resolved_with_a_reason_and_reopened(room: Room) -> None:
    room.incident()
    assert room.tocsin("resolve", "1", "--reason", "false-alarm", "--as", "ana").status == 0
    incident = room.use(incidents.get, 1)
    assert (incident.status, incident.close_reason) == ("resolved", "false_alarm")
    assert room.tocsin("reopen", "1", "--reason", "it goes on", "--as", "ben").status == 0
    assert room.use(incidents.get, 1).status == "open"


def test_a_resolution_needs_a_reason(room: Room) -> None:
    room.incident()
    said = room.tocsin("resolve", "1", "--as", "ana")
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert "--reason" in said.err


def test_what_people_do_stands_on_the_timeline_in_order(room: Room) -> None:
    room.incident()
    assert room.tocsin("ack", "1", "--as", "ana").status == 0
    assert room.tocsin("note", "1", "called", "the", "factory", "--as", "ana").status == 0
    assert room.tocsin("severity", "1", "critical", "--because", "a child was hurt", "--as", "ana").status == 0
    assert room.tocsin("assign", "1", "ben", "--as", "ana").status == 0
    assert room.tocsin("snooze", "1", "--until", "2h", "--reason", "asleep", "--as", "ben").status == 0
    kinds = [entry.kind for entry in room.use(incidents.entries, 1)]
    assert [kind for kind in kinds if kind in ("acknowledged", "noted", "severity_changed", "assigned", "snoozed")] == [
        "acknowledged", "noted", "severity_changed", "assigned", "snoozed",
    ]  # fmt: skip
    incident = room.use(incidents.get, 1)
    assert (incident.severity, incident.owner, incident.snoozed_until) == ("critical", "ben", room.now + timedelta(hours=2))


def test_an_escalation_by_hand_pages_the_next_person(room: Room) -> None:
    room.incident()
    said = room.tocsin("escalate", "1", "--as", "ana")
    assert said.status == 0
    assert "Ben" in said.out


def test_an_incident_is_given_to_known_people_alone(room: Room) -> None:
    room.incident()
    said = room.tocsin("assign", "1", "zoe", "--as", "ana")
    assert said.status == 2
    assert "ana, ben" in said.err


def test_a_snooze_ends_in_the_future(room: Room) -> None:
    room.incident()
    said = room.tocsin("snooze", "1", "--until", "2026-11-21 10:00", "--reason", "asleep", "--as", "ana")
    assert said.status == 1
    assert "future" in said.err


def test_an_empty_note_is_no_note(room: Room) -> None:
    room.incident()
    assert room.tocsin("note", "1", "  ", "--as", "ana").status == 2


def test_a_step_is_ticked_by_its_number_or_id_and_taken_back(room: Room) -> None:
    from playbooks.load import load_playbooks

    playbook = load_playbooks().playbooks[0]
    ids = [step.id for _, step in playbook.steps()]
    room.incident(playbook=playbook.id)
    room.use(steps.lay_out, 1, [(one, None) for one in ids])
    assert room.tocsin("tick", "1", "2", "--as", "ana").status == 0
    assert room.tocsin("tick", "1", ids[0], "--as", "ana").status == 0
    assert {state.step_id for state in room.use(steps.of_incident, 1) if state.done_at} == set(ids[:2])
    assert room.tocsin("tick", "1", "2", "--undo", "--as", "ana").status == 0
    assert {state.step_id for state in room.use(steps.of_incident, 1) if state.done_at} == {ids[0]}
    said = room.tocsin("tick", "1", "nothing", "--as", "ana")
    assert said.status == 1
    assert ids[0] in said.err


def test_what_was_seen_at_an_unseen_place_is_written_down(room: Room) -> None:
    room.configure(listener={"unseen": [{"id": "fb", "name": "3 groups", "person": "ben"}]})
    room.incident()
    room.use(looks.ask, 1, listening_of(room.config), room.now, roster_of_room(room))
    assert room.tocsin("looked", "1", "fb", "--as", "ben").status == 2, "it must be said what there was"
    said = room.tocsin("looked", "1", "fb", "--found", "three posts", "--as", "ben", after=timedelta(minutes=3))
    assert (said.status, said.out) == (0, "Noted: 3 groups was looked at.\n")
    (look,) = room.tocsin("incident", "1", "--json").json["looks"]
    assert (look["place"], look["found"], look["text"], look["done_at"]) == ("fb", True, "three posts", room.now.isoformat())
    assert room.tocsin("looked", "1", "zalo", "--nothing", "--as", "ben").status == 1


def roster_of_room(room: Room) -> Roster:
    return Roster.of(room.config.alerting)
