"""Column types, and other parts of tables, that hold on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

RowId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts only INTEGER PRIMARY KEY up by itself
Json = JSON().with_variant(JSONB(), "postgresql")


def row_id() -> Column[int]:
    """The number of a row, counted up by the database."""
    return Column("id", RowId, primary_key=True, autoincrement=True)


def partial(name: str, *columns: Column[object] | str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that are still to be worked on."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; a naive one is refused at the door (rule 7).

    PostgreSQL keeps `timestamptz`; SQLite keeps text of fixed width, which sorts by time.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> DateTime:
        """The dialect's own type."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))  # type: ignore[return-value]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, UTC stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime does not enter the database; every time has a zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Stored UTC, aware out."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
