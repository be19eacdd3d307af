from datetime import timedelta

from core.records import Notification
from store import blindness, dead_letters, figures, notifications, sources
from store.database import Database, Tx
from tests.make import NOON


def test_an_empty_store_answers_with_zeros(database: Database) -> None:
    assert database.read_now(figures.answers)
    found = database.read_now(figures.taken, NOON)
    assert (found.mentions, found.mentions_waiting, found.signals_waiting, found.dead_letters) == (0, 0, 0, 0)
    assert (found.notifications, found.open_incidents, found.oldest_due_s) == ({}, {}, None)


def test_what_is_due_what_fails_and_what_was_left_behind_is_counted(database: Database) -> None:
    def fill(tx: Tx) -> None:
        due = NOON - timedelta(minutes=2)
        waiting = Notification(key="a", incident_id=None, kind="test", person="ana", channel="log", due_at=due, planned_at=due)
        notifications.plan(tx, [waiting])
        sources.ensure(tx, {"forum": "rss", "press": "rss"}, NOON)
        sources.save(tx, "forum", 0, {"failures": 2, "mentions": 7})
        dead_letters.add(tx, NOON, "intake", "signal:1", "why", {})

    database.write_now(fill)
    found = database.read_now(figures.taken, NOON)
    assert found.notifications == {"planned": 1}
    assert found.oldest_due_s == 120
    assert (found.sources, found.sources_failing, found.mentions, found.dead_letters) == (2, 1, 7, 1)


def test_sources_are_counted_by_how_they_are_heard(database, now):
    database.write_now(sources.ensure, dict.fromkeys("abcd", "rss"), now)
    database.write_now(sources.save, "a", 0, {"failures": 1})
    database.write_now(sources.save, "b", 0, {"paused_because": "401", "failures": 1, "next_poll_at": None})
    database.write_now(sources.ensure, dict.fromkeys("abc", "rss"), now)
    database.write_now(blindness.begin, blindness.Blindness(source_id="a", why="failing", since=now, found_at=now))
    assert database.read_now(figures.source_states) == {"heard": 1, "failing": 1, "refused": 1, "blind": 1}
