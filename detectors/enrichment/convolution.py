"""A small convolutional network over word vectors: what a linear model cannot see, words that it never met among them. numpy only.

A word's vector goes through filters over one, two and three words; each filter keeps its greatest answer and its mean. What the filters make
of a word is the same wherever it stands, so it is worked out when the word is first met, and remembered.

Source: Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTHS: Final = (1, 2, 3)  # words that a filter sees: this one, this and the next, and the one before too
OFFSETS: Final = tuple(offset for width in WIDTHS for offset in range(-(width // 3), width - width // 3))  # of each slice of `filters`
MAX_WORDS: Final = 400  # of a text; more do not change its mean
GAP: Final = 0  # the row of zeros, before, between and after texts
UNKNOWN: Final = 1  # the row of words that were never met

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class Line(NamedTuple):
    """Texts in one line with a gap around each: `rows` of the table at each place, `begins` of each text, and one past its end."""

    rows: Places
    begins: Places
    ends: Places


@dataclass(frozen=True, slots=True)
class Convolution:
    """The trained network.

    `rows`: word -> row of `vectors` (float32, shape (words + 2, dimensions); `GAP` is zero). `filters` has shape (dimensions, slices * size), one
    slice for each of `OFFSETS`; `bias` (widths * size,). `out` (2 * widths * size, outputs) and `out_bias` take the answers to scores.
    """

    rows: dict[str, int]
    vectors: Floats
    filters: Floats
    bias: Floats
    out: Floats
    out_bias: Floats
    _answers: Floats = field(init=False, repr=False)  # shape (words + 2, slices * size); rows that were never asked take no memory
    _is_known: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_answers", np.zeros((len(self.vectors), self.filters.shape[1]), dtype=np.float32))
        object.__setattr__(self, "_is_known", np.zeros(len(self.vectors), dtype=bool))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Of texts that `features.prepare` made; shape (texts, outputs). A text without words has the scores of an unknown word."""
        line = self.line(texts)
        fresh = np.unique(line.rows[~self._is_known[line.rows]])
        self._answers[fresh] = self.vectors[fresh] @ self.filters
        self._is_known[fresh] = True
        return pool(convolve(self._answers[line.rows], self.bias), line) @ self.out + self.out_bias

    def line(self, texts: Sequence[str]) -> Line:
        """The texts as rows of the table."""
        return in_line([[self.rows.get(word, UNKNOWN) for word in text.split()[:MAX_WORDS]] for text in texts])


def in_line(texts: Sequence[Sequence[int]]) -> Line:
    """Texts, each a list of rows, in one line; one without words is one unknown word."""
    flat, lengths = [GAP], []
    for text in texts:
        flat.extend(text or (UNKNOWN,))
        flat.append(GAP)
        lengths.append(max(1, len(text)))
    ends = np.cumsum(np.array(lengths, dtype=np.int64) + 1)
    return Line(np.array(flat, dtype=np.int64), ends - lengths, ends)


def convolve(answers: Floats, bias: Floats) -> Floats:
    """Each filter at each place, negative answers cut off: from every word's answers to the slices, shape (places, slices * size)."""
    places, size = len(answers), len(bias) // len(WIDTHS)
    found = np.tile(bias, (places, 1))
    for number, offset in enumerate(OFFSETS):
        part, into = answers[:, number * size : (number + 1) * size], slot(number, size)
        if offset < 0:
            found[-offset:, into] += part[:offset]
        else:
            found[: places - offset, into] += part[offset:]
    return np.maximum(found, 0, out=found)


def pool(found: Floats, line: Line) -> Floats:
    """The greatest answer and the mean of each filter in each text, side by side; shape (texts, 2 * widths * size)."""
    wide, stretches = found.shape[1], zip(line.begins.tolist(), line.ends.tolist(), strict=True)
    pooled = np.empty((len(line.begins), 2 * wide), dtype=found.dtype)
    for number, (begin, end) in enumerate(stretches):  # twice as fast as `reduceat`
        np.maximum.reduce(found[begin:end], axis=0, out=pooled[number, :wide])
        np.add.reduce(found[begin:end], axis=0, out=pooled[number, wide:])
    pooled[:, wide:] /= (line.ends - line.begins)[:, None]
    return pooled


def slot(number: int, size: int) -> slice:
    """The columns of `bias` that a slice's width has."""
    width = [at for at, width in enumerate(WIDTHS) for _ in range(width)][number]
    return slice(width * size, (width + 1) * size)
