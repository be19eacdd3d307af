import threading
from datetime import timedelta

import sqlalchemy as sa

from store import recover, sources
from store.claims import claim_due, still_mine
from store.schema import sources as table

MINUTE = timedelta(minutes=1)


def due_sources(database, now, count):
    database.write_now(sources.ensure, {f"s{number:02}": "test" for number in range(count)}, now)


def claim(tx, now, *, limit=10, until=None):
    return claim_due(
        tx, table, due=table.c.next_poll_at <= now, order=table.c.next_poll_at, now=now, until=until or now + MINUTE, limit=limit
    )


def ids(rows):
    return [row["id"] for row in rows]


def test_what_is_claimed_is_claimed_once_until_its_claim_lapses(database, now):
    due_sources(database, now, 3)
    first = database.write_now(claim, now)
    assert ids(first) == ["s00", "s01", "s02"]
    assert {row["attempt"] for row in first} == {1}
    assert database.write_now(claim, now + MINUTE / 2) == []
    again = database.write_now(claim, now + MINUTE)
    assert [row["attempt"] for row in again] == [2, 2, 2]


def test_the_longest_waiting_come_first_and_no_more_than_asked(database, now):
    due_sources(database, now, 3)
    database.write_now(sources.poll_now, "s02", now - MINUTE)
    assert ids(database.write_now(claim, now, limit=2)) == ["s02", "s00"]
    assert ids(database.write_now(claim, now, limit=2)) == ["s01"]


def test_one_update_decides_who_works(database, now):
    """Claimers at the same moment get disjoint rows, and together all of them."""
    due_sources(database, now, 40)
    ready, taken = threading.Barrier(4), []

    def work():
        ready.wait(5)
        while rows := database.write_now(claim, now, limit=3):
            taken.append(ids(rows))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    together = [source_id for batch in taken for source_id in batch]
    assert sorted(together) == [f"s{number:02}" for number in range(40)]


def test_a_slow_owner_cannot_overwrite_its_successor(database, now):
    due_sources(database, now, 1)
    (slow,) = database.write_now(claim, now)
    (successor,) = database.write_now(claim, now + MINUTE)

    def write(tx, row, text):
        mine = still_mine(table, row["id"], row["attempt"])
        return tx.execute(sa.update(table).where(mine).values(cursor=text)).rowcount

    assert database.write_now(write, successor, "successor") == 1
    assert database.write_now(write, slow, "slow") == 0
    assert database.read_now(sources.get, "s00").cursor == "successor"


def test_a_process_that_is_alone_takes_up_what_its_predecessor_held(database, now):
    due_sources(database, now, 2)
    database.write_now(claim, now, until=now + timedelta(hours=1))
    assert database.write_now(claim, now) == []
    assert database.write_now(recover.lapse_claims, now) == 2
    assert database.write_now(recover.lapse_claims, now) == 0
    assert ids(database.write_now(claim, now)) == ["s00", "s01"]
