import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.errors import ConfigError
from store import migrate
from store.database import Database
from store.schema import metadata


def test_migrating_from_empty_gives_the_schema_on_the_page(database):
    with database.engine.connect() as tx:
        difference = compare_metadata(MigrationContext.configure(tx, opts={"compare_type": False}), metadata)
    assert difference == []


def test_migrations_run_up_down_and_up_again_on_a_filled_database(database):
    from alembic import command

    with database.begin() as tx:
        tx.execute(sa.text("INSERT INTO facts (name, value, at) VALUES ('kept', '1', '2026-11-21 00:00:00')"))
        command.downgrade(migrate._config(tx), "base")
    before, after = migrate.upgrade(database)
    assert (before, after) == (None, migrate._head())


def test_a_database_of_a_newer_release_is_refused_with_the_mend(sqlite_url):
    database = Database(sqlite_url)
    with database.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer release"):
        migrate.upgrade(database)
    database.close()


def test_an_empty_shared_database_asks_for_the_upgrade(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(ConfigError, match="tocsin db upgrade"):
        migrate.check(database)
    database.close()
