"""How long the auditor takes where a hundred thousand incidents are closed (W3: at most 50 ms): `python -m bench.auditor [CLOSED] [OPEN]`.

Prints the median and the worst of fifty audits on SQLite, and for comparison a count of the same table without the index.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec
from sqlalchemy import func, select

from alerting.auditor import audit
from core.records import Incident, Words
from store import migrate
from store.database import Database, Tx, insert
from store.schema import incidents

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
BATCH = 1_000
TURNS = 50


def fill(tx: Tx, first: int, count: int, status: str) -> None:
    """Put in so many incidents of a status."""
    made = Incident(key="", kind="volume_spike", words=Words(key="x"), severity="major", opened_at=NOW, last_signal_at=NOW, status=status)  # type: ignore[arg-type]
    values = {name: getattr(made, name) for name in Incident.__struct_fields__ if name != "id"}
    values |= {name: msgspec.to_builtins(values[name]) for name in ("words", "factors", "policy", "playbook_because")}
    values |= {"next_step_at": NOW if status == "open" else None}
    tx.execute(insert(tx, incidents), [{**values, "key": f"topic:{number}|x|-"} for number in range(first, first + count)])


def timed(database: Database) -> list[float]:
    """How long each of fifty audits takes, in milliseconds."""
    found = []
    for _ in range(TURNS):
        began = perf_counter()
        database.read_now(audit, NOW + timedelta(minutes=1))
        found.append((perf_counter() - began) * 1000)
    return found


def main(closed: int, opened: int) -> None:
    """Fill a database and time it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}", durable=False)
        migrate.upgrade(database)
        for first in range(0, closed, BATCH):
            database.write_now(fill, first, min(BATCH, closed - first), "resolved")
        database.write_now(fill, closed, opened, "open")
        times = timed(database)
        began = perf_counter()
        database.read_now(lambda tx: tx.execute(select(func.count()).where(incidents.c.severity == "watch")).scalar())
        whole = (perf_counter() - began) * 1000
        print(
            f"{closed} closed, {opened} open: audit median {median(times):.1f} ms, worst {max(times):.1f} ms; reading the whole table {whole:.0f} ms"
        )
        database.close()


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    main(*(given + [100_000, 50][len(given) :]))
