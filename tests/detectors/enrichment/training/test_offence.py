"""The recipe of the models of offence, on numbers of our own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training needs the extra `train`")

from detectors.enrichment.features import SIZE
from detectors.enrichment.offence import OffenceModel
from detectors.enrichment.training import offence


def test_the_threshold_is_the_lowest_that_keeps_its_promise():
    chances = np.linspace(1, 0, 1_000)
    truth = np.arange(1_000) < 300
    even = np.ones(1_000)
    told = chances >= offence.threshold(chances, truth, even, 0.9)
    assert truth[told].mean() == pytest.approx(0.9, abs=0.005)
    rare = np.where(truth, 0.1, 1.0)
    assert offence.threshold(chances, truth, rare, 0.9) > offence.threshold(chances, truth, even, 0.9)
    assert offence.threshold(chances, ~truth, even, 0.9) == 1.0


def test_weights_give_the_kinds_their_shares():
    kind = np.array([0, 1, 1, 1, 2, 2])
    found = offence.weights(kind, (0.4, 0.4, 0.2))
    assert found.sum() == pytest.approx(6)
    assert [found[kind == each].sum() / 6 for each in range(3)] == pytest.approx([0.4, 0.4, 0.2])


def test_calibration_undoes_a_scale():
    odds = np.random.default_rng(7).normal(0, 2, 4_000)
    truth = np.random.default_rng(8).random(4_000) < 1 / (1 + np.exp(-odds))
    slope, bias = offence.calibration(odds * 3, truth, np.ones(4_000))
    assert slope == pytest.approx(1 / 3, abs=0.04)
    assert bias == pytest.approx(0, abs=0.1)


def test_a_file_is_the_same_bit_for_bit(tmp_path: Path):
    weights = np.zeros(SIZE, dtype=np.float32)
    model = OffenceModel(weights=weights, idf=weights + 1, bias=-1.0, threshold=0.5)
    for name in ("one", "two"):
        offence.save(tmp_path / f"{name}.npz", {"vi": model})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
