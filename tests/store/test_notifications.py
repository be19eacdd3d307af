from datetime import timedelta

from msgspec.structs import replace

from core.records import Incident, Notification, Words
from store import incidents, notifications, recover

MINUTE = timedelta(minutes=1)


def opened(database, now, key="acme"):
    words = Words(key="signal.single_risk")
    new = Incident(key=key, kind="single_risk", words=words, severity="major", opened_at=now, last_signal_at=now)
    return database.write_now(incidents.create, new)


def page(now, key="k1", **changes):
    values = {"key": key, "incident_id": None, "kind": "page", "person": "ana", "channel": "phone", "due_at": now, "planned_at": now}
    return Notification(**{**values, **changes})


def planned(database, *pages):
    return database.write_now(notifications.plan, pages)


def claimed(database, now, limit=10):
    return database.write_now(notifications.claim, now, now + MINUTE, limit)


def test_a_notification_comes_back_as_it_was(database, now):
    number = opened(database, now)
    whole = page(now, incident_id=number, words=Words(key="page", args={"ấm": 1}), link_id="abc", step=1, round=2, generation=3)
    (row_id,) = planned(database, whole)
    assert database.read_now(notifications.of_incident, number) == [replace(whole, id=row_id)]
    assert database.read_now(notifications.with_link, "abc").id == row_id
    assert database.read_now(notifications.with_link, "xyz") is None


def begun(database, now):
    """Somebody claims what is due, begins to send it, and dies."""
    for one in claimed(database, now):
        assert database.write_now(notifications.begin, one)


def test_what_was_decided_once_is_planned_once(database, now):
    (first,) = planned(database, page(now))
    assert planned(database, page(now, due_at=now + MINUTE)) == []
    (second,) = planned(database, page(now), page(now, "k2"))
    assert second != first
    assert planned(database) == []


def test_only_what_is_due_is_claimed_and_once(database, now):
    planned(database, page(now), page(now + MINUTE, "k2"))
    (first,) = claimed(database, now)
    assert (first.key, first.state, first.attempt, first.possible_repeat) == ("k1", "claimed", 1, False)
    assert claimed(database, now) == []


def test_one_that_was_begun_and_never_marked_is_a_possible_repeat(database, now):
    planned(database, page(now))
    begun(database, now)
    (again,) = claimed(database, now + MINUTE)
    assert (again.attempt, again.possible_repeat, again.copies) == (2, True, 1)


def test_one_that_was_claimed_and_never_begun_is_none(database, now):
    planned(database, page(now))
    claimed(database, now)
    (again,) = claimed(database, now + MINUTE)
    assert (again.attempt, again.possible_repeat) == (2, False)


def test_one_that_failed_cleanly_is_tried_again_without_that_flag(database, now):
    planned(database, page(now))
    (first,) = claimed(database, now)
    assert database.write_now(notifications.mark, first, {"state": "planned", "due_at": now + MINUTE, "error": "503"})
    (again,) = claimed(database, now + MINUTE)
    assert (again.attempt, again.possible_repeat, again.error) == (2, False, "503")


def test_a_flag_once_set_stays(database, now):
    planned(database, page(now))
    begun(database, now)
    (second,) = claimed(database, now + MINUTE)
    database.write_now(notifications.mark, second, {"state": "planned"})
    (third,) = claimed(database, now + MINUTE)
    assert third.possible_repeat


def test_what_a_dead_process_held_goes_out_again_as_a_possible_repeat(database, now):
    planned(database, page(now))
    begun(database, now)
    assert database.write_now(recover.lapse_claims, now) == 1
    (again,) = claimed(database, now)
    assert again.possible_repeat


