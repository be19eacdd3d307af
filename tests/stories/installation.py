"""An installation of the monitor: a folder with config.yaml and a database, and the daemon as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from core.records import Incident, TimelineEntry
from store import incidents
from store.database import Database
from tests.stories.servers import PASSWORD, Feeds, Mails, until

ROOT = Path(__file__).parents[2]
PATIENCE_S = 45.0  # a cold start and two polls on a busy machine
TOCSIN = (sys.executable, "-m", "console.cli")


class Installation:
    """One folder, one configuration, one daemon at a time.

    Args:
        folder: empty.
        values: the configuration; `config()` makes one.
    """

    def __init__(self, folder: Path, values: dict[str, Any]) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.database = folder / "tocsin.db"
        self.values = values
        self.address = str(values["console"]["base_url"])
        self.process: subprocess.Popen[bytes] | None = None
        self._started = 0
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "SMTP_PASSWORD": PASSWORD}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)  # every life would compile everything anew
        self.log.touch()

    def write(self) -> None:
        """Write `values` to config.yaml."""
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.values, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def written(self) -> str:
        """What stands in config.yaml."""
        return (self.folder / "config.yaml").read_text(encoding="utf-8")

    def start(self) -> None:
        """Start the daemon on what `values` says."""
        self.write()
        self._started = len(self.said())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*TOCSIN, "run"], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def tocsin(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another verb of the command line to its end."""
        return subprocess.run(
            [*TOCSIN, *words], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, timeout=30
        )

    def kill(self) -> None:
        """Kill it as the power would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def reload(self) -> None:
        """Ask it to read config.yaml again (SIGHUP)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def wait_for_end(self) -> None:
        """Wait until the process is gone, whoever ended it."""
        until(self._is_dead, seconds=PATIENCE_S, what="the end", why=self.said_now)

    def stop(self) -> int:
        """Ask it to end (SIGTERM); returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def said(self) -> str:
        """The log of all its lives."""
        return self.log.read_text(encoding="utf-8")

    def said_now(self) -> str:
        """The log since the last start."""
        return self.said()[self._started :]

    def wait(self, holds: Callable[[], object], *, what: str) -> None:
        """Wait until something is so; the daemon must not end meanwhile."""
        until(lambda: holds() or self._is_dead(), seconds=PATIENCE_S, what=what, why=self.said_now)
        assert holds(), f"the daemon ended before: {what}\n{self.said_now()}"

    def wait_for(self, words: str) -> None:
        """Wait until the log says something, since the last start."""
        self.wait(lambda: words in self.said_now(), what=f"{words!r} in the log")

    def wait_for_first_poll(self, source: str) -> None:
        """Wait until what a source holds at the beginning has been taken in."""
        done = "SELECT count(*) FROM sources WHERE id = ? AND first_poll_at IS NOT NULL"
        self.wait(lambda: self.count(done, source), what=f"first poll of {source}")

    def ask(self, sql: str, *values: object) -> list[Any]:
        """Rows of the daemon's database; none where there is no such table yet."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=rw", uri=True, timeout=5)) as connection:
            try:
                return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def count(self, sql: str, *values: object) -> int:
        rows = self.ask(sql, *values)
        return int(rows[0][0] or 0) if rows else 0

    def incidents(self) -> list[Incident]:
        """All incidents, the newest first."""
        return self._read(incidents.listing)

    def timeline(self, incident_id: int) -> list[TimelineEntry]:
        return self._read(incidents.entries, incident_id)

    def _read(self, what: Any, *args: object) -> Any:
        database = Database(f"sqlite:///{self.database}")
        try:
            return database.read_now(what, *args)
        finally:
            database.close()

    def _is_dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None


def config(feeds: Feeds, mails: Mails) -> dict[str, Any]:
    """Acme listens to the growing feed; Ana (English) and Lan (Vietnamese) get mail."""
    port = free_port()
    return {
        "name": "Acme community",
        "language": "en",
        "store": {"database": "sqlite:///tocsin.db"},
        "topics": [{"id": "acme", "name": "Acme", "kind": "brand", "query": "acme"}],
        "listener": {
            "allow_private_hosts": [f"127.0.0.1:{feeds.port}", f"localhost:{mails.port}"],
            "sources": [rss("forum", feeds.url("/growing.xml"), every="10s")],
        },
        "alerting": {
            "notifiers": {
                "email": {
                    "host": "localhost",
                    "port": mails.port,
                    "from": "tocsin@acme.example",
                    "username": "tocsin",
                    "password": "${SMTP_PASSWORD}",
                    "ca_file": str(mails.ca_file),
                    "timeout": "20s",
                }
            },
            "people": [
                {"id": "ana", "name": "Ana", "channels": [{"kind": "email", "to": "ana@example.org"}]},
                {"id": "lan", "name": "Lan", "language": "vi", "channels": [{"kind": "email", "to": "lan@example.org"}]},
            ],
            "policies": [{"id": "default", "steps": [{"notify": ["ana", "lan"], "after": "0m"}]}],
        },
        "console": {"listen": f"127.0.0.1:{port}", "base_url": f"http://127.0.0.1:{port}"},
    }


def rss(id: str, url: str, *, every: str = "1h") -> dict[str, Any]:
    return {"id": id, "kind": "rss", "url": url, "every": every, "tier": "forum"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
