from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from core.errors import ConfigError
from store import migrate, quick
from store.database import Database


def test_the_newest_step_is_read_without_alembic() -> None:
    assert quick.newest() == ScriptDirectory(str(migrate.MIGRATIONS)).get_current_head()


def test_a_database_at_this_schema_is_opened_as_it_is(database_url: str) -> None:
    database = quick.open_quickly(database_url)
    migrate.check(database)
    database.close()


def test_an_empty_database_of_ours_alone_is_made_ready(tmp_path: Path) -> None:
    database = quick.open_quickly(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.check(database)
    database.close()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.db"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(ConfigError):
        quick.open_quickly(f"sqlite:///{path}")


def test_a_newer_schema_is_refused(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(ConfigError, match="newer release"):
        quick.open_quickly(sqlite_url)
