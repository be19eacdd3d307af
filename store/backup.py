"""A copy of a SQLite database while it is in use, by SQLite's own online backup."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from core.errors import Refused
from store.database import Database

PAGES_AT_ONCE: Final = 1_000  # writers get their turn in between


def backup(database: Database, target: Path) -> int:
    """Copy the whole database into a new file, checked before it takes its name; returns its size in bytes.

    Raises:
        Refused: it is no SQLite database, the file exists, or the copy is damaged.
    """
    if not database.is_sqlite:
        raise Refused("this database is PostgreSQL: back it up with pg_dump")
    if target.exists():
        raise Refused(f"{target} exists already; a backup never overwrites")
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        _copy(str(database.engine.url.database), unfinished)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise Refused(f"{target} cannot be written: {error}") from error
    unfinished.rename(target)
    return target.stat().st_size


def _copy(source: str, target: Path) -> None:
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy, pages=PAGES_AT_ONCE)
        answer = str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
        if answer != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {answer}")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
