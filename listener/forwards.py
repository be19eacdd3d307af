"""The words of a mail apart: what its writer says, what he quotes, what he forwards. Vietnamese and English mail programs; pure.

A forward is known by its subject or by the line that mail programs put before it; the fields that follow tell whose words they were.
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from typing import Final

from core.records import Record
from listener.base import known_time

MAX_LINES: Final = 4_000  # of one mail that are looked at
_FORWARDED = re.compile(r"\s*(fwd?|fw|tr|wg|chuyển tiếp|ct)\s*:", re.IGNORECASE)
_PREFIX = re.compile(r"\s*(?:(?:re|aw|sv|fwd?|fw|wg|tr|trả lời|tl|chuyển tiếp|ct)\s*:\s*)+", re.IGNORECASE)
_MARK = re.compile(
    r"[-_\s>*]*(forwarded message|begin forwarded message|thư được chuyển tiếp|tin nhắn được chuyển tiếp|bắt đầu thư (đã )?được chuyển tiếp"
    r"|thư đã chuyển tiếp)[-_\s:*]*",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(r"[-_\s]*(original message|thư gốc|tin nhắn gốc|thư ban đầu)[-_\s:]*", re.IGNORECASE)
_FIELD = re.compile(
    r"[\s>*]*(?P<name>from|từ|người gửi|date|sent|ngày|đã gửi|ngày gửi|subject|chủ đề|tiêu đề|to|đến|tới|cc|bcc|reply-to)\s*\*?\s*:\s*\*?\s*(?P<value>.*)",
    re.IGNORECASE,
)
_FROM: Final = frozenset({"from", "từ", "người gửi"})
_DATE: Final = frozenset({"date", "sent", "ngày", "đã gửi", "ngày gửi"})
_SUBJECT: Final = frozenset({"subject", "chủ đề", "tiêu đề"})
_WROTE = re.compile(r"\s*(on|vào|le|am)\b.{5,300}\b(wrote|đã viết|viết)\s*:\s*", re.IGNORECASE)
_WROTE_BEGINS = re.compile(r"\s*(on|vào)\b.*\d{1,4}", re.IGNORECASE)
_SENT_FROM = re.compile(
    r"\s*(sent from my |get outlook for |(đã |được )?gửi từ (iphone|điện thoại|thiết bị|outlook|ipad|samsung|máy|zalo)).{0,60}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[<\[(]?\s*(?:mailto:)?([\w.+-]+@[\w-]+(?:\.[\w-]+)+)\s*[>\])]?")


class Original(Record, frozen=True, kw_only=True, gc=False):
    """What was forwarded: whose words, when (None where the mail program told no zone), under which subject."""

    text: str
    name: str = ""
    address: str | None = None
    date: datetime | None = None
    subject: str = ""


def is_forward(subject: str) -> bool:
    """Whether the subject says so."""
    return bool(_FORWARDED.match(subject))


def bare_subject(subject: str) -> str:
    """A subject without "Re:", "Fwd:", "Trả lời:" and the like."""
    return _PREFIX.sub("", subject, count=1).strip()


def parted(text: str, subject: str) -> tuple[str, Original | None]:
    """A mail's own words, and what it forwards; of an answer, its own words alone.

    What would be left empty is not cut: a mail that is nothing but a quotation is its own text.
    """
    lines = text.splitlines()[:MAX_LINES]
    at = _start_of_original(lines)
    if at is not None and (is_forward(subject) or any(_MARK.fullmatch(line) for line in lines[max(0, at - 3) : at + 1])):
        return own_words("\n".join(lines[:at])), _original(lines[at:])
    own = own_words("\n".join(lines if at is None else lines[:at]))
    return own or own_words(text) or text.strip(), None


def own_words(text: str) -> str:
    """The text without quoted lines, the line that introduces them, and the signature; "" where nothing is left."""
    lines = text.splitlines()[:MAX_LINES]
    last_quoted = max((number for number, line in enumerate(lines) if line.lstrip().startswith(">")), default=-1)
    kept: list[str] = []
    number = 0
    while number < len(lines) and lines[number].rstrip() != "--":  # what follows two dashes is the signature
        introduced = _wrote(lines, number)
        if introduced and number + introduced > last_quoted:
            break  # quoted without marks, to the end
        if not (introduced or lines[number].lstrip().startswith(">") or _SENT_FROM.fullmatch(lines[number])):
            kept.append(lines[number])
        number += introduced or 1
    return "\n".join(kept).strip()


def _wrote(lines: list[str], number: int) -> int:
    """How many lines from here on say "On ... wrote:": 0, 1, or 2 where the mail program wrapped it."""
    if _WROTE.fullmatch(lines[number][:400]):
        return 1
    wrapped = number + 1 < len(lines) and _WROTE_BEGINS.match(lines[number][:400]) and lines[number + 1].rstrip().endswith(":")
    return 2 if wrapped and _WROTE.fullmatch(f"{lines[number]} {lines[number + 1]}"[:400]) else 0


def _start_of_original(lines: list[str]) -> int | None:
    """Where another mail's words begin: a mark, or three fields in a row of which the first is its sender."""
    for number, line in enumerate(lines):
        if len(line) < 200 and (_MARK.fullmatch(line) or _ORIGINAL.fullmatch(line)):  # noqa: PLR2004
            return number
        field = _field(line)
        if field and field[0] in _FROM and sum(_field(each) is not None for each in lines[number : number + 5]) > 2:  # noqa: PLR2004
            return number
    return None


def _original(lines: list[str]) -> Original:
    end = _end_of_fields(lines)
    fields: dict[str, str] = {}
    for name, value in filter(None, map(_field, lines[:end])):
        fields.setdefault(_kind_of(name), value)
    name, address = who(fields.get("from", ""))
    words = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines[end:]).strip()
    return Original(text=words, name=name, address=address, date=when(fields.get("date", "")), subject=fields.get("subject", ""))


def _end_of_fields(lines: list[str]) -> int:
    """The first line that is no field of the head, nor the mark or the blank before it."""
    begun = False
    for number, line in enumerate(lines):
        if _field(line) is not None:
            begun = True
        elif begun or (line.strip(" >*") and not _MARK.fullmatch(line[:200]) and not _ORIGINAL.fullmatch(line[:200])):
            return number
    return len(lines)


def who(value: str) -> tuple[str, str | None]:
    """Name and address of "Lan <lan@example.org>", "Lan [mailto:lan@example.org]" and such; the address in lower case."""
    found = _ADDRESS.search(value)
    name = _ADDRESS.sub("", value).strip(" *\"'<>[]()\t") if found else value.strip(" *\"'")
    return name, found[1].lower() if found else None


def when(value: str) -> datetime | None:
    """The time that a mail's field tells, where it tells the zone; else None."""
    try:
        found = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found.tzinfo is None and value.rstrip().endswith("-0000"):  # RFC 5322: that is UTC, told by someone who hides his zone
        found = found.replace(tzinfo=UTC)
    return known_time(found)


def _field(line: str) -> tuple[str, str] | None:
    found = _FIELD.fullmatch(line[:500])
    return (found["name"].lower(), found["value"].strip(" *")) if found else None


def _kind_of(name: str) -> str:
    return "from" if name in _FROM else "date" if name in _DATE else "subject" if name in _SUBJECT else "other"
