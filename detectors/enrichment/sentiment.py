"""The component that judges sentiment, and the small linear models behind it. numpy only.

A model gives probabilities of negative, neutral and positive (`docs/models.md` tells what they hold for). Texts in a language without a
model of its own are judged by `FALLBACK`, never confidently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from core.errors import ConfigError
from core.records import Sentiment
from detectors.enrichment.doc import MAX_JUDGED_CHARS, notes
from detectors.enrichment.features import BITS, Rows, prepare, rows

FALLBACK: Final = "en"
MODEL_FILE: Final = "models/sentiment.npz"
NOTHING_SAID: Final = Sentiment(negative=0.0, neutral=1.0, positive=0.0, confident=False)
PIECES_SHARE: Final = 0.6  # chosen on texts held out of training: with 1.0 long reviews lose a point
_BATCH: Final = 64  # texts whose features are worked out at once; more does not fit the cache of a small machine


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """A linear model: softmax over (negative, neutral, positive), neutral being the origin.

    `weights` (float32, shape (features, 2)) are those of negative and positive against neutral; `idf` (float32, features) weighs a feature
    before the rows are brought to length 1, each block by itself; `bias` has shape (2,). `threshold` is the probability from which
    the label is stood by.
    """

    weights: NDArray[np.float32]
    idf: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: float

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, 3), each row summing to 1."""
        return softmax(self.scores(rows([prepare(text) for text in texts])))

    def scores(self, found: Rows) -> NDArray[np.float32]:
        """Log-odds against neutral, shape (texts, 2)."""
        values = unit_values(found, self.idf)
        weighed = self.weights[found.columns] * values[:, None]
        sums = np.vstack((np.zeros((1, 2)), np.cumsum(weighed, axis=0, dtype=np.float64)))
        return (sums[found.starts[1:]] - sums[found.starts[:-1]] + self.bias).astype(np.float32)


def unit_values(found: Rows, idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """The value of each feature: its idf, over the length of its text's block; pieces of words count `PIECES_SHARE` of words."""
    count = len(found.starts) - 1
    owner = np.repeat(np.arange(count), np.diff(found.starts))
    block = owner * 2 + (found.columns >> BITS)
    value = idf[found.columns]
    length = np.sqrt(np.bincount(block, weights=value.astype(np.float64) ** 2, minlength=2 * count))
    unit: NDArray[np.float32] = (value * np.where(block & 1, PIECES_SHARE, 1.0) / length[block]).astype(np.float32)
    return unit


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of (negative, neutral, positive) from log-odds of negative and positive against neutral."""
    full = np.column_stack((scores[:, 0], np.zeros(len(scores), dtype=np.float32), scores[:, 1]))
    odds = np.exp(full - full.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


@cache
def load_models(path: str | None = None) -> dict[str, SentimentModel]:
    """The models of a file that training wrote, by language; those shipped where no path is given.

    Raises:
        ConfigError: there is no such file, or it holds something else.
    """
    source = resources.files("detectors.enrichment").joinpath(MODEL_FILE) if path is None else Path(path)
    try:
        with source.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            models = {str(language): _unpacked(stored, str(language)) for language in stored["languages"]}
    except (OSError, ValueError, TypeError, LookupError, EOFError, BadZipFile) as error:
        raise ConfigError(f"detectors.sentiment.model: {str(source)!r} is no model that training wrote: {error}") from error
    return models


def _unpacked(stored: Any, language: str) -> SentimentModel:
    return SentimentModel(
        weights=stored[f"{language}_weights"].astype(np.float32),
        idf=stored[f"{language}_idf"].astype(np.float32),
        bias=stored[f"{language}_bias"].astype(np.float32),
        threshold=float(stored[f"{language}_threshold"]),
    )


class JudgeSentiment:
    """Sets `sentiment` of the notes, a batch of texts at a time."""

    def __init__(self, models: dict[str, SentimentModel]) -> None:
        if FALLBACK not in models:
            raise ConfigError(
                f"detectors.sentiment.model: it knows no {FALLBACK!r}, which stands in for languages without a model of their own"
            )
        self._models = models

    def __call__(self, doc: Doc) -> Doc:
        """Write the sentiment on the notes of one text; after language."""
        self._judge([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _BATCH) -> Iterator[Doc]:
        """Judge a stream of texts in batches, in order."""
        docs = iter(stream)
        while batch := list(islice(docs, min(batch_size, _BATCH))):
            self._judge(batch)
            yield from batch

    def _judge(self, docs: list[Doc]) -> None:
        by_language: dict[str, list[Doc]] = {}
        for doc in docs:
            notes(doc).sentiment = NOTHING_SAID
            if len(doc):
                language = notes(doc).language
                by_language.setdefault(language if language in self._models else FALLBACK, []).append(doc)
        for language, batch in by_language.items():
            model = self._models[language]
            found = model.probabilities([notes(doc).text[:MAX_JUDGED_CHARS] for doc in batch])
            for doc, each in zip(batch, found.tolist(), strict=True):
                stands = notes(doc).language == language and max(each) >= model.threshold
                notes(doc).sentiment = Sentiment(negative=each[0], neutral=each[1], positive=each[2], confident=stands)


@Language.factory("tocsin_sentiment", default_config={"path": None})
def _make_sentiment(nlp: Language, name: str, path: str | None) -> JudgeSentiment:  # noqa: ARG001
    return JudgeSentiment(load_models(path))
