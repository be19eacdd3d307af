import doctest
import math

import pytest

from detectors import tails
from detectors.tails import log10_share_tail, log10_tail, usual_range


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(tails).failed == 0


@pytest.mark.parametrize("mean", [1e-4, 0.02, 0.5, 1.0, 7.3, 30.0, 300.0, 5000.0])
@pytest.mark.parametrize("dispersion", [0.0, 1e-9, 1e-4, 0.02, 0.1, 0.5, 2.0, 50.0])
def test_the_count_tail_agrees_with_scipy(mean, dispersion):
    stats = pytest.importorskip("scipy.stats")
    law = stats.poisson(mean) if dispersion < 1e-8 else stats.nbinom(1.0 / dispersion, 1.0 / (1.0 + dispersion * mean))
    counts = {0, 1, 2, 3, 5, 10, 40, int(mean), int(mean) + 1, int(1.5 * mean), int(3 * mean)}
    for count in counts:
        expected = float(law.sf(count - 1))
        if expected > 1e-250:
            assert 10 ** log10_tail(count, mean, dispersion) == pytest.approx(expected, rel=2e-6), count


def test_the_count_tail_stays_a_number_far_out():
    assert -10_000 < log10_tail(3000, 1.0, 0.0) < -9000  # 3000! is about 10 to the 9131
    assert math.isfinite(log10_tail(100_000, 1.0, 0.3))
    assert log10_tail(1, 0.0, 0.1) == -math.inf
    assert log10_tail(0, 0.0, 0.1) == 0.0


def test_the_count_tail_falls_as_the_count_rises():
    values = [log10_tail(count, 12.5, 0.3) for count in range(200)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("share", "weight"), [(0.05, 20.0), (0.2, 60.0), (0.5, 2.0), (0.9, 500.0)])
def test_the_share_tail_agrees_with_scipy(share, weight):
    stats = pytest.importorskip("scipy.stats")
    for of in (1, 7, 40, 600):
        law = stats.betabinom(of, share * weight, (1 - share) * weight)
        for hits in {0, 1, of // 3, of // 2, of}:
            assert 10 ** log10_share_tail(hits, of, share, weight) == pytest.approx(float(law.sf(hits - 1)), rel=1e-6)


def test_more_hits_than_draws_cannot_be():
    assert log10_share_tail(3, 2, 0.5, 10.0) == -math.inf


def test_the_usual_range_holds_what_it_says():
    stats = pytest.importorskip("scipy.stats")
    for mean in (0.3, 4.0, 60.0):
        low, high = usual_range(mean, 0.2)
        law = stats.nbinom(5.0, 1.0 / (1.0 + 0.2 * mean))
        assert law.cdf(high) - law.cdf(low - 1) >= 0.95
