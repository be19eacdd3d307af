"""Many rows at once, by the driver's own `executemany`: what a firehose needs, and what statement objects are too slow for.

A row is a plain tuple. Times in it are made fit by `times(tx)`; everything else the drivers take as it is (JSON as text).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Table, func, select

from store.columns import as_it_is, as_text

_AT_ONCE: Final = 10_000  # values in one statement; SQLite takes 32,766


def insert_rows(
    tx: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    unless: Sequence[str] = (),
    adding: Sequence[str] = (),
) -> None:
    """Insert rows; with `unless` (the columns of a unique index), those that are there already are passed over, or `adding` is added to them."""
    if not rows:
        return
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join([mark] * len(columns))
    sums = ", ".join(f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in adding)
    tail = f" ON CONFLICT ({', '.join(unless)}) DO {f'UPDATE SET {sums}' if adding else 'NOTHING'}" if unless else ""
    tx.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks}){tail}", list(rows))  # noqa: S608 - names of our own schema


def update_rows(
    tx: Connection,
    table: Table,
    columns: Sequence[str],
    where: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    added: Sequence[str] = (),
) -> int:
    """Set `columns` of the rows that `where` tells, `added` ones by adding to what stands there; a row is its columns' values, then `added`, then `where`.

    Returns how many rows were met.
    """
    if not rows:
        return 0
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    written = ", ".join([*(f'"{name}" = {mark}' for name in columns), *(f'"{name}" = "{name}" + {mark}' for name in added)])
    met = " AND ".join(f'"{name}" = {mark}' for name in where)
    return tx.exec_driver_sql(f"UPDATE {table.name} SET {written} WHERE {met}", list(rows)).rowcount  # noqa: S608 - names of our own schema


def rows_among(
    tx: Connection,
    table: Table,
    columns: Sequence[str],
    column: str,
    values: Sequence[Any],
    *,
    between: tuple[str, int, int] | None = None,
) -> Sequence[Any]:
    """The rows whose `column` is one of `values`, as the driver gives them: a time of SQLite is text here, and is good for a look at None alone.

    `between`: of these, only where another column (of numbers) lies from the one to the other, both included.
    """
    tail = "" if between is None else f' AND "{between[0]}" BETWEEN {int(between[1])} AND {int(between[2])}'
    wanted = ", ".join(f'"{name}"' for name in columns)
    found: list[Row[Any]] = []
    for start in range(0, len(values), _AT_ONCE):
        some = tuple(values[start : start + _AT_ONCE])
        if tx.dialect.name == "sqlite":
            asked, given = f"IN ({','.join('?' * len(some))})", some
        else:
            asked, given = "= ANY(%s)", (list(some),)
        found += tx.exec_driver_sql(f'SELECT {wanted} FROM {table.name} WHERE "{column}" {asked}{tail}', given).all()  # noqa: S608
    return found


def times(tx: Connection) -> Callable[[datetime | None], Any]:
    """What makes an aware time fit for a row of this database, as `UtcDateTime` stores it. A naive one raises ValueError."""
    return as_text if tx.dialect.name == "sqlite" else as_it_is


def json_text(value: object) -> str:
    """A JSON column's value, written the same every time."""
    return msgspec.json.encode(value, order="deterministic").decode()


def next_ids(tx: Connection, table: Table, count: int) -> list[int]:
    """Numbers for so many new rows of a table, ascending, that nobody else gets: SQLite has one writer, PostgreSQL a sequence."""
    if tx.dialect.name == "sqlite":
        last = int(tx.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one())  # noqa: S608
        return list(range(last + 1, last + 1 + count))
    drawn = select(func.nextval(f"{table.name}_id_seq")).select_from(func.generate_series(1, count))
    return sorted(int(number) for number in tx.execute(drawn).scalars())
