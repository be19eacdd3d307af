from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.errors import ConfigError
from store import migrate
from store.columns import Json, UtcDateTime
from store.database import Database
from store.schema import metadata

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
VALUES = (  # a value for each type of column, the first that fits
    (UtcDateTime, NOW),
    (sa.Date, NOW.date()),
    (Json, {"a": ["b"]}),
    (sa.LargeBinary, b"\1" * 8),
    (sa.Boolean, True),
    (sa.Float, 0.5),
    (sa.String, "1"),
)
SPECIAL = {"notifications.state": "claimed", "buckets.width": 60}


def test_migrating_from_empty_gives_the_schema_on_the_page(database):
    with database.engine.connect() as tx:
        difference = compare_metadata(MigrationContext.configure(tx, opts={"compare_type": False}), metadata)
    assert difference == []


def test_migrations_run_up_down_and_up_again_on_a_filled_database(database):
    from alembic import command

    with migrate.stepping(database) as tx:
        tx.execute(sa.text("INSERT INTO facts (name, value, at) VALUES ('kept', '1', '2026-11-21 00:00:00')"))
        command.downgrade(migrate._config(tx), "base")
    before, after = migrate.upgrade(database)
    assert (before, after) == (None, migrate._head())


def test_what_is_in_flight_survives_a_step_down_and_up_again(database):
    from alembic import command

    with migrate.stepping(database) as tx:
        for table in metadata.sorted_tables:
            tx.execute(table.insert().values(a_row(table)))
        before = rows_of(tx, columns_of(tx))
        command.downgrade(migrate._config(tx), "0004")
        known = columns_of(tx)  # to the release before
    migrate.upgrade(database)
    with database.engine.connect() as tx:
        after = rows_of(tx, known)
    assert "notifications" in known
    for name, (row,) in after.items():
        assert row == {column: before[name][0][column] for column in row}, name


def a_row(table):
    """One row in which everything has a value; ids are 1, so that references hold."""
    return {column.name: SPECIAL.get(str(column), a_value(column)) for column in table.columns}


def a_value(column):
    return next((value for kind, value in VALUES if isinstance(column.type, kind)), 1)


def columns_of(tx):
    """Table -> its columns, as they are now."""
    found = sa.inspect(tx)
    return {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names() if name in metadata.tables}


def rows_of(tx, columns):
    """Table -> its rows, of these columns alone."""
    tables = {name: [metadata.tables[name].c[column] for column in sorted(chosen)] for name, chosen in columns.items()}
    return {name: [dict(row) for row in tx.execute(sa.select(*chosen)).mappings()] for name, chosen in tables.items()}


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
