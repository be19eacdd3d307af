"""Minutes of a topic over some weeks, for the signals that look back so far."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from detectors.buckets import Buckets
from detectors.walk import walk

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440


def weeks(an_hour, days, *, seed, uneven=0.0, weekend=1.0):
    """Minutes of a topic that sleeps at night (0.2 to 1.8 times its mean); `uneven` is the dispersion of its days, `weekend` times the usual on two days of seven."""
    rng = np.random.default_rng(seed)
    mean = an_hour / 60 * (1 + 0.8 * np.sin(2 * np.pi * ((np.arange(days * DAY) / 60) % 24 - 9) / 24))
    mean = mean * np.where(np.arange(days) % 7 >= 5, weekend, 1.0).repeat(DAY)
    if uneven:
        mean = mean * rng.gamma(1 / uneven, uneven, days).repeat(DAY)
    return rng.poisson(mean)


def more(counts, since, until, times, *, seed):
    """The same with `times` as many from one row to another, at the hours of the week before."""
    grown = counts.copy()
    grown[since:until] += np.random.default_rng(seed).poisson(np.roll(counts, 7 * DAY)[since:until] * (times - 1.0))
    return grown


def told(detector, counts, *, after, every=60, **columns):
    """Findings from a row on, everything before it taken in at once, stepped every so many minutes."""
    series = Buckets.of(MONDAY, counts, topic_id="acme", **columns)
    state, _ = detector.step(detector.start(), series.rows(0, after, settled=after - 120))
    found = []
    for upto in range(after, len(series) + 1, every):
        first = int((state.settled_to - series.start).total_seconds()) // 60
        state, finding = detector.step(state, series.rows(first, upto, settled=upto - 120))
        found += [finding] if finding is not None else []
    return found


def walked(detector, counts, **columns):
    """Findings as the Watcher would step it."""
    return [finding for _, finding in walk(detector, Buckets.of(MONDAY, counts, topic_id="acme", **columns)) if finding is not None]
