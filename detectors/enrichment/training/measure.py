"""Figures of a sentiment model, each with the middle 95 % of a bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1_000
_BINS: Final = 15

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]


def macro_recall(truth: Labels, said: Labels) -> float:
    """Mean over the labels of the share that was found; the official figure of TweetEval."""
    found = [np.count_nonzero((truth == label) & (said == label)) / np.count_nonzero(truth == label) for label in _occurring(truth)]
    return sum(found) / len(found)


def f1(truth: Labels, said: Labels, label: int) -> float:
    """Of one label."""
    both, either = int(np.sum((truth == label) & (said == label))), int(np.sum(truth == label) + np.sum(said == label))
    return 2 * both / max(1, either)


def macro_f1(truth: Labels, said: Labels) -> float:
    """Mean over the labels that occur."""
    each = [f1(truth, said, label) for label in _occurring(truth)]
    return sum(each) / len(each)


def area(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    """Area under the ROC curve: how often a text that is so scores above one that is not; ties count half."""
    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(times) - (times - 1) / 2
    yes = np.count_nonzero(truth)
    return float((rank[place][truth].sum() - yes * (yes + 1) / 2) / (yes * (len(truth) - yes)))


def calibration_error(truth: Labels, probabilities: Probabilities) -> float:
    """Expected calibration error of the most probable label, 15 bins of equal width."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((top * _BINS).astype(np.int64), _BINS - 1)
    gaps = [abs(top[bins == b].mean() - right[bins == b].mean()) * np.mean(bins == b) for b in np.unique(bins)]
    return float(np.sum(gaps))


def confident_negatives(truth: Labels, probabilities: Probabilities, threshold: float) -> tuple[float, float]:
    """Precision of the confident negatives, and the share of all negatives that they are."""
    said = (probabilities.argmax(axis=1) == 0) & (probabilities[:, 0] >= threshold)
    return float(np.mean(truth[said] == 0)) if said.any() else float("nan"), float(np.mean(said[truth == 0]))


def interval(figure: Callable[[Labels, Labels], float], truth: Labels, said: Labels, seed: int) -> str:
    """A figure in percent with its interval: "74.6 (72.9-76.2)"."""
    draws = np.random.default_rng(seed).integers(0, len(truth), (RESAMPLES, len(truth)))
    low, high = np.percentile([figure(truth[draw], said[draw]) for draw in draws], (2.5, 97.5))
    return f"{100 * figure(truth, said):.1f} ({100 * low:.1f}-{100 * high:.1f})"


def _occurring(truth: Labels) -> list[int]:
    return [label for label in range(3) if (truth == label).any()]
