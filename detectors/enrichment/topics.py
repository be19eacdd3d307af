"""The component that finds topics: the terms of all queries at once, the facts that they ask for, then each query on what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from spacy.language import Language
from spacy.tokens import Doc

from core.query import Field, Leaf, Query, Term, parse, version
from core.records import TopicMatch
from detectors.enrichment import fields
from detectors.enrichment.doc import Notes, notes
from detectors.enrichment.finding import Finder, Found, Span, near

MAX_QUOTED: Final = 10  # terms that a match names


class Topic(NamedTuple):
    """A topic as it is looked for; `languages` limits it to texts surely in one of them; `beside`: it is found beside that topic only, and weakly."""

    id: str
    query: Query
    version: str
    languages: frozenset[str]
    beside: str | None = None

    def is_elsewhere(self, noted: Notes) -> bool:
        """Whether a text is surely in a language that is not the topic's."""
        return bool(self.languages) and noted.language_is_sure and noted.language not in self.languages


class Topics:
    """Sets `topics` and `topic_spans` of the notes.

    A term typed without marks in the text is a weak hit, and so is a short form that means other words too. A topic is weak where it holds
    only with the weak hits, or only without them: it counts, but should not page alone.

    Args:
        topics: in the order in which matches are listed.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._topics = list(topics)
        self._askers: dict[Term, list[int]] = defaultdict(list)
        for index, topic in enumerate(self._topics):
            for term in topic.query.terms:
                self._askers[term].append(index)
        self._finder = Finder(self._askers)
        # No term has to stand in a text that these match, so they are asked every time.
        self._always = [index for index, topic in enumerate(self._topics) if topic.query.literals() is None]

    def __call__(self, doc: Doc) -> Doc:
        """Write the topics on the notes of one text; after language."""
        self.judge(notes(doc))
        return doc

    def judge(self, noted: Notes) -> None:
        """The same for notes of which no `Doc` is made yet."""
        found, facts = self._finder.find(noted), dict[Field, bool | None]()
        asked = sorted({index for term in found.any for index in self._askers[term]}.union(self._always))
        alone = [index for index in asked if self._topics[index].beside is None]
        matches = [match for index in alone if (match := _judge(self._topics[index], found, facts, noted))]
        if len(alone) < len(asked):
            matches += self._beside(asked, {match.topic_id for match in matches}, found, facts, noted)
        named = {match.topic_id for match in matches}
        given = (
            [topic for topic in self._topics if topic.id in noted.brand_context and topic.id not in named] if noted.brand_context else []
        )
        noted.topics = (*matches, *(TopicMatch(topic_id=topic.id, version=topic.version, terms=()) for topic in given))

    def _beside(
        self, asked: Sequence[int], named: AbstractSet[str], found: Found, facts: dict[Field, bool | None], noted: Notes
    ) -> Iterator[TopicMatch]:
        """Those that are found beside one of the topics named."""
        for index in asked:
            topic = self._topics[index]
            if topic.beside in named and topic.id not in named and (match := _judge(topic, found, facts, noted)):
                yield replace(match, weak=True)


def holding(query: Query, found: Found, noted: Notes, facts: dict[Field, bool | None]) -> tuple[set[Leaf], set[Leaf]]:
    """What a query names and a text has: surely, and surely or weakly. `facts` keeps what is known of fields already."""
    for field in query.fields:
        if field not in facts:
            facts[field] = fields.holds(field, noted)
    surely = {field for field in query.fields if facts[field]}
    perhaps = {field for field in query.fields if facts[field] is not None}
    return _standing(query, found.strong) | surely, _standing(query, found.any) | perhaps


def _standing(query: Query, spans: dict[Term, list[Span]]) -> set[Leaf]:
    return {*(term for term in query.terms if term in spans), *(pair for pair in query.nears if near(pair, spans))}


def _judge(topic: Topic, found: Found, facts: dict[Field, bool | None], noted: Notes) -> TopicMatch | None:
    if topic.is_elsewhere(noted):
        return None
    strong, any_ = holding(topic.query, found, noted, facts)
    surely, perhaps = topic.query.matches(strong), topic.query.matches(any_)
    if not (surely or perhaps):
        return None
    spans = sorted(span for term in topic.query.wanted if isinstance(term, Term) for span in found.any.get(term, ()))
    noted.topic_spans.extend(spans)
    quoted = dict.fromkeys(noted.quote(*span) for span in spans[: 10 * MAX_QUOTED])
    told = (str(field) for field in topic.query.fields if field in any_ and field in topic.query.wanted)
    return TopicMatch(topic_id=topic.id, version=topic.version, terms=(*quoted, *told)[:MAX_QUOTED], weak=not (surely and perhaps))


def read_topic(id: str, query: str, languages: Sequence[str], beside: str | None = None) -> Topic:
    """A topic of its settings.

    Raises:
        QueryError: the query cannot be understood.
    """
    return Topic(id, parse(query), version(query, *languages), frozenset(languages), beside)


@Language.factory("tocsin_topics", default_config={"topics": []})
def _make_topics(nlp: Language, name: str, topics: list[dict[str, Any]]) -> Topics:  # noqa: ARG001
    return Topics([read_topic(**topic) for topic in topics])
