from datetime import datetime, timedelta
from itertools import pairwise

from store import audit, overrides
from tests.console.conftest import Room

ALERTING = {
    "people": [
        {"id": "lan", "name": "Lan", "channels": [{"kind": "log"}]},
        {"id": "minh", "name": "Minh", "channels": [{"kind": "log"}]},
        {"id": "thu", "name": "Thu", "channels": [{"kind": "log", "only": ["minor"]}]},
    ],
    "rotations": [{"id": "first-line", "people": ["lan", "minh"], "handover": "09:00", "timezone": "Asia/Ho_Chi_Minh"}],
}


def test_on_call_tells_who_and_until_when(room: Room) -> None:
    room.configure(alerting=ALERTING)
    said = room.tocsin("on-call", "--json")
    assert (said.status, said.err) == (0, "")
    (rotation,) = said.json["rotations"]
    assert rotation["person"] in ("lan", "minh")
    assert rotation["until"] == "2026-11-22T02:00:00+00:00"  # nine in the morning in Hà Nội
    assert (rotation["shifts"], rotation["gaps"]) == ([], [])


def test_on_call_at_another_time_is_the_other_person(room: Room) -> None:
    room.configure(alerting=ALERTING)
    today = room.tocsin("on-call", "--json").json["rotations"][0]["person"]
    tomorrow = room.tocsin("on-call", "--at", "2026-11-22 12:00", "--json").json["rotations"][0]["person"]
    assert {today, tomorrow} == {"lan", "minh"}


def test_shifts_follow_one_another_without_gaps(room: Room) -> None:
    room.configure(alerting=ALERTING)
    (rotation,) = room.tocsin("on-call", "--days", "5", "--json").json["rotations"]
    shifts = rotation["shifts"]
    assert len(shifts) == 6
    assert all(one["ends_at"] == next_one["starts_at"] for one, next_one in pairwise(shifts))
    assert rotation["gaps"] == []


def test_on_call_is_told_in_words(room: Room) -> None:
    room.configure(alerting=ALERTING, language="vi")
    said = room.tocsin("on-call", "--days", "2")
    assert "Đang trực:" in said.out
    assert "09:00 22/11/2026" in said.out


def test_an_override_takes_the_duty_and_is_audited(room: Room) -> None:
    room.configure(alerting=ALERTING)
    said = room.tocsin("override", "first-line", "minh", "--to", "2h", "--comment", "a wedding", "--as", "lan")
    assert said.status == 0
    assert "Minh" in said.out
    assert room.tocsin("on-call", "--json").json["rotations"][0]["person"] == "minh"
    (stored,) = room.use(overrides.listing)
    assert (stored.ends_at - stored.starts_at, stored.by) == (timedelta(hours=2), "lan")
    assert room.use(audit.first_broken) is None


def test_somebody_who_cannot_be_paged_leaves_a_gap(room: Room) -> None:
    room.configure(alerting=ALERTING)
    room.tocsin("override", "first-line", "thu", "--to", "2h", "--as", "lan")
    (gap,) = room.tocsin("on-call", "--days", "1", "--json").json["rotations"][0]["gaps"]
    assert datetime.fromisoformat(gap["ends_at"]) - datetime.fromisoformat(gap["starts_at"]) == timedelta(hours=2)


def test_an_override_names_what_is_configured(room: Room) -> None:
    room.configure(alerting=ALERTING)
    assert "first-line" in room.tocsin("override", "second-line", "minh", "--to", "2h", "--as", "lan").err
    assert "lan, minh, thu" in room.tocsin("override", "first-line", "zoe", "--to", "2h", "--as", "lan").err
    said = room.tocsin("override", "first-line", "minh", "--from", "2h", "--to", "1h", "--as", "lan")
    assert (said.status, said.out) == (2, "")


def test_without_rotations_it_says_so(room: Room) -> None:
    said = room.tocsin("on-call")
    assert (said.status, said.out) == (0, "")
    assert said.err != ""
