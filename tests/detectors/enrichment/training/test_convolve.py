"""Training of the network: its slopes are right, it learns, and it learns the same twice."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="training needs the extra `train`")

from detectors.enrichment.training import convolve
from detectors.enrichment.training.convolve import Taught, train

GOOD, BAD, NOT, IT = 2, 3, 4, 5
ROWS = {"good": GOOD, "bad": BAD, "not": NOT, "it": IT}
TEXTS = [[GOOD], [NOT, GOOD], [BAD], [NOT, BAD], [IT, GOOD], [IT, NOT, GOOD], [IT, BAD], [IT, NOT, BAD], [IT], [IT, IT]]
LABELS = [2, 0, 0, 2, 2, 0, 0, 2, 1, 1]


def taught() -> Taught:
    labels = np.array(LABELS * 8)
    return Taught(TEXTS * 8, np.eye(3, dtype=bool)[labels], np.ones((len(labels), 3), dtype=bool), np.ones(len(labels), dtype=np.float32))


@pytest.fixture
def table() -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    vectors[0] = 0
    return vectors


def test_not_good_is_learnt_as_bad_and_the_same_twice(table: np.ndarray):
    first, second = (train(taught(), ROWS, table, size=8, epochs=150, seed=3) for _ in range(2))
    assert first.scores(["good", "not good", "it bad", "it"]).argmax(axis=1).tolist() == [2, 0, 0, 1]
    assert np.array_equal(first.filters, second.filters)
    assert np.array_equal(first.vectors, second.vectors)
    assert not first.vectors[0].any()


@pytest.mark.parametrize("name", ["filters", "bias", "out", "out_bias", "vectors"])
def test_slopes_are_those_of_the_loss(table: np.ndarray, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(convolve, "DROPPED", (0.0, 0.0))
    monkeypatch.setattr(convolve, "DROPPED_WORDS", 0.0)
    monkeypatch.setattr(convolve, "SMOOTHING", 0.0)
    drawn = np.random.default_rng(2)
    net = {
        "filters": drawn.normal(size=(8, 12)),
        "bias": drawn.normal(size=6),
        "out": drawn.normal(size=(12, 3)),
        "out_bias": np.zeros(3),
        "vectors": table,
    }
    net = {key: value.astype(np.float64) for key, value in net.items()}
    batch = np.arange(len(TEXTS))

    def loss() -> float:
        line = convolve.in_line([taught().texts[at] for at in batch])
        pooled = convolve.pool(convolve.convolve(net["vectors"][line.rows] @ net["filters"], net["bias"]), line)
        scores = pooled @ net["out"] + net["out_bias"]
        return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[batch, np.array(LABELS)]))

    slopes, touched = convolve._slopes(net, taught(), batch, drawn)
    found = slopes[name]
    where = np.unravel_index(np.argmax(np.abs(found)), found.shape)
    target = (touched[where[0]], *where[1:]) if name == "vectors" else where
    before, step = net[name][target], 1e-5
    net[name][target] = before + step
    above = loss()
    net[name][target] = before - step
    assert (above - loss()) / (2 * step) == pytest.approx(found[where], rel=2e-3)
