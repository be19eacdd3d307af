"""The features of sentiment, the same for training and for use: hashed words, pairs of words and pieces of words. numpy only.

What a word and its pieces hash to is remembered, new words are worked out together as one array of code points. Features are present or
not, never counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.text import normalise

BITS: Final = 18  # buckets of each block: 2 ** BITS
BLOCKS: Final = 2  # words and pairs; pieces of words
SIZE: Final = BLOCKS << BITS
PIECES: Final = range(2, 6)  # lengths of the pieces, in characters, a word's borders counted

_WEB = re.compile(r"(?:https?://|www\.)\S+|\bhttp\b")  # sets of tweets write "http" for any address
_HANDLE = re.compile(r"(?<!\w)@\w[\w.@-]*")
_NUMBER = re.compile(r"\d+")
_STRETCHED = re.compile(r"(\w)\1\1+")
_SIGNS = re.compile(r"[^\w\s]+")

_SPACE: Final = 32
_END: Final = 10  # between texts
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_LONGEST: Final = 48  # letters of a word that its hash tells apart; longer words are not remembered
_MOST_REMEMBERED: Final = 50_000  # words; a language uses fewer in a day, and one takes about 300 bytes
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
    text = normalise(text)
    if "www." in text or "http" in text:
        text = _WEB.sub(" www ", text)
    if "@" in text:
        text = _HANDLE.sub(" @ ", text)
    text = _STRETCHED.sub(r"\1\1", _NUMBER.sub("0", text))
    return " ".join(_SIGNS.sub(lambda signs: f" {signs[0]} ", text).split())  # half the time of a template


def rows(texts: Sequence[str]) -> Rows:
    """The features of texts that `prepare` made. Bit-for-bit the same on every machine: integers only."""
    split = [text.split() for text in texts]
    number = {word: at for at, word in enumerate(dict.fromkeys(chain.from_iterable(split)))}
    spelled = _spelled(list(number))
    words = np.fromiter((number[word] for word in chain.from_iterable(split)), dtype=np.int64)
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), [len(each) for each in split])
    keys = np.sort(np.concatenate([_pairs(words, owner, spelled), _own(words, owner, spelled)]))
    keys = keys[np.diff(keys, prepend=-1) > 0]
    starts = np.searchsorted(keys, np.arange(len(texts) + 1, dtype=np.int64) * SIZE)
    return Rows((keys % SIZE).astype(np.int32), starts.astype(np.int64))


class _Spelled(NamedTuple):
    """A word's hash, and its columns: its own and those of its pieces."""

    hash: int
    columns: NDArray[np.int32]


_remembered: dict[str, _Spelled] = {}


def _spelled(words: list[str]) -> list[_Spelled]:
    """Words as hashes and columns; most were met before."""
    found = {word: _remembered.get(word) for word in words}
    fresh = _spell([word for word, known in found.items() if known is None])
    if len(_remembered) + len(fresh) > _MOST_REMEMBERED:
        _remembered.clear()
    _remembered.update({word: each for word, each in fresh.items() if len(word) <= _LONGEST})
    return [known or fresh[word] for word, known in found.items()]


def _spell(words: list[str]) -> dict[str, _Spelled]:
    if not words:
        return {}
    codes = np.frombuffer("".join(f" {word} \n" for word in words).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    word_of = np.cumsum(codes == _END) - (codes == _END)
    with np.errstate(over="ignore"):
        hashes = _hashes(codes)
        parts = [(np.arange(len(words)), _bucket(hashes, 0)), *_pieces(codes, word_of)]
    owner, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(1, len(words)))
    each = np.split(columns[order].astype(np.int32), bounds)
    return {word: _Spelled(own, found) for word, own, found in zip(words, hashes.tolist(), each, strict=True)}


def _own(words: NDArray[np.int64], owner: NDArray[np.int64], spelled: list[_Spelled]) -> NDArray[np.int64]:
    """Keys (text, column) of the words themselves and of their pieces."""
    if not words.size:
        return words
    columns = np.concatenate([each.columns for each in spelled])
    lengths = np.array([len(each.columns) for each in spelled])
    begins = np.cumsum(lengths) - lengths
    times = lengths[words]
    places = np.repeat(begins[words] - (np.cumsum(times) - times), times) + np.arange(times.sum())
    keys: NDArray[np.int64] = np.repeat(owner * SIZE, times) + columns[places]
    return keys


def _pairs(words: NDArray[np.int64], owner: NDArray[np.int64], spelled: list[_Spelled]) -> NDArray[np.int64]:
    """Keys (text, column) of two words that follow one another."""
    hashes = np.array([each.hash for each in spelled], dtype=np.uint64)[words]
    with np.errstate(over="ignore"):
        pairs = hashes[:-1] * _MIX + hashes[1:]
        same = owner[:-1] == owner[1:]
        keys: NDArray[np.int64] = owner[:-1][same] * SIZE + _bucket(pairs[same], 0)
    return keys


def _hashes(codes: Codes) -> Codes:
    """One for each word."""
    inside = (codes != _SPACE) & (codes != _END)
    first = np.flatnonzero(inside & ~np.concatenate(([False], inside[:-1])))
    begins = np.zeros(len(codes), dtype=np.int64)
    begins[first] = first
    place = np.arange(len(codes), dtype=np.int64) - np.maximum.accumulate(begins)
    terms = np.where(inside, codes * _POWERS[np.minimum(place, _LONGEST - 1)], np.uint64(0))
    return np.add.reduceat(terms, first)


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
