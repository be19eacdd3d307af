"""Where the terms of queries stand in a text: forms without marks first, then the marks syllable by syllable; wildcards word by word. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from core.query import Near, Term
from core.teencode import Spelling
from core.text import clean
from core.tokens import bare, bare_forms
from core.wildcards import ends, fits, is_wild
from detectors.enrichment.doc import Notes
from detectors.enrichment.phrases import Phrases

_HANDLE_GOES_ON: Final = ".-"
_KNOWN_WORDS: Final = 65_536  # words of which it is remembered which wildcards they fit

Span = tuple[int, int]  # first token, one past the last


class Found(NamedTuple):
    """Where each term stands in one text, in order: surely, and surely or weakly."""

    strong: dict[Term, list[Span]]
    any: dict[Term, list[Span]]


class _Way(NamedTuple):
    """One spelling of a term; `wild_at`: the index of the form with a wildcard that it is looked up by, 0 where there is none."""

    term: Term
    spelling: Spelling
    wild_at: int = 0


class Finder:
    """Finds terms; several of one spelling are searched once.

    Args:
        terms: each once.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self._phrases = Phrases[_Way]()
        self._by_pattern: dict[str, list[_Way]] = defaultdict(list)
        for term in terms:
            for spelling in term.spellings:
                self._learn(term, spelling)
        self._by_end: dict[tuple[str, str], list[str]] = defaultdict(list)
        for pattern in self._by_pattern:
            first, last = ends(pattern)
            self._by_end[(first, "") if first else ("", last)].append(pattern)
        self._patterns_of = lru_cache(maxsize=_KNOWN_WORDS)(self._look_up)

    def _learn(self, term: Term, spelling: Spelling) -> None:
        wild_at = next((at for at, form in enumerate(spelling.forms) if is_wild(form)), None)
        if wild_at is not None:
            self._by_pattern[spelling.forms[wild_at]].append(_Way(term, spelling, wild_at))
            return
        self._phrases.learn(spelling.plain, _Way(term, spelling))

    def find(self, noted: Notes) -> Found:
        """Every place of every term."""
        title_end = len(clean(noted.heard.title))
        hits: dict[tuple[Span, Term], bool] = {}
        for way, start in self._candidates(noted):
            end = start + len(way.spelling.forms)
            if way.term.in_title and noted.tokens[end - 1].end > title_end:
                continue
            sure = _agrees(way, noted, start, end)
            if sure is not None:
                hits[(start, end), way.term] = sure or hits.get(((start, end), way.term), False)
        found = Found(defaultdict(list), defaultdict(list))
        for (span, term), sure in sorted(hits.items(), key=lambda hit: hit[0][0]):
            found.any[term].append(span)
            if sure:
                found.strong[term].append(span)
        return found

    def _candidates(self, noted: Notes) -> Iterator[tuple[_Way, int]]:
        for start, _, way in self._phrases.find(bare_forms(noted.tokens)):
            yield way, start
        if self._by_pattern:
            for index, token in enumerate(noted.tokens):
                for pattern in self._patterns_of(token.form):
                    for way in self._by_pattern[pattern]:
                        start = index - way.wild_at
                        if 0 <= start <= len(noted.tokens) - len(way.spelling.forms):
                            yield way, start

    def _look_up(self, form: str) -> tuple[str, ...]:
        """The patterns that a form fits, surely or weakly."""
        word = bare(form)
        likely = (self._by_end.get(key, ()) for key in ((word[:1], ""), ("", word[-1:]), ("", "")))
        return tuple(pattern for patterns in likely for pattern in patterns if fits(pattern, form) is not None)


def near(pair: Near, spans: dict[Term, list[Span]]) -> bool:
    """Whether the terms of a pair stand as near to each other as it asks, without overlap."""
    left, right = spans.get(pair.left, ()), spans.get(pair.right, ())
    if not left or not right:
        return False
    width = max(end - start for start, end in right)
    around = ((span, other) for span in left for other in _around(right, span, pair.within + width))
    return any(0 <= _gap(span, other) <= pair.within for span, other in around)


def _agrees(way: _Way, noted: Notes, start: int, end: int) -> bool | None:
    if not _kind_fits(way.term, noted, start, end):
        return None
    before = noted.tokens[start - 1].form if start else ""
    after = noted.tokens[end].form if end < len(noted.tokens) else ""
    return way.spelling.agrees([token.form for token in noted.tokens[start:end]], before, after)


def _kind_fits(term: Term, noted: Notes, start: int, end: int) -> bool:
    if term.kind == "words":
        return True
    if noted.tokens[start].prefix != ("#" if term.kind == "hashtag" else "@"):
        return False
    # @acme is not @acme.support
    goes_on = end < len(noted.tokens) and noted.tokens[end].start == noted.tokens[end - 1].end + 1
    return term.kind == "hashtag" or not (goes_on and noted.text[noted.tokens[end - 1].end] in _HANDLE_GOES_ON)


def _around(spans: Sequence[Span], span: Span, reach: int) -> Iterable[Span]:
    return spans[bisect_left(spans, (span[0] - reach, 0)) : bisect_left(spans, (span[1] + reach + 1, 0))]


def _gap(one: Span, other: Span) -> int:
    return max(one[0], other[0]) - min(one[1], other[1])