def test_a_cancelled_one_is_not_wanted(database, now):
    number = opened(database, now)
    planned(database, page(now, incident_id=number), page(now, "k2", incident_id=number, kind="update"), page(now, "k3"))
    first = claimed(database, now)[0]
    assert database.write_now(notifications.begin, first)
    assert database.write_now(notifications.cancel, number, ["page"]) == [first.id]
    assert not database.write_now(notifications.begin, first)
    assert not database.write_now(notifications.mark, first, {"state": "planned"})
    assert database.write_now(notifications.cancel, number, ["page"]) == []
    assert [one.state for one in database.read_now(notifications.of_incident, number)] == ["cancelled", "claimed"]


def test_one_that_went_out_while_it_was_cancelled_is_told_as_sent(database, now):
    number = opened(database, now)
    planned(database, page(now, incident_id=number))
    (first,) = claimed(database, now)
    database.write_now(notifications.cancel, number, ["page"])
    database.write_now(notifications.mark_sent, first, "id 7", None, now)
    (row,) = database.read_now(notifications.of_incident, number)
    assert (row.state, row.receipt, row.sent_at) == ("sent", "id 7", now)


def test_a_slow_sender_cannot_overwrite_its_successor(database, now):
    number = opened(database, now)
    planned(database, page(now, incident_id=number))
    (slow,) = claimed(database, now)
    (successor,) = claimed(database, now + MINUTE)
    assert not database.write_now(notifications.begin, slow)
    assert not database.write_now(notifications.mark, slow, {"state": "failed"})
    database.write_now(notifications.mark_sent, slow, "slow", None, now)
    (row,) = database.read_now(notifications.of_incident, number)
    assert (row.state, row.receipt, row.attempt) == ("claimed", None, successor.attempt)


def test_the_next_one_is_due_when_it_is_or_when_its_claim_lapses(database, now):
    assert database.read_now(notifications.next_due) is None
    planned(database, page(now), page(now + 5 * MINUTE, "k2"))
    assert database.read_now(notifications.next_due) == now
    (first,) = claimed(database, now)
    assert database.read_now(notifications.next_due) == now + MINUTE
    database.write_now(notifications.mark_sent, first, "ok", None, now)
    assert database.read_now(notifications.next_due) == now + 5 * MINUTE


def test_revoked_links_lead_nowhere(database, now):
    number = opened(database, now)
    planned(database, page(now, incident_id=number, link_id="abc"), page(now, "k2", incident_id=number, link_id="def"))
    database.write_now(notifications.revoke_links, number)
    assert database.read_now(notifications.with_link, "abc") is None
    assert database.read_now(notifications.with_link, "def") is None


def test_those_sent_within_a_span_are_listed(database, now):
    planned(database, page(now), page(now, "k2"), page(now, "k3", kind="update"))
    one, two, three = claimed(database, now)
    for sent, at in ((one, now + MINUTE), (two, now), (three, now)):
        database.write_now(notifications.mark_sent, sent, "ok", None, at)
    assert [row.key for row in database.read_now(notifications.sent_between, now, now + 2 * MINUTE)] == ["k2", "k1"]
    assert [row.key for row in database.read_now(notifications.sent_between, now, now + MINUTE)] == ["k2"]


def test_a_nonce_is_spent_once(database, now):
    assert database.write_now(notifications.use_nonce, "abc", now)
    assert not database.write_now(notifications.use_nonce, "abc", now)


def test_what_went_out_to_some_people_is_read_without_the_others(database, now):
    planned(database, page(now), page(now, "k2", person="ben"), page(now, "k3", kind="test"), page(now, "k4", due_at=now + MINUTE))
    for one in claimed(database, now):
        database.write_now(notifications.mark_sent, one, "ok", None, now)
    lately = database.read_now(notifications.sent_since, now - MINUTE, ("page", "update"), {"ana", "cleo"})
    assert [one.key for one in lately] == ["k1"]
    assert database.read_now(notifications.sent_since, now, ("page",), {"ana"}) == []
    assert database.read_now(notifications.sent_since, now - MINUTE, ("page",), ()) == []
