"""Column types, and other parts of tables, that hold on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Column, Connection, DateTime, Index, Integer, MetaData, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_WIDTH: Final = len("2026-11-21 05:00:00.000000")
RowId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts only INTEGER PRIMARY KEY up by itself


def row_id() -> Column[int]:
    """The number of a row, counted up by the database."""
    return Column("id", RowId, primary_key=True, autoincrement=True)


def partial(name: str, *columns: Column[object] | str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that are still to be worked on."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where))  # on PostgreSQL: `_partial_there_too`


@event.listens_for(MetaData, "before_create")
def _partial_there_too(metadata: MetaData, tx: Connection, **_: object) -> None:
    """Say `where` to PostgreSQL too, once tables are made there: said any earlier it would load that dialect for everybody (40 ms)."""
    if tx.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


class Json(TypeDecorator[Any]):
    """JSON: text on SQLite, `jsonb` on PostgreSQL, whose dialect is loaded only there."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The dialect's own type."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB())


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; a naive one is refused at the door (rule 7).

    PostgreSQL keeps `timestamptz`; SQLite keeps text of fixed width, which sorts by time.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> DateTime:
        """The dialect's own type."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))  # type: ignore[return-value]

    def bind_processor(self, dialect: Dialect) -> Any:
        """Aware in, UTC stored. The drivers get what they keep: SQLAlchemy's own way through a naive datetime costs five times as much."""
        return as_text if dialect.name == "sqlite" else as_it_is

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Stored UTC, aware out."""
        del coltype
        return _from_text if dialect.name == "sqlite" else _in_utc


def as_text(at: datetime | None) -> str | None:
    """A time as SQLite keeps it: "2026-11-21 05:00:00.000000", UTC. A naive one raises ValueError."""
    if at is None:
        return None
    return _aware(at).astimezone(UTC).isoformat(" ", "microseconds")[:_WIDTH]


def as_it_is(at: datetime | None) -> datetime | None:
    """A time as PostgreSQL's driver takes it. A naive one raises ValueError."""
    return None if at is None else _aware(at)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a naive datetime does not enter the database; every time has a zone")
    return at


def _from_text(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(f"{stored}+00:00")


def _in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.astimezone(UTC)
