"""The database: engine, transactions, and the two things in which SQLite and PostgreSQL differ for us.

Statements are plain functions whose first argument is `tx`, a connection inside one transaction. An async stage says
`await database.write(mentions.add, page.mentions)`: the function runs whole, in one transaction, on a worker thread. So a transaction can
never wait for the network (it cannot await), a stage's change is saved in one piece, and the command line calls the very same functions
without an event loop (`write_now`). Why so: docs/decisions/0001-the-store-is-synchronous.md.

SQLite has one writer thread, which takes the urgent work first: acknowledgements before everything, imports last.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Table, create_engine, event, literal
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from core.errors import ConfigError, StaleVersion
from store.ballast import Ballast, is_out_of_room

P = ParamSpec("P")
R = TypeVar("R")
Tx = Connection  # what the functions of the nouns take first: a connection inside one transaction
if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert = sqlite.Insert | postgresql.Insert

URGENT: Final = 0  # a person waits
ORDINARY: Final = 1
BULK: Final = 2  # imports and backfills yield to all others

READERS: Final = 4
POSTGRES_WORKERS: Final = 8
BUSY_TIMEOUT_MS: Final = 5_000
RETRIES: Final = 5
RETRYABLE_SQLSTATES: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock: run the function again


class Database:
    """One database, SQLite (embedded) or PostgreSQL (scale-out).

    Args:
        url: `sqlite:///path` or `postgresql://user:password@host/name`.
        durable: False lets a crash of the machine lose the last moments: for replays, drills and tests alone.
        alone: nobody else uses this SQLite file, and nothing happens side by side: work is done in the caller's thread, at once, and references
            are not checked. For histories that are played back.

    Raises:
        ConfigError: the URL is of neither kind, or its driver is not installed.
    """

    def __init__(self, url: str, *, durable: bool = True, alone: bool = False) -> None:
        self.engine = _engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _durably if durable else _fast)
            if alone:
                event.listen(self.engine, "connect", _unchecked)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.ballast = Ballast(Path(str(self.engine.url.database))) if self.is_sqlite and durable else None
        self._alone = alone and self.is_sqlite
        self._writer = _Writer() if self.is_sqlite and not alone else None
        self._workers = ThreadPoolExecutor(READERS if self.is_sqlite else POSTGRES_WORKERS, thread_name_prefix="database")

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(tx, ...)` in one writing transaction; all of it happens, or nothing."""
        return await self._submit(ORDINARY, work, *args, **kwargs)

    async def write_urgent(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, before other work: a person waits."""
        return await self._submit(URGENT, work, *args, **kwargs)

    async def write_bulk(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, after other work: imports and backfills."""
        return await self._submit(BULK, work, *args, **kwargs)

    async def read(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(tx, ...)` on one consistent snapshot."""
        if self._alone:
            return self.read_now(work, *args, **kwargs)
        return await asyncio.wrap_future(self._workers.submit(lambda: self.read_now(work, *args, **kwargs)))

    def write_now(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, in the caller's thread (the command line).

        Work that lost a race (`StaleVersion`, a deadlock, a serialization failure) reads and decides again, a few times (rule 4); so does work that
        finds the disk full, once the ballast has been given up.
        """
        for remaining in reversed(range(RETRIES)):
            try:
                with self.begin() as tx:
                    return work(tx, *args, **kwargs)
            except StaleVersion:
                if remaining == 0:
                    raise
            except DBAPIError as error:
                relieved = self.ballast is not None and is_out_of_room(error) and self.ballast.give_up()
                if remaining == 0 or not (relieved or getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES):
                    raise
        raise AssertionError("unreachable")

    def read_now(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `read`, in the caller's thread."""
        with self.engine.connect() as tx:
            return work(tx, *args, **kwargs)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One writing transaction in the caller's thread."""
        with self.engine.connect().execution_options(writing=True) as tx, tx.begin():
            yield tx

    def close(self) -> None:
        """Finish what was begun, then let go of every connection."""
        if self._writer is not None:
            self._writer.close()
        self._workers.shutdown()
        self.engine.dispose()

    async def _submit(self, priority: int, work: Callable[..., R], *args: object, **kwargs: object) -> R:
        if self._alone:
            return self.write_now(work, *args, **kwargs)
        if self._writer is None:
            return await asyncio.wrap_future(self._workers.submit(lambda: self.write_now(work, *args, **kwargs)))
        return await asyncio.wrap_future(self._writer.submit(priority, lambda: self.write_now(work, *args, **kwargs)))


def insert(tx: Connection, table: Table) -> Insert:
    """The dialect's INSERT, which has `on_conflict_do_nothing` and `on_conflict_do_update` on both."""
    if tx.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # costs 40 ms, which a verb on SQLite shall not pay

    return postgresql.insert(table)


def insert_new(tx: Connection, row: Insert) -> bool:
    """Insert one row unless it is there already; whether it was not. On PostgreSQL `rowcount` says nothing of an INSERT."""
    return tx.execute(row.on_conflict_do_nothing().returning(literal(1))).first() is not None


class _Writer:
    """The one thread that writes to SQLite; the smallest priority first, then in order of arrival."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Callable[[], Any] | None, Future[Any]]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, priority: int, work: Callable[[], R]) -> Future[R]:
        """Queue one transaction."""
        future: Future[R] = Future()
        self._queue.put((priority, next(self._order), work, future))
        return future

    def close(self) -> None:
        """Finish the queue, then end the thread."""
        self._queue.put((BULK + 1, next(self._order), None, Future()))
        self._thread.join()

    def _run(self) -> None:
        while True:
            _, _, work, future = self._queue.get()
            if work is None:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whatever it was belongs to the caller who waits for it
                future.set_exception(error)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"store.database is no database address: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigError("store.database: SQLite needs a file, as in sqlite:///var/tocsin.db")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed.set(drivername="sqlite+pysqlite"),
            json_serializer=_json,
            json_deserializer=msgspec.json.decode,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
            pool_size=READERS + 2,
            hide_parameters=True,  # an error must not carry a stranger's text into the log or a dead letter
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        try:
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                json_serializer=_json,
                json_deserializer=msgspec.json.decode,
                pool_size=POSTGRES_WORKERS,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        except ModuleNotFoundError as error:
            raise ConfigError("store.database: PostgreSQL needs its driver: pip install 'tocsin[postgres]'") from error
    raise ConfigError(f"store.database: {parsed.get_backend_name()} is not known; use sqlite:///FILE or postgresql://...")


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin_sqlite` does
    try:
        for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # the pool never gets it: a file that is no database would stay open
        raise


def _durably(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=FULL")


def _fast(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _unchecked(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _begin_sqlite(tx: Connection) -> None:
    # a deferred transaction that reads and then writes fails at once when another wrote between, whatever the busy timeout is
    tx.exec_driver_sql("BEGIN IMMEDIATE" if tx.get_execution_options().get("writing") else "BEGIN")
