"""The first day of a busy, uneven topic: nobody knows its noon from its night, and nobody is rung for that. Bound: 0.05 alarms a topic."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.buckets import Buckets
from detectors.signals.volume_spike import Detector, Options

START = datetime(2026, 11, 2, tzinfo=UTC)


def first_day(an_hour, *, seed, unevenness=0.5):
    """A day of counts by minute: a daily rhythm of any phase from a fifth to nine fifths of the mean, hours drawn from a gamma of shape 2."""
    rng = np.random.default_rng(seed)
    rhythm = 1.0 + 0.8 * np.sin(2.0 * np.pi * (np.arange(24) / 24.0 + rng.random()))
    level = an_hour * rhythm * rng.gamma(1.0 / unevenness, unevenness, 24)
    return Buckets.of(START, rng.poisson(np.repeat(level / 60.0, 60)))


def alarms(series, *, every):
    """What rings on that day, asked each `every` minutes."""
    detector = Detector(Options())
    state, found = detector.start(), 0
    for upto in range(every, len(series) + 1, every):
        first = 0 if state.settled_to is None else (state.settled_to - START) // timedelta(minutes=1)
        state, finding = detector.step(state, series.rows(first, upto, settled=max(0, upto - 120)))
        found += finding is not None
    return found


def test_a_busy_new_topic_rings_nobody_on_its_first_day():
    assert [alarms(first_day(300, seed=seed), every=20) for seed in range(3)] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("an_hour", [3, 30, 300])
def test_of_twenty_new_topics_one_rings_on_its_first_day_at_most(an_hour):
    assert sum(alarms(first_day(an_hour, seed=seed), every=10) for seed in range(20)) <= 1
