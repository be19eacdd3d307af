from datetime import timedelta

import pytest

from store import sources

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def claimed(database, now, source_id="forum"):
    (state,) = database.write_now(sources.claim, [source_id], now, now + MINUTE, 1)
    return state


def heard(database, start, end, source_id="forum"):
    return database.read_now(sources.heard_between, start, end).get(source_id, [])


def test_a_new_source_is_due_at_once(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    assert database.read_now(sources.next_due, ["forum"]) == now
    state = claimed(database, now)
    assert (state.id, state.kind, state.cursor, state.first_poll_at, state.attempt) == ("forum", "rss", None, None, 1)


def test_a_source_whose_kind_changed_starts_anew(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    database.write_now(sources.save, "forum", 0, {"cursor": "12", "first_poll_at": now, "next_poll_at": now + HOUR})
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    assert database.read_now(sources.get, "forum").cursor == "12"
    database.write_now(sources.ensure, {"forum": "jsonfeed"}, now)
    state = database.read_now(sources.get, "forum")
    assert (state.kind, state.cursor, state.first_poll_at, state.next_poll_at) == ("jsonfeed", None, None, now)


def test_a_source_that_is_no_longer_configured_keeps_its_row_and_is_not_polled(database, now):
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss"}, now)
    database.write_now(sources.ensure, {"press": "rss"}, now)
    assert database.read_now(sources.next_due, ["forum"]) is None
    assert [state.id for state in database.read_now(sources.list_all)] == ["forum", "press"]
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss"}, now + HOUR)
    assert database.read_now(sources.next_due, ["forum"]) == now + HOUR


def test_a_paused_source_gets_one_try_with_a_new_configuration(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    database.write_now(sources.save, "forum", 0, {"paused_because": "password refused", "next_poll_at": None})
    assert database.write_now(sources.claim, ["forum"], now, now + MINUTE, 1) == []
    database.write_now(sources.ensure, {"forum": "rss"}, now + HOUR)
    assert claimed(database, now + HOUR).paused_because == "password refused"


def test_only_the_given_sources_are_claimed(database, now):
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss"}, now)
    assert claimed(database, now, "press").id == "press"


def test_a_slow_poll_cannot_overwrite_its_successors(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    slow = claimed(database, now)
    successor = claimed(database, now + MINUTE)
    assert database.write_now(sources.save, "forum", successor.attempt, {"cursor": "new"})
    assert not database.write_now(sources.save, "forum", slow.attempt, {"cursor": "old"}, release=True)
    state = database.read_now(sources.get, "forum")
    assert (state.cursor, state.claimed_until) == ("new", now + 2 * MINUTE)


def test_a_released_source_is_free_at_once(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now)
    state = claimed(database, now)
    assert database.write_now(sources.save, "forum", state.attempt, {}, release=True)
    assert claimed(database, now).attempt == 2


def test_a_source_that_somebody_polls_is_not_due_before_the_claim_lapses(database, now):
    """Else the other workers would ask without rest until the poll has ended."""
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss"}, now)
    claimed(database, now)
    assert database.read_now(sources.next_due, ["forum"]) == now + MINUTE
    assert database.read_now(sources.next_due, ["forum", "press"]) == now


def test_what_many_looks_found_is_written_where_the_claim_still_stands(database, now):
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss", "river": "rss"}, now)
    claimed(database, now)
    changes = [
        sources.Change("forum", 1, {"cursor": "a", "failures": 0}, added=3, release=True),
        sources.Change("press", 0, {"cursor": "b"}, added=2),
        sources.Change("river", 9, {"cursor": "c"}, added=1),
    ]
    assert database.write_now(sources.save_all, changes) == {"forum", "press"}
    assert database.write_now(sources.save_all, changes[:1]) == {"forum"}
    forum, press, river = (database.read_now(sources.get, name) for name in ("forum", "press", "river"))
    assert (forum.cursor, forum.mentions, forum.claimed_until) == ("a", 6, None)
    assert (press.cursor, press.mentions, river.cursor, river.mentions) == ("b", 2, None, 0)


def test_among_many_sources_those_of_another_process_are_left_to_it(database, now):
    ours = {f"s{number:03}": "rss" for number in range(sources.FEW + 1)}
    database.write_now(sources.ensure, {**ours, "a-stranger": "rss"}, now)
    got = database.write_now(sources.claim, ours.keys(), now, now + MINUTE, 600)
    assert {state.id for state in got} == set(ours)
    assert database.read_now(sources.next_due, ["a-stranger"]) == now + sources.LEFT_ALONE


def test_a_source_can_be_made_due(database, now):
    database.write_now(sources.ensure, {"forum": "rss"}, now - HOUR)
    assert database.write_now(sources.poll_now, "forum", now)
    assert not database.write_now(sources.poll_now, "nobody", now)
    assert database.read_now(sources.next_due, ["forum"]) == now
    assert database.read_now(sources.get, "nobody") is None


@pytest.mark.parametrize(("gap", "intervals"), [(timedelta(0), 1), (timedelta(seconds=5), 1), (timedelta(seconds=6), 2)])
def test_stretches_that_touch_are_one(database, now, gap, intervals):
    bridge = timedelta(seconds=5)
    database.write_now(sources.heard, "forum", now, now + HOUR, bridge=bridge)
    database.write_now(sources.heard, "forum", now + HOUR + gap, now + 2 * HOUR, bridge=bridge)
    found = heard(database, now, now + 3 * HOUR)
    assert len(found) == intervals
    assert (found[0][0], found[-1][1]) == (now, now + 2 * HOUR)


def test_a_stretch_within_the_last_takes_nothing_away(database, now):
    database.write_now(sources.heard, "forum", now, now + 2 * HOUR)
    database.write_now(sources.heard, "forum", now + HOUR, now + HOUR)
    assert heard(database, now, now + HOUR) == [(now, now + 2 * HOUR)]


def test_a_moment_is_no_stretch(database, now):
    database.write_now(sources.heard, "forum", now, now)
    assert heard(database, now - HOUR, now + HOUR) == []


def test_only_stretches_that_touch_the_span_are_told(database, now):
    database.write_now(sources.heard, "forum", now, now + HOUR)
    database.write_now(sources.heard, "press", now, now + HOUR)
    assert heard(database, now + HOUR, now + 2 * HOUR) == []
    assert heard(database, now - HOUR, now) == []
    assert heard(database, now + MINUTE, now + 2 * MINUTE, "press") == [(now, now + HOUR)]
