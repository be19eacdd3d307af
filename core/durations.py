"""Lengths of time as people write them in `config.yaml`: "30s", "5m", "1h30m", "2d", "1w".

A bare number is refused, because nobody can tell whether "5" means seconds or minutes.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}  # largest first, in seconds
_SHAPE = re.compile(r"(?:\d{1,6}[wdhms])+")
_PART = re.compile(r"(\d+)([wdhms])")


def parse_duration(text: str) -> timedelta:
    """Read "90s", "5m", "1h30m", "2d" or "1w".

    Raises:
        ValueError: another shape; the message shows how to write it.

    Example:
        >>> parse_duration("1h30m")
        datetime.timedelta(seconds=5400)
    """
    compact = "".join(text.split()).lower()
    if not _SHAPE.fullmatch(compact):
        raise ValueError(f"{text!r} is no duration; write a number and a unit, as in 30s, 5m, 2h, 1d or 1w")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(compact)))


def format_duration(length: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same whole seconds; "0s" for none.

    Example:
        >>> format_duration(timedelta(minutes=90))
        '1h30m'
    """
    rest = int(length.total_seconds())
    parts = []
    for unit, width in _UNITS.items():
        count, rest = divmod(rest, width)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _read(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError(f"{value!r} has no unit; write it as in 30s, 5m, 2h or 1d")


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\s*([0-9]{1,6}\s*[wdhmsWDHMS]\s*)+$", "examples": ["30s", "5m", "2h", "1d"]}),
]
"""A pydantic field that reads a duration from text and writes it back as text."""
