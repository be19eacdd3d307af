"""Recounts: what is left of a topic's history to count again."""

from datetime import timedelta

from core.records import TopicMatch
from store import mentions, recounts, series, watches
from tests import make

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def understood(database, now, *said, at):
    added = database.write_now(mentions.add, [make.mention(text=text, native_id=text, seen_at=at) for text in said])
    database.write_now(mentions.mark_enriched, added.new, at)
    return list(added.new)


def begun(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now - HOUR)
    return database.write_now(recounts.begin, {"acme": "2"}, now)


def claimed(database, now):
    return database.write_now(recounts.claim, ["acme"], now, now + MINUTE)


def test_without_a_history_there_is_nothing_to_count(database, now):
    assert begun(database, now) == []
    assert claimed(database, now) is None
    assert database.read_now(recounts.next_due, ["acme"]) is None


def test_a_topics_counts_are_taken_out_and_its_mentions_come_in_batches_oldest_first(database, now):
    ids = understood(database, now, "one", "two", "three", at=now - HOUR)
    at = int((now - HOUR).timestamp())
    database.write_now(series.add, [series.Count(topic_id="acme", at=at, source_id="forum", kind="original", arrival="live")])
    assert begun(database, now) == ["acme"]
    assert database.read_now(series.first, "acme") is None
    recount = claimed(database, now)
    assert database.read_now(recounts.batch, recount, 2) == ids[:2]
    assert database.write_now(recounts.advance, recount, at=ids[1], now=now)
    database.write_now(recounts.note, recount, counted=1)
    recount = claimed(database, now)
    assert (database.read_now(recounts.batch, recount, 2), recount.counted) == (ids[2:], 1)


def test_what_is_understood_after_the_change_is_counted_by_that_and_not_again(database, now):
    (before,) = understood(database, now, "before", at=now - HOUR)
    (meanwhile,) = database.write_now(mentions.add, [make.mention(text="meanwhile", native_id="m", seen_at=now)]).new
    begun(database, now)
    database.write_now(mentions.mark_enriched, [meanwhile], now + MINUTE)
    understood(database, now, "after", at=now + MINUTE)
    assert database.read_now(recounts.batch, claimed(database, now), 10) == [before]


def test_a_topic_learns_from_the_change_on_until_all_is_counted_and_then_from_everything(database, now):
    understood(database, now, "one", at=now - HOUR)
    begun(database, now)
    (watch,) = database.write_now(watches.claim, ["acme"], now, now + MINUTE, 1)
    assert watch.counted_from == now
    assert database.write_now(recounts.finish, claimed(database, now), now)
    assert database.read_now(recounts.unfinished) == []
    assert not database.write_now(watches.finish, watch, due_at=None, stepped_at=now)  # it stepped what is forgotten
    (watch,) = database.write_now(watches.claim, ["acme"], now, now + MINUTE, 1)
    assert watch.counted_from is None


def test_a_query_that_changes_again_meanwhile_begins_again_and_the_slow_owner_writes_nothing(database, now):
    understood(database, now, "one", at=now - HOUR)
    begun(database, now)
    slow = claimed(database, now)
    database.write_now(recounts.begin, {"acme": "3"}, now + MINUTE)
    assert not database.write_now(recounts.advance, slow, at=1, now=now)
    assert not database.write_now(recounts.finish, slow, now)
    fresh = claimed(database, now + MINUTE)
    assert (fresh.version, fresh.at, fresh.since) == ("3", 0, now + MINUTE)


def test_the_earlier_query_s_matches_are_replaced(database, now):
    first, second = understood(database, now, "one", "two", at=now - HOUR)
    begun(database, now)
    olds = database.read_now(recounts.olds, "acme", [first, second])
    assert olds[first].match is None
    match = TopicMatch(topic_id="acme", version="2", terms=("one",), weak=False)
    assert database.write_now(recounts.set_matches, "acme", [first, second], [(olds[first], match)]) == [first]
    olds = database.read_now(recounts.olds, "acme", [first, second])
    assert (olds[first].match, olds[second].match) == (match, None)
    assert database.write_now(recounts.set_matches, "acme", [first, second], []) == []
    assert database.read_now(recounts.olds, "acme", [first])[first].match is None
