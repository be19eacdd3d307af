"""`away`, `swap`, `handover`, and what `on-call` and `check` make of them."""

import json
from datetime import timedelta

import pytest
from icalendar import Calendar

from core.records import Notification
from store import absences, notifications, overrides
from tests.console.conftest import Room

PEOPLE = [{"id": one, "name": one.title(), "channels": [{"kind": "log"}]} for one in ("lan", "minh", "ha")]
ALERTING = {
    "people": PEOPLE,
    "rotations": [{"id": "line", "people": ["lan", "minh"], "handover": "09:00", "starts": "2026-11-21"}],  # lan today
    "policies": [{"id": "default", "steps": [{"notify": "line"}]}],
}


@pytest.fixture
def desk(room: Room) -> Room:
    room.configure(alerting=ALERTING)
    return room


def who(room: Room) -> str:
    return str(room.tocsin("on-call", "--json").json["rotations"][0]["person"])


def test_time_off_passes_the_turn_on_and_says_to_whom(desk: Room) -> None:
    said = desk.tocsin("away", "lan", "--to", "2026-11-21", "--as", "lan")
    assert said.status == 0
    assert "Lan is away from 2026-11-21 12:00 to 2026-11-22 00:00." in said.out
    assert "Minh takes it" in said.out
    assert who(desk) == "minh"
    assert desk.tocsin("away", "--json").json[0]["person"] == "lan"
    assert "Lan is away" in desk.tocsin("away").out


def test_coming_back_gives_the_turn_back(desk: Room) -> None:
    desk.tocsin("away", "lan", "--to", "2d", "--as", "lan")
    assert desk.tocsin("away", "lan", "--back", "--as", "minh", after=timedelta(hours=1)).status == 0
    assert who(desk) == "lan"
    said = desk.tocsin("away", "lan", "--back", "--as", "minh")
    assert (said.status, "calendar" in said.out) == (1, True)


@pytest.mark.parametrize("typed", [("lan",), ("zoe", "--to", "2d"), ("lan", "--from", "3d", "--to", "2d"), ("lan", "--to", "never")])
def test_time_off_that_cannot_be_meant_is_refused(desk: Room, typed: tuple[str, ...]) -> None:
    said = desk.tocsin("away", *typed, "--as", "lan")
    assert (said.status, said.out) == (2, "")
    assert desk.use(absences.listing) == []


def test_a_swap_is_asked_listed_and_agreed(desk: Room) -> None:
    assert "Minh has been asked" in desk.tocsin("swap", "minh", "--day", "mon", "--as", "lan").out
    assert "#1 Lan asks Minh to take line" in desk.tocsin("swap").out
    assert desk.tocsin("swap", "--json").json[0]["asked_by"] == "lan"
    assert desk.tocsin("swap", "--agree", "--as", "lan").status == 1, "nobody agrees for another"
    assert desk.tocsin("swap", "--agree", "1", "--as", "minh").status == 0
    (made,) = desk.use(overrides.listing)
    assert (made.person, f"{made.starts_at:%Y-%m-%d %H}") == ("minh", "2026-11-23 02")


def test_a_refusal_and_an_unknown_day(desk: Room) -> None:
    desk.tocsin("swap", "minh", "--as", "lan")
    assert desk.tocsin("swap", "--refuse", "--as", "minh").status == 0
    assert desk.tocsin("swap", "--refuse", "--as", "minh").status == 1
    assert "T7" in desk.tocsin("swap", "minh", "--day", "someday", "--as", "lan").err


def test_taking_over_is_at_once(desk: Room) -> None:
    assert desk.tocsin("swap", "--take-over", "lan", "--as", "ha").status == 0
    assert who(desk) == "ha"
    assert desk.tocsin("swap", "--take-over", "lan", "--as", "minh").status == 1, "lan has nothing any more"


def test_the_note_of_a_handover_tells_what_is_open_and_what_is_not(desk: Room) -> None:
    empty = desk.tocsin("handover")
    assert "Nothing is open." in empty.out
    assert "Minh, line, from 2026-11-22 09:00" in empty.out
    number = desk.incident()
    desk.tocsin("ack", str(number), "--as", "lan")
    desk.tocsin("silence", "--topic", "acme", "--until", "2h", "--comment", "our campaign", "--as", "lan")
    note = desk.tocsin("handover")
    assert f"#{number} major" in note.out
    assert "Lan has it" in note.out
    assert "our campaign" in note.out
    told = desk.tocsin("handover", "--json").json
    assert [one["id"] for one in told["open"]] == [number]
    assert told["coming"][0]["person"] == "minh"
    desk.tocsin("resolve", str(number), "--reason", "over", "--as", "lan")
    assert "To watch" in desk.tocsin("handover").out


def test_shifts_as_a_calendar_file(desk: Room) -> None:
    said = desk.tocsin("on-call", "--ics", "--days", "3")
    events = Calendar.from_ical(said.out).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == [f"On call: {name} (line)" for name in ("Lan", "Minh", "Lan", "Minh")]


def test_the_pagers_weight(desk: Room) -> None:
    assert desk.tocsin("on-call", "--load").out == ""
    pages = [
        Notification(
            key=f"{number}",
            incident_id=None,
            kind="page",
            person="lan",
            channel="log",
            due_at=desk.now,
            planned_at=desk.now,
            state="sent",
            sent_at=desk.now - timedelta(hours=12),
            step=number,
        )
        for number in range(5)
    ]
    desk.use(notifications.plan, pages)
    said = desk.tocsin("on-call", "--load")
    assert [cell.strip() for cell in said.out.splitlines()[2 if "-" in said.out.splitlines()[1] else 1].split()][:4] == [
        "Lan",
        "5",
        "5",
        "1",
    ]
    assert "3 times an even share" in said.out
    assert desk.tocsin("on-call", "--load", "--json").json["people"][0]["pages"] == 5


def test_the_check_tells_holes_time_off_and_calendars(desk: Room) -> None:
    rotation = {**ALERTING["rotations"][0], "people": ["lan"]}  # type: ignore[dict-item, index]
    people = [{**PEOPLE[0], "calendar": "https://calendar.example/secret-1234/lan.ics"}, *PEOPLE[1:]]
    desk.configure(alerting={**ALERTING, "people": people, "rotations": [rotation]})
    desk.tocsin("away", "lan", "--from", "2d", "--to", "3d", "--as", "lan")
    said = desk.tocsin("check")
    assert "default: nobody at all from 2026-11-23 12:00 to 2026-11-24 12:00" in said.out
    assert "and nobody takes it" in said.out
    assert "calendar:lan: not read yet" in said.out
    found = desk.tocsin("check", "--json")
    assert [gap["whole"] for gap in found.json["gaps"]] == [True]
    assert "secret-1234" not in json.dumps(found.json) + said.out + said.err


def test_a_country_without_holidays_is_refused_with_its_line(desk: Room) -> None:
    rotation = {**ALERTING["rotations"][0], "holidays": "ZQ"}  # type: ignore[dict-item]
    desk.configure(alerting={**ALERTING, "rotations": [rotation]})
    said = desk.tocsin("check")
    assert (said.status, "VN or DE-BY" in said.err) == (2, True)
