"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from console.verbs.base import UsageError
from core.durations import parse_duration

HOW = "write it as 2026-11-21T14:00:00+07:00, as '2026-11-21 14:00' (the configured zone), or as 30m or 2h (from now)"


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A time in UTC: RFC 3339, a wall time of `zone`, or a length from `now`.

    Raises:
        UsageError: none of these; it says how to write it.
    """
    try:
        return (now + parse_duration(text)).astimezone(UTC)
    except ValueError:
        pass
    except OverflowError as error:
        raise UsageError(f"{text!r} is too far away") from error
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time; {HOW}") from error
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    from alerting.wall import instant

    return instant(at, zone)


def past_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A time in UTC, as `moment` reads it, but that a length is counted back from `now`: 3h is three hours ago.

    Raises:
        UsageError: as `moment`.
    """
    try:
        return (now - parse_duration(text)).astimezone(UTC)
    except ValueError:
        return moment(text, now, zone)
    except OverflowError as error:
        raise UsageError(f"{text!r} is too far away") from error
