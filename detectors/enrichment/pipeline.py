"""The pipeline: what a mention is about, in which language, how it feels and what it risks.

    text -> tokens -> language -> topics -> places -> risks -> offence -> breaches -> sentiment -> triage -> Understood

A blank spaCy pipeline with components of our own, one a file beside this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from threading import Lock
from typing import Any, Final, cast

import msgspec
from msgspec.structs import replace
from spacy.tokens import Doc

from core.prefilter import Prefilter
from core.query import parse
from core.teencode import edition
from core.text import clean, fingerprint
from detectors.enrichment import breaches, language, offence, places, risks, sentiment, topics, triage
from detectors.enrichment.doc import UNKNOWN_LANGUAGE, Notes, blank, document, noted, notes
from detectors.enrichment.language import TellLanguage
from detectors.enrichment.records import Heard, PlaceSpec, TopicSpec, Understood
from detectors.enrichment.topics import Topics

__all__ = ["Heard", "Pipeline", "PlaceSpec", "TopicSpec", "Understood"]

_COMPONENTS: Final = (language, topics, places, risks, offence, breaches, sentiment, triage)  # importing them registers their factories
_BATCH: Final = 256  # texts
_FOUND_BEFORE: Final = ("tocsin_language", "tocsin_topics")
_NOT_OURS: Final = Understood(language=UNKNOWN_LANGUAGE, topics=(), sentiment=sentiment.NOTHING_SAID, risks=(), fingerprint=b"")
_SHIPPED: Final = ("models", "lexicon")


class Pipeline:
    """Understands mentions.

    Args:
        specs: the topics to find, in the order in which matches are listed.
        branches: the places to find.
        sentiment_model: a file that `make train` wrote, or an installed spaCy package; the shipped models where None.

    Raises:
        QueryError: a topic's query cannot be understood.

    Example:
        >>> pipeline = Pipeline([TopicSpec(id="acme", query="acme")])
        >>> pipeline.enrich([Heard(text="Acme kettles caught fire")])[0].topics[0].topic_id
        'acme'
    """

    def __init__(self, specs: Sequence[TopicSpec] = (), *, branches: Sequence[PlaceSpec] = (), sentiment_model: str | None = None) -> None:
        self._one_at_a_time = Lock()  # spaCy's memory zones do not nest
        self._nlp = blank()
        self._language = cast("TellLanguage", self._nlp.add_pipe("tocsin_language"))
        found: list[dict[str, Any]] = [msgspec.to_builtins(spec) for spec in specs]
        self._topics = cast("Topics", self._nlp.add_pipe("tocsin_topics", config={"topics": found}))
        if branches:
            self._nlp.add_pipe("tocsin_places", config={"places": [msgspec.to_builtins(branch) for branch in branches]})
        self._nlp.add_pipe("tocsin_risks")
        self._nlp.add_pipe("tocsin_offence")
        self._nlp.add_pipe("tocsin_breaches")
        self._nlp.add_pipe("tocsin_sentiment", config={"path": sentiment_model})
        self._nlp.add_pipe("tocsin_triage")
        self._prefilter = Prefilter(parse(spec.query) for spec in specs if spec.beside is None)
        self.models = _models(sentiment_model)
        """12 hex digits that change with the models and the lexicon."""
        self.version = f"{self.models}-{hashlib.sha256(msgspec.json.encode([*specs])).hexdigest()[:12]}"
        """That, and 12 more that change with the topics."""

    def enrich(self, texts: Sequence[Heard]) -> list[Understood]:
        """What the mentions say, in order.

        Safe to call from several threads; one works at a time. Takes any text: empty, 100 kB (cut at `core.text.MAX_TEXT_CHARS`), emoji alone, broken surrogates. Pure but for caches.
        """
        with self._one_at_a_time, self._nlp.memory_zone():
            found = [_NOT_OURS] * len(texts)
            ours = ((document(self._nlp.vocab, each), at) for each, at in self._likely(texts) if each.topics or each.heard.in_full)
            for doc, at in self._nlp.pipe(ours, batch_size=_BATCH, disable=_FOUND_BEFORE, as_tuples=True):
                found[at] = _understood(doc)
            return found

    def understand(self, heard: Heard) -> dict[str, Any]:
        """One text as `tocsin enrich` prints it."""
        found = self.enrich([replace(heard, in_full=True)])[0]
        return {
            "lang": found.language,
            "sentiment": {"label": found.sentiment.label, **_plain(found.sentiment)},
            "risks": _plain(found.risks),
            "topics": _plain(found.topics),
            "triage": found.triage,
        }

    def _likely(self, texts: Sequence[Heard]) -> Iterator[tuple[Notes, int]]:
        """Those that may be about a topic, with language and topics, each with its place."""
        whole = [clean(heard.whole) for heard in texts]
        for at, (heard, candidates) in enumerate(zip(texts, self._prefilter.candidates(whole), strict=True)):
            if candidates or heard.brand_context or heard.in_full:
                likely = noted(heard, whole[at])
                self._language.tell(likely)
                self._topics.judge(likely)
                yield likely, at


def _understood(doc: Doc) -> Understood:
    noted = notes(doc)
    return Understood(
        language=noted.language,
        topics=noted.topics,
        sentiment=noted.sentiment or sentiment.NOTHING_SAID,
        risks=noted.risks,
        fingerprint=fingerprint(noted.text),
        place_id=noted.place_id,
        triage=noted.triage,
    )


def _plain(record: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(record))


def _models(sentiment_model: str | None) -> str:
    digest = hashlib.sha256(msgspec.json.encode(edition()))
    for folder in _SHIPPED:
        for file in _files(resources.files("detectors.enrichment").joinpath(folder)):
            digest.update(file.name.encode() + file.read_bytes())
    if sentiment_model is not None:
        digest.update(sentiment.identity(sentiment_model))
    return digest.hexdigest()[:12]


def _files(folder: Traversable) -> list[Traversable]:
    """The files of a folder and of the folders in it, in an order of their own."""
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    return [inner for each in found for inner in (_files(each) if each.is_dir() else [each])]
