"""A text as the phrases that it holds: neighbouring words, their marks aside, nothing across a stop. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

import yaml

from core.tokens import bare, form

LONGEST: Final = 3  # words of a phrase; a name may have one more
LONGEST_NAME: Final = 4
_KNOWN_WORDS: Final = 65_536
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.\w+")
_PIECE = re.compile(r"(?<!\w)[#@]\w+(?:[.\-]\w+)*|\w+(?:['’\-]\w+)*|[^\w\s]|\n")
_MARKED = ("#", "@")
_ENDS = frozenset('.!?…:;\n"“')

Key = tuple[str, ...]
Found = tuple[Key, int]  # a phrase, and the number of its first word in the text


class Word(NamedTuple):
    """A word as it stands in a text: its key (no marks, no case; "#" or "@" kept), and whether it opens a sentence. A stop is a word without a letter."""

    raw: str
    key: str
    start: int
    end: int
    opens: bool


@lru_cache(maxsize=_KNOWN_WORDS)
def key_of(raw: str) -> str:
    """The key of a word: "Cháy" gives "chay", "#ẤmCháy" gives "#amchay", a stop itself."""
    if raw[0] in _MARKED and len(raw) > 1:
        return raw[0] + bare(raw[1:])
    return bare(raw) if raw[0].isalnum() else raw


def words(text: str) -> list[Word]:
    """The words and stops of a text, in order; addresses are stops."""
    plain = _ADDRESS.sub(lambda found: "/" * len(found[0]), text) if "://" in text or "www." in text or "@" in text else text
    found: list[Word] = []
    opens = True
    for piece in _PIECE.finditer(plain):
        raw = piece[0]
        found.append(Word(raw, key_of(raw), piece.start(), piece.end(), opens))
        opens = raw in _ENDS or (opens and not raw[0].isalnum())
    return found


def raw_words(text: str) -> list[str]:
    """As `words`, without their places: a quarter of the time."""
    plain = _ADDRESS.sub("/", text) if "://" in text or "www." in text or "@" in text else text
    return _PIECE.findall(plain)


def keys(raw: Iterable[str]) -> list[str]:
    """The keys of words."""
    return list(map(key_of, raw))


def phrases(text: Sequence[Word], allowed: frozenset[str]) -> Iterator[Found]:
    """Every run of up to `LONGEST` allowed words, a marked one (hashtag, handle) by itself, and capitalised runs of `LONGEST_NAME`."""
    found = [word.key if word.key in allowed else "" for word in text] + [""] * LONGEST_NAME
    joins = [key != "" and key[0] not in _MARKED for key in found]
    for first, key in enumerate(found[: len(text)]):
        if key:
            yield (key,), first
            last = first + 1
            while joins[first] and joins[last] and last - first < LONGEST:
                last += 1
                yield tuple(found[first:last]), first
            if last - first == LONGEST and joins[last] and is_capitalised(text[first : last + 1]):
                yield tuple(found[first : last + 1]), first


def named(text: Sequence[str], names: Mapping[str, Sequence[Key]]) -> Iterator[Found]:
    """Where the keys of a text hold one of these phrases, which are given by their first word."""
    for first, word in enumerate(text):
        if word in names:
            for key in names[word]:
                if len(key) == 1 or tuple(text[first : first + len(key)]) == key:
                    yield key, first


def is_capitalised(text: Sequence[Word]) -> bool:
    """Whether each word begins with a capital, or with a digit after the first ("iPhone" does not, "Galaxy 9" does)."""
    return text[0].raw[0].isupper() and all(word.raw[0].isupper() or word.raw[0].isdigit() for word in text)


def spelling(raw: Iterable[str]) -> Key:
    """The words with their marks, without case."""
    return tuple(map(_spelled, raw))


@lru_cache(maxsize=_KNOWN_WORDS)
def _spelled(raw: str) -> str:
    return raw[0] + form(raw[1:]) if raw[0] in _MARKED and len(raw) > 1 else form(raw)


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of `lexicon/themes.yaml`, of all languages, as written."""
    lists = yaml.safe_load(resources.files("detectors.enrichment").joinpath("lexicon/themes.yaml").read_text("utf-8"))
    return frozenset(word for language in lists.values() for word in language.get(name, "").split())


@lru_cache(maxsize=_KNOWN_WORDS)
def is_listed(name: str, word: str) -> bool:
    """Whether a word, in lower case, is on a list; one without marks may stand for one with them."""
    return word in word_list(name) or word in _plain_list(name)


@cache
def _plain_list(name: str) -> frozenset[str]:
    return frozenset(map(bare, word_list(name)))
