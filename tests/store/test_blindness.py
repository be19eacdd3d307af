from datetime import timedelta

from store import blindness, mentions, series, sources
from store.blindness import Blindness
from tests import make

HOUR = timedelta(hours=1)


def blind(database, now, source_id="forum", **more):
    return database.write_now(blindness.begin, Blindness(source_id=source_id, why="failing", since=now - HOUR, found_at=now, **more))


def test_a_source_goes_blind_once_and_is_a_group_of_its_own(database, now):
    first = blind(database, now)
    assert first.group_id == first.id > 0
    assert blind(database, now + HOUR) is None
    assert database.read_now(blindness.lasting) == [first]


def test_others_may_join_its_group(database, now):
    first = blind(database, now)
    second = blind(database, now, "press", group_id=first.group_id)
    assert (second.group_id, second.id > first.id) == (first.id, True)


def test_what_has_ended_ends_once_and_may_begin_again(database, now):
    first = blind(database, now)
    (ended,) = database.write_now(blindness.end, [first.id], now + HOUR)
    assert ended.ended_at == now + HOUR
    assert database.write_now(blindness.end, [first.id], now + 2 * HOUR) == []
    assert blind(database, now + 2 * HOUR) is not None
    assert database.read_now(blindness.former, ["forum", "press"], now) == [ended]
    assert database.read_now(blindness.former, ["forum"], now + 2 * HOUR) == []


def test_a_stretch_is_found_wherever_it_touches(database, now):
    first = blind(database, now)
    assert database.read_now(blindness.between, now + 10 * HOUR, now + 11 * HOUR) == [first], "it lasts"
    assert database.read_now(blindness.between, now - 3 * HOUR, now - 2 * HOUR) == [], "it had not begun"
    database.write_now(blindness.end, [first.id], now + HOUR)
    assert database.read_now(blindness.between, now + HOUR, now + 2 * HOUR) == []


def test_health_tells_all_but_the_cursor(database, now):
    database.write_now(sources.ensure, {"forum": "rss", "press": "rss"}, now)
    assert [(one.id, one.next_poll_at, one.failures) for one in database.read_now(blindness.health)] == [
        ("forum", now, 0),
        ("press", now, 0),
    ]


def test_mentions_are_counted_by_stretch_without_the_first_page(database, now):
    heard = [make.mention(at=now + minutes * timedelta(minutes=1)) for minutes in (0, 1, 2, 61)]
    database.write_now(mentions.add, [*heard, make.mention(at=now, arrival="backfill"), make.mention(source="press", at=now)])
    stretches = [(now - HOUR, now), (now, now + HOUR), (now + HOUR, now + 2 * HOUR), (now + 2 * HOUR, now + 3 * HOUR)]
    assert database.read_now(blindness.spoken, "forum", stretches) == [1, 2, 1, 0]
    assert database.read_now(blindness.spoken, "forum", []) == []


def test_when_a_source_was_heard_is_told_of_it_alone(database, now):
    database.write_now(sources.heard, "forum", now, now + HOUR)
    database.write_now(sources.heard, "press", now, now + HOUR)
    assert database.read_now(blindness.heard_in, "forum", now, now + HOUR) == [(now, now + HOUR)]
    assert database.read_now(blindness.heard_in, "forum", now + HOUR, now + 2 * HOUR) == []


def test_volumes_tell_what_comes_from_where(database, now):
    at = int(now.timestamp())
    count = {"topic_id": "acme", "at": at, "arrival": "live"}
    database.write_now(
        series.add,
        [
            series.Count(**count, source_id="forum", kind="original"),
            series.Count(**count, source_id="forum", kind="repost"),
            series.Count(**{**count, "at": at + 7200}, source_id="press", kind="original"),
            series.Count(**{**count, "at": at - 86_400}, source_id="press", kind="original"),
        ],
    )
    assert database.read_now(blindness.volumes, now - HOUR) == {"acme": {"forum": 1, "press": 1}}


def test_only_those_in_doubt_are_read_each_minute(database, now):
    database.write_now(sources.ensure, dict.fromkeys(("fails", "fine", "late", "new", "paused", "was-blind"), "rss"), now + HOUR)
    for name, state in {
        "fails": {"failures": 1},
        "fine": {"last_success_at": now},
        "late": {"last_success_at": now, "next_poll_at": now - HOUR},
        "paused": {"paused_because": "401", "next_poll_at": None},
        "was-blind": {"last_success_at": now},
    }.items():
        database.write_now(sources.save, name, 0, state)
    blind(database, now, "was-blind")
    assert [one.id for one in database.read_now(blindness.doubtful, now)] == ["fails", "late", "paused", "was-blind"]
    assert sorted(database.read_now(blindness.asked)) == ["fails", "fine", "late", "was-blind"]


def test_the_quiet_are_those_that_answer_and_bring_nothing(database, now):
    database.write_now(sources.ensure, dict.fromkeys(("dead", "loud", "quiet"), "rss"), now)
    for name, state in {"dead": {"failures": 3}, "loud": {"last_mention_at": now}, "quiet": {}}.items():
        database.write_now(sources.save, name, 0, {"last_mention_at": now - HOUR, **state})
    assert [one.id for one in database.read_now(blindness.quiet, now - HOUR)] == ["quiet"]
