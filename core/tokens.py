"""A text as tokens, the same for the queries of topics and for the texts they are matched on. Pure.

A token is a word, an emoji, or one character of a script that writes without spaces. Its place in the text is kept, so that a match can
be quoted as it stands there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from core.text import normalise, unmarked

_KNOWN_WORDS: Final = 65_536  # words whose forms are remembered; a language uses fewer in a day
_LONGEST_KNOWN: Final = 40  # characters of a word that is remembered, so that the memory is bounded

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and han
_PICTURES = "\u2600-\u27bf\U0001f300-\U0001faff"
_LETTER = r"[\w\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]"  # \w alone leaves the vowel signs of India and Thailand out
_DOTTED = r"(?<!\w)[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2}){2,20}(?![\w.])"  # l.ừ.a, ph.ố.t: dots against filters; no word has more of them
_WORD = re.compile(rf"{_LETTER}+|[{_PICTURES}]")
_WORD_OR_DOTTED = re.compile(rf"{_DOTTED}|{_LETTER}+|[{_PICTURES}]")  # takes twice as long
_MAY_BE_DOTTED = re.compile(r"\.[^\W\d_]{1,2}\.")
_SIGN = re.compile(r"(?<!\w)[#@]")
_START = attrgetter("start")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PART = re.compile(f"[{_UNSPACED}]|[^{_UNSPACED}]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_ZERO_FOR_O = re.compile(r"(?<=[^\W\d_])0|0(?=[^\W\d_])")


class Token(msgspec.Struct, frozen=True, gc=False):
    """One token: its matching form, the `#` or `@` before it (else ""), and where it stands in the text (code points)."""

    form: str
    prefix: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a text that is already NFC and without invisible characters (`core.text.clean`), in order.

    Time grows with the length alone. "@" inside a word (an address) makes no handle.
    """
    words = (_WORD_OR_DOTTED if may_be_dotted(text) else _WORD).finditer(text)
    found = [Token(_FORMS[each[0]], "", each.start(), each.end()) for each in words]
    for sign in _SIGN.finditer(text) if "#" in text or "@" in text else ():
        at = bisect_left(found, sign.end(), key=_START)
        if at < len(found) and found[at].start == sign.end():
            found[at] = Token(found[at].form, sign[0], sign.start(), found[at].end)
    if not text.isascii() and _HAS_UNSPACED.search(text):
        return [part for token in found for part in _parts(text, token)]
    return found


def may_be_dotted(text: str) -> bool:
    """Whether a word of the text may be dotted against filters, as in "l.ừ.a"; never False where one is."""
    return _MAY_BE_DOTTED.search(text) is not None


def _parts(text: str, token: Token) -> list[Token]:
    """One token for each character of an unspaced script, one for each run of others; the first keeps the prefix, and begins with it."""
    runs = [(each.start(), each.end()) for each in _PART.finditer(text, token.start + len(token.prefix), token.end)]
    first, *others = [Token(form(text[start:end]), "", start, end) for start, end in runs]
    return [Token(first.form, token.prefix, token.start, first.end), *others]


def form(word: str) -> str:
    """The form that a word is matched in: `normalise`, stretched letters once ("chayyy"), dots within and zeros for o taken back."""
    return _FORMS[word]


def bare(word: str) -> str:
    """The form of a word without its marks: "Đường" gives "duong"."""
    return _BARE[word]


def bare_forms(found: Iterable[Token]) -> list[str]:
    """The bare forms of tokens."""
    return [_BARE[token.form] for token in found]


def bare_text(text: str) -> str:
    """The bare forms of the tokens of a text, each with one space before and after: "Ấm Acme!" gives " am acme "."""
    return "".join(map(_BARE_CHUNKS.__getitem__, text.split())) + " "


class _Remembered(dict[str, str]):
    """A function of words that remembers its answers; forgets all of them when it is full, as most come back at once."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        self._work_out = work_out

    def __missing__(self, word: str) -> str:
        answer = self._work_out(word)
        if len(word) <= _LONGEST_KNOWN:
            if len(self) >= _KNOWN_WORDS:
                self.clear()
            self[word] = answer
        return answer


def _form(word: str) -> str:
    plain = normalise(word).replace(".", "").replace(" ", "")
    plain = _STRETCHED.sub(r"\1", plain) or plain
    if "0" in plain and sum(map(str.isalpha, plain)) > 1 and not any(c.isdigit() for c in plain.replace("0", "")):
        plain = _ZERO_FOR_O.sub("o", plain)
    return plain or word.lower()


def _bare(word: str) -> str:
    return unmarked(form(word)) or form(word)


def _bare_chunk(chunk: str) -> str:
    """No token goes beyond a blank, so that what stands between two can be remembered, however it is cut into tokens."""
    return "".join(f" {bare(token.form)}" for token in tokens(chunk))


_FORMS: Final = _Remembered(_form)
_BARE: Final = _Remembered(_bare)
_BARE_CHUNKS: Final = _Remembered(_bare_chunk)


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
