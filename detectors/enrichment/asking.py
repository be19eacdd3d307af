"""One query on many mentions, without the rest of the pipeline: for trying a query out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from core.prefilter import Prefilter
from core.records import TopicMatch
from core.text import clean
from detectors.enrichment import language
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.records import Heard
from detectors.enrichment.topics import Topics, read_topic

_TOPIC: Final = "asked"
assert language  # importing it registers the component


class Asker:
    """Finds the mentions that a query matches.

    Args:
        query: as an operator types it.
        languages: two letters each; texts surely in another do not match.

    Raises:
        QueryError: the query cannot be understood.
    """

    def __init__(self, query: str, languages: Sequence[str] = ()) -> None:
        self._nlp = teller()
        self.topic = read_topic(_TOPIC, query, languages)
        self._topics = Topics(self._nlp.vocab, [self.topic])
        self._prefilter = Prefilter([self.topic.query])

    def ask(self, page: Sequence[Heard]) -> Iterator[TopicMatch | None]:
        """For each mention its match, None where it does not match."""
        with self._nlp.memory_zone():
            likely = self._prefilter.candidates([clean(whole(heard)) for heard in page])
            for heard, candidates in zip(page, likely, strict=True):
                found = notes(self._topics(read(self._nlp, heard))).topics if candidates else ()
                yield found[0] if found else None


def whole(heard: Heard) -> str:
    """Title and text in one; feeds often repeat the title as the text's first line."""
    return heard.text if heard.text.startswith(heard.title) else f"{heard.title}\n{heard.text}"


def read(nlp: Language, heard: Heard) -> Doc:
    """A mention with its language told, before anything is looked for in it."""
    doc = nlp.make_doc(whole(heard))
    noted = notes(doc)
    noted.heard, noted.hint = heard, heard.lang
    for _, component in nlp.pipeline:
        doc = component(doc)
    return doc


@cache
def teller() -> Language:
    """A pipeline that tells the language and nothing else."""
    nlp = blank()
    nlp.add_pipe("tocsin_language")
    return nlp
