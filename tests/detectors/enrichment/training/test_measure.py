"""Figures, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.enrichment.training import measure

TRUTH = np.array([0, 0, 0, 1, 1, 2])
SAID = np.array([0, 0, 1, 1, 2, 2])


def test_figures_are_what_a_hand_works_out():
    assert measure.macro_recall(TRUTH, SAID) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert measure.f1(TRUTH, SAID, 0) == pytest.approx(0.8)
    assert measure.macro_f1(TRUTH, SAID) == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)


def test_a_label_that_never_occurs_does_not_count():
    assert measure.macro_f1(np.array([0, 2]), np.array([0, 2])) == 1


def test_calibration_error_is_the_gap_between_promise_and_truth():
    probabilities = np.tile(np.array([[0.8, 0.1, 0.1]], dtype=np.float32), (10, 1))
    assert measure.calibration_error(np.array([0] * 8 + [1] * 2), probabilities) == pytest.approx(0, abs=1e-6)
    assert measure.calibration_error(np.array([0] * 3 + [1] * 7), probabilities) == pytest.approx(0.5, abs=1e-6)


def test_confident_negatives_are_counted_from_the_threshold_on():
    probabilities = np.array([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1], [0.6, 0.3, 0.1]], dtype=np.float32)
    assert measure.confident_negatives(np.array([0, 1, 0]), probabilities, 0.7) == (0.5, 0.5)


def test_an_interval_holds_its_figure_and_repeats_with_its_seed():
    told = measure.interval(measure.macro_recall, np.tile(TRUTH, 20), np.tile(SAID, 20), 1)
    assert told.startswith("72.2 (")
    assert told == measure.interval(measure.macro_recall, np.tile(TRUTH, 20), np.tile(SAID, 20), 1)
