"""The letters of many texts without case and marks, one byte each, so that words are looked for at the speed of the processor. Pure.

The exact way is `core.tokens.bare_text`. This one looks at each character by itself, and takes the exact way only for the few words for which that
is not enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.text import unmarked
from core.tidy import INVISIBLE
from core.tokens import bare_text, tokens

Bytes = NDArray[np.uint8]

# What a character becomes that is no letter or digit of ASCII; what stands between words comes first.
_BETWEEN: Final = 0
_DOT: Final = 1  # between words too, but may be one within a word
_APART: Final = 2  # a word by itself: an emoji, a character of a script without spaces
_OTHER: Final = 3  # part of a word that ASCII cannot write
_LOOKALIKE: Final = 4  # the same, but may stand for a letter of ASCII beside one
_CONTEXT: Final = 5  # its neighbours decide
_NEXT_TEXT: Final = 6

_NO_WORDS: Final = {chr(_NEXT_TEXT): _NEXT_TEXT, ".": _DOT}
_LOWER: Final = bytes(
    ord(sign.lower()) if sign.isalnum() or sign == "_" else _NO_WORDS.get(sign, _BETWEEN) for sign in map(chr, range(128))
)
_AS_SPACES: Final = bytes(ord(" ") if code <= _APART else code for code in range(256))
_ZERO: Final = ord("0")

_GREEK_AND_CYRILLIC: Final = range(0x370, 0x530)  # look-alikes of Latin where a word holds Latin letters too (`core.text.normalise`)
_WORKED_OUT: Final = (range(0x80, 0x300), range(0x530, 0x3040), range(0xFF00, 0xFFF0), range(0x1D400, 0x1D800), range(0x1F300, 0x1FB00))
_UNSPACED: Final = (range(0x3040, 0x3100), range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
_HANGUL: Final = range(0xAC00, 0xD7A4)
_BEYOND: Final = chr(_HANGUL[0])  # stands for any word that ASCII cannot write


class Folded(NamedTuple):
    """Texts one after the other, each word with one space before and after it; `ends` (ascending) tells where each text ends.

    `beyond` are the indices of texts with a word that ASCII cannot write; it is left out, or in bytes that no word has.
    """

    forms: bytes
    ends: NDArray[np.int64]
    beyond: set[int]


def fold(texts: Sequence[str]) -> Folded:
    """The words of texts, in the bytes of their bare forms."""
    end = f" {chr(_NEXT_TEXT)} "
    whole = f" {end.join(texts)}{end}"
    codes = _codes(whole)
    doubts = np.flatnonzero(_doubts(codes))
    if doubts.size:
        codes = _codes(_read_exactly(whole, doubts.tolist()))
    beyond = np.flatnonzero((codes >= _APART) & (codes <= _CONTEXT))
    texts_beyond = set(np.searchsorted(np.flatnonzero(codes == _NEXT_TEXT), beyond).tolist()) if beyond.size else set()
    kept = codes > _APART
    kept[1:] |= kept[:-1]  # and the first space after a word
    kept[0] = True
    codes = codes[kept]
    ends = np.flatnonzero(codes == _NEXT_TEXT)
    if len(ends) != len(texts):  # a text that is not clean holds our own sign
        return fold([text.replace(chr(_NEXT_TEXT), " ") for text in texts])
    return Folded(codes.tobytes().translate(_AS_SPACES), ends, texts_beyond)


def _read_exactly(text: str, doubts: Sequence[int]) -> str:
    """The text with the exact bare forms of all that stands between two blanks around a doubt (ascending); no token goes beyond a blank."""
    parts: list[str] = []
    done = 0
    for doubt in doubts:
        if doubt < done:
            continue
        start = max(done, text.rfind(" ", done, doubt) + 1)
        start = max(start, text.rfind("\n", start, doubt) + 1)
        end = text.index(" ", doubt)
        new_line = text.find("\n", doubt, end)
        end = end if new_line < 0 else new_line
        words = bare_text(text[start:end]).split()
        parts += (text[done:start], " ".join([word if word.isascii() else _BEYOND for word in words]))
        done = end
    return "".join((*parts, text[done:]))


def _codes(text: str) -> Bytes:
    if text.isascii():
        return np.frombuffer(text.encode("ascii").translate(_LOWER + bytes(128)), dtype=np.uint8)
    return _table()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]


def _doubts(codes: Bytes) -> NDArray[np.bool_]:
    """Where in the codes something stands that must be read exactly: letters repeated ("chayyy"), zeros for o, dots within words, and the like."""
    letter = codes >= ord("a")
    doubts: NDArray[np.bool_] = codes == _CONTEXT
    lookalike = codes == _LOOKALIKE
    if lookalike.any():
        mixes = (codes >= _ZERO) | (codes == _OTHER)
        doubts[1:-1] |= lookalike[1:-1] & (mixes[:-2] | mixes[2:])
    doubts[2:] |= (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2]) & letter[2:]
    zero = (codes == _ZERO)[1:-1]
    if zero.any():  # o may be meant beside a letter, unless another digit stands before it: "10k"
        digit = (codes > _ZERO) & (codes <= ord("9"))
        doubts[1:-1] |= zero & (letter[:-2] | (letter[2:] & ~digit[:-2]))
    dot = codes == _DOT
    word = letter | (codes == _OTHER)
    doubts[3:] |= dot[:-3] & word[1:-2] & dot[2:-1] & word[3:]
    doubts[4:] |= dot[:-4] & word[1:-3] & word[2:-2] & dot[3:-1] & word[4:]
    return doubts


@cache
def _table() -> Bytes:
    """What each code point becomes; shape (0x110000,). Takes some tenths of a second to make."""
    table = np.full(0x110000, _CONTEXT, dtype=np.uint8)
    table[:128] = np.frombuffer(_LOWER, dtype=np.uint8)
    for code in _GREEK_AND_CYRILLIC:
        table[code] = _LOOKALIKE if chr(code).isalpha() else _CONTEXT
    table[_HANGUL.start : _HANGUL.stop] = _OTHER
    for codes in _UNSPACED:
        table[codes.start : codes.stop] = _APART
    for codes in _WORKED_OUT:
        table[codes.start : codes.stop] = [_worked_out(chr(code)) for code in codes]
    return table


def _worked_out(character: str) -> int:
    if INVISIBLE.match(character):
        return _CONTEXT
    found = tokens(f"a{character}a")
    if len(found) == 2:  # noqa: PLR2004 - the letters on both sides, and nothing between
        return _BETWEEN
    form = unmarked(character) or character
    if form.isascii():
        is_one = len(form) == 1 and len(found) == 1 and (form.isalpha() or character.isdecimal())  # "²" may stand for a letter between dots
        return ord(form) if is_one else _CONTEXT
    if any(part.isascii() or ord(part) in _GREEK_AND_CYRILLIC for part in form):
        return _CONTEXT
    return _OTHER if len(found) == 1 else _APART
