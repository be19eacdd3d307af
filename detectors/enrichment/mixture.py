"""A mixture of linear models over hashed features: an expert for each kind of text, and a gate that tells from the words whose turn it is. numpy only.

One table for all Vietnamese sets, or for seven languages, learns a muddle: neutral means another thing to each. Experts keep them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.enrichment.features import BITS, Rows

PIECES_SHARE: Final = 0.6  # chosen on texts held out of training: with 1.0 long reviews lose a point

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Softmax regressions over (negative, neutral, positive), neutral being the origin.

    `weights` (float16, shape (features, columns)) and `bias` (float32, columns): for each of `experts` the columns of negative and positive
    against neutral, then, where there are several, a column of the gate for each. `idf` (float32, features) weighs a feature before the rows
    are brought to length 1, each block by itself.
    """

    weights: NDArray[np.float16]
    idf: Floats
    bias: Floats
    experts: int

    def probabilities(self, found: Rows) -> Floats:
        """Of (negative, neutral, positive); shape (texts, 3)."""
        return mixed(self.scores(found), self.experts)

    def scores(self, found: Rows) -> Floats:
        """Log-odds of each column; shape (texts, columns)."""
        weighed = self.weights[found.columns] * unit_values(found, self.idf)[:, None]
        # `reduceat` takes no stretch without members: those texts have nothing to add.
        filled = np.flatnonzero(np.diff(found.starts))
        sums = np.tile(self.bias, (len(found.starts) - 1, 1))
        if filled.size:
            sums[filled] += np.add.reduceat(weighed, found.starts[filled], axis=0)
        return sums


def mixed(scores: Floats, experts: int) -> Floats:
    """The experts' probabilities, each as heavy as the gate takes the text to be its own."""
    each = np.stack([softmax(scores[:, 2 * number : 2 * number + 2]) for number in range(experts)])
    told: Floats = each[0] if experts == 1 else np.einsum("te,etl->tl", shares(scores[:, 2 * experts :]), each)
    return told


def unit_values(found: Rows, idf: Floats) -> Floats:
    """The value of each feature: its idf, over the length of its text's block; pieces of words count `PIECES_SHARE` of words."""
    count = len(found.starts) - 1
    owner = np.repeat(np.arange(count), np.diff(found.starts))
    block = owner * 2 + (found.columns >> BITS)
    value = idf[found.columns]
    length = np.sqrt(np.bincount(block, weights=value.astype(np.float64) ** 2, minlength=2 * count))
    unit: Floats = (value * np.where(block & 1, PIECES_SHARE, 1.0) / length[block]).astype(np.float32)
    return unit


def softmax(scores: Floats) -> Floats:
    """Probabilities of (negative, neutral, positive) from log-odds of negative and positive against neutral."""
    return shares(np.column_stack((scores[:, 0], np.zeros(len(scores), dtype=np.float32), scores[:, 1])))


def shares(scores: Floats) -> Floats:
    """Probabilities of all columns from their log-odds."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return found
