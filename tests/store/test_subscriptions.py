from datetime import timedelta

from store import sources, subscriptions
from store.subscriptions import POLITE, Subscription

HOUR = timedelta(hours=1)


def subscription(now, **told):
    given = {
        "source_id": "forum",
        "hub": "https://hub.example/",
        "topic_url": "https://feed.example/",
        "token": "t",
        "secret": "s",
        "state": "active",
    }
    return Subscription(**({**given, "asked_at": now, "lease_until": now + HOUR} | told))


def prepared(database, now, **state):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    database.write_now(sources.save, "forum", 0, {"next_poll_at": now + HOUR, "last_success_at": now - HOUR, **state})
    assert database.write_now(subscriptions.put, subscription(now), before=None)


def next_look(database):
    return database.read_now(sources.get, "forum").next_poll_at


def test_a_subscription_is_written_only_as_it_was_last_seen(database, now):
    prepared(database, now)
    first = subscription(now)
    assert not database.write_now(subscriptions.put, first, before=None)
    renewed = subscription(now, state="renewing", asked_at=now + HOUR)
    assert database.write_now(subscriptions.put, renewed, before=first)
    assert not database.write_now(subscriptions.put, subscription(now, state="refused"), before=first)
    assert not database.write_now(subscriptions.drop, first)
    assert database.read_now(subscriptions.by_token, "t") == renewed
    assert database.write_now(subscriptions.drop, renewed)
    assert database.read_now(subscriptions.list_all) == []


def test_news_makes_a_source_due_at_once(database, now):
    prepared(database, now)
    assert database.write_now(subscriptions.pushed, "t", now)
    assert next_look(database) == now
    assert not database.write_now(subscriptions.pushed, "other", now)


def test_a_hub_makes_us_look_no_more_often_than_is_polite(database, now):
    prepared(database, now, last_success_at=now - timedelta(seconds=1))
    database.write_now(subscriptions.pushed, "t", now)
    assert next_look(database) == now - timedelta(seconds=1) + POLITE


def test_a_source_that_is_paused_or_failing_keeps_its_pace(database, now):
    prepared(database, now, failures=3)
    database.write_now(subscriptions.pushed, "t", now)
    assert next_look(database) == now + HOUR
    database.write_now(sources.save, "forum", 0, {"failures": 0, "paused_because": "403", "next_poll_at": None})
    database.write_now(subscriptions.pushed, "t", now)
    assert next_look(database) is None


def test_news_that_comes_during_a_look_is_looked_for_once_more_when_that_has_ended(database, now):
    prepared(database, now, next_poll_at=now)
    (state,) = database.write_now(sources.claim, ["forum"], now, now + timedelta(minutes=2), 1)
    database.write_now(subscriptions.pushed, "t", now)
    assert database.write_now(subscriptions.press, now) == 1
    database.write_now(sources.save, "forum", state.attempt, {"last_success_at": now, "next_poll_at": now + HOUR}, release=True)
    later = now + timedelta(seconds=30)
    assert database.write_now(subscriptions.press, later) == 0
    assert next_look(database) == later
    assert database.read_now(subscriptions.list_all)[0].pushed_at is None


def test_what_is_pushed_now_is_told_with_its_end(database, now):
    prepared(database, now)
    assert database.read_now(subscriptions.active_until, now) == {"forum": now + HOUR}
    assert database.read_now(subscriptions.active_until, now + HOUR) == {}
    assert database.read_now(subscriptions.named, ["forum"]) == {}
    database.write_now(sources.save, "forum", 0, {"hub": "https://hub.example/", "cursor": "c"})
    assert database.read_now(subscriptions.named, ["forum", "other"]) == {"forum": "c"}
    assert database.read_now(subscriptions.named, ["other"]) == {}
