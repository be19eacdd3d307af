from datetime import timedelta

import pytest

from detectors.base import BlindSpot
from detectors.lookout import Lookout, Source, group_of, like_before, unseen_share
from detectors.signals.source_blind import Detector, Options
from store import blindness, mentions, series, signals, sources
from store.blindness import Blindness
from tests import make

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERY = timedelta(minutes=5)


@pytest.fixture
def store(database):
    return make.store(database)


def lookout(store, *names, **tiers):
    known = {name: Source(every=EVERY, tier=tiers.get(name, "forum")) for name in names}
    return Lookout(store, known, Detector(Options()), generation=7, settle=timedelta(0))


def put(store, now, name, **state):
    store.database.write_now(sources.ensure, {name: "rss", **{one.id: one.kind for one in store.database.read_now(sources.list_all)}}, now)
    fresh = {"first_poll_at": now - 30 * DAY, "last_success_at": now, "next_poll_at": now + EVERY}
    store.database.write_now(sources.save, name, 0, {**fresh, **state})


async def raised(store, watch, now):
    before = len(store.signals)
    await watch.step(now)
    ids = await store.signals.take(100)
    assert before == 0
    return store.database.read_now(signals.get, ids)


async def test_a_source_that_fails_is_told_once_and_once_that_it_is_heard_again(store, now):
    watch = lookout(store, "forum", "press")
    put(store, now, "press")
    put(store, now, "forum", last_success_at=now - HOUR, failures=3, last_error="HTTP 503")
    (signal,) = await raised(store, watch, now)
    assert (signal.kind, signal.subject, signal.bucket_start, signal.topic_id) == ("source_blind", "source:forum", now - HOUR, None)
    assert (signal.frozen["blind"], signal.frozen["all"], signal.frozen["tiers"], signal.generation) == (1, 2, ["forum"], 7)
    assert await raised(store, watch, now + MINUTE) == []
    put(store, now, "forum", last_success_at=now + 2 * MINUTE, failures=0)
    (again,) = await raised(store, watch, now + 2 * MINUTE)
    assert (again.kind, again.frozen["left"], again.frozen["group"]) == ("source_heard", 0, signal.frozen["group"])
    assert await raised(store, watch, now + 3 * MINUTE) == []


async def test_what_goes_blind_together_is_one_signal_and_what_follows_joins_its_group(store, now):
    watch = lookout(store, "a", "b", "c", "d", "e")
    for name in "de":
        put(store, now, name)
    for name in "ab":
        put(store, now, name, last_success_at=now - HOUR, failures=3)
    (first,) = await raised(store, watch, now)
    assert first.observed == 2.0
    put(store, now, "c", last_success_at=now - HOUR, failures=5)
    (second,) = await raised(store, watch, now + 30 * MINUTE)
    assert (second.subject, second.frozen["group"], second.frozen["blind"]) == ("source:c", first.frozen["group"], 3)
    put(store, now, "a", last_success_at=now + 31 * MINUTE, failures=0)
    (heard,) = await raised(store, watch, now + 31 * MINUTE)
    assert (heard.frozen["left"], heard.frozen["sources"]) == (2, [{"id": "a"}])


async def test_a_source_that_left_the_configuration_is_nobodys_concern(store, now):
    put(store, now, "forum", last_success_at=now - HOUR, failures=5)
    assert len(await raised(store, lookout(store, "forum"), now)) == 1
    (over,) = await raised(store, lookout(store, "press"), now + MINUTE)
    assert over.kind == "source_heard"


async def test_after_a_start_or_a_standstill_of_our_own_the_sources_are_asked_first(store, now):
    """A laptop that slept, a daemon that was down for the night: everything is overdue, and nothing is blind."""
    put(store, now, "forum", last_success_at=now - 8 * HOUR, next_poll_at=now - 8 * HOUR)
    watch = Lookout(store, {"forum": Source(every=EVERY)}, Detector(Options()), generation=7)
    assert await raised(store, watch, now) == []
    assert await raised(store, watch, now + 9 * MINUTE) == []
    assert len(await raised(store, watch, now + 10 * MINUTE)) == 1, "nobody has asked it still"
    put(store, now, "forum", last_success_at=now + 11 * MINUTE, next_poll_at=now + 16 * MINUTE)
    assert [one.kind for one in await raised(store, watch, now + 11 * MINUTE)] == ["source_heard"]
    assert await raised(store, watch, now + 9 * HOUR) == []


