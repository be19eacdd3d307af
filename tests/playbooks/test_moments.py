"""Response times start and end where something really happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.records import Incident, Notification, TimelineEntry, Words
from playbooks.moments import moments

OPENED = datetime(2026, 11, 21, 13, 10, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def incident(**fields) -> Incident:
    return Incident(
        key="acme", kind="volume_spike", words=Words(key="x"), severity="major", opened_at=OPENED, last_signal_at=OPENED, **fields
    )


def taken(minutes: float) -> TimelineEntry:
    return TimelineEntry(at=at(minutes), kind="acknowledged", actor="lan", words=Words(key="x"))


def page(minutes: float | None, kind="page") -> Notification:
    sent = None if minutes is None else at(minutes)
    return Notification(key="n", incident_id=1, kind=kind, person="lan", channel="sms", due_at=OPENED, planned_at=OPENED, sent_at=sent)


def test_an_incident_that_nobody_took_was_only_detected():
    assert moments(incident(), [], []) == [("detected", OPENED)]


def test_the_first_page_that_arrived_and_the_first_to_take_it_count():
    found = moments(
        incident(resolved_at=at(60)), [taken(9), taken(8)], [page(None), page(3), page(2), page(1, kind="update")], first_mention=at(-5)
    )
    assert found == [("first_mention", at(-5)), ("detected", OPENED), ("notified", at(2)), ("acknowledged", at(8)), ("resolved", at(60))]


def test_taking_it_before_the_page_arrived_leaves_no_time_below_zero():
    assert [name for name, _ in moments(incident(), [taken(1)], [page(2)])] == ["detected", "notified"]


def test_the_incidents_own_record_serves_where_the_timeline_does_not_tell():
    assert moments(incident(acknowledged_at=at(4)), [], [])[-1] == ("acknowledged", at(4))
