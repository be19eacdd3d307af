"""The fleet of the bench, in a few of the runs that `make bench-detect` makes."""

from __future__ import annotations

import pytest

from alerting.budget import budget_of
from bench import fleet


def test_five_thousand_topics_of_noise_page_no_more_than_the_budget_and_real_events_among_them_do() -> None:
    budget = budget_of(None, fleet.TOPICS, fleet.KINDS)
    assert budget is not None
    runs = [fleet.simulate(budget, noise, seed) for noise in (fleet.calibrated, fleet.overstated, fleet.storms) for seed in range(4)]
    assert all(run.worst_week <= budget.alarms for run in runs)
    calibrated = runs[:4]
    assert sum(run.noise for run in calibrated) > 700
    assert sum(run.paged for run in calibrated) <= 4 * fleet.WEEKS * budget.alarms / 2
    assert sum(run.found for run in calibrated) >= 0.85 * sum(run.seen for run in calibrated)


def test_a_share_and_a_mean_are_told_with_their_intervals() -> None:
    low, high = fleet.wilson(94, 100)
    assert (round(low, 3), round(high, 3)) == (0.875, 0.972)
    assert fleet.wilson(0, 0) == (0.0, 1.0)
    assert fleet.upper(0) == pytest.approx(3.0, abs=0.05)
