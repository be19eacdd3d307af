"""Which kinds wait for others to come."""

import importlib
from pathlib import Path

from listener.pushed import waits

SHELF = Path(__file__).parents[2] / "listener" / "collectors"
KINDS = sorted(path.stem for path in SHELF.glob("*.py") if path.stem != "__init__")


def test_kinds_that_wait_for_people_or_programs_are_never_called_silent():
    waiting = {kind for kind in KINDS if waits(importlib.import_module(f"listener.collectors.{kind}"))}
    assert waiting == {"alertmanager", "counts", "flag", "uptime_kuma", "webhook"}
