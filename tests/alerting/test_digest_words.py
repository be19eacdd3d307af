"""A digest names every incident, in the words of its reader."""

from hypothesis import given
from hypothesis import strategies as st

from alerting.digest_words import MOST_TOLD, compose_digest, ranges
from alerting.message import Reader
from core.records import Incident, Notification, Words
from tests.make import NOON


def incident(number, severity="major", title="Acme"):
    words = Words(key="signal.missed", args={"topic": title, "note": "", "person": "an"})
    return Incident(
        key=str(number), kind="missed", severity=severity, opened_at=NOON, last_signal_at=NOON, id=number, topic_id="acme", words=words
    )


def digest(language, *told, **changes):
    row = Notification(
        key="d" * 64,
        incident_id=None,
        kind="digest",
        person="lan",
        channel="x",
        due_at=NOON,
        planned_at=NOON,
        words=Words(key="digest.held"),
        **changes,
    )
    return compose_digest(told, row, Reader(person="lan", name="Lan", language=language), link="http://tocsin.example/incidents")


def test_the_gravest_come_first_and_the_others_stand_as_numbers():
    message = digest("vi", *(incident(number) for number in range(1, 1000)), incident(1000, "critical"))
    lines = message.body.splitlines()
    assert message.subject == "Tổng hợp: 1.000 sự cố, 1.000 chưa ai nhận, cao nhất: khẩn cấp"
    assert lines[2].startswith("#1000 [KHẨN CẤP] Acme")
    assert f"Còn {1000 - MOST_TOLD} sự cố mức nghiêm trọng: #{MOST_TOLD}-#999" in lines
    assert lines[-1] == "http://tocsin.example/incidents"


def test_a_digest_that_may_have_arrived_says_so():
    message = digest("en", incident(1), possible_repeat=True)
    assert message.possible_repeat
    assert message.body.startswith("This message may have reached you before.")


def test_what_strangers_wrote_is_dead_in_a_digest_too():
    message = digest("en", incident(1, title="@everyone <a href='https://evil.example'>"))
    assert "@" not in message.body
    assert "https://evil" not in message.body


@given(st.sets(st.integers(1, 3_000)))
def test_ranges_name_each_number_once_and_no_other(numbers):
    named = set()
    for part in filter(None, ranges(numbers).split(", ")):
        first, _, last = part.replace("#", "").partition("-")
        run = set(range(int(first), int(last or first) + 1))
        assert not named & run
        named |= run
    assert named == numbers
