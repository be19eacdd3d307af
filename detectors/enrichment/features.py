"""The features of sentiment, the same for training and for use: hashed words, pairs of words and pieces of words. numpy only.

A batch of texts is worked on as one array of code points, so that no Python runs per word. Features are present or not, never counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.text import normalise

BITS: Final = 18  # buckets of each block: 2 ** BITS
BLOCKS: Final = 2  # words and pairs; pieces of words
SIZE: Final = BLOCKS << BITS
PIECES: Final = range(2, 6)  # lengths of the pieces, in characters, a word's borders counted

_WEB = re.compile(r"(?:https?://|www\.)\S+")
_HANDLE = re.compile(r"(?<!\w)@\w[\w.@-]*")
_NUMBER = re.compile(r"\d+")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_SIGNS = re.compile(r"([^\w\s]+)")

_SPACE: Final = 32
_END: Final = 10  # between texts
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_LONGEST: Final = 48  # letters of a word that its hash tells apart
with np.errstate(over="ignore"):
    _POWERS: Final = np.cumprod(np.full(_LONGEST, _STEP, dtype=np.uint64))

Codes = NDArray[np.uint64]


class Rows(NamedTuple):
    """The features of texts in the form of a sparse matrix.

    `columns` (int32) holds the columns of all texts, ascending within each, each once; text i owns `columns[starts[i]:starts[i + 1]]`.
    Columns below `1 << BITS` are words and pairs, the rest pieces.
    """

    columns: NDArray[np.int32]
    starts: NDArray[np.int64]


def prepare(text: str) -> str:
    """The text as features see it: normalised, addresses and handles as one word each, signs apart, stretched letters twice."""
    text = _HANDLE.sub(" @ ", _WEB.sub(" www ", normalise(text)))
    return " ".join(_SIGNS.sub(r" \1 ", _STRETCHED.sub(r"\1\1", _NUMBER.sub("0", text))).split())


def rows(texts: Sequence[str]) -> Rows:
    """The features of texts that `prepare` made. Bit-for-bit the same on every machine: integers only."""
    codes = np.frombuffer("".join(f" {text} \n" for text in texts).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    text_of = np.cumsum(codes == _END) - (codes == _END)
    with np.errstate(over="ignore"):
        found = [*_words(codes, text_of), *_pieces(codes, text_of)]
    nothing = np.zeros(0, dtype=np.int64)
    keys = np.unique(np.concatenate([nothing, *(owner * SIZE + column for owner, column in found)]))
    starts = np.searchsorted(keys, np.arange(len(texts) + 1, dtype=np.int64) * SIZE)
    return Rows((keys % SIZE).astype(np.int32), starts.astype(np.int64))


def _words(codes: Codes, text_of: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    inside = (codes != _SPACE) & (codes != _END)
    first = np.flatnonzero(inside & ~np.concatenate(([False], inside[:-1])))
    if not first.size:
        return []
    begins = np.zeros(len(codes), dtype=np.int64)
    begins[first] = first
    place = np.arange(len(codes), dtype=np.int64) - np.maximum.accumulate(begins)
    terms = np.where(inside, codes * _POWERS[np.minimum(place, _LONGEST - 1)], np.uint64(0))
    whole = np.add.reduceat(terms, first)
    owner = text_of[first]
    pairs = whole[:-1] * _MIX + whole[1:]
    same = owner[:-1] == owner[1:]
    return [(owner, _bucket(whole, 0)), (owner[:-1][same], _bucket(pairs[same], 0))]


def _pieces(codes: Codes, text_of: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pieces that hold a word's border at most at their ends."""
    spaces = np.cumsum(codes == _SPACE)
    ends = np.cumsum(codes == _END)
    value = codes.copy()
    found = []
    for length in PIECES:
        count = len(codes) - length + 1
        if count <= 0:
            break
        value = value[:count] * _STEP + codes[length - 1 :]
        whole = (spaces[length - 2 : length - 2 + count] == spaces[:count]) & (ends[length - 1 :] == ends[:count]) & (codes[:count] != _END)
        found.append((text_of[:count][whole], _bucket(value[whole] + np.uint64(length), 1)))
    return found


def _bucket(hashes: Codes, block: int) -> NDArray[np.int64]:
    mixed = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _STEP
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64) + (block << BITS)
