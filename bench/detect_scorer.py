"""The Numenta score of alarms on labelled series, from its published description; small, and checked against cases worked by hand.

A window found counts by where in it the first alarm stands, from about 1 at its beginning to 0 at its end; a missed window costs; a false alarm
costs the more the farther it lies behind a window. 0 is who never rings, 100 who rings once at the beginning of each window and never else.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", ICMLA 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from bench.detect_series import Flags, Labelled, Numbers

PROFILES: Final = {"standard": (1.0, 0.11), "low FP": (1.0, 0.22), "low FN": (2.0, 0.11)}  # cost of a missed window, and of a false alarm
LEARNING: Final = (0.15, 750)  # of the rows, at most so many, which are not judged
FAR: Final = 3.0  # widths behind a window where a false alarm costs the most


def sigmoid(position: Numbers) -> Numbers:
    """1 far before the end of a window, 0 at its end, -1 far behind it."""
    return np.where(position > FAR, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.clip(position, -FAR, FAR))) - 1.0)


BEST: Final = float(sigmoid(np.array(-1.0)))  # an alarm in the first row of a window


@dataclass(frozen=True)
class Scored:
    """A labelled series as the scorer sees it."""

    labelled: Labelled

    @cached_property
    def first(self) -> int:
        """The first row that is judged."""
        share, most = LEARNING
        return int(min(share * len(self.labelled.series), most))

    @cached_property
    def window_of(self) -> np.ndarray:
        """Which window each row lies in, -1 for none."""
        which = np.full(len(self.labelled.series), -1)
        for number, (left, right) in enumerate(self.labelled.windows):
            which[left : right + 1] = number
        return which

    @cached_property
    def worth(self) -> Numbers:
        """What an alarm in each row is worth: 0 to 1 in a window, 0 to -1 outside, before the costs of a profile."""
        rows = np.arange(len(self.labelled.series))
        worth, previous = np.full(len(rows), -1.0), None
        for left, right in self.labelled.windows:
            worth[left : right + 1] = sigmoid(-(right - rows[left : right + 1] + 1) / (right - left + 1)) / BEST
            if previous is not None:
                worth[previous[1] + 1 : left] = _behind(rows[previous[1] + 1 : left], *previous)
            previous = (left, right)
        if previous is not None:
            worth[previous[1] + 1 :] = _behind(rows[previous[1] + 1 :], *previous)
        return worth

    def raw(self, alarms: Flags, profile: str) -> float:
        """The score of these alarms before it is brought to 0..100."""
        missed, false = PROFILES[profile]
        rung = alarms & (np.arange(len(alarms)) >= self.first)
        total = false * float(self.worth[rung & (self.window_of < 0)].sum())
        for number in range(len(self.labelled.windows)):
            worth = self.worth[rung & (self.window_of == number)]
            total += float(worth.max()) if len(worth) else -missed
        return total

    @property
    def windows(self) -> int:
        """How many there are."""
        return len(self.labelled.windows)


def _behind(rows: np.ndarray, left: int, right: int) -> Numbers:
    return sigmoid((rows - right) / max(right - left, 1))


def brought_to_100(raw: float, windows: int, profile: str) -> float:
    """A sum of raw scores on the scale from 0 (never rings) to 100 (rings once at each beginning)."""
    missed, _ = PROFILES[profile]
    return 100.0 * (raw + missed * windows) / (windows * (1.0 + missed))


def score_of(scored: list[Scored], alarms: list[Flags], profile: str) -> float:
    """The score of a corpus, 100 at best."""
    raw = sum(one.raw(rung, profile) for one, rung in zip(scored, alarms, strict=True))
    return brought_to_100(raw, sum(one.windows for one in scored), profile)


def best_threshold(scored: list[Scored], scores: list[Numbers], profile: str) -> float:
    """The threshold on `scores` (rows at it or over it ring) with the best score; the highest of several. Exact: every distinct score is tried."""
    missed, false = PROFILES[profile]
    found: list[Numbers] = []
    gains: list[Numbers] = []
    for one, values in zip(scored, scores, strict=True):
        judged = np.arange(len(values)) >= one.first
        outside = judged & (one.window_of < 0)
        found.append(values[outside])
        gains.append(false * one.worth[outside])
        for number in range(one.windows):
            inside = judged & (one.window_of == number)
            order = np.argsort(-values[inside], kind="stable")
            best = np.maximum.accumulate(np.concatenate(([-missed], one.worth[inside][order])))
            found.append(values[inside][order])
            gains.append(np.diff(best))
    values, gain = np.concatenate(found), np.concatenate(gains)
    order = np.argsort(-values, kind="stable")
    values, total = values[order], np.cumsum(gain[order])
    last = np.append(values[1:] != values[:-1], True)  # rows of one score ring together
    best = int(np.argmax(total[last]))
    return float(values[last][best]) if total[last][best] > 0.0 else float("inf")
