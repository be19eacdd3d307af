"""Teencode: the short forms in which Vietnamese words are written ("ko nhận dc" for "không nhận được"). Pure.

The words and their short forms stand in `teencode.yaml`. It is the query that is spelled in more ways, never the text that is rewritten: so a
text is quoted as it stands, and what must stand in it can be told beforehand.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations, islice, pairwise
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import yaml

from core.tokens import agree, bare, tokens
from core.wildcards import agrees

MAX_SPELLINGS: Final = 128  # of one term; those with the fewest short forms are kept
MAX_SHORT: Final = 4  # words of one term that are written short at once
_FILE: Final = Path(__file__).with_name("teencode.yaml")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KNOWN_TERMS: Final = 4_096


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word with its short forms; the file says what each key means."""

    word: str
    surely: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    not_beside: tuple[str, ...] = ()


class Short(NamedTuple):
    """Short forms of one word (its forms) that are the same without their marks; neighbours are bare forms."""

    word: tuple[str, ...]
    plain: str
    surely: frozenset[str]
    perhaps: frozenset[str]
    beside: frozenset[str]
    not_beside: frozenset[str]

    def agrees(self, found: str, neighbours: Sequence[str]) -> bool | None:
        """Whether a form found, between its neighbours, is this word: True, False where it may be another, None where it is not."""
        if found not in self.surely and found not in self.perhaps:
            return None
        if (self.beside and self.beside.isdisjoint(neighbours)) or not self.not_beside.isdisjoint(neighbours):
            return None
        return found in self.surely


class Spelling(NamedTuple):
    """One way to write forms in a row: `shorts` are the words written short, by their index in `forms`."""

    forms: tuple[str, ...]
    shorts: tuple[tuple[int, Short], ...] = ()

    @property
    def plain(self) -> tuple[str, ...]:
        """The forms without marks; those of a text that is written this way are the same."""
        return tuple(map(bare, self.forms))

    def agrees(self, found: Sequence[str], before: str = "", after: str = "") -> bool | None:
        """What `core.tokens.agree` says of forms found; `before` and `after` are the forms around them, "" for none."""
        if not self.shorts:
            return agrees(self.forms, found)
        around = [bare(form) for form in (before, *found, after)]
        short = dict(self.shorts)
        answers = [
            short[at].agrees(got, (around[at], around[at + 2])) if at in short else agrees((want,), (got,))
            for at, (want, got) in enumerate(zip(self.forms, found, strict=True))
        ]
        return None if None in answers else all(answers)


@lru_cache(maxsize=_KNOWN_TERMS)
def spellings(forms: tuple[str, ...]) -> tuple[Spelling, ...]:
    """The ways to write forms in a row, the full one first; at most `MAX_SPELLINGS`.

    A word of the query that was typed without marks is every word that it may stand for.
    """
    places = [(at, short) for at in range(len(forms)) for short in _shorts_at(forms, at)]
    chosen = (choice for count in range(MAX_SHORT + 1) for choice in combinations(places, count) if _apart(choice))
    return tuple(_spelled(forms, choice) for choice in islice(chosen, MAX_SPELLINGS))


def edition() -> str:
    """The version of the lexicon: 8 hex digits that change with its file."""
    return hashlib.sha256(_content()).hexdigest()[:8]


def rows() -> tuple[Row, ...]:
    """The lexicon as it is written."""
    return msgspec.convert(yaml.load(_content(), _LOADER), tuple[Row, ...])  # noqa: S506 - the safe loader, compiled


@cache
def _content() -> bytes:
    return _FILE.read_bytes()


@cache
def _shorts() -> Mapping[str, tuple[Short, ...]]:
    """The short forms by the bare form of the first syllable of their word."""
    found: dict[str, list[Short]] = defaultdict(list)
    for row in rows():
        word = tuple(token.form for token in tokens(row.word))
        beside, not_beside = frozenset(map(bare, row.beside)), frozenset(map(bare, row.not_beside))
        for plain in dict.fromkeys(bare(short) for short in (*row.surely, *row.perhaps)):
            surely, perhaps = (frozenset(short for short in some if bare(short) == plain) for some in (row.surely, row.perhaps))
            found[bare(word[0])].append(Short(word, plain, surely, perhaps, beside, not_beside))
    return {first: tuple(shorts) for first, shorts in found.items()}


def _shorts_at(forms: tuple[str, ...], at: int) -> Iterator[Short]:
    for short in _shorts().get(bare(forms[at]), ()):
        asked = forms[at : at + len(short.word)]
        if tuple(map(bare, asked)) == tuple(map(bare, short.word)) and agree(asked, short.word):
            yield short


def _apart(choice: Sequence[tuple[int, Short]]) -> bool:
    return all(at + len(short.word) <= following for (at, short), (following, _) in pairwise(choice))


def _spelled(forms: tuple[str, ...], choice: Sequence[tuple[int, Short]]) -> Spelling:
    written: list[str] = []
    shorts, done = [], 0
    for at, short in choice:
        written += forms[done:at]
        shorts.append((len(written), short))
        written.append(short.plain)
        done = at + len(short.word)
    return Spelling((*written, *forms[done:]), tuple(shorts))
