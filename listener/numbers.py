"""Numbers that somebody else counted, read from tables and from JSON. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.outside import Measured
from core.records import Record
from core.text import clean
from listener.base import known_time
from listener.fields import mapping
from listener.localtime import read_local
from listener.tables import Names, rows

MAX_NAME: Final = 100  # characters
MAX_COUNTS: Final = 20_000  # of one look
MOST: Final = 1e15
_WRITTEN: Final = re.compile(r"\d{1,15}(?:[.,]\d{1,15}){0,6}", re.ASCII)
NAMES: Final[Names] = {
    "at": (
        "timestamp",
        "at",
        "time",
        "date",
        "datetime",
        "thời gian",
        "ngày giờ",
        "ngày",
        "giờ",
        "start",
        "from",
        "bắt đầu",
        "hour",
        "interval",
    ),
    "value": (
        "value",
        "count",
        "total",
        "number",
        "số lượng",
        "số cuộc gọi",
        "cuộc gọi",
        "calls",
        "tickets",
        "số phiếu",
        "giá trị",
        "tổng",
        "số",
    ),
    "name": ("name", "measure", "queue", "metric", "tên", "loại", "hàng đợi", "nhánh"),
}


class Numbers(Record, frozen=True, kw_only=True, gc=False):
    """What was read: the numbers, and how many could not be, with the first of them in one line."""

    counts: tuple[Measured, ...] = ()
    skipped: int = 0
    problem: str | None = None


def from_table(text: str, names: Names, name: str, zone: ZoneInfo, now: datetime) -> Numbers:
    """A table of `timestamp,value[,name]`; `name` where a row says none.

    Raises:
        TableError: there are no such columns.
    """
    found, problems = list[Measured](), list[str]()
    for row in rows(text, names, (("at",), ("value",))):
        told = read_local(row.cells.get("at", ""), zone)
        one = None if told is None else measured(row.cells.get("name") or name, told[0], row.cells.get("value"), now)
        if one is None:
            problems.append(f"line {row.line}: no time or no number from 0")
        else:
            found.append(one)
    return _told(found, problems)


def from_json(found: Any, fields: Mapping[str, str], name: str, zone: ZoneInfo, now: datetime) -> Numbers:
    """A number, an object with one, a list of objects, or an object of numbers by name.

    Args:
        found: what the pointer led to.
        fields: what the objects call "at", "value" and "name".
        name: of a number that has none.
        zone: of times that say none.
        now: of a number without time.
    """
    if isinstance(found, int | float | str) and not isinstance(found, bool):
        one = measured(name, now, found, now)
        return _told([one] if one else [], [] if one else ["no number from 0"])
    if isinstance(found, dict) and fields["value"] not in found:
        found = [{fields["name"]: key, fields["value"]: value} for key, value in found.items()]
    given = found if isinstance(found, list) else [found]
    read, problems = list[Measured](), list[str]()
    for number, each in enumerate(given[:MAX_COUNTS], start=1):
        one = _entry(mapping(each), fields, name, zone, now)
        if one is None:
            problems.append(f"entry {number}: no number from 0, or no time")
        else:
            read.append(one)
    return _told(read, problems)


def measured(name: str, at: datetime, value: object, now: datetime) -> Measured | None:
    """A number with its name and time; None for what is none, is negative, or lies ahead of `now`."""
    number = _number(value)
    called = clean(" ".join(name.split()), MAX_NAME)
    if number is None or not called or known_time(at) is None or at > now:
        return None
    return Measured(name=called, at=at.replace(microsecond=0), value=number)


def at_pointer(document: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) leads to.

    Raises:
        LookupError: it leads nowhere.

    Example:
        >>> at_pointer({"queues": [{"calls": 7}]}, "/queues/0/calls")
        7
    """
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            raise LookupError(pointer)
    return document


def differences(found: Iterable[Measured], totals: Mapping[str, float]) -> tuple[list[Measured], dict[str, float]]:
    """Growing totals as what came since the total before, and the last totals; a total that fell began anew. The first only begins."""
    last, grown = dict(totals), list[Measured]()
    for one in sorted(found, key=lambda one: (one.name, one.at)):
        before = last.get(one.name)
        if before is not None:
            grown.append(Measured(name=one.name, at=one.at, value=one.value - before if one.value >= before else one.value))
        last[one.name] = one.value
    return grown, last


def _entry(each: Mapping[str, Any], fields: Mapping[str, str], name: str, zone: ZoneInfo, now: datetime) -> Measured | None:
    given, called = each.get(fields["at"]), each.get(fields["name"])
    told = read_local(str(given), zone) if isinstance(given, str | int | float) and not isinstance(given, bool) else None
    if given is not None and told is None:
        return None
    return measured(
        called if isinstance(called, str) and called.strip() else name, told[0] if told else now, each.get(fields["value"]), now
    )


def _number(value: object) -> float | None:
    """A number from 0; text may group its thousands ("1.204", "1,204", "1 204") and end in decimals ("3,5")."""
    if isinstance(value, str):
        value = _plain(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= MOST else None


def _plain(text: str) -> float | None:
    text = "".join(text.split())
    if not _WRITTEN.fullmatch(text):
        return None
    last = max(text.rfind("."), text.rfind(","))
    grouped = last > 0 and len(text) - last == len(".000") and text.count(text[last]) == len(re.findall(r"[.,]", text)) and text[0] != "0"
    whole, decimals = (text, "") if last < 0 or grouped else (text[:last], text[last + 1 :])
    return float(re.sub(r"[.,]", "", whole) + (f".{decimals}" if decimals else ""))


def _told(found: Sequence[Measured], problems: Sequence[str]) -> Numbers:
    return Numbers(counts=tuple(found[-MAX_COUNTS:]), skipped=len(problems), problem=problems[0] if problems else None)
