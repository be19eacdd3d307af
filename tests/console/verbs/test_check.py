import pytest

from console.verbs.check import opens_outside
from tests.console.conftest import Room


def test_check_tells_queries_as_understood_and_who_would_be_paged(room: Room) -> None:
    room.configure(topics=[{"id": "acme", "query": '"acme kettle" fire OR #acme NOT cartoon', "languages": ["vi"]}])
    said = room.tocsin("check", "--json")
    assert said.status == 0
    assert said.json["topics"] == [
        {
            "id": "acme",
            "query": '"acme kettle" fire OR #acme NOT cartoon',
            "understood": '(("acme kettle" AND fire) OR #acme) AND NOT cartoon',
            "languages": ["vi"],
            "always_evaluated": False,
        }
    ]
    assert [(each["severity"], each["people"]) for each in said.json["pages"]] == [
        ("critical", ["Ana"]), ("major", ["Ana"]), ("minor", ["Ana"]), ("watch", []),
    ]  # fmt: skip
    assert said.json["gaps"] == []


def test_a_topic_is_tried_on_its_own_examples(room: Room) -> None:
    room.configure(
        topics=[
            {
                "id": "acme",
                "query": "(acme NOT phim) OR author:lan",
                "matches": ["Ấm Acme nổ", "am acme", {"text": "hôm nay", "author": "@lan"}],
                "does_not_match": ["phim Acme", "khác"],
            }
        ]
    )
    said = room.tocsin("check", "--json")
    assert (said.status, said.json["wrong_examples"]) == (0, [])
    assert said.json["topics"][0]["always_evaluated"] is True
    assert "looked at in full" in room.tocsin("check").out


def test_an_example_that_turns_out_otherwise_is_told_with_its_line_and_the_reason(room: Room) -> None:
    room.file.write_text(
        "topics:\n  - id: acme\n    query: acme NOT phim\n    matches:\n      - ấm acme\n      - phim acme\n    does_not_match:\n      - text: Acme\n"
    )
    said = room.tocsin("check")
    assert said.status == 2
    missed, matched = (line for line in said.err.splitlines() if str(room.file) in line)
    assert (
        missed == f"{room.file}:6: topics[0].matches[1]: lẽ ra phải khớp “phim acme” nhưng không khớp. Bị loại trừ bởi NOT phim: có “phim”."
    )
    assert matched.startswith(f"{room.file}:8: topics[0].does_not_match[0]: lẽ ra không được khớp “Acme”")


def test_check_speaks_to_people_in_their_language(room: Room) -> None:
    room.configure(language="vi")
    said = room.tocsin("check")
    assert said.status == 0
    assert "khẩn cấp: gọi Ana" in said.out
    assert "127.0.0.1" in said.err  # a phone cannot open that


def test_check_tells_where_nobody_can_be_reached(room: Room) -> None:
    people = [{"id": "thu", "channels": [{"kind": "log", "only": ["minor"]}]}]
    room.configure(alerting={"people": people, "rotations": [{"id": "first-line", "people": ["thu"]}]})
    (gap,) = room.tocsin("check", "--json").json["gaps"]
    assert gap["rotation"] == "first-line"


def test_an_error_is_one_line_with_path_and_line_number(room: Room) -> None:
    room.file.write_text("name: x\ntopics:\n  - {id: acme, query: '(acme'}\n")
    said = room.tocsin("check")
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert f"{room.file}:3:" in said.err


def test_a_bad_playbook_is_told_and_fails_the_check(room: Room) -> None:
    (room.folder / "plans").mkdir()
    (room.folder / "plans" / "bad.yaml").write_text("id: x\n")
    room.configure(playbooks={"folders": ["plans"]})
    said = room.tocsin("check")
    assert said.status == 2
    assert "bad.yaml:1:" in said.err


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("http://127.0.0.1:8765", False),
        ("http://192.168.1.5", False),
        ("http://[::1]:8765", False),
        ("http://localhost:8765", False),
        ("http://tocsin.lan", False),
        ("https://tocsin.example.org", True),
        ("https://8.8.8.8", True),
    ],
)
def test_an_address_of_the_house_is_no_address_for_a_phone(url: str, opens: bool) -> None:
    assert opens_outside(url) is opens


