"""How this process is, for the watchman: its clockwork, its clock, its disk, the stages that do not work."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from alerting.vitals import STAGE_FAILS, Vitals
from console.health import Health, StageHealth

SQLITE = "sqlite:///"


def vitals_of(health: Health, database: str, now: datetime) -> Vitals:
    """What the watchman asks for; `database` is the database's address, whose disk is ours where it is a file."""
    stages = tuple(stage.name for stage in health.stages if _is_ill(stage, now) and now - health.started_at > STAGE_FAILS)
    return Vitals(lag_s=health.lag_p99_s, skew_s=health.skew_s, disk_free=disk_free(database), stages=stages)


def disk_free(database: str) -> float | None:
    """Share (0 to 1) of the disk that is free where the database stands; None where it stands elsewhere, or that cannot be told."""
    if not database.startswith(SQLITE):
        return None
    try:
        usage = shutil.disk_usage(Path(database.removeprefix(SQLITE)).absolute().parent)
    except OSError:
        return None
    return usage.free / usage.total if usage.total else None


def _is_ill(stage: StageHealth, now: datetime) -> bool:
    """Whether a stage has failed for a while, or stands still."""
    if stage.failing_since is not None:
        return now - stage.failing_since > STAGE_FAILS
    return not stage.is_ready(now)
