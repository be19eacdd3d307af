"""The schema's version: bring it up to date, or say why this program may not run on it (R19)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.errors import ConfigError
from store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> tuple[str | None, str]:
    """Run the missing steps, in one transaction; returns the revision before and after.

    Raises:
        ConfigError: the database was made by a newer release.
    """
    before = _current(database)
    _refuse_newer(before)
    with stepping(database) as tx:
        command.upgrade(_config(tx), "head")
    return before, _head()


@contextmanager
def stepping(database: Database) -> Iterator[Connection]:
    """One transaction for steps.

    Where SQLite cannot change a table it makes it anew; were references followed meanwhile, all that refers to its rows would be deleted with the
    old one. So they are not, and are checked at the end.

    Raises:
        IntegrityError: a step left a reference to nothing; then nothing has changed.
    """
    with database.engine.connect().execution_options(writing=True) as tx:
        if not database.is_sqlite:
            with tx.begin():
                yield tx
            return
        pragma = tx.connection.cursor().execute  # within a transaction this one does nothing
        followed = bool(pragma("PRAGMA foreign_keys").fetchone()[0])  # not in a simulation's database, which nobody else looks into
        pragma("PRAGMA foreign_keys=OFF")
        try:
            with tx.begin():
                yield tx
                broken = tx.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to nothing in {broken[2]}")
        finally:
            pragma(f"PRAGMA foreign_keys={'ON' if followed else 'OFF'}")


def check(database: Database) -> None:
    """Refuse to run on another schema than this release's.

    Raises:
        ConfigError: with the command that mends it.
    """
    current = _current(database)
    _refuse_newer(current)
    if current != _head():
        raise ConfigError(f"the database is at schema {current or 'none'}, this release needs {_head()}: run 'tocsin db upgrade'")


def integrity(database: Database) -> str | None:
    """What SQLite's own check finds wrong with the file, or None."""
    if not database.is_sqlite:
        return None
    with database.engine.connect() as tx:
        answer = " ".join(str(tx.exec_driver_sql("PRAGMA quick_check(1)").scalar()).split())  # it says it in two lines
    return None if answer == "ok" else answer


def _current(database: Database) -> str | None:
    with database.engine.connect() as tx:
        return MigrationContext.configure(tx).get_current_revision()


def _head() -> str:
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise ConfigError("this installation has no migrations; install it again")
    return head


def _refuse_newer(current: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError(f"the database is at schema {current}, which a newer release made; run that release, or restore a backup")


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = tx
    return config
