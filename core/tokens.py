"""A text as tokens, the same for the queries of topics and for the texts they are matched on. Pure.

A token is a word, an emoji, or one character of a script that writes without spaces. Its place in the text is kept, so that a match can
be quoted as it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from core.text import normalise, unmarked

_KNOWN_WORDS: Final = 65_536  # words whose forms are remembered; a language uses fewer in a day

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and han
_PICTURES = "\u2600-\u27bf\U0001f300-\U0001faff"
_LETTER = r"[\w\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]"  # \w alone leaves the vowel signs of India and Thailand out
_DOTTED = r"(?<!\w)[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2}){2,}(?![\w.])"  # l.ừ.a, ph.ố.t: dots against filters
_TOKEN = re.compile(rf"(?:(?<!\w)([#@]))?({_DOTTED}|{_LETTER}+|[{_PICTURES}])")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PART = re.compile(f"[{_UNSPACED}]|[^{_UNSPACED}]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_ZERO_FOR_O = re.compile(r"(?<=[^\W\d_])0|0(?=[^\W\d_])")


class Token(NamedTuple):
    """One token: its matching form, the `#` or `@` before it (else ""), and where it stands in the text (code points)."""

    form: str
    prefix: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a text that is already NFC and without invisible characters (`core.text.clean`), in order.

    Time grows with the length alone. "@" inside a word (an address) makes no handle.
    """
    found = [Token(form(each[2]), each[1] or "", each.start(), each.end()) for each in _TOKEN.finditer(text)]
    if not text.isascii() and _HAS_UNSPACED.search(text):
        return [part for token in found for part in _parts(text, token)]
    return found


def _parts(text: str, token: Token) -> list[Token]:
    """One token for each character of an unspaced script, one for each run of others; the first keeps the prefix, and begins with it."""
    runs = [(each.start(), each.end()) for each in _PART.finditer(text, token.start + len(token.prefix), token.end)]
    first, *others = [Token(form(text[start:end]), "", start, end) for start, end in runs]
    return [Token(first.form, token.prefix, token.start, first.end), *others]


@lru_cache(maxsize=_KNOWN_WORDS)
def form(word: str) -> str:
    """The form that a word is matched in: `normalise`, stretched letters once ("chayyy"), dots within and zeros for o taken back."""
    plain = normalise(word).replace(".", "").replace(" ", "")
    plain = _STRETCHED.sub(r"\1", plain) or plain
    if "0" in plain and sum(map(str.isalpha, plain)) > 1 and not any(c.isdigit() for c in plain.replace("0", "")):
        plain = _ZERO_FOR_O.sub("o", plain)
    return plain or word.lower()


@lru_cache(maxsize=_KNOWN_WORDS)
def bare(word: str) -> str:
    """The form of a word without its marks: "Đường" gives "duong"."""
    return unmarked(form(word)) or form(word)


def agree(asked: Sequence[str], found: Sequence[str]) -> bool | None:
    """Whether forms asked for and forms found, equal without their marks, also agree in the marks.

    Syllable by syllable: one asked for without marks takes any; marks on both sides must be the same; one found without marks may stand
    for any. Returns True for agreement, False for a weak one (a marked syllable met one without marks), None for none.
    """
    strong = True
    for want, got in zip(asked, found, strict=True):
        plain = bare(want)
        if got in (want, plain):
            strong = strong and (got == want)
        elif want != plain:
            return None
    return strong
