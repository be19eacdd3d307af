import threading
from datetime import timedelta, timezone

import pytest
import sqlalchemy as sa

from store import audit, schema


def added(database, now, *actions):
    for action in actions:
        data = {"because": "ấm nổ", "ids": (1, 2), "share": 0.5}
        database.write_now(audit.add, now, "ana", "cli", action, "incident:12", data)


def test_an_empty_chain_holds(database):
    assert database.read_now(audit.first_broken) is None


def test_a_chain_that_nobody_touched_holds(database, now):
    added(database, now, "acknowledge", "resolve", "review")
    database.write_now(audit.add, now, "ben", "link", "acknowledge", "incident:13")
    assert database.read_now(audit.first_broken) is None


def test_a_time_of_another_zone_seals_the_same_moment(database, now):
    added(database, now.astimezone(timezone(timedelta(hours=7))), "acknowledge", "resolve")
    assert database.read_now(audit.first_broken) is None


@pytest.mark.parametrize(
    "change", [{"actor": "ben"}, {"data": {"because": "another"}}, {"digest": "0" * 64}, {"previous": "0" * 64}, {"action": "nothing"}]
)
def test_the_chain_breaks_where_a_line_was_edited(database, now, change):
    added(database, now, "acknowledge", "resolve", "review")
    ids = database.read_now(lambda tx: tx.execute(sa.select(schema.audit.c.id).order_by(schema.audit.c.id)).scalars().all())
    database.write_now(lambda tx: tx.execute(sa.update(schema.audit).where(schema.audit.c.id == ids[1]).values(**change)))
    assert database.read_now(audit.first_broken) == ids[1]


def test_the_chain_breaks_behind_a_line_that_was_taken_out(database, now):
    added(database, now, "acknowledge", "resolve", "review")
    ids = database.read_now(lambda tx: tx.execute(sa.select(schema.audit.c.id).order_by(schema.audit.c.id)).scalars().all())
    database.write_now(lambda tx: tx.execute(sa.delete(schema.audit).where(schema.audit.c.id == ids[1])))
    assert database.read_now(audit.first_broken) == ids[2]


def test_two_who_write_at_once_still_make_one_chain(database, now):
    workers = [threading.Thread(target=added, args=[database, now, *"abcde"]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert database.read_now(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(schema.audit)).scalar()) == 20
    assert database.read_now(audit.first_broken) is None
