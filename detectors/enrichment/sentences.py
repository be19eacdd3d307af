"""Where the sentences of a text end, in Vietnamese and English. Pure, and in time that grows with the length alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

# Stops count where a blank follows, so that "3.5tr", "TP.HCM" and "tocsin.example" hold none; writers in haste begin the next sentence in lower case.
_STOPS: Final = ".!?…。！？"
_END: Final = re.compile(rf"(?<![{_STOPS}])(?P<stops>[{_STOPS}]+)[\"'”’)\]]*(?:\s+|\Z)|\n+")
_LONGEST_SHORT: Final = 8  # characters of a short form and what stands before it
_SHORT: Final = frozenset(
    {"mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "vs", "inc", "ltd", "co", "corp", "etc", "approx", "dept", "e.g", "i.e",
     "ths", "ts", "pgs", "gs", "bs", "ks", "tp", "tt", "tx", "q", "p", "đ", "đc", "sđt", "stt", "tr", "vd", "v.v"}
)  # fmt: skip

Span = tuple[int, int]


def sentences(text: str) -> list[Span]:
    """Begin and end (code points) of each sentence, in order; together they are the whole text."""
    ends = [found.end() for found in _END.finditer(text) if not _is_shortened(text, found)]
    borders = [0, *(end for end in ends if end < len(text)), len(text)]
    return list(pairwise(borders))


def holding(text: str, places: Iterable[Span]) -> str:
    """The sentences that hold one of these places, one after the other; empty where that is all of them, or none."""
    places, parts = list(places), sentences(text)
    kept = [text[begin:end] for begin, end in parts if any(begin <= start < end for start, _ in places)]
    return "" if len(kept) == len(parts) else "".join(kept)


def _is_shortened(text: str, found: re.Match[str]) -> bool:
    """Whether the stop ends a short form ("Dr. Lan", "TP. Vinh", "Q. 1") and not a sentence."""
    if found["stops"] != ".":
        return False
    before = text[max(0, found.start() - _LONGEST_SHORT) : found.start()].split()
    return bool(before) and before[-1].lower().lstrip("(\"'“") in _SHORT
