from datetime import timedelta

from store import recover, sources, watches

HOUR = timedelta(hours=1)


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
