"""Who and what is named in a burst: configured names first, then what the writers' own capitals, "#" and "@" tell. Pure; rather nothing than a wrong label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from core.bursts import ThemeKind
from detectors.phrases import LONGEST_NAME, Key, Word, is_capitalised, is_listed, keys, raw_words, spelling

NAMED: Final = 0.6  # of those who could have written a capital, did
LEAST_NAMED: Final = 2  # of them at least
SHOUTED: Final = 0.6  # of a text's words with a capital: it is a headline or set in capitals, and tells no names
PERSON_WORDS: Final = 3  # a family name begins too many streets and words to name a person with fewer


class Name(NamedTuple):
    """A name that the operator configured; one of several words is found as it stands."""

    kind: Literal["product", "place", "person"]
    name: str


class Seen(NamedTuple):
    """A phrase where it stands in a text."""

    text: Sequence[Word]
    first: int
    length: int

    @property
    def words(self) -> Sequence[Word]:
        """The phrase itself."""
        return self.text[self.first : self.first + self.length]


def known_names(names: Iterable[Name]) -> dict[Key, ThemeKind]:
    """The configured names by their keys; of two with one key the first."""
    found: dict[Key, ThemeKind] = {}
    for name in names:
        key = tuple(keys(raw_words(name.name)))
        if key:
            found.setdefault(key, name.kind)
    return found


def kind_of(key: Key, seen: Sequence[Seen], known: Mapping[Key, ThemeKind]) -> ThemeKind:
    """What a phrase is, by those who wrote it."""
    if key in known:
        return known[key]
    if key[0][0] in "#@":
        return "hashtag" if key[0][0] == "#" else "handle"
    able = [one for one in seen if not one.words[0].opens and not _is_shouted(one.text)]
    capital = [one for one in able if is_capitalised(one.words)]
    if len(capital) < max(LEAST_NAMED, NAMED * len(able)):
        return "phrase"
    return "person" if all(_is_person(one) for one in capital) else "name"


def _is_person(seen: Seen) -> bool:
    """A Vietnamese name in full: a family name, one or two more, and no street before it."""
    before = spelling(word.raw for word in seen.text[max(0, seen.first - 1) : seen.first])
    family = spelling([seen.words[0].raw])[0]
    in_full = PERSON_WORDS <= seen.length <= LONGEST_NAME
    return in_full and is_listed("families", family) and not any(is_listed("streets", word) for word in before)


def _is_shouted(text: Sequence[Word]) -> bool:
    letters = [word.raw[0].isupper() for word in text if word.raw[0].isalpha()]
    return sum(letters) >= SHOUTED * len(letters)