async def test_two_processes_tell_it_once(store, now):
    put(store, now, "forum", last_success_at=now - HOUR, failures=5)
    one, other = lookout(store, "forum"), lookout(store, "forum")
    found, over = store.database.read_now(one._look, now)
    assert len(await raised(store, other, now)) == 1
    assert store.database.write_now(one._save, found, over, now) == []


def spoke(store, source, times):
    store.database.write_now(mentions.add, [make.mention(f"acme {at}", source=source, at=at) for at in times])


async def test_a_busy_forum_that_falls_silent_by_day_is_told_and_by_night_is_not(store, now):
    """It speaks ten times an hour from 8 to 22 o'clock, and never at night; the noon of the story is 12 o'clock in Hà Nội."""
    store.database.write_now(sources.heard, "forum", now - 20 * DAY, now + DAY)
    day = [
        now + timedelta(days=-days, hours=hours, minutes=6 * tenth)
        for days in range(1, 16)
        for hours in range(-4, 10)
        for tenth in range(10)
    ]
    spoke(store, "forum", day)
    watch = lookout(store, "forum")
    quiet = {"last_mention_at": now - 14 * HOUR, "usual_gap_s": 360.0}
    put(store, now, "forum", **quiet, last_success_at=now - 5 * HOUR)
    assert await raised(store, watch, now - 5 * HOUR) == [], "seven in the morning: nobody has missed anything"
    put(store, now, "forum", **quiet, last_success_at=now)
    (signal,) = await raised(store, watch, now)
    assert signal.words.key == "signal.source_blind.silent"
    assert signal.words.args["expected"] > 20
    put(store, now, "forum", last_mention_at=now + MINUTE, last_success_at=now + MINUTE)
    (again,) = await raised(store, watch, now + MINUTE)
    assert again.kind == "source_heard"


async def test_days_on_which_we_were_deaf_ourselves_are_not_compared_with(store, now):
    store.database.write_now(sources.heard, "forum", now - 4 * DAY, now + DAY)
    spoke(store, "forum", [now - number * DAY - minutes * MINUTE for number in range(1, 4) for minutes in range(60)])
    put(store, now, "forum", last_mention_at=now - HOUR - MINUTE, usual_gap_s=60.0)
    assert await raised(store, lookout(store, "forum"), now) == [], "three days are too few"


async def test_how_much_of_a_topic_is_unseen_stands_in_the_signal(store, now):
    at = int((now - DAY).timestamp())
    count = {"topic_id": "acme", "at": at, "kind": "original", "arrival": "live"}
    store.database.write_now(series.add, [series.Count(**count, source_id=name) for name in ["forum"] * 30 + ["press"] * 10])
    put(store, now, "press")
    put(store, now, "forum", last_success_at=now - HOUR, failures=5)
    (signal,) = await raised(store, lookout(store, "forum", "press"), now)
    assert (signal.frozen["topic"], signal.frozen["unseen"]) == ("acme", 0.75)


def test_a_share_needs_enough_to_be_one():
    assert unseen_share({"acme": {"forum": 19}}, {"forum"}) == (None, None)
    assert unseen_share({"acme": {"forum": 10, "press": 30}, "rival": {"press": 20}}, {"forum"}) == ("acme", 0.25)


def test_like_stretches_never_touch_each_other(now):
    short, long = like_before((now - HOUR, now)), like_before((now - 30 * HOUR, now))
    assert short[0] == (now - DAY - HOUR, now - DAY)
    assert long[0] == (now - 2 * DAY - 30 * HOUR, now - 2 * DAY)
    assert len(short) == len(long) == 14


def test_groups(now):
    def spot(why="failing"):
        return BlindSpot(source_id="forum", why=why, since=now)

    def other(name="press", why="failing", *, age=HOUR, group=1):
        return Blindness(source_id=name, why=why, since=now, found_at=now - age, group_id=group)

    assert group_of(spot(), [], [], now) is None
    assert group_of(spot(), [other()], [], now) == 1, "within the hour"
    assert group_of(spot(), [other(age=2 * HOUR)], [], now) is None
    assert group_of(spot("network"), [other(why="network", age=9 * HOUR)], [], now) == 1, "our own line is one trouble, however long"
    assert group_of(spot(), [], [other("forum", group=5), other("press", group=6)], now) == 5, "the same trouble again"


async def test_nothing_known_is_nothing_to_tell(store, now):
    assert await raised(store, lookout(store), now) == []
    assert store.database.read_now(blindness.lasting) == []
