from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from store.database import insert
from store.schema import facts

HANOI = timezone(timedelta(hours=7))


def put(tx, name, at):
    tx.execute(insert(tx, facts).values(name=name, value=None, at=at))


def times(tx):
    return list(tx.execute(sa.select(facts.c.at).order_by(facts.c.at)).scalars())


def test_a_naive_datetime_is_refused_at_the_column(database):
    with pytest.raises(sa.exc.StatementError, match="naive datetime"):
        database.write_now(put, "x", datetime(2026, 11, 21))
    with pytest.raises(sa.exc.StatementError, match="naive datetime"):
        database.read_now(lambda tx: tx.execute(sa.select(facts.c.at).where(facts.c.at > datetime(2026, 11, 21))).all())


def test_a_time_comes_back_in_utc_to_the_microsecond(database):
    at = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=HANOI)
    database.write_now(put, "x", at)
    (back,) = database.read_now(times)
    assert back == at
    assert (back.tzinfo, back.hour) == (UTC, 5)


def test_times_sort_and_compare_by_the_moment_whatever_their_zone(database):
    early, late = datetime(2026, 11, 21, 11, 59, tzinfo=HANOI), datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    for name, at in (("late", late), ("early", early)):
        database.write_now(put, name, at)
    assert database.read_now(times) == [early, late]
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=HANOI)
    assert database.read_now(lambda tx: tx.execute(sa.select(facts.c.name).where(facts.c.at >= noon)).scalars().all()) == ["late"]


def test_no_time_stays_no_time(database):
    from store.schema import sources

    database.write_now(lambda tx: tx.execute(insert(tx, sources).values(id="forum", kind="rss", next_poll_at=None)))
    assert database.read_now(lambda tx: tx.execute(sa.select(sources.c.next_poll_at)).scalar()) is None
