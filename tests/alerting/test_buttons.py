"""What stands below a page, and what pressing it says."""

from __future__ import annotations

from msgspec.structs import replace

from alerting.base import Message
from alerting.buttons import buttons, link_label

PAGE = Message(kind="page", subject="S", body="B", short="s", language="vi", idempotency_key="k", thread_key="t", incident_id=12)


def test_a_page_can_be_taken_passed_on_or_called_a_false_alarm_in_the_words_of_its_reader() -> None:
    assert [(each.label, each.command) for each in buttons(PAGE)] == [
        ("Tôi nhận", "ack 12"),
        ("Chuyển lên cấp trên", "escalate 12"),
        ("Báo nhầm", "false 12"),
    ]
    assert [each.label for each in buttons(replace(PAGE, language="en"))] == ["I take it", "Escalate", "False alarm"]
    assert link_label(PAGE) == "Xem và nhận xử lý"
    assert link_label(replace(PAGE, kind="test")) == "Kênh này hoạt động"
    assert link_label(replace(PAGE, kind="resolved")) == "Xem sự cố", "nobody takes what is closed"


def test_what_is_taken_closed_or_no_incident_has_no_buttons() -> None:
    for other in (
        replace(PAGE, kind="update"),
        replace(PAGE, kind="resolved"),
        replace(PAGE, kind="digest"),
        replace(PAGE, incident_id=None),
    ):
        assert buttons(other) == ()
