"""Maintenance windows: stretches of local wall time that come again, each of which is a silence with a beginning and an end. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.hours import windows
from alerting.muting_settings import MaintenanceSettings
from core.silences import Silence

BY: Final = "config"  # who mutes: the file
AHEAD: Final = timedelta(days=8)  # one week, and the day on which the clocks change


def stretch(window: MaintenanceSettings, now: datetime) -> tuple[datetime, datetime]:
    """When the window is (UTC): the stretch that holds `now`, else the next one. Wall time decides, also on the day on which the clocks change (P1)."""
    zone = ZoneInfo(window.timezone or "UTC")
    return next((start, end) for start, end in windows(window.when, zone, now, now + AHEAD) if now < end)


def as_silence(window: MaintenanceSettings, start: datetime, end: datetime) -> Silence:
    """One stretch of it, as what is stored and shown."""
    return Silence(
        kind="maintenance",
        matches={key: values[0] if len(values) == 1 else values for key, values in window.match.given.items()},
        starts_at=start,
        ends_at=end,
        by=BY,
        comment=window.comment or window.id,
        data={"window": window.id},
    )
