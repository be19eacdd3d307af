from store import incidents, roles
from tests.console.conftest import Room


def test_two_incidents_become_one_and_their_timelines_are_read_together(room: Room) -> None:
    room.incident(topic="acme")
    room.incident(topic="zeta")
    said = room.tocsin("merge", "2", "1", "--as", "ana")
    assert (said.status, said.out) == (0, "Incident #2 is now part of incident #1.\n")
    whole = room.tocsin("incident", "1", "--json").json
    assert whole["merged_from"] == [2]
    assert [entry["kind"] for entry in whole["timeline"]].count("opened") == 2
    assert room.tocsin("incident", "2", "--json").json["merged_into"] == 1


def test_what_cannot_be_merged_or_split_is_told_in_one_line(room: Room) -> None:
    room.incident()
    for typed in (("merge", "1", "1"), ("merge", "1", "7"), ("split", "1", "99")):
        said = room.tocsin(*typed, "--as", "ana")
        assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)


def test_a_role_is_given_and_shown(room: Room) -> None:
    room.incident()
    said = room.tocsin("role", "1", "scribe", "ben", "--as", "ana")
    assert (said.status, said.out) == (0, "scribe: Ben.\n")
    assert room.use(roles.of_incident, 1) == {"scribe": "ben"}
    assert "scribe: Ben" in room.tocsin("incident", "1").out
    assert "commander" in room.tocsin("role", "1", "pope", "ben", "--as", "ana").err
    assert room.use(incidents.entries, 1)[-1].kind == "role_given"


def test_the_severity_is_told_with_how_it_came_about(room: Room) -> None:
    room.incident("minor")
    room.tocsin("severity", "1", "critical", "--because", "a child was hurt", "--as", "ana")
    told = [one["text"] for one in room.tocsin("incident", "1", "--json").json["severity_history"]]
    assert len(told) == 2
    assert "Acme: 80 mentions" in told[0]
    assert "a child was hurt" in told[1]
    assert "How the severity changed" in room.tocsin("incident", "1").out


def test_an_incident_is_put_off_for_a_reason_and_for_a_day_at_most(room: Room) -> None:
    room.incident()
    assert room.tocsin("snooze", "1", "--until", "2h", "--as", "ana").status == 2
    assert "24 hours" in room.tocsin("snooze", "1", "--until", "25h", "--reason", "lab", "--as", "ana").err
    assert room.tocsin("snooze", "1", "--until", "2h", "--reason", "the lab answers then", "--as", "ana").status == 0
