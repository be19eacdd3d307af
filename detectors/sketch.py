"""A text in a few hundred bytes, enough to tell later whether another text tells the same story. Pure; integers only, so that it is the same everywhere.

Two halves. The head: the telling words of the headline (of a post without one, its first words), each with a class: numbers, names, words, and
words that tell little. The body: the smallest hashes of all pairs of neighbouring words, by which copies, quotes and extracts of long texts
are known (bottom-k sketch; Broder, "On the resemblance and containment of documents", 1997). Marks are what near copies are looked up by.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations, pairwise
from typing import Final, NamedTuple
from zlib import crc32

import yaml

from core.tokens import bare
from detectors.bylines import byline

NUMBER, NAME, WORD, LITTLE = 3, 2, 1, 0
HEAD_WORDS: Final = 40
BODY_WORDS: Final = 320
BODY_HASHES: Final = 48
LEAST_BODY: Final = 12  # pairs of words; a shorter text is told by its head alone
NUMBERS_KEPT: Final = 12
PAIRED: Final = 6  # words of the head whose pairs are marks
BODY_MARKS: Final = 4
FIRST_YEAR, LAST_YEAR = 1990, 2040  # years stand in every text and tell nothing
MAX_CHARS: Final = 4_000
SHOUTED: Final = 0.6  # of words with a capital: the headline is set in capitals, and they tell no names
FEW_LETTERS: Final = 3

_NOISE = re.compile(r"(?:https?://|www\.)\S+|(?<![\w&])[#@][\w.@-]*\w|\bRT\b:?")
_WORDS = re.compile(
    r"(?P<number>\d+(?:[.,/:]\d+)*)(?P<unit>\s?(?:nghìn|ngàn|triệu|tỷ|tỉ|nghin|trieu|ty|thousand|million|billion|bn|k|m)\b)?|(?P<word>[^\W\d_][\w'’]*)",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+\Z")
_UNITS: Final = {
    "nghin": 10**3,
    "ngan": 10**3,
    "thousand": 10**3,
    "k": 10**3,
    "trieu": 10**6,
    "million": 10**6,
    "m": 10**6,
    "ty": 10**9,
    "ti": 10**9,
}
_UNITS_MORE: Final = {"billion": 10**9, "bn": 10**9}
_SPELLED: Final = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "dozen": "12",
}
_MIX, _STEP, _ALL = 0x9E3779B1, 0x85EBCA77, 0xFFFFFFFF
_CLASS_BITS: Final = 2


_Same = dict[str, list[tuple[tuple[str, ...], str]]]


class Sketch(NamedTuple):
    """`head`: hash -> class; `numbers` of the whole text; `body`: the smallest hashes of word pairs, ascending, of `pairs` in all; `marks` of 8 bytes."""

    language: str
    head: dict[int, int]
    numbers: frozenset[int]
    body: tuple[int, ...]
    pairs: int
    marks: tuple[bytes, ...] = ()


class _Words(NamedTuple):
    plain: list[str]  # without marks, numbers as their value
    classes: list[int]


def sketch(title: str, text: str, language: str, brand: Sequence[str] = ()) -> Sketch | None:
    """The sketch of a mention; None where it says nothing that could be told again.

    Args:
        title: its headline, "" where it has none.
        text: its text; where it begins with the title, that is not taken twice.
        language: as told by the pipeline ("vi", "en", "und").
        brand: the words that its topics were found by: everything about a topic has them, so they tell nothing apart.
    """
    title, text, _ = byline(title, text[len(title) :] if title and text.startswith(title) else text)
    known = frozenset(word for term in brand for word in _plain(term))
    headline = _words(_NOISE.sub(" ", title[:MAX_CHARS]), language, known)
    told = _words(_NOISE.sub(" ", text[:MAX_CHARS]), language, known)
    first = headline if headline.plain else _Words(told.plain[:HEAD_WORDS], told.classes[:HEAD_WORDS])
    whole = (headline.plain + told.plain)[:BODY_WORDS]
    if not whole:
        return None
    head = _head(first, language)
    numbers = _numbers(headline, told)
    pairs = {_pair(_hash(left), _hash(right)) for left, right in pairwise(whole)}
    body = tuple(sorted(pairs)[:BODY_HASHES]) if len(pairs) >= LEAST_BODY else ()
    return Sketch(language, head, numbers, body, len(pairs), _marks(whole, head, body))


def pack(found: Sketch) -> bytes:
    """The sketch without its marks, for the database: 32-bit words, little-endian."""
    head = [number << _CLASS_BITS | kind for number, kind in found.head.items()]
    numbers = sorted(found.numbers)
    packed = array("Q", [found.pairs, len(head), len(numbers), *head, *numbers, *found.body])
    return packed.tobytes()


def unpack(packed: bytes, language: str) -> Sketch:
    """What `pack` wrote."""
    held = array("Q")
    held.frombytes(packed)
    pairs, heads, numbers = held[:3]
    head = {entry >> _CLASS_BITS: entry & (1 << _CLASS_BITS) - 1 for entry in held[3 : 3 + heads]}
    return Sketch(language, head, frozenset(held[3 + heads : 3 + heads + numbers]), tuple(held[3 + heads + numbers :]), pairs)


def _words(text: str, language: str, brand: frozenset[str]) -> _Words:
    plain: list[str] = []
    classes: list[int] = []
    capitals = words = 0
    after_stop = True
    for found in _WORDS.finditer(text):
        word = found["word"]
        if word is None:
            value = _value(found["number"], found["unit"])
            if value:
                plain.append(value)
                classes.append(NUMBER)
            continue
        form = bare(word)
        spelled = _SPELLED.get(form) if language == "en" else None
        capital = word[0].isupper()
        capitals, words = capitals + capital, words + 1
        plain.append(spelled or form)
        classes.append(NUMBER if spelled else LITTLE if form in brand else NAME if capital and not after_stop else WORD)
        after_stop = False
        if len(plain) >= BODY_WORDS:
            break
    if words and capitals >= SHOUTED * words:
        classes = [WORD if kind == NAME else kind for kind in classes]
    return _Words(plain, classes)


def _value(number: str, unit: str | None) -> str:
    """One spelling of a number: "12.000", "12,000" and "12 nghìn" are 12000; a date stays as it is; a year is nothing."""
    if "/" in number or ":" in number:
        return number
    if _GROUPED.match(number):
        value = float(number.replace(".", "").replace(",", ""))
    else:
        try:
            value = float(number.replace(",", "."))
        except ValueError:
            return number
    short = bare(unit.strip()) if unit else ""
    value *= _UNITS.get(short) or _UNITS_MORE.get(short, 1)
    return "" if FIRST_YEAR <= value <= LAST_YEAR and not unit and number.isdigit() else f"{value:.6g}"


def _head(words: _Words, language: str) -> dict[int, int]:
    """The telling words by hash, words of one meaning as one, idle ones left out."""
    idle, same = _lexicon(language)
    head: dict[int, int] = {}
    at = 0
    stems = [stem(word) if language == "en" else word for word in words.plain]
    while at < min(len(stems), HEAD_WORDS):
        taken, meaning = _meaning(stems, at, same)
        kind = WORD if meaning is not None else words.classes[at]
        word = meaning or stems[at]
        if meaning is not None or kind == NUMBER or (words.plain[at] not in idle and (len(word) > 1 or kind == NAME)):
            number = _hash(word)
            head[number] = max(kind, head.get(number, 0))
        at += taken
    return head


def _meaning(words: Sequence[str], at: int, same: _Same) -> tuple[int, str | None]:
    """How many words from `at` on are one meaning of the lexicon, and which."""
    for phrase, meaning in same.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase), meaning
    return 1, None


def _numbers(headline: _Words, told: _Words) -> frozenset[int]:
    found = [word for words in (headline, told) for word, kind in zip(words.plain, words.classes, strict=True) if kind == NUMBER]
    return frozenset(_hash(word) for word in found[:NUMBERS_KEPT])


def _marks(whole: Sequence[str], head: dict[int, int], body: Sequence[int]) -> tuple[bytes, ...]:
    """What near copies are looked up by: all words in a row, pairs of the head's most telling words, the smallest hashes of the body."""
    marks = [_mark(0, crc32(" ".join(whole).encode()), len(whole))]
    best = sorted(head, key=lambda number: (-head[number], number))[:PAIRED]
    marks += [_mark(1, min(pair), max(pair)) for pair in combinations(best, 2)]
    marks += [_mark(2, number, 0) for number in body[:BODY_MARKS]]
    return tuple(dict.fromkeys(marks))


