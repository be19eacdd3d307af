"""What comes from outside and is no mention: numbers that somebody else counted, and alarms that another monitor raised."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from core.records import Record, Severity

ALARM: Final = "outside_alert"  # kinds of signal: another monitor raised an alarm, and says that it is over
ALARM_OVER: Final = "outside_over"
COUNT: Final = "outside_count"  # a number that is far from usual


class Measured(Record, frozen=True, kw_only=True, gc=False):
    """A number that somebody counted: calls of a hotline, tickets, refunds; `at` is when its interval began. The same name and time again replaces it."""

    name: str
    at: datetime
    value: float


class Alarm(Record, frozen=True, kw_only=True, gc=False):
    """What another monitor says: something is wrong, or over.

    Attributes:
        id: what it calls this alarm; the same from firing to resolved.
        name: how people call it.
        status: "firing" or "resolved".
        at: since when; of a resolved one when it ended.
        severity: in our words.
        summary: what it says besides, cleaned.
        url: where to look.
        risk: the family of risk that it is about ("outage"), which chooses the playbook and joins what people say of the same.
        again: it repeats what was said before, and is news only where that never came.
    """

    id: str
    name: str
    status: Literal["firing", "resolved"]
    at: datetime
    severity: Severity = "major"
    summary: str = ""
    url: str | None = None
    risk: str | None = None
    again: bool = False
