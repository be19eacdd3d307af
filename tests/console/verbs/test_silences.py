from datetime import timedelta

from tests.console.conftest import Room


def test_a_silence_is_set_listed_and_ended(room: Room) -> None:
    said = room.tocsin("silence", "--topic", "acme", "--kind", "volume_spike", "--until", "2h", "--comment", "our campaign", "--as", "ana")
    assert said.status == 0
    assert "topic=acme" in said.out
    (found,) = room.tocsin("silences", "--json").json
    assert found == {
        "id": 1,
        "kind": "silence",
        "matches": {"topic": "acme", "kind": "volume_spike"},
        "starts_at": "2026-11-21T05:00:00+00:00",
        "ends_at": "2026-11-21T07:00:00+00:00",
        "in_force": True,
        "by": "ana",
        "comment": "our campaign",
        "incidents": [],
    }
    assert "our campaign" in room.tocsin("silences").out
    assert room.tocsin("silence", "--end", "1", "--as", "ben").status == 0
    assert room.tocsin("silences", "--json").json == []
    assert room.tocsin("silence", "--end", "1", "--as", "ben").status == 1


def test_a_silence_ends_by_itself(room: Room) -> None:
    room.tocsin("silence", "--risk", "recall", "--until", "1h", "--comment", "known", "--as", "ana")
    assert len(room.tocsin("silences", "--json").json) == 1
    assert room.tocsin("silences", "--json", after=timedelta(hours=2)).json == []


def test_a_silence_says_what_until_when_and_why(room: Room) -> None:
    for typed in (
        ["--until", "2h", "--comment", "c"],
        ["--topic", "acme", "--comment", "c"],
        ["--topic", "acme", "--until", "2h"],
        ["--topic", "acem", "--until", "2h", "--comment", "c"],
    ):
        said = room.tocsin("silence", *typed, "--as", "ana")
        assert (said.status, said.out) == (2, "")
        assert said.err.count("\n") == 1


def test_a_silence_in_the_past_is_refused(room: Room) -> None:
    said = room.tocsin("silence", "--topic", "acme", "--until", "2026-11-20 10:00", "--comment", "c", "--as", "ana")
    assert (said.status, said.out) == (1, "")


def test_planned_work_is_muted_from_its_beginning(room: Room) -> None:
    typed = ("--topic", "acme", "--from", "2h", "--until", "4h", "--comment", "the forum moves", "--maintenance", "--as", "ana")
    said = room.tocsin("silence", *typed)
    assert said.status == 0, said.err
    assert "topic=acme" in said.out
    (found,) = room.tocsin("silences", "--json").json
    assert (found["kind"], found["in_force"], found["starts_at"]) == ("maintenance", False, "2026-11-21T07:00:00+00:00")
    (found,) = room.tocsin("silences", "--json", after=timedelta(hours=3)).json
    assert found["in_force"]


def test_more_than_thirty_days_are_refused(room: Room) -> None:
    said = room.tocsin("silence", "--topic", "acme", "--until", "31d", "--comment", "c", "--as", "ana")
    assert (said.status, said.out) == (1, "")
    assert "30 days" in said.err
