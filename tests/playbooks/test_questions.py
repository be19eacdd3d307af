"""The review asks where something took long, failed or was left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.records import Incident, Notification, TimelineEntry, Words
from playbooks.questions import open_questions, step_ticks

OPENED = datetime(2026, 11, 21, 13, 10, tzinfo=UTC)
INCIDENT = Incident(key="acme", kind="volume_spike", words=Words(key="x"), severity="major", opened_at=OPENED, last_signal_at=OPENED)


def entry(minute: float, kind: str, *, id: int = 0, **data) -> TimelineEntry:
    return TimelineEntry(
        at=OPENED + timedelta(minutes=minute), kind=kind, actor="lan", words=Words(key=f"timeline.{kind}"), data=data, id=id
    )


def asked(timeline, *, notifications=(), playbook=None, gone=0):
    words = open_questions(INCIDENT, timeline, notifications, playbook, gone=gone)
    return {one.key.removeprefix("review.question."): one.args for one in words}


def test_the_first_words_are_always_asked_for():
    assert set(asked([entry(5, "acknowledged")])) == {"first_words"}


def test_it_asks_why_nobody_took_it():
    assert "not_acknowledged" in asked([])


@pytest.mark.parametrize(("minute", "slow"), [(15, False), (16, True)])
def test_it_asks_why_taking_it_took_long(minute, slow):
    assert ("slow_acknowledgement" in asked([entry(minute, "acknowledged")])) is slow


@pytest.mark.parametrize("kind", ["escalated", "reopened"])
def test_it_asks_about_what_should_not_have_been_needed(kind):
    assert kind in asked([entry(5, "acknowledged"), entry(6, kind)])


def test_it_counts_what_failed_and_what_is_gone():
    failed = Notification(
        key="n", incident_id=1, kind="page", person="lan", channel="sms", due_at=OPENED, planned_at=OPENED, state="failed"
    )
    questions = asked([], notifications=[failed], gone=2)
    assert (questions["delivery_failed"], questions["deleted"]) == ({"count": 1}, {"count": 2})


def test_it_counts_the_blocking_steps_left_out(playbook):
    assert asked([], playbook=playbook)["steps_skipped"] == {"count": 1}
    assert "steps_skipped" not in asked([entry(5, "step_ticked", step="take")], playbook=playbook)


def test_a_step_taken_back_is_not_done():
    done, undone, again = (
        entry(1, "step_ticked", step="take", id=1),
        entry(2, "step_unticked", step="take", id=2),
        entry(3, "step_ticked", step="take", id=3),
    )
    assert step_ticks([done, undone]) == {}
    assert step_ticks([again, undone, done]) == {"take": again}
    assert step_ticks([done, again]) == {"take": done}