CASES = """
- {kind: outside_count, name: eight times the usual, fires: true, series: {usual: [5, 6, 7, 6], times: 100, counts: [6, 48]}}
- {kind: outside_count, name: the usual, fires: false, series: {usual: [5, 6, 7, 6], times: 100, counts: [6, 7]}}
"""


def test_an_operator_s_own_cases_are_tried(room: Room) -> None:
    (room.folder / "own.yaml").write_text(CASES)
    room.configure(detectors={"signals": [{"kind": "outside_count"}], "cases": ["own.yaml"]})
    said = room.tocsin("check")
    assert said.status == 0
    assert "2 of 2 cases of your own turn out as they say" in said.out
    room.configure(detectors={"signals": [{"kind": "outside_count", "min_value": 100.0}], "cases": ["own.yaml"]})
    said = room.tocsin("check")
    assert said.status == 2
    assert "“eight times the usual” must raise outside_count and does not" in said.err
    assert [(one["name"], one["holds"]) for one in room.tocsin("check", "--json").json["cases"]] == [
        ("eight times the usual", False),
        ("the usual", True),
    ]


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("- {kind: slow_burn, name: a, fires: true, series: {counts: [1]}}", "detectors.signals does not name"),
        ("- {kind: outside_count, name: a, fires: true}", "needs one of series, mentions and sources"),
    ],
)
def test_cases_that_cannot_be_tried_are_a_mistake_of_the_configuration(room: Room, written: str, mend: str) -> None:
    (room.folder / "own.yaml").write_text(written)
    room.configure(detectors={"signals": [{"kind": "outside_count"}], "cases": ["own.yaml"]})
    said = room.tocsin("check")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert mend in said.err


def test_who_can_answer_and_who_cannot_is_told(room: Room) -> None:
    mail = {"host": "mail.example.org", "from": "tocsin@example.org"}
    people = [
        {"id": "lan", "name": "Lan", "channels": [{"kind": "email", "to": "lan@example.org"}]},
        {"id": "minh", "name": "Minh", "channels": [{"kind": "email", "to": "desk@example.org"}]},
        {"id": "ha", "name": "Hà", "channels": [{"kind": "email", "to": "desk@example.org"}]},
    ]
    room.configure(alerting={"people": people, "notifiers": {"email": mail}})
    said = room.tocsin("check")
    assert "email can send, and was not told how to hear answers: host: Field required" in said.err
    assert "Cannot answer where they are called, only by the link, the console or the command: Lan, Minh and Hà" in said.err
    room.configure(
        alerting={"people": people, "notifiers": {"email": mail}, "inboxes": {"email": {"host": "h", "user": "u", "password": "p"}}}
    )
    said = room.tocsin("check")
    assert "Answers are heard by: email" in said.out
    assert "Hà and Minh share one email address" in said.err
    assert "or the command: Minh and Hà" in said.err
    room.configure(alerting={"people": people, "notifiers": {"email": mail}, "inboxes": {"email": {"host": "h"}}})
    said = room.tocsin("check")
    assert said.status == 2
    assert "alerting.inboxes.email: user: Field required" in said.err


def test_who_could_only_be_written_to_by_a_channel_that_never_speaks_first_is_told(room: Room) -> None:
    token = {"token": "1459232241454765289:HcapvQPPTFJvrEXqZKzNvJQwkrXeYJAt"}
    zalo = {"kind": "zalo", "user": "6ede9afa66b88fe6d6a9"}
    room.configure(alerting={"notifiers": {"zalo": token}, "people": [{"id": "ana", "name": "Ana", "channels": [zalo]}]})
    said = room.tocsin("check")
    assert "no channel of Ana may write first" in said.err
    room.configure(alerting={"notifiers": {"zalo": token}, "people": [{"id": "ana", "name": "Ana", "channels": [zalo, {"kind": "log"}]}]})
    assert "may write first" not in room.tocsin("check").err
