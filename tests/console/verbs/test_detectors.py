"""`tocsin detectors` tells from people's labels how right each detector was."""

from __future__ import annotations

from datetime import timedelta

from tests.console.conftest import Room


def told(room: Room, *verdicts: str) -> None:
    """An incident each, an hour apart, and what people said of it."""
    for verdict in verdicts:
        number = room.incident()
        reason = ("--reason", "campaign") if verdict == "false" else ()
        assert room.tocsin("resolve", number, "--reason", "quiet", "--as", "ana").status == 0
        assert room.tocsin("label", number, verdict, *reason, "--as", "ana").status == 0
        room.now += timedelta(hours=1)


def test_nothing_raised_is_nothing_told(room: Room) -> None:
    said = room.tocsin("detectors")
    assert (said.status, said.out) == (0, "")
    assert "No signal" in said.err
    assert room.tocsin("detectors", "--json").json == {"detectors": [], "topics": [], "suggestions": []}


def test_precision_recall_rot_and_suggestions_stand_in_one_place(room: Room) -> None:
    told(room, "real", "false", "false", "false", "false", "false", "false")
    assert room.tocsin("missed", "--at", "30m", "--topic", "acme", "--as", "ana").status == 0
    found = room.tocsin("detectors", "--json").json
    (spike,) = found["detectors"]
    assert (spike["kind"], spike["signals"], spike["labelled"], spike["real"], spike["missed"]) == ("volume_spike", 7, 7, 1, 1)
    assert 0 < spike["low"] < spike["precision"] < spike["high"] < 1
    assert spike["rots"]["why"] == "floor" if spike["high"] < 0.5 else spike["rots"] is None
    assert found["topics"] == [
        {
            "topic_id": "acme",
            "real": 2,
            "raised": 1,
            "missed": 1,
            "recall": 0.5,
            "low": found["topics"][0]["low"],
            "high": found["topics"][0]["high"],
        }
    ]
    assert [(one["kind"], one["enough"]) for one in found["suggestions"]] == [("volume_spike", False)]
    lines = room.tocsin("detectors", "--floor", "0.9").out.splitlines()
    assert lines[1].startswith("volume_spike  acme   7        7         1     1       14% (3% to 51%)")
    assert lines[2:] == [
        "volume spike on acme is mostly wrong: 1 of 7 were real in the last 4 weeks (0 of 0 before)",
        "acme: detectors raised 1 of 2 real incidents, as far as people told of the others: 50% (9% to 91%)",
        "volume spike: too few labels to suggest a threshold (1 real, 6 false; 5 of each are needed)",
        "Nothing of this changes by itself: it is yours to write into config.yaml.",
    ]


def test_a_rule_that_rots_is_told_by_check(room: Room) -> None:
    told(room, *["false"] * 5)
    said = room.tocsin("check")
    assert said.status == 0
    assert "volume spike on acme is mostly wrong: 0 of 5" in said.err
    assert room.tocsin("check", "--json").json["rotting"] == [{"kind": "volume_spike", "topic_id": "acme"}]
