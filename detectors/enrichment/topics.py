"""The component that finds topics: spaCy's PhraseMatcher on forms without marks, then the marks syllable by syllable."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from core.query import Near, Query, Term, parse, version
from core.records import TopicMatch
from core.tokens import agree, bare
from detectors.enrichment.doc import Notes, notes, phrase

MAX_QUOTED: Final = 10  # terms that a match names
_HANDLE_GOES_ON: Final = ".-"

Span = tuple[int, int]  # first token, one past the last


class _Found:
    """Where each term stands in one text: surely, and surely or weakly."""

    def __init__(self) -> None:
        self.strong: dict[Term, list[Span]] = defaultdict(list)
        self.any: dict[Term, list[Span]] = defaultdict(list)

    def add(self, term: Term, span: Span, *, strong: bool) -> None:
        self.any[term].append(span)
        if strong:
            self.strong[term].append(span)


class Topics:
    """Sets `topics` and `topic_spans` of the notes.

    A term typed without marks in the text is a weak hit. A topic is weak where it holds only with the weak hits, or only without them: it
    counts, but should not page alone. Several terms of one spelling are searched once.

    Args:
        nlp: the pipeline whose vocabulary to use.
        topics: id, query and languages of each topic.

    Raises:
        QueryError: a query cannot be understood.
    """

    def __init__(self, nlp: Language, topics: Sequence[dict[str, Any]]) -> None:
        self._topics = [_read(**topic) for topic in topics]
        self._by_key: dict[int, list[Term]] = defaultdict(list)
        self._askers: dict[Term, list[int]] = defaultdict(list)
        self._matcher = PhraseMatcher(nlp.vocab, attr="NORM")
        for index, (_, query, _, _) in enumerate(self._topics):
            for term in query.terms:
                if term not in self._askers:
                    self._learn(nlp, term)
                self._askers[term].append(index)
        # NOT alone holds on a text with none of its terms, so it is asked every time.
        self._always = [index for index, (_, query, _, _) in enumerate(self._topics) if query.matches(frozenset())]

    def _learn(self, nlp: Language, term: Term) -> None:
        plain = " ".join(bare(form) for form in term.forms)
        self._matcher.add(plain, [phrase(nlp.vocab, term.forms)])
        self._by_key[nlp.vocab.strings[plain]].append(term)

    def __call__(self, doc: Doc) -> Doc:
        """Write the topics on the notes of one text; after language."""
        noted = notes(doc)
        found = self._find(doc, noted)
        asked = sorted({index for term in found.any for index in self._askers[term]}.union(self._always))
        matches = [match for index in asked if (match := self._judge(index, found, noted))]
        named = {match.topic_id for match in matches}
        given = [topic for topic in self._topics if topic[0] in noted.brand_context and topic[0] not in named]
        noted.topics = (*matches, *(TopicMatch(topic_id=topic_id, version=edition, terms=()) for topic_id, _, edition, _ in given))
        return doc

    def _find(self, doc: Doc, noted: Notes) -> _Found:
        found = _Found()
        for key, start, end in sorted(self._matcher(doc), key=lambda hit: hit[1:]):
            forms = [token.form for token in noted.tokens[start:end]]
            for term in self._by_key[key]:
                strong = agree(term.forms, forms) if _kind_fits(term, noted, start, end) else None
                if strong is not None:
                    found.add(term, (start, end), strong=strong)
        return found

    def _judge(self, index: int, found: _Found, noted: Notes) -> TopicMatch | None:
        topic_id, query, edition, languages = self._topics[index]
        if languages and noted.language_is_sure and noted.language not in languages:
            return None
        surely, perhaps = query.matches(_holding(query, found.strong)), query.matches(_holding(query, found.any))
        if not (surely or perhaps):
            return None
        spans = sorted(span for term in query.wanted for span in found.any.get(term, ()))
        noted.topic_spans.extend(spans)
        quoted = dict.fromkeys(noted.quote(*span) for span in spans[: 10 * MAX_QUOTED])
        return TopicMatch(topic_id=topic_id, version=edition, terms=tuple(quoted)[:MAX_QUOTED], weak=not (surely and perhaps))


def _read(id: str, query: str, languages: Sequence[str]) -> tuple[str, Query, str, frozenset[str]]:
    return id, parse(query), version(query, *languages), frozenset(languages)


def _kind_fits(term: Term, noted: Notes, start: int, end: int) -> bool:
    if term.kind == "words":
        return True
    if noted.tokens[start].prefix != ("#" if term.kind == "hashtag" else "@"):
        return False
    # @acme is not @acme.support
    goes_on = end < len(noted.tokens) and noted.tokens[end].start == noted.tokens[end - 1].end + 1
    return term.kind == "hashtag" or not (goes_on and noted.text[noted.tokens[end - 1].end] in _HANDLE_GOES_ON)


def _holding(query: Query, spans: dict[Term, list[Span]]) -> set[Term | Near]:
    near = {pair for pair in query.nears if _are_near(spans.get(pair.left, ()), spans.get(pair.right, ()), pair.within)}
    return near.union(term for term in query.terms if term in spans)


def _are_near(left: Sequence[Span], right: Sequence[Span], within: int) -> bool:
    """Whether a span of each list, both sorted, stand apart by at most `within` tokens and do not overlap."""
    if not left or not right:
        return False
    width = max(end - start for start, end in right)
    return any(_gap(span, other) <= within for span in left for other in _around(right, span, within + width) if _gap(span, other) >= 0)


def _around(spans: Sequence[Span], span: Span, reach: int) -> Iterable[Span]:
    return spans[bisect_left(spans, (span[0] - reach, 0)) : bisect_left(spans, (span[1] + reach + 1, 0))]


def _gap(one: Span, other: Span) -> int:
    return max(one[0], other[0]) - min(one[1], other[1])


@Language.factory("tocsin_topics", default_config={"topics": []})
def _make_topics(nlp: Language, name: str, topics: list[dict[str, Any]]) -> Topics:  # noqa: ARG001
    return Topics(nlp, topics)