def _mark(kind: int, one: int, other: int) -> bytes:
    return ((one << 32 | other) * 3 + kind & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


def _pair(left: int, right: int) -> int:
    mixed = (left * _MIX + right * _STEP) & _ALL
    mixed = (mixed ^ mixed >> 15) * _MIX & _ALL
    return mixed ^ mixed >> 13


@lru_cache(maxsize=65_536)
def _hash(word: str) -> int:
    return crc32(word.encode()) & _ALL


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """An English word without the endings of number and time; crude, and the same for all."""
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= FEW_LETTERS and not word.endswith("ss"):
            return word.removesuffix(ending).rstrip("e") + ("y" if ending in ("ied", "ies") else "")
    return word.rstrip("e") if len(word) > FEW_LETTERS else word


@cache
def _lexicon(language: str) -> tuple[frozenset[str], _Same]:
    """The idle words, and the phrases that share a meaning by their first word, the longest first."""
    text = resources.files("detectors.enrichment").joinpath("lexicon/stories.yaml").read_text("utf-8")
    rows = yaml.safe_load(text).get(language, {"idle": "", "same": []})
    found: dict[str, dict[tuple[str, ...], str]] = {}
    for group in rows["same"]:
        for phrase in group:
            stems = tuple(stem(word) if language == "en" else word for word in phrase.split())
            found.setdefault(stems[0], {}).setdefault(stems, f"={group[0]}")
    return frozenset(rows["idle"].split()), {first: sorted(each.items(), key=lambda one: -len(one[0])) for first, each in found.items()}


def _plain(term: str) -> Iterable[str]:
    return (bare(found["word"]) for found in _WORDS.finditer(term) if found["word"])
