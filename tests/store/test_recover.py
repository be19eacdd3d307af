from datetime import timedelta

from core.records import Notification
from store import notifications, recover, sources, watches

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def page(**changes):
    return Notification(key="k1", incident_id=None, kind="page", person="ana", channel="phone", **changes)


def test_every_claim_of_a_predecessor_ends_and_the_work_is_taken_up_at_once(database, now):
    database.write_now(sources.ensure, {"forum": "rss", "free": "rss"}, now)
    database.write_now(watches.ensure, {"acme": "1"}, now)
    database.write_now(sources.claim, ["forum"], now, now + HOUR, 1)
    database.write_now(watches.claim, ["acme"], now, now + HOUR, 1)
    assert database.write_now(recover.lapse_claims, now) == 2
    assert database.read_now(sources.next_due, ["forum"]) == now
    (state,) = database.write_now(sources.claim, ["forum"], now, now + HOUR, 1)
    (watch,) = database.write_now(watches.claim, ["acme"], now, now + HOUR, 1)
    assert (state.attempt, watch.attempt) == (2, 2)


def test_where_nothing_was_held_nothing_ends(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    assert database.write_now(recover.lapse_claims, now) == 0


def test_a_clock_set_back_across_a_restart_delays_nothing(database, now):
    before = now + 2 * HOUR  # the wall was ahead
    database.write_now(sources.ensure, {"forum": "rss"}, before)
    database.write_now(notifications.plan, [page(planned_at=before, due_at=before + MINUTE)])
    assert database.write_now(recover.follow_clock, now) == 2 * HOUR
    assert database.read_now(notifications.next_due) == now + MINUTE
    assert database.read_now(sources.next_due, ["forum"]) == now
    assert database.write_now(notifications.claim, now + MINUTE, now + HOUR, 10)


def test_a_clock_that_goes_on_moves_nothing(database, now):
    database.write_now(notifications.plan, [page(planned_at=now - MINUTE, due_at=now + HOUR)])
    assert database.write_now(recover.follow_clock, now) == timedelta(0)
    assert database.read_now(notifications.next_due) == now + HOUR
