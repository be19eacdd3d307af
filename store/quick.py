"""Opens the database for a verb that must answer at once: no Alembic, no check of the whole file, where the schema is this release's already."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

from store.database import Database

_STEPS: Final = Path(__file__).parent / "migrations" / "versions"
_NAMED: Final = re.compile(r"^(revision|down_revision)\s*(?::[^=]+)?=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)

DatabaseFailed = DBAPIError  # what the database itself refuses: locked too long, full disk, read-only file, server gone
DatabaseAway = OperationalError  # of these, what is no fault of what was to be written


def open_quickly(url: str) -> Database:
    """The database, ready; the long way round (`store.open.open_database`) where its schema is not the newest.

    Raises:
        ConfigError: it cannot be used.
    """
    database = Database(url)
    if _current(database) == newest():
        return database
    database.close()
    from store.open import open_database

    return open_database(url)


def newest() -> str:
    """The revision of this release's schema, read from the steps themselves: the one that no other follows."""
    found = [dict(_NAMED.findall(path.read_text(encoding="utf-8"))) for path in _STEPS.glob("[0-9]*.py")]
    followed = {step.get("down_revision") for step in found}
    return next((step["revision"] for step in found if step["revision"] not in followed), "")


def _current(database: Database) -> str | None:
    try:
        with database.engine.connect() as tx:
            return str(tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    except DBAPIError:
        return None  # empty, damaged or out of reach: the long way round says which
