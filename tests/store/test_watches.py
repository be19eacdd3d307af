from datetime import timedelta

import pytest

from store import watches

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def claimed(database, now, topics=("acme",)):
    return database.write_now(watches.claim, list(topics), now, now + 2 * MINUTE, 10)


def test_a_new_topic_is_due_at_once(database, now):
    assert database.write_now(watches.ensure, {"acme": "1"}, now) == (["acme"], [])
    (watch,) = claimed(database, now)
    assert watch == watches.Watch("acme", "1", 1, None)


def test_a_changed_query_starts_the_topic_anew(database, now):
    database.write_now(watches.ensure, {"acme": "1", "other": "1"}, now)
    for topic in ("acme", "other"):
        database.write_now(watches.save_state, topic, watches.SavedState("volume_spike", "1", now, b"{}"))
    assert database.write_now(watches.ensure, {"acme": "2", "other": "1"}, now + HOUR) == ([], ["acme"])
    assert database.read_now(watches.states, "acme") == {}
    assert list(database.read_now(watches.states, "other")) == ["volume_spike"]
    by_topic = {watch.topic_id: watch for watch in claimed(database, now + HOUR, ("acme", "other"))}
    assert (by_topic["acme"].version, by_topic["acme"].counted_from) == ("2", now + HOUR)
    assert (by_topic["other"].version, by_topic["other"].counted_from) == ("1", None)
    assert database.write_now(watches.ensure, {"acme": "2", "other": "1"}, now + HOUR) == ([], [])


def test_a_state_comes_back_byte_by_byte(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    for version, state in (("1", b"{}"), ("2", b'{"\xe1\xba\xa5m": 1}')):
        database.write_now(watches.save_state, "acme", watches.SavedState("volume_spike", version, now, state))
    assert database.read_now(watches.states, "acme") == {
        "volume_spike": watches.SavedState("volume_spike", "2", now, b'{"\xe1\xba\xa5m": 1}')
    }


def test_a_topic_that_somebody_steps_is_not_due_before_the_claim_lapses(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    claimed(database, now)
    assert database.read_now(watches.next_due, ["acme"]) == now + 2 * MINUTE
    assert database.read_now(watches.next_due, ["nobody"]) is None


def test_counts_make_a_topic_due_unless_it_is_due_sooner(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    (watch,) = claimed(database, now)
    assert database.write_now(watches.finish, watch, due_at=now + 6 * HOUR, stepped_at=now)
    database.write_now(watches.changed, ["acme"], now + HOUR)
    database.write_now(watches.changed, ["acme"], now + 2 * HOUR)
    assert database.read_now(watches.next_due, ["acme"]) == now + HOUR


def test_counts_that_came_in_during_a_step_make_the_next_one_due(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    (watch,) = claimed(database, now)
    database.write_now(watches.changed, ["acme"], now + MINUTE)
    assert database.write_now(watches.finish, watch, due_at=now + 6 * HOUR, stepped_at=now)
    assert database.read_now(watches.next_due, ["acme"]) == now + MINUTE


@pytest.mark.parametrize("late", [MINUTE, HOUR])
def test_counts_that_the_step_has_seen_do_not(database, now, late):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    database.write_now(watches.changed, ["acme"], now + MINUTE)
    (watch,) = claimed(database, now + late)
    assert database.write_now(watches.finish, watch, due_at=now + 6 * HOUR, stepped_at=now + late)
    assert database.read_now(watches.next_due, ["acme"]) == now + 6 * HOUR


def test_a_lapsed_claim_finishes_nothing(database, now):
    database.write_now(watches.ensure, {"acme": "1"}, now)
    (slow,) = claimed(database, now)
    (successor,) = claimed(database, now + HOUR)
    assert not database.write_now(watches.finish, slow, due_at=now, stepped_at=now)
    assert database.read_now(watches.next_due, ["acme"]) == now + HOUR + 2 * MINUTE
    assert database.write_now(watches.finish, successor, due_at=None, stepped_at=now + HOUR)
    assert database.read_now(watches.next_due, ["acme"]) is None
