"""Counters as people type them: "thích 1,2k, bình luận 45", "120 likes 45 cmt", "3tr lượt xem". Pure."""

from __future__ import annotations

import re
from typing import Final

from core.text import unmarked

COUNTERS: Final = ("members", "likes", "comments", "shares", "views")
MOST: Final = 10**12
_LABELS: Final[dict[str, tuple[str, ...]]] = {  # without marks
    "members": ("thanh vien", "members", "member", "mem", "tv"),
    "likes": ("luot thich", "thich", "likes", "like", "tim", "tha tim", "cam xuc", "reactions", "reaction", "reacts", "react", "\U0001f44d", "\u2764", "\u2665"),
    "comments": ("binh luan", "comments", "comment", "cmts", "cmt", "bluan", "bl", "tra loi", "replies", "\U0001f4ac"),
    "shares": ("luot chia se", "chia se", "shares", "share", "dang lai", "reposts", "repost", "\u2197", "\U0001f501", "\u21aa"),
    "views": ("luot xem", "mat xem", "nguoi xem", "xem", "views", "view", "\U0001f441"),
}  # fmt: skip
_NAMES: Final = {label: name for name, labels in _LABELS.items() for label in labels}
_UNITS: Final = {
    **dict.fromkeys(("k", "n", "ng", "nghin", "ngan"), 10**3),
    **dict.fromkeys(("m", "tr", "trieu", "mn"), 10**6),
    **dict.fromkeys(("b", "ty", "ti"), 10**9),
}  # fmt: skip
_NUMBER = r"\d{1,3}(?: \d{3})+(?![\d.,]*\d)|\d{1,15}(?:[.,]\d{1,3}){0,5}"
_UNIT = r"(?: ?(?:nghin|ngan|ng|n|k|trieu|tr|mn|m|ty|ti|b)(?![a-z])| ?(?:k|tr|m|ty)(?=\d))?\d{0,3}"
_AMOUNT = rf"(?:{_NUMBER}){_UNIT}"
_LABEL = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_PAIR = re.compile(
    rf"(?<!\w)(?P<label>{_LABEL})(?![a-z])\s*[:=]?\s*(?P<after>{_AMOUNT})(?![\w])|(?<!\w)(?P<before>{_AMOUNT})\s*(?P<named>{_LABEL})(?![a-z])"
)
_FILLER = re.compile(
    r"\b(?:va|and|luot|nguoi|khoang|hon|gan|tam|about|over|hien co|hien tai|dang co|co|hien|bay gio|now|tong|total)\b|[\s,;|·•/~+≈.&()-]+"
)
_WHOLE = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<unit>[a-z]{{0,5}})(?P<rest>\d{{0,3}})")
_THOUSANDS = re.compile(r"\d{1,3}(?:([., ])\d{3})(?:\1\d{3})*")


def number(text: str) -> int | None:
    """A count as people write it: 1,2k, 12.500, 3tr, 1tr2, 12k5, 1.2M, "1 500"; None where it is none, or could be two."""
    return _number(unmarked(text).strip(" ~+≈"))


def counters(line: str) -> dict[str, int]:
    """The counters of a line without marks (`core.text.unmarked`); empty unless the whole line is counters and small words."""
    found: dict[str, int] = {}
    for pair in _PAIR.finditer(line):
        value = _number(pair["after"] or pair["before"])
        name = _NAMES[pair["label"] or pair["named"]]
        if value is None or name in found:
            return {}
        found[name] = value
    return found if found and not _FILLER.sub("", _PAIR.sub(" ", line)) else {}


def counters_of(found: dict[str, int]) -> dict[str, int]:
    """Those that move while a post spreads: all but the group's size."""
    return {name: value for name, value in found.items() if name != "members"}


def _number(text: str) -> int | None:
    parts = _WHOLE.fullmatch(text.strip())
    if parts is None or (parts["unit"] and parts["unit"] not in _UNITS):
        return None
    digits, unit = parts["number"], _UNITS.get(parts["unit"], 1)
    if unit == 1:
        plain = re.sub(r"[., ]", "", digits)
        good = not parts["rest"] and (digits.isdigit() or _THOUSANDS.fullmatch(digits))
        return _bounded(float(plain)) if good else None
    if sum(digits.count(sign) for sign in "., ") > 1:
        return None
    value = float(digits.replace(",", ".").replace(" ", ""))
    if parts["rest"]:  # 1tr2 is 1.2 million, 12k5 is 12,500
        if not digits.isdigit():
            return None
        value += int(parts["rest"]) / 10 ** len(parts["rest"])
    return _bounded(value * unit)


def _bounded(value: float) -> int | None:
    return round(value) if 0 <= value <= MOST else None
