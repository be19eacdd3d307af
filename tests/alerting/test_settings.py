"""The `alerting:` section says what is wrong in it, and hides what is secret."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from pydantic import ValidationError

from alerting.on_call_settings import Handover
from alerting.settings import AlertingSettings

FULL = {
    "people": [
        {
            "id": "lan",
            "name": "Lan",
            "language": "vi",
            "timezone": "Asia/Ho_Chi_Minh",
            "address": "chị",
            "channels": [
                {"kind": "email", "to": "lan@example.org"},
                {"kind": "email", "to": "lan@home.example"},
                {"kind": "sms", "number": "${X}", "only": "critical"},
            ],
        },
        {"id": "minh", "name": "Minh"},
    ],
    "rotations": [
        {"id": "first-line", "timezone": "Asia/Ho_Chi_Minh", "people": ["lan", "minh"], "handover": "Mon 09:00", "holidays": "VN"}
    ],
    "policies": [{"id": "default", "steps": [{"notify": ["first-line"], "after": "0m"}, {"notify": "minh", "after": "15m"}], "repeat": 3}],
    "routes": [{"match": {"severity": ["critical", "major"]}, "policy": "default"}, {"match": {}, "digest": "daily"}],
    "notifiers": {"email": {"host": "mail.example.org", "password": "hunter2"}},
    "fallback": "minh",
}


def test_a_full_section_reads() -> None:
    settings = AlertingSettings.model_validate(FULL)
    lan = settings.people[0]
    assert [channel.id for channel in lan.channels] == ["email", "email-2", "sms"]
    assert lan.channels_for("critical") == ("email", "email-2", "sms")
    assert lan.channels_for("major") == ("email", "email-2")
    assert settings.policies[0].steps[1].after == timedelta(minutes=15)
    assert settings.rotations[0].handover == Handover(at=time(9), weekday=0)
    assert settings.rotations[0].starts == date(2024, 1, 1)
    email = lan.channel("email-2")
    assert email is not None
    assert settings.options_for(email) == {"host": "mail.example.org", "password": "hunter2", "to": "lan@home.example"}
    assert lan.channel("pigeon") is None


def test_an_empty_section_works_and_a_person_without_channels_stands_in_the_log() -> None:
    assert AlertingSettings().people == ()
    (person,) = AlertingSettings.model_validate({"people": [{"id": "an"}]}).people
    assert person.channels_for("watch") == ("log",)
    assert person.display_name == "an"


def test_language_and_zone_are_filled_in_from_the_installation() -> None:
    settings = AlertingSettings.model_validate(FULL | {"rotations": [{"id": "r", "people": ["lan"]}], "policies": [], "routes": []})
    settled = settings.settled(language="en", timezone="Europe/Paris")
    assert [(person.language, person.timezone) for person in settled.people] == [("vi", "Asia/Ho_Chi_Minh"), ("en", "Europe/Paris")]
    assert settled.rotations[0].timezone == "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "weekday", "at"), [("09:00", None, time(9)), ("Sun 18:30", 6, time(18, 30)), ("friday 07:00", 4, time(7))]
)
def test_a_handover_is_daily_or_on_a_weekday(text: str, weekday: int | None, at: time) -> None:
    rotation = {"id": "r", "people": [], "handover": text}
    assert AlertingSettings.model_validate({"rotations": [rotation]}).rotations[0].handover == Handover(at=at, weekday=weekday)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"policies": [{"id": "p", "steps": [{"notify": "ghost"}]}], "routes": []},
            "policy 'p' names 'ghost', which is no person or rotation",
        ),
        ({"rotations": [{"id": "first-line", "people": ["ghost"]}]}, "rotation 'first-line' names 'ghost', which is no person"),
        ({"routes": [{"policy": "ghost"}]}, "a route names 'ghost', which is no policy"),
        ({"fallback": "ghost"}, "fallback names 'ghost', which is no person or policy"),
        ({"routes": [{"policy": "default", "digest": "daily"}]}, "either a policy or a digest"),
        ({"routes": [{"match": {}}]}, "either a policy or a digest"),
        ({"people": [{"id": "lan"}, {"id": "lan"}]}, "two times the id 'lan'"),
        ({"people": [{"id": "lan", "channels": [{"kind": "log", "id": "a"}, {"kind": "log", "id": "a"}]}]}, "two times the id 'a'"),
        ({"people": [{"id": "lan", "timezone": "Asia/Hanoi"}]}, "unknown time zone 'Asia/Hanoi'"),
        ({"people": [{"id": "lan", "colour": "red"}]}, "Extra inputs are not permitted"),
        ({"people": ["lan"]}, "valid dictionary"),
        ({"people": [{"id": "lan", "channels": ["email"]}]}, "valid dictionary"),
        ({"people": [{"id": "no spaces"}]}, "should match pattern"),
        ({"rotations": [{"id": "r", "people": [], "handover": "Mondays 09:00 sharp"}]}, "is no handover"),
        ({"rotations": [{"id": "r", "people": [], "handover": "Tet 09:00"}]}, "is no handover"),
        ({"rotations": [{"id": "r", "people": [], "handover": "nine"}]}, "is no handover"),
        ({"rotations": [{"id": "r", "people": [], "handover": 9}]}, "valid dictionary"),
        (
            {"policies": [{"id": "default", "steps": [{"notify": "lan", "after": "15m"}, {"notify": "minh", "after": "15m"}]}]},
            "counts from the start",
        ),
        ({"policies": [{"id": "default", "steps": []}]}, "at least 1 item"),
    ],
)
def test_what_is_wrong_is_told_by_name(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        AlertingSettings.model_validate(FULL | change)


def test_no_secret_shows_in_a_repr_a_dump_or_an_error() -> None:
    settings = AlertingSettings.model_validate(FULL)
    assert "hunter2" not in repr(settings) + settings.model_dump_json()
    assert "lan@home.example" not in repr(settings)
    with pytest.raises(ValidationError) as caught:
        AlertingSettings.model_validate(FULL | {"notifiers": {"email": "smtp://me:hunter2@mail"}})
    assert "hunter2" not in str(caught.value)


PEOPLE = [{"id": "lan"}, {"id": "minh"}]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"rotations": [{"id": "a"}]}, "needs people, or layers"),
        ({"rotations": [{"id": "a", "people": ["lan"], "on_holidays": "minh"}]}, "add holidays"),
        ({"rotations": [{"id": "a", "people": ["lan"], "holidays": "VN", "on_holidays": "zoe"}]}, "which is no person or rotation"),
        ({"rotations": [{"id": "a", "layers": [{"people": ["zoe"]}]}]}, "which is no person"),
        ({"rotations": [{"id": "a", "people": ["lan"], "every": 0}]}, "greater than or equal to 1"),
        ({"rotations": [{"id": "a", "people": ["lan"], "restrictions": "office hours"}]}, "Mon-Fri 09:00-18:00"),
        (
            {
                "rotations": [
                    {"id": "a", "people": ["lan"], "holidays": "VN", "on_holidays": "b"},
                    {"id": "b", "people": ["lan"], "holidays": "VN", "on_holidays": "a"},
                ]
            },
            "goes in a circle",
        ),
        ({"people": [{"id": "an", "quiet_hours": "at night"}]}, "Mon-Fri 09:00-18:00"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_mend(section: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        AlertingSettings.model_validate({"people": PEOPLE, **section})


def test_layers_alone_make_a_rotation_and_quiet_hours_may_be_one_line() -> None:
    layer = {"people": ["lan"], "restrictions": "Mon-Fri 09:00-18:00"}
    read = AlertingSettings.model_validate(
        {"people": [*PEOPLE, {"id": "ha", "quiet_hours": "22:00-07:00"}], "rotations": [{"id": "a", "layers": [layer]}]}
    )
    assert [turn.people for turn in read.rotations[0].turns] == [(), ("lan",)]
    quiet = read.people[2].quiet_hours
    assert quiet is not None
    assert quiet.only == ("critical",)
