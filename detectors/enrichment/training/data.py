"""The labelled sets that sentiment is trained on, as matrices. Their texts stay outside the project; `docs/models.md` names their terms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.text import unmarked
from detectors.enrichment.features import SIZE, prepare, rows

LABELS: Final = ("negative", "neutral", "positive")
EVERY: Final = (True, True, True)
POLAR: Final = (True, False, True)
_CHUNK: Final = 2_000  # texts whose features are worked out at once

TWEETS: Final = {"arabic": "ar", "french": "fr", "german": "de", "hindi": "hi", "italian": "it", "portuguese": "pt", "spanish": "es"}

# What a label says: a set of the three. "clean" only says that a comment is not offensive.
_MEANS: Final = {
    "negative": (True, False, False),
    "neutral": (False, True, False),
    "positive": (False, False, True),
    "offensive": (True, False, False),
    "clean": (False, True, True),
}


class Source(NamedTuple):
    """A file of labelled texts.

    `choice` are the labels that its annotators could give: in a set of two labels nothing is said about the third. `weight` is that of one
    text. `others` is how heavy the texts of the other sets are for the expert of this one.
    """

    file: str
    choice: tuple[bool, bool, bool] = EVERY
    weight: float = 1.0
    balanced: float = 0.5  # 0: labels as they come; 1: each label as heavy as the others
    others: float = 0.1


SOURCES: Final = {
    "en": (Source("en-semeval-train", balanced=1.0),),
    "vi": (
        Source("vi-vsfc-train"),
        Source("vi-vlsp2016-train"),
        Source("vi-aivivn2019-train", choice=POLAR),
        Source("vi-vihos-train", weight=0.2, balanced=0.0, others=1.0),  # its expert is for all that is none of the three
    ),
    "xx": tuple(Source(f"{language}-umsab-train") for language in TWEETS),
}


class Texts(NamedTuple):
    """Texts of one model: words and features as written, features without marks, `means` and `choice` (bool, shape (n, 3)), `weight`, number of the source."""

    words: NDArray[np.object_]
    marked: sparse.csr_matrix
    bare: sparse.csr_matrix
    means: NDArray[np.bool_]
    choice: NDArray[np.bool_]
    weight: NDArray[np.float32]
    source: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_]) -> Texts:
        """The texts where `which` is true."""
        parts: list[Any] = [part[which] for part in self]
        return Texts(*parts)


def read(folder: Path, sources: tuple[Source, ...]) -> Texts:
    """The sets of a language, one after the other."""
    parts: list[Any] = [_read_one(folder, source, number) for number, source in enumerate(sources)]
    words, marked, bare, *others = zip(*parts, strict=True)
    whole: list[Any] = [np.concatenate(words), sparse.vstack(marked).tocsr(), sparse.vstack(bare).tocsr()]
    return Texts(*whole, *(np.concatenate(part) for part in others))


def _read_one(folder: Path, source: Source, number: int) -> Texts:
    lines = [json.loads(line) for line in (folder / f"{source.file}.jsonl").read_text("utf-8").splitlines()]
    texts = [line["text"] for line in lines]
    means = np.array([_MEANS[line["label"]] for line in lines])
    counts = means.sum(axis=0)
    share = len(lines) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    weight = source.weight * (share**source.balanced)[means.argmax(axis=1)]
    return Texts(
        np.array([prepare(text) for text in texts], dtype=object),
        matrix(texts),
        matrix([unmarked(text) for text in texts]),
        means,
        np.tile(np.array(source.choice), (len(lines), 1)),
        weight.astype(np.float32),
        np.full(len(lines), number),
    )


def matrix(texts: list[str]) -> sparse.csr_matrix:
    """The features of texts, a one for each."""
    parts = []
    for start in range(0, len(texts), _CHUNK):
        found = rows([prepare(text) for text in texts[start : start + _CHUNK]])
        ones = np.ones(len(found.columns), dtype=np.float32)
        parts.append(sparse.csr_matrix((ones, found.columns, found.starts), shape=(len(found.starts) - 1, SIZE)))
    return sparse.vstack(parts).tocsr()
