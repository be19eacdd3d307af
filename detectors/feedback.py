"""Learning from a team's labels: few judgements of people -> a small correction of the model in one topic, or none. Pure.

A logistic regression whose prior is the model itself: with no labels it says what the model says, and each label pulls it a little. Its inputs are
the model's log-odds and the text's hashed words, these held near zero. It is used only where it foretells labels that it has not seen better
than the model does. It takes milliseconds: nothing is multiplied but what texts hold.

Source: Platt, "Probabilistic outputs for support vector machines" (1999), for the form; Lin, Weng and Keerthi, "Trust region Newton method for
large-scale logistic regression", JMLR 9 (2008), for the solution.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Record, Sentiment
from detectors.enrichment.correction import BITS, Correction, Words, log_odds, words_of

FEWEST: Final = 10  # labels under which nothing is corrected
MOST: Final = 1_000  # the newest so many are learnt from
FOLDS: Final = 5
BIAS_SD: Final = 0.5  # how far the bias is believed to lie from 0, in log-odds; these three were chosen on three Vietnamese domains (`bench/feedback.py`)
SLOPE_SD: Final = 0.25  # and the slope from 1
WORDS_SD: Final = 2.0  # and what all words of a text say together from 0
PRECISION: Final = 0.87  # of confident negatives, as in training
PROMISED: Final = 10.0  # labels that the corrected probabilities' own promise of it is worth
HEARD: Final = 1 / 3  # of all negatives stay confident, however unsure the model: a surge of none could not be heard
_SIZE: Final = (1 << BITS) + 2
_STEPS: Final = 30
_CLOSE: Final = 1e-6

Floats = NDArray[np.float64]


class Labelled(Record, frozen=True, kw_only=True, gc=False):
    """A mention that a person judged: its number, its words, what the uncorrected model says, and whether it is negative."""

    mention_id: int
    text: str
    said: Sentiment
    negative: bool


class Learnt(NamedTuple):
    """What labels taught: their number; the mean log-loss (nats) on labels not seen, without and with a correction; the correction, None where it is not used."""

    labels: int
    loss_before: float | None
    loss_after: float | None
    correction: Correction | None


def learn(labelled: Sequence[Labelled], model: str) -> Learnt:
    """What the labels of one topic teach; `model` is the version of the uncorrected model. The same labels give the same correction, in any order."""
    ordered = sorted(labelled, key=lambda each: each.mention_id)[-MOST:]
    kinds = {each.negative for each in ordered}
    if len(ordered) < FEWEST or len(kinds) == 1:
        return Learnt(len(ordered), None, None, None)
    odds = np.array([log_odds(each.said) for each in ordered])
    negative = np.array([each.negative for each in ordered], dtype=np.float64)
    inputs = _inputs(odds, [words_of(each.text) for each in ordered])
    unseen = _unseen(inputs, odds, negative)
    before, after = _loss(odds, negative), _loss(unseen, negative)
    if after >= before:
        return Learnt(len(ordered), before, after, None)
    weights = _fit(inputs, odds, negative)
    correction = Correction(
        version=_version(ordered, model),
        bias=float(BIAS_SD * weights[-2]),
        slope=float(1.0 + SLOPE_SD * weights[-1]),
        words=WORDS_SD * weights[:-2],
        threshold=_threshold(_chance(unseen), negative),
    )
    return Learnt(len(ordered), before, after, correction)


class _Inputs(NamedTuple):
    """A sparse matrix of labels by inputs (words, then bias, then slope), each input in units of how far its weight is believed to lie from 0."""

    rows: Words
    columns: Words
    values: Floats
    labels: int

    def only(self, chosen: NDArray[np.bool_]) -> _Inputs:
        kept = chosen[self.rows]
        return _Inputs((np.cumsum(chosen) - 1)[self.rows[kept]], self.columns[kept], self.values[kept], int(chosen.sum()))

    def times(self, weights: Floats) -> Floats:
        return np.bincount(self.rows, self.values * weights[self.columns], self.labels).astype(np.float64)

    def turned_times(self, pulls: Floats) -> Floats:
        return np.bincount(self.columns, self.values * pulls[self.rows], _SIZE).astype(np.float64)


def _inputs(odds: Floats, words: Sequence[Words]) -> _Inputs:
    count, lengths, every = len(odds), np.array([each.size for each in words]), np.arange(len(odds))
    return _Inputs(
        np.concatenate((np.repeat(every, lengths), every, every)),
        np.concatenate((*words, np.full(count, _SIZE - 2), np.full(count, _SIZE - 1))),
        np.concatenate((WORDS_SD / np.sqrt(np.repeat(lengths, lengths)), np.full(count, BIAS_SD), SLOPE_SD * odds)),
        count,
    )


def _unseen(inputs: _Inputs, odds: Floats, negative: Floats) -> Floats:
    """Corrected log-odds of each label, from a correction that did not see it."""
    found, fold = odds.copy(), np.arange(len(odds)) % FOLDS
    for number in range(FOLDS):
        seen = fold != number
        weights = _fit(inputs.only(seen), odds[seen], negative[seen])
        found[~seen] += inputs.only(~seen).times(weights)
    return found


def _fit(inputs: _Inputs, odds: Floats, negative: Floats) -> Floats:
    """The most probable weights, by Newton's steps."""
    counts, weights = _weights(negative), np.zeros(_SIZE)
    for _ in range(_STEPS):
        chance = _chance(odds + inputs.times(weights))
        slope = inputs.turned_times(counts * (negative - chance)) - weights
        step = _solved(inputs, counts * chance * (1.0 - chance), slope)
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            break
    return weights


def _solved(inputs: _Inputs, bend: Floats, slope: Floats) -> Floats:
    """The step that a Newton method takes, by conjugate gradients."""
    step, rest, along = np.zeros_like(slope), slope, slope
    size = float(rest @ rest)
    for _ in range(_STEPS):
        if size < _CLOSE**2:
            break
        bent = along + inputs.turned_times(bend * inputs.times(along))
        far = size / float(along @ bent)
        step, rest = step + far * along, rest - far * bent
        last, size = size, float(rest @ rest)
        along = rest + size / last * along
    return step


def _threshold(chances: Floats, negative: Floats) -> float:
    """The lowest probability from which negatives are right in `PRECISION` of cases, or lower where it would leave too few; at least one half."""
    order = np.argsort(-chances, kind="stable")
    count, hits, promised = np.arange(1, len(order) + 1), np.cumsum(negative[order]), np.cumsum(chances[order])
    right = np.flatnonzero(hits + PROMISED * promised / count >= PRECISION * (count + PROMISED))
    sure = chances[order][right[-1]] if right.size else 1.0
    heard = chances[order][np.searchsorted(hits, HEARD * hits[-1])]
    return float(max(min(sure, heard), 0.5))


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
    return chance


def _weights(negative: Floats) -> Floats:
    """What each label counts, 1 in the mean: negatives as much as the rest together, as in training, or where they are rare none would be found."""
    share = max(float(negative.mean()), 1e-9)
    weights: Floats = np.where(negative > 0.0, 0.5 / share, 0.5 / max(1.0 - share, 1e-9))
    return weights


def _loss(odds: Floats, negative: Floats) -> float:
    return float((_weights(negative) * np.logaddexp(0.0, np.where(negative > 0.0, -odds, odds))).mean())


def _version(ordered: Sequence[Labelled], model: str) -> str:
    said = "\0".join((model, *(f"{each.mention_id}:{each.negative}" for each in ordered)))
    return hashlib.sha256(said.encode()).hexdigest()[:8]
