"""Fitting a sentiment model: logistic regression where a label may be a set of labels, then a temperature and a threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from detectors.enrichment.features import SIZE, Rows
from detectors.enrichment.sentiment import SentimentModel, softmax, unit_values
from detectors.enrichment.training.data import Texts

ITERATIONS: Final = 60  # of L-BFGS; more gained nothing on texts held out
PRECISION: Final = 0.87  # of confident negatives on texts held out; 0.85 is promised
NEGATIVE_SHARE: Final = 1 / 3  # of what people say, for which that precision is promised
_FEWEST: Final = 100  # confident negatives that a threshold must leave

Floats = NDArray[np.float32]


def fit(texts: Texts, *, ridge: float, copies: bool) -> SentimentModel:
    """A model of these texts; not yet calibrated, without a threshold.

    A text whose label is a set S out of a choice C adds -log(P(S) / P(C)). `ridge` is the weight of the squared weights. With `copies`,
    each text is there twice at half weight, as written and without marks.
    """
    both = sparse.vstack([texts.marked, texts.bare]).tocsr() if copies else texts.marked.copy()
    times = 1 + copies
    found = np.bincount(both.indices, minlength=SIZE)
    idf = (np.log((1 + both.shape[0]) / (1 + found)) + 1).astype(np.float16).astype(np.float32)
    both.data = unit_values(_rows(both), idf)
    weights, bias = _minimise(
        both, np.tile(texts.means, (times, 1)), np.tile(texts.choice, (times, 1)), np.tile(texts.weight / times, times), ridge
    )
    return SentimentModel(weights=weights[:, [0, 2]] - weights[:, [1]], idf=idf, bias=bias[[0, 2]] - bias[1], threshold=1.0)


def _minimise(
    features: sparse.csr_matrix, means: NDArray[np.bool_], choice: NDArray[np.bool_], weight: Floats, ridge: float
) -> tuple[Floats, Floats]:
    turned = features.T.tocsr()
    closed = np.where(choice, 0, -1e9).astype(np.float32)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[:-3].reshape(SIZE, 3).astype(np.float32), flat[-3:].astype(np.float32)
        scores = features @ weights + bias + closed
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        total, meant = odds.sum(axis=1), (odds * means).sum(axis=1)
        slope = ((odds / total[:, None] - odds * means / meant[:, None]) * weight[:, None]).astype(np.float32)
        value = float((weight * (np.log(total) - np.log(meant))).sum() + ridge / 2 * np.square(weights, dtype=np.float64).sum())
        return value, np.concatenate([(turned @ slope + ridge * weights).ravel(), slope.sum(axis=0)]).astype(np.float64)

    options = {"maxiter": ITERATIONS, "maxcor": 8}
    best = optimize.minimize(loss, np.zeros(SIZE * 3 + 3), jac=True, method="L-BFGS-B", options=options).x
    return best[:-3].reshape(SIZE, 3).astype(np.float32), best[-3:].astype(np.float32)


def scores(model: SentimentModel, features: sparse.csr_matrix) -> Floats:
    """Log-odds against neutral of texts whose features are ones; shape (n, 2)."""
    return model.scores(_rows(features))


def temperature(held_out: Floats, texts: Texts) -> float:
    """What to divide scores by so that the probabilities of texts held out hold (weighed as in training)."""

    def loss(log_temperature: float) -> float:
        odds = softmax(held_out / np.float32(np.exp(log_temperature))) * texts.choice
        meant = (odds * texts.means).sum(axis=1) / odds.sum(axis=1)
        return float(-(texts.weight * np.log(np.maximum(meant, 1e-9))).sum())

    return float(np.exp(optimize.minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def cooled(model: SentimentModel, by: float) -> SentimentModel:
    """The model with its scores divided by a temperature, weights as the file will hold them."""
    packed = (model.weights / by).astype(np.float16).astype(np.float32)
    return replace(model, weights=packed, bias=(model.bias / by).astype(np.float16).astype(np.float32))


def threshold(probabilities: Floats, is_negative: NDArray[np.bool_], source: NDArray[np.int64]) -> float:
    """The lowest probability from which negatives of texts held out are right in `PRECISION` of cases.

    Sets count alike, whatever their size, and `NEGATIVE_SHARE` of each is taken to be negative: a threshold found on a set with few
    negatives would hardly ever be reached, one found on a set with many would be too bold.
    """
    weight = np.zeros(len(source))
    for number in np.unique(source):
        for negative, share in ((True, NEGATIVE_SHARE), (False, 1 - NEGATIVE_SHARE)):
            here = (source == number) & (is_negative == negative)
            weight[here] = share / here.sum()
    said = probabilities.argmax(axis=1) == 0
    order = np.argsort(-probabilities[said, 0], kind="stable")
    heard = weight[said][order]
    right = np.cumsum(heard * is_negative[said][order]) / np.cumsum(heard)
    enough = np.flatnonzero((right >= PRECISION) & (np.arange(1, len(order) + 1) >= _FEWEST))
    return float(probabilities[said, 0][order][enough[-1]]) if enough.size else 1.0


def _rows(features: sparse.csr_matrix) -> Rows:
    features.sort_indices()
    return Rows(features.indices.astype(np.int32), features.indptr.astype(np.int64))
