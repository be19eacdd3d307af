"""Who else a text says it comes from: an agency, another paper, a site that collects. Pure.

"Theo TTXVN", "(TTXVN/Vietnam+)", "HANOI (Reuters) -", "... - AFP", "Nguồn: Tuổi Trẻ". A name counts where it stands in such a place; "theo mình" does not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import yaml

from core.text import unmarked

COLLECTORS: Final = ("news.google.com", "baomoi.com", "msn.com", "news.yahoo.com")  # sites whose entries are other papers' pieces
MAX_NAME_WORDS: Final = 5
LOOKED_AT: Final = 120  # characters at either end of a text
KEPT_WORDS: Final = 3  # a title is not cut down to less

_NAME: Final = r"[^\W\d_][\w.+&'’]*(?:[ /][\w.+&'’]+){0,5}"
_BRACKET_START = re.compile(rf"^\W{{0,3}}[(\[]({_NAME})[)\]]\s*[-–—:|]*\s*(?=\w)")
_DATELINE = re.compile(rf"^\W{{0,3}}[^\W\d_][\w .,]{{0,30}}[(\[]({_NAME})[)\]]\s*[-–—:|]+\s*(?=\w)")
_TITLE_END = re.compile(rf"\s[-–—|·]\s({_NAME})\s*$")
_BRACKET_END = re.compile(rf"[(\[]({_NAME})[)\]]\W*$")
_SAID_END = re.compile(rf"(?:^|[\s.,;(\[])(?:theo|nguồn|nguon|source|via|dẫn nguồn)\s*[:：]?\s+({_NAME})\s*\W*$", re.IGNORECASE)
_SAID_START = re.compile(rf"^\W{{0,3}}(?:theo|nguồn|source|via)\s*[:：]?\s+({_NAME})\s*[,:]", re.IGNORECASE)
_STARTS = (_BRACKET_START, _DATELINE, _SAID_START)
_ENDS = (_SAID_END, _BRACKET_END, _TITLE_END)
_PAPER = re.compile(r"^(bao|bao dien tu|tap chi|hang tin|hang thong tan|trang|dai|kenh)\s+")


class Byline(NamedTuple):
    """Title and text without the names of who carries them; `credit` is whom they say it comes from, folded ("reuters"), None where nobody is named."""

    title: str
    text: str
    credit: str | None


def byline(title: str, text: str) -> Byline:
    """Take the byline off. Looks at the first and the last few words alone."""
    found: list[str] = []
    title = _cut(title, (_BRACKET_START, _DATELINE, _TITLE_END, _BRACKET_END), found, any_name=True)
    if len(text) <= 2 * LOOKED_AT:
        text = _cut(text, (*_STARTS, *_ENDS), found)
    else:
        head, middle, tail = text[:LOOKED_AT], text[LOOKED_AT:-LOOKED_AT], text[-LOOKED_AT:]
        text = _cut(head, _STARTS, found) + middle + _cut(tail, _ENDS, found)
    return Byline(title, text, found[0] if found else None)


def comes_from(credit: str | None, *, url: str | None, source_id: str) -> str | None:
    """The name credited, unless it is the place's own: "(Dân trí) - " on dantri.com.vn credits nobody."""
    if credit is None:
        return None
    plain = re.sub(r"\W+", "", credit)
    own = (host(url) + "|" + source_id).replace(".", "").replace("-", "").lower()
    return None if plain and plain in own else credit


def host(url: str | None) -> str:
    """The host of an address, in lower case; "" for none."""
    try:
        return (urlsplit(url or "").hostname or "").lower()
    except ValueError:
        return ""


def is_collected(url: str | None) -> bool:
    """Whether the address is one of a site that collects other papers' pieces."""
    place = host(url)
    return any(place == site or place.endswith(f".{site}") for site in COLLECTORS)


def _cut(words: str, patterns: tuple[re.Pattern[str], ...], found: list[str], *, any_name: bool = False) -> str:
    """The words without bylines; a name that nobody knows is taken off a title's end, but credits nobody."""
    for pattern in patterns:
        hit = pattern.search(words)
        if hit is None:
            continue
        known = _known(hit[1])
        rest = words[: hit.start()] if hit.start() else words[hit.end() :]
        if known is not None:
            found.append(known)
        elif not (any_name and pattern is _TITLE_END and _is_a_name(hit[1]) and len(rest.split()) >= KEPT_WORDS):
            continue
        words = rest.rstrip(" -–—|·,;") if hit.start() else rest
    return words


def _is_a_name(words: str) -> bool:
    return len(words.split()) <= MAX_NAME_WORDS and words[:1].isupper() and not any(map(str.isdigit, words))


def _known(name: str) -> str | None:
    plain = _PAPER.sub("", unmarked(name.strip(" .")))
    parts = (plain, *re.split(r"\s*/\s*", plain))
    return next((part for part in parts if part in _outlets()), None)


@cache
def _outlets() -> frozenset[str]:
    rows = yaml.safe_load(resources.files("detectors.enrichment").joinpath("lexicon/outlets.yaml").read_text("utf-8"))
    return frozenset(str(name) for group in rows.values() for name in group)
