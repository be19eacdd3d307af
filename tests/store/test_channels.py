"""A channel turns red when it may not be relied on, and green when it works again."""

from datetime import timedelta

from store import channels

MINUTE = timedelta(minutes=1)


def fail(database, at, *, permanent=False):
    return database.write_now(channels.failed, "lan", "zalo", at, "no answer in time", permanent)


def red(database):
    return database.read_now(channels.red)


def test_a_slip_that_the_next_try_mends_is_no_fault(database, now):
    assert not fail(database, now)
    assert not fail(database, now + MINUTE)
    database.write_now(channels.went_out, "lan", "zalo", now + MINUTE)
    assert red(database) == {}
    assert database.read_now(channels.get, "lan", "zalo").tries(now + MINUTE) == (1, 2)


def test_one_in_a_hundred_of_a_quarter_of_an_hour_turns_it_red(database, now):
    for _ in range(50):
        database.write_now(channels.went_out, "lan", "zalo", now)
    assert [fail(database, now + MINUTE) for _ in range(3)] == [False, False, True]
    assert red(database) == {("lan", "zalo"): "failing"}
    assert not fail(database, now + 2 * MINUTE), "it turns red once"


def test_failures_of_an_hour_ago_count_no_more(database, now):
    for minute in (0, 20, 40, 60):
        assert not fail(database, now + minute * MINUTE)


def test_a_channel_that_refused_for_good_is_red_at_once_and_green_when_something_goes_out(database, now):
    assert fail(database, now, permanent=True)
    assert red(database) == {("lan", "zalo"): "refused"}
    assert database.write_now(channels.forgive, now + 60 * MINUTE) == []
    database.write_now(channels.went_out, "lan", "zalo", now + 61 * MINUTE)
    assert red(database) == {}


def test_one_that_failed_is_tried_again_after_a_quarter_of_an_hour(database, now):
    for _ in range(3):
        fail(database, now)
    assert database.write_now(channels.forgive, now + 14 * MINUTE) == []
    assert database.write_now(channels.forgive, now + 15 * MINUTE) == [("lan", "zalo")]
    assert red(database) == {}


def test_two_tests_that_nobody_tapped_turn_it_red_until_somebody_taps(database, now):
    database.write_now(channels.tested, "lan", "zalo", now)
    assert not database.write_now(channels.missed, "lan", "zalo", now + 60 * MINUTE)
    assert database.write_now(channels.missed, "lan", "zalo", now + 120 * MINUTE)
    database.write_now(channels.went_out, "lan", "zalo", now + 121 * MINUTE)
    assert red(database) == {("lan", "zalo"): "unconfirmed"}, "the service takes it, and no human sees it"
    database.write_now(channels.confirmed, "lan", "zalo", now + 122 * MINUTE)
    (state,) = database.read_now(channels.listing)
    assert (state.is_red, state.misses, state.confirmed_at) == (False, 0, now + 122 * MINUTE)
