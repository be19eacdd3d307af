"""The component that judges sentiment: the whole text, and once more the sentences that name a topic.

Models are files that training wrote (`sentiment_model.py`) or an installed spaCy package. A text in a language without a model of its own
is judged by `FALLBACK`, the one for many languages, never confidently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package

from core.errors import ConfigError
from core.records import Sentiment
from detectors.enrichment.doc import MAX_JUDGED_CHARS, Notes, notes
from detectors.enrichment.mixture import Floats
from detectors.enrichment.sentences import holding
from detectors.enrichment.sentiment_model import load_models

FALLBACK: Final = "xx"
NOTHING_SAID: Final = Sentiment(negative=0.0, neutral=1.0, positive=0.0, confident=False)
TARGET_SHARE: Final = 0.5  # of the sentences that name a topic, against the whole text
TARGET_WORDS: Final = 3  # such sentences must have more, or they say nothing
PACKAGE_THRESHOLD: Final = 0.8  # from which a package's label is stood by; nobody calibrated it
_LABELS: Final = ("negative", "neutral", "positive")
_BATCH: Final = 128  # texts that are judged at once; more does not fit the cache of a small machine


class Judge(Protocol):
    """What judges texts: probabilities of (negative, neutral, positive), stood by from `threshold` in `languages`."""

    @property
    def threshold(self) -> float:
        """The probability from which a label is stood by."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Two letters each; empty where it takes any."""

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, 3), each row summing to 1."""


class Package:
    """An installed spaCy pipeline whose text categories are called negative, neutral (it may do without) and positive."""

    threshold: Final = PACKAGE_THRESHOLD
    languages: Final[tuple[str, ...]] = ()

    def __init__(self, name: str) -> None:
        self._pipeline = spacy.load(name)
        known = {label.lower() for _, pipe in self._pipeline.pipeline for label in getattr(pipe, "labels", ())}
        if not {"negative", "positive"} <= known:
            raise ConfigError(f"detectors.sentiment.model: the package {name!r} has no text categories called negative and positive")

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, 3); its scores, made to sum to 1."""
        told = [{label.lower(): score for label, score in doc.cats.items()} for doc in self._pipeline.pipe(texts)]
        scores = np.array([[cats.get(label, 0.0) for label in _LABELS] for cats in told], dtype=np.float32).reshape(-1, 3)
        found: Floats = scores / np.maximum(scores.sum(axis=1, keepdims=True), np.float32(1e-6))
        return found


@cache
def load(model: str | None = None) -> Mapping[str, Judge]:
    """What judges, by language: a file that training wrote, the name of an installed spaCy package, or what is shipped.

    Raises:
        ConfigError: it is neither.
    """
    if model is not None and is_package(model):
        return {FALLBACK: Package(model)}
    return load_models(model)


def identity(model: str) -> bytes:
    """What tells a model of the team's own from another: a package's name and version, or the file itself."""
    return f"{model} {metadata.version(model)}".encode() if is_package(model) else Path(model).read_bytes()


class JudgeSentiment:
    """Sets `sentiment` of the notes, a batch of texts at a time."""

    def __init__(self, models: Mapping[str, Judge]) -> None:
        if FALLBACK not in models:
            raise ConfigError(
                f"detectors.sentiment.model: it knows no {FALLBACK!r}, which stands in for languages without a model of their own"
            )
        self._models = models

    def __call__(self, doc: Doc) -> Doc:
        """Write the sentiment on the notes of one text; after language and topics."""
        self._judge([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _BATCH) -> Iterator[Doc]:
        """Judge a stream of texts in batches, in order."""
        docs = iter(stream)
        while batch := list(islice(docs, min(batch_size, _BATCH))):
            self._judge(batch)
            yield from batch

    def _judge(self, docs: list[Doc]) -> None:
        by_model: dict[str, list[Notes]] = {}
        for noted in map(notes, docs):
            noted.sentiment = NOTHING_SAID
            if noted.tokens:
                by_model.setdefault(noted.language if noted.language in self._models else FALLBACK, []).append(noted)
        for name, batch in by_model.items():
            model = self._models[name]
            for noted, told in zip(batch, _told(model, batch).tolist(), strict=True):
                stands = max(told) >= model.threshold and (noted.language in model.languages or not model.languages)
                noted.sentiment = Sentiment(negative=told[0], neutral=told[1], positive=told[2], confident=stands)


def _told(model: Judge, batch: Sequence[Notes]) -> Floats:
    """Probabilities of each text; where some sentences name a topic, these count `TARGET_SHARE`."""
    targets = {at: target for at, noted in enumerate(batch) if noted.topic_spans and (target := _target(noted))}
    found = model.probabilities([*(noted.text[:MAX_JUDGED_CHARS] for noted in batch), *targets.values()])
    told = found[: len(batch)]
    where = list(targets)
    told[where] = (1 - TARGET_SHARE) * told[where] + TARGET_SHARE * found[len(batch) :]
    return told


def _target(noted: Notes) -> str:
    """The sentences that name a topic, empty where they are all there is or say hardly more than its name."""
    judged = noted.text[:MAX_JUDGED_CHARS]
    found = holding(judged, ((noted.tokens[start].start, noted.tokens[end - 1].end) for start, end in noted.topic_spans))
    return found if len(found.split()) > TARGET_WORDS else ""


@Language.factory("tocsin_sentiment", default_config={"path": None})
def _make_sentiment(nlp: Language, name: str, path: str | None) -> JudgeSentiment:  # noqa: ARG001
    return JudgeSentiment(load(path))
