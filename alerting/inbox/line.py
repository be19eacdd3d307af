"""The first line of an answer as words, for the grammar. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from alerting.inbox.vocabulary import NUMBERED
from core.text import unmarked
from core.tokens import bare, tokens

_DIGITS = re.compile(r"\d{1,9}")
_TEENCODE: Final = {
    "ko": "không", "k": "không", "kh": "không", "khg": "không", "hok": "không", "hong": "không", "hông": "không", "kg": "không", "hem": "không",
    "dc": "được", "đc": "được", "dk": "được", "đk": "được", "lí": "lý", "li": "lý", "nhaa": "nha", "nhee": "nhe", "rùi": "rồi", "gium": "giùm",
}  # fmt: skip


@cache
def by_first_word(phrases: frozenset[str]) -> dict[str, list[tuple[str, ...]]]:
    """Phrases as words, by their first word without marks, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for words in sorted((tuple(phrase.split()) for phrase in phrases), key=lambda words: (-len(words), words)):
        found.setdefault(bare(words[0]), []).append(words)
    return found


class Line:
    """A line as words, with what stands between them; pictures and handles of bots are left out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            token for token in tokens(text) if token.prefix != "@" and not token.form.endswith("_bot") and token.form[0].isalnum()
        ]
        self.forms = [_TEENCODE.get(token.form, token.form) for token in self.tokens]

    def __len__(self) -> int:
        return len(self.forms)

    def matches(self, at: int, phrase: Sequence[str]) -> bool:
        """Whether these words stand there, with their marks or without any."""
        there = self.forms[at : at + len(phrase)]
        return len(there) == len(phrase) and all(got in (want, bare(want)) for want, got in zip(phrase, there, strict=True))

    def any_of(self, at: int, phrases: frozenset[str]) -> int:
        """How many words the longest of these phrases takes there; 0 for none."""
        found = by_first_word(phrases).get(bare(self.forms[at]), ()) if at < len(self) else ()
        return next((len(words) for words in found if self.matches(at, words)), 0)

    def only(self, at: int, phrases: frozenset[str]) -> bool:
        """Whether nothing but these stands from there on."""
        while at < len(self):
            taken = self.any_of(at, phrases)
            if not taken:
                return False
            at += taken
        return True

    def gap(self, at: int) -> str:
        """What stands before a word, or at the end."""
        start = self.tokens[at - 1].end if at else 0
        return self.text[start : self.tokens[at].start if at < len(self) else len(self.text)]

    def raw(self, start: int, end: int) -> str:
        """These words in bare letters, a colon between them kept."""
        parts = [unmarked(self.text[token.start : token.end]).lstrip("#") for token in self.tokens[start:end]]
        gaps = [":" if self.gap(at) == ":" else " " for at in range(start + 1, end)]
        return "".join(part + gap for part, gap in zip(parts, [*gaps, ""], strict=False))

    def rest(self, at: int) -> str:
        """What was written from a word on, as it was written."""
        return self.text[self.tokens[at].start :].strip() if at < len(self) else ""

    def number(self, at: int) -> int | None:
        """The number that stands there."""
        if at >= len(self) or not _DIGITS.fullmatch(self.tokens[at].form):
            return None
        return int(self.tokens[at].form)

    def incident(self, at: int) -> tuple[int | None, int]:
        """The incident that is named there, and where the words after it begin."""
        after = at + self.any_of(at, NUMBERED)
        number = self.number(after)
        return (number, after + 1) if number is not None else (None, at)

    def is_marked(self, at: int) -> bool:
        """Whether the word before `at` is a number with its sign: "#12"."""
        return at > 0 and self.tokens[at - 1].prefix == "#"

    def asks(self, end: int) -> bool:
        """Whether a question mark stands before word number `end`."""
        stop = self.tokens[end].start if end < len(self) else len(self.text)
        return any(mark in self.text[:stop] for mark in "?？")
