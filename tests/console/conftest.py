"""A desk in a room of its own: a configuration, a database, and the command line on it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

from alerting.events import SignalArrived
from alerting.incident import decide
from alerting.policy import policy_for
from alerting.roster import roster_of
from alerting.save import save
from console import cli
from console.config import Config, load
from core.records import Incident, Severity, Signal, Words
from store import incidents, signals
from store.database import Database
from tests import make

NOW = make.NOON


@dataclass
class Said:
    """What one call of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Room:
    """A folder with config.yaml and a database; `tocsin(...)` runs the command line in this process."""

    def __init__(self, folder: Path, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.database_path = database
        self.capsys = capsys
        self.now: datetime = NOW
        self.configure()

    @property
    def file(self) -> Path:
        return self.folder / "config.yaml"

    def configure(self, **changes: Any) -> None:
        values = make.config(**changes)
        self.file.write_text(yaml.safe_dump({**values, "store": {"database": f"sqlite:///{self.database_path}"}}, allow_unicode=True))

    @property
    def config(self) -> Config:
        return load(self.file)

    def tocsin(self, *typed: str | Path, after: timedelta = timedelta(0)) -> Said:
        self.now += after
        status = cli.main(["--config", str(self.file), *map(str, typed)], now=self.now)
        out, err = self.capsys.readouterr()
        return Said(status, out, err)

    def database(self) -> Database:
        return Database(f"sqlite:///{self.database_path}")

    def use(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        database = self.database()
        try:
            return database.write_now(work, *args, **kwargs)
        finally:
            database.close()

    def incident(self, severity: Severity = "major", topic: str = "acme", playbook: str | None = None) -> int:
        """An incident as the Intake opens it, with one signal."""
        signal = Signal(
            kind="volume_spike",
            subject=f"topic:{topic}",
            bucket_start=self.now,
            topic_id=topic,
            scale_s=600,
            observed=80.0,
            expected=4.0,
            low=0.0,
            high=12.0,
            unit="mentions",
            score=0.99,
            words=Words(key="signal.volume_spike", args={"topic": "Acme", "observed": 80, "expected": 4, "scale": 600}),
            raised_at=self.now,
        )
        return int(self.use(_open, self.config, signal, severity, playbook, self.now).id)


def _open(tx: Any, config: Config, signal: Signal, severity: Severity, playbook: str | None, now: datetime) -> Incident:
    event = SignalArrived(
        signal=signal,
        key=f"{signal.topic_id}/volume",
        severity=severity,
        policy=policy_for(config.alerting, severity=severity, topic_id=signal.topic_id, kind=signal.kind),
        playbook_id=playbook,
        playbook_title=playbook or "",
        playbook_because=Words(key="because.default") if playbook else None,
    )
    incident = save(tx, None, decide(None, event, now, roster_of(tx, config.alerting)))
    (signal_id,) = signals.add(tx, [signal])
    signals.take(tx, signal_id, now, incident_id=incident.id)
    found = incidents.get(tx, incident.id)
    assert found is not None
    return found


@pytest.fixture
def room(tmp_path: Path, sqlite_template: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.delenv("TOCSIN_AS", raising=False)
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    database = tmp_path / "tocsin.db"
    shutil.copy(sqlite_template, database)
    handlers = list(logging.root.handlers)
    yield Room(tmp_path, database, capsys)
    structlog.reset_defaults()  # the command line owns its process's logs; here the process goes on
    logging.root.handlers[:] = handlers
