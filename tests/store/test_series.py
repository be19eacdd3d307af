from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import schema, series
from tests import make

HOUR = timedelta(hours=1)
AT = int(make.NOON.timestamp())


def count(at=AT, **changes):
    values = {"topic_id": "acme", "at": at, "source_id": "forum", "kind": "original", "arrival": "live"}
    return series.Count(**{**values, **changes})


def cells(database, now, *, width=series.MINUTE_S, topic="acme"):
    return database.read_now(series.read, topic, now - 24 * HOUR, now + 24 * HOUR, width=width)


def test_counts_are_added_never_set(database, now):
    database.write_now(series.add, [count(), count(negative=1), count(at=AT + 59, reach=10**12)])
    database.write_now(series.add, [count(engagement=5)])
    (cell,) = cells(database, now)
    assert (cell.start, cell.mentions, cell.negative, cell.reach, cell.engagement) == (AT, 4, 1, 10**12, 5)


def test_minute_and_hour_are_counted_together(database, now):
    database.write_now(series.add, [count(), count(at=AT + 61), count(at=AT + 3600)])
    assert [(cell.start - AT, cell.mentions) for cell in cells(database, now)] == [(0, 1), (60, 1), (3600, 1)]
    assert [(cell.start - AT, cell.mentions) for cell in cells(database, now, width=series.HOUR_S)] == [(0, 2), (3600, 1)]


def test_late_counts_stand_apart(database, now):
    database.write_now(series.add, [count(), count(arrival="late"), count(kind="own"), count(kind="repost"), count(source_id="press")])
    found = {(cell.source_id, cell.kind, cell.arrival): cell.mentions for cell in cells(database, now)}
    assert len(found) == 5
    assert set(found.values()) == {1}


def test_a_series_ends_before_its_end(database, now):
    database.write_now(series.add, [count(at=AT - 60), count(), count(at=AT + 60), count(topic_id="other")])
    found = database.read_now(series.read, "acme", now, now + timedelta(minutes=1))
    assert [cell.start for cell in found] == [AT]


def test_totals_are_numbers_also_where_nothing_was_counted(database, now):
    nothing = database.read_now(series.total, "acme", now, now + HOUR)
    assert nothing == dict.fromkeys(series.COLUMNS, 0)
    database.write_now(series.add, [count(negative=1), count(kind="own", arrival="late")])
    total = database.read_now(series.total, "acme", now, now + HOUR)
    assert (total["mentions"], total["negative"], type(total["mentions"])) == (2, 1, int)


def test_the_first_cell_is_known_by_topic(database):
    assert database.read_now(series.first, "acme") is None
    database.write_now(series.add, [count(at=AT + 7200), count(at=AT + 61), count(at=0, topic_id="other")])
    assert database.read_now(series.first, "acme") == AT


def test_asking_whether_it_is_the_first_makes_it_seen(database):
    ask = ("acme", "author/live", 7, AT)
    assert database.write_now(series.is_first, *ask)
    assert not database.write_now(series.is_first, *ask)
    assert database.write_now(series.is_first, "acme", "author/live", 7, AT + 3600)
    assert database.write_now(series.is_first, "acme", "author/late", 7, AT)
    assert database.write_now(series.is_first, "other", "author/live", 7, AT)
    assert database.write_now(series.is_first, "acme", "story/original", 7)
    assert not database.write_now(series.is_first, "acme", "story/original", 7)


def test_a_topic_is_forgotten_alone_and_whole(database, now):
    database.write_now(series.add, [count(), count(topic_id="other")])
    database.write_now(series.is_first, "acme", "story/original", 7)
    database.write_now(series.forget, "acme")
    assert cells(database, now) == []
    assert len(cells(database, now, topic="other")) == 1
    assert database.write_now(series.is_first, "acme", "story/original", 7)


def test_nothing_counted_writes_nothing(database, now):
    database.write_now(series.add, [])
    assert cells(database, now) == []


def test_no_other_width_enters(database):
    row = {"topic_id": "acme", "width": 61, "start": 0, "source_id": "forum", "kind": "original", "arrival": "live"}
    with pytest.raises(sa.exc.IntegrityError):
        database.write_now(lambda tx: tx.execute(sa.insert(schema.buckets).values(**row)))


def test_a_window_is_counted_to_the_minute_without_our_own_posts(database, now):
    database.write_now(series.add, [count(), count(kind="repost"), count(kind="own"), count(at=AT + 59), count(at=AT + 60)])
    assert database.read_now(series.counted, "acme", now, now + timedelta(minutes=1)) == 3
    assert database.read_now(series.counted, "rival", now, now + HOUR) == 0
