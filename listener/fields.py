"""Fields of a platform's JSON as ours: counters, times, texts. Anything of the wrong type is unknown, never an error. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from core.text import clean
from listener.base import known_time
from listener.entries import MAX_ID_CHARS

MAX_COUNT: Final = 2**53  # the largest whole number that JSON carries everywhere


def mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """A JSON string as it is; "" for anything else."""
    return value if isinstance(value, str) else ""


def identity(value: object) -> str | None:
    """An id: a string without blanks or a whole number, at most `MAX_ID_CHARS`; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = clean(value, MAX_ID_CHARS + 1) if isinstance(value, str) else ""
    return text if text and len(text) <= MAX_ID_CHARS and " " not in text and "\n" not in text else None


def count(value: object) -> int | None:
    """A counter; None where it is missing, negative or no whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def moment(value: object) -> datetime | None:
    """An RFC 3339 time in UTC; None where it has no zone or cannot be read."""
    try:
        return known_time(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def since_epoch(value: object) -> datetime | None:
    """A time told in seconds since 1970, in UTC; None where it cannot be one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return known_time(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        return None
