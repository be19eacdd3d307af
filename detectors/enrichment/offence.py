"""The component that judges how offensive a text is, and the small linear models behind it. numpy only.

A model gives the probability that a reader would call a text offensive (`docs/models.md` tells what it holds for). The same features as
sentiment. A text in a language without a model is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from detectors.enrichment.doc import MAX_JUDGED_CHARS, notes
from detectors.enrichment.features import Rows, prepare, rows
from detectors.enrichment.mixture import unit_values

MODEL_FILE: Final = "models/offence.npz"
_BATCH: Final = 64  # texts, as in sentiment


@dataclass(frozen=True, slots=True)
class OffenceModel:
    """Logistic regression.

    `weights` and `idf` (float32, shape (features,)): weight of a feature, and its own before a text's features are brought to length 1;
    `bias` a number. `threshold` is the probability from which a text is shown to moderators.
    """

    weights: NDArray[np.float32]
    idf: NDArray[np.float32]
    bias: float
    threshold: float

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Of each text to be offensive; shape (texts,)."""
        odds = self.scores(rows([prepare(text) for text in texts]))
        chances: NDArray[np.float32] = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return chances

    def scores(self, found: Rows) -> NDArray[np.float64]:
        """Log-odds, shape (texts,)."""
        weighed = self.weights[found.columns] * unit_values(found, self.idf)
        sums = np.concatenate(([0.0], np.cumsum(weighed, dtype=np.float64)))
        odds: NDArray[np.float64] = sums[found.starts[1:]] - sums[found.starts[:-1]] + self.bias
        return odds

    def telling(self, words: Sequence[str]) -> str:
        """The one of these words that is most offensive by itself."""
        return words[int(np.argmax(self.scores(rows([prepare(word) for word in words]))))]


@cache
def load_models() -> dict[str, OffenceModel]:
    """The shipped models, by language."""
    shipped = resources.files("detectors.enrichment").joinpath(MODEL_FILE)
    with shipped.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
        return {
            str(language): OffenceModel(
                weights=stored[f"{language}_weights"].astype(np.float32),
                idf=stored[f"{language}_idf"].astype(np.float32),
                bias=float(stored[f"{language}_bias"]),
                threshold=float(stored[f"{language}_threshold"]),
            )
            for language in stored["languages"]
        }


class JudgeOffence:
    """Sets `offence` of the notes (0 to 1, None in a language without a model) and `offensive_word` from the threshold up."""

    def __init__(self, models: dict[str, OffenceModel]) -> None:
        self._models = models

    def __call__(self, doc: Doc) -> Doc:
        """Judge one text; after language."""
        self._judge([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _BATCH) -> Iterator[Doc]:
        """Judge a stream of texts in batches, in order."""
        docs = iter(stream)
        while batch := list(islice(docs, min(batch_size, _BATCH))):
            self._judge(batch)
            yield from batch

    def _judge(self, docs: list[Doc]) -> None:
        for language, model in self._models.items():
            batch = [noted for noted in map(notes, docs) if noted.language == language and noted.tokens]
            if not batch:
                continue
            found = model.probabilities([noted.text[:MAX_JUDGED_CHARS] for noted in batch])
            for noted, chance in zip(batch, found.tolist(), strict=True):
                noted.offence = chance
                if chance >= model.threshold:
                    words = [token.form for token in noted.tokens if token.end <= MAX_JUDGED_CHARS]
                    noted.offensive_word = model.telling(words) if words else ""


@Language.factory("tocsin_offence")
def _make_offence(nlp: Language, name: str) -> JudgeOffence:  # noqa: ARG001
    return JudgeOffence(load_models())
