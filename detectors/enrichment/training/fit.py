"""Fitting a mixture of linear models: logistic regression where a label may be a set of labels; then how to blend, and a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from detectors.enrichment.features import SIZE, Rows
from detectors.enrichment.mixture import Mixture, unit_values
from detectors.enrichment.sentiment_model import SentimentModel
from detectors.enrichment.training.data import Source, Texts

ITERATIONS: Final = 60  # of L-BFGS; more gained nothing on texts held out
FURTHER: Final = 25  # for an expert that starts from what all sets taught together, and for the gate
GATE_RIDGE: Final = 0.3
FEWEST: Final = 2  # texts that a feature must stand in
PRECISION: Final = 0.87  # of confident negatives on texts held out; 0.85 is promised
NEGATIVE_SHARE: Final = 1 / 3  # of what people say, for which that precision is promised
_FEWEST_TOLD: Final = 100  # confident negatives that a threshold must leave

Floats = NDArray[np.float32]
Labels = NDArray[np.bool_]


def fit(texts: Texts, sources: Sequence[Source], *, ridge: float, copies: bool) -> Mixture:
    """A mixture with an expert for each source.

    A text whose label is a set S out of a choice C adds -log(P(S) / P(C)). `ridge` is the weight of the squared weights. With `copies`,
    each text is there twice at half weight, as written and without marks.
    """
    both = sparse.vstack([texts.marked, texts.bare]).tocsr() if copies else texts.marked.copy()
    times = 1 + copies
    idf = (np.log((1 + both.shape[0]) / (1 + np.bincount(both.indices, minlength=SIZE))) + 1).astype(np.float16).astype(np.float32)
    both.data = unit_values(as_rows(both), idf)
    often = np.maximum(*(np.bincount(part.indices, minlength=SIZE) for part in (texts.marked, texts.bare)))
    met = np.flatnonzero(often >= FEWEST)
    kept, source = both[:, met], np.tile(texts.source, times)
    means, choice, weight = (np.concatenate([part] * times) for part in (texts.means, texts.choice, texts.weight / times))
    shared = _minimise(kept, means, choice, weight, ridge)
    found = [
        shared if own.others == 1 else _expert(kept, (means, choice, weight), source == at, own, ridge, shared)
        for at, own in enumerate(sources)
    ]
    columns = [weights[:, [0, 2]] - weights[:, [1]] for weights, _ in found]
    biases = [bias[[0, 2]] - bias[1] for _, bias in found]
    if len(sources) > 1:
        ours = np.eye(len(sources), dtype=bool)[source]
        weights, bias = _minimise(kept, ours, np.ones_like(ours), np.full(len(source), 1 / times, dtype=np.float32), GATE_RIDGE, FURTHER)
        columns.append(weights)
        biases.append(bias)
    return Mixture(_spread(np.hstack(columns), met), idf, np.concatenate(biases).astype(np.float32), len(sources))


def _expert(
    features: sparse.csr_matrix,
    labels: tuple[Labels, Labels, Floats],
    is_own: NDArray[np.bool_],
    own: Source,
    ridge: float,
    shared: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Weights for the texts of one set, from where all sets together came."""
    means, choice, weight = labels
    # Whoever writes in the way of this set is judged by its rules: what its annotators could not say is not said.
    open_to = choice | is_own[:, None]
    return _minimise(features, means, open_to, (weight * np.where(is_own, 1.0, own.others)).astype(np.float32), ridge, FURTHER, shared)


def _spread(weights: Floats, met: NDArray[np.int64]) -> NDArray[np.float16]:
    whole = np.zeros((SIZE, weights.shape[1]), dtype=np.float16)
    whole[met] = weights
    return whole


def _minimise(
    features: sparse.csr_matrix,
    means: Labels,
    choice: Labels,
    weight: Floats,
    ridge: float,
    iterations: int | None = None,
    start: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Floats]:
    turned, closed = features.T.tocsr(), np.where(choice, 0, -1e9).astype(np.float32)
    count, labels = features.shape[1], means.shape[1]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[:-labels].reshape(count, labels).astype(np.float32), flat[-labels:].astype(np.float32)
        scores = features @ weights + bias + closed
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        total, meant = odds.sum(axis=1), (odds * means).sum(axis=1)
        slope = ((odds / total[:, None] - odds * means / meant[:, None]) * weight[:, None]).astype(np.float32)
        value = float((weight * (np.log(total) - np.log(meant))).sum() + ridge / 2 * np.square(weights, dtype=np.float64).sum())
        return value, np.concatenate([(turned @ slope + ridge * weights).ravel(), slope.sum(axis=0)]).astype(np.float64)

    options = {"maxiter": iterations or ITERATIONS, "maxcor": 8}
    begin = np.zeros((count + 1) * labels) if start is None else np.concatenate([start[0].ravel(), start[1]]).astype(np.float64)
    best = optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", options=options).x
    return best[:-labels].reshape(count, labels).astype(np.float32), best[-labels:].astype(np.float32)


def calibrated(model: SentimentModel, parts: Sequence[Floats], texts: Texts) -> SentimentModel:
    """The model with the `power` under which the probabilities of texts held out hold (weighed as in training)."""

    def loss(log_power: float) -> float:
        odds = replace(model, power=float(np.exp(log_power))).blended(parts) * texts.choice
        meant = (odds * texts.means).sum(axis=1) / np.maximum(odds.sum(axis=1), 1e-9)
        return float(-(texts.weight * np.log(np.maximum(meant, 1e-9))).sum())

    return replace(model, power=float(np.exp(optimize.minimize_scalar(loss, bounds=(-2, 2), method="bounded").x)))


def threshold(probabilities: Floats, is_negative: NDArray[np.bool_], source: NDArray[np.int64]) -> float:
    """The lowest probability from which negatives of texts held out are right in `PRECISION` of cases.

    Sets count alike, whatever their size, and `NEGATIVE_SHARE` of each is taken to be negative: a threshold found on a set with few
    negatives would hardly ever be reached, one found on a set with many would be too bold.
    """
    weight = np.zeros(len(source))
    for number in np.unique(source):
        for negative, share in ((True, NEGATIVE_SHARE), (False, 1 - NEGATIVE_SHARE)):
            here = (source == number) & (is_negative == negative)
            weight[here] = share / max(1, here.sum())
    said = probabilities.argmax(axis=1) == 0
    order = np.argsort(-probabilities[said, 0], kind="stable")
    heard = weight[said][order]
    right = np.cumsum(heard * is_negative[said][order]) / np.cumsum(heard)
    enough = np.flatnonzero((right >= PRECISION) & (np.arange(1, len(order) + 1) >= _FEWEST_TOLD))
    return float(probabilities[said, 0][order][enough[-1]]) if enough.size else 1.0


def as_rows(features: sparse.csr_matrix) -> Rows:
    """A matrix of ones as the features of texts."""
    features.sort_indices()
    return Rows(features.indices.astype(np.int32), features.indptr.astype(np.int64))
