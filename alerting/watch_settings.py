"""The parts of the `alerting:` section by which the monitor watches itself: the heartbeat to an outside check, the weekly test."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, field_validator

from alerting.on_call_settings import Handover, read_handover
from alerting.section import Section
from core.durations import Duration

EVERY: Final = timedelta(seconds=60)
SHORTEST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(hours=1)
TESTED_AT: Final = "Tue 10:00"


class HeartbeatSettings(Section):
    """An outside check (healthchecks.io, a push monitor of Uptime Kuma) that raises the alarm when we fall silent: its address, and how often it hears of us."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", repr=False)]
    every: Duration = EVERY

    @field_validator("every")
    @classmethod
    def _bearable(cls, every: timedelta) -> timedelta:
        if not SHORTEST <= every <= LONGEST:
            raise ValueError("a heartbeat goes out every 10s to 1h; the check outside should wait a few times as long before it calls")
        return every


def _weekly(value: object) -> object:
    if value is False or value is None:
        return None
    read = read_handover(value)
    if isinstance(read, Handover) and read.weekday is None:
        raise ValueError(f"{value!r} is no time of the week; write 'Tue 10:00', or false for no test")
    return read


WeeklyTest = Annotated[Handover | None, BeforeValidator(_weekly, json_schema_input_type=str | bool)]
"""When each person's channels are tested, on that person's clock; None (`false`): never."""

DEFAULT_TEST: Final = Handover.model_validate({"weekday": 1, "at": "10:00"})
