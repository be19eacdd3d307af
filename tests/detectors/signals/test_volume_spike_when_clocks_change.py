"""When the clocks change, a topic whose people keep office hours moves by an hour against the sun, and rings nobody.

Bound: 0.2 alarms within 48 hours among ten topics.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectors.buckets import Buckets
from detectors.signals.volume_spike import Detector, Options

CHANGES = {
    ("Europe/Berlin", "forth"): datetime(2026, 3, 29, 1, tzinfo=UTC),
    ("Europe/Berlin", "back"): datetime(2026, 10, 25, 1, tzinfo=UTC),
    ("America/New_York", "forth"): datetime(2026, 3, 8, 7, tzinfo=UTC),
    ("America/New_York", "back"): datetime(2026, 11, 1, 6, tzinfo=UTC),
}
WEEKS = timedelta(days=14)
AFTER = timedelta(hours=48)


def office_hours(an_hour, zone, changed, *, seed):
    """Counts by minute, two weeks before the change to two days after: a twentieth of the talk at night."""
    local, start = ZoneInfo(zone), changed - WEEKS
    hours = [(start + timedelta(hours=i)).astimezone(local).hour for i in range((WEEKS + AFTER) // timedelta(hours=1))]
    level = np.array([1.0 if 9 <= hour < 17 else 0.05 for hour in hours]) * an_hour / 60.0
    return Buckets.of(start, np.random.default_rng(seed).poisson(np.repeat(level, 60)), zone=local)


def alarms(an_hour, zone, way, *, seed=1, every=15):
    """What rings in the two days after the change, asked each `every` minutes."""
    changed = CHANGES[zone, way]
    series, detector = office_hours(an_hour, zone, changed, seed=seed), Detector(Options())
    known = WEEKS // timedelta(minutes=1)
    state, _ = detector.step(detector.start(), series.rows(0, known, settled=known - 120))
    found = 0
    for upto in range(known + every, len(series) + 1, every):
        first = (state.settled_to - series.start) // timedelta(minutes=1)
        state, finding = detector.step(state, series.rows(first, upto, settled=upto - 120))
        found += finding is not None
    return found


@pytest.mark.parametrize(("zone", "way"), [("Europe/Berlin", "forth"), ("America/New_York", "back")])
def test_a_change_of_the_clocks_rings_nobody(zone, way):
    assert alarms(30, zone, way, every=30) == 0


@pytest.mark.slow
@pytest.mark.parametrize("an_hour", [3, 30, 300])
@pytest.mark.parametrize(("zone", "way"), CHANGES)
def test_ten_topics_ring_hardly_once_in_fifty_changes_of_the_clocks(zone, way, an_hour):
    assert sum(alarms(an_hour, zone, way, seed=seed, every=5) for seed in range(10)) <= 0.2
