import asyncio
import sqlite3
import threading
from datetime import datetime

import pytest
import sqlalchemy as sa

from core.errors import ConfigError
from store import database as module
from store.database import Database, insert
from store.schema import facts
from tests import warm


def put(tx, name, value, now):
    tx.execute(insert(tx, facts).values(name=name, value=value, at=now))


def names(tx):
    return sorted(tx.execute(sa.select(facts.c.name)).scalars())


async def test_a_transaction_happens_whole_or_not_at_all(database, now):
    def half(tx):
        put(tx, "half", 1, now)
        raise RuntimeError("died in the middle")

    with pytest.raises(RuntimeError):
        await database.write(half)
    await database.write(put, "whole", {"nested": ["ấm", 1]}, now)
    assert await database.read(names) == ["whole"]


async def test_a_naive_datetime_does_not_enter_the_database(database):
    with pytest.raises(sa.exc.StatementError, match="naive datetime"):
        await database.write(put, "naive", 1, datetime(2026, 11, 21))


async def test_times_come_back_aware_and_the_same(database, now):
    await database.write(put, "x", 1, now)
    assert await database.read(lambda tx: tx.execute(sa.select(facts.c.at)).scalar()) == now


async def test_urgent_work_goes_before_what_waits(sqlite_url, now):
    database = Database(sqlite_url)
    gate, order = threading.Event(), []

    def blocked(_tx):
        gate.wait(5)

    def note(_tx, what):
        order.append(what)

    waiting = [asyncio.ensure_future(database.write(blocked))]
    await asyncio.sleep(0.05)
    waiting += [
        asyncio.ensure_future(database.write_bulk(note, "import")),
        asyncio.ensure_future(database.write(note, "ordinary")),
        asyncio.ensure_future(database.write_urgent(note, "acknowledge")),
    ]
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(*waiting)
    database.close()
    assert order == ["acknowledge", "ordinary", "import"]


async def test_a_foreign_lock_is_waited_for(sqlite_url, now):
    database = Database(sqlite_url)
    foreign = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    foreign.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, lambda: foreign.execute("COMMIT")).start()
    await database.write(put, "after", 1, now)
    assert await database.read(names) == ["after"]
    database.close()
    foreign.close()


def test_what_was_committed_is_on_the_disk_and_readers_wait_for_nobody(sqlite_url, monkeypatch):
    """R17: the write-ahead log is flushed at every commit of a database that holds what people rely on."""
    monkeypatch.setattr(module, "_durably", warm.AS_SHIPPED)
    database = Database(sqlite_url)
    with database.engine.connect() as tx:
        told = {name: tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "busy_timeout")}
    database.close()
    assert (told["journal_mode"], told["synchronous"]) == ("wal", 2)
    assert told["busy_timeout"] >= 5_000


def test_who_reads_and_then_writes_is_not_overtaken(sqlite_url, now):
    """R17: begun as a reader, it would fail at once where somebody else has written meanwhile, whatever the timeout is."""
    database, other = Database(sqlite_url), Database(sqlite_url)
    second = threading.Thread(target=lambda: other.write_now(put, "second", 1, now))

    def read_and_write(tx):
        assert names(tx) == []
        second.start()
        second.join(0.05)
        assert second.is_alive(), "it waits"
        put(tx, "first", 1, now)

    database.write_now(read_and_write)
    second.join()
    assert database.read_now(names) == ["first", "second"]
    database.close()
    other.close()


@pytest.mark.slow
async def test_three_seconds_of_a_foreign_lock_cost_nothing(sqlite_url, now):
    database = Database(sqlite_url)
    foreign = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    foreign.execute("BEGIN IMMEDIATE")
    threading.Timer(3.0, lambda: foreign.execute("COMMIT")).start()
    wanted = [f"fact-{number:02}" for number in range(50)]
    await asyncio.gather(*(database.write(put, name, 1, now) for name in wanted))
    assert await database.read(names) == wanted
    database.close()
    foreign.close()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://localhost/x", "not an address"])
def test_an_address_that_is_no_database_is_told_in_one_line(url):
    with pytest.raises(ConfigError, match="store.database"):
        Database(url)
