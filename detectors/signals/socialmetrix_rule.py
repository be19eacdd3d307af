"""Socialmetrix's rule, as published: the mean of 24 hours is above the mean of 7 days and so many standard deviations.

The page speaks of peaks and valleys within the day, so the deviation is that of the hours. Such a rule does not see an outbreak of one hour: its own
hours widen the deviation. For comparison with ours (`tocsin backtest --compare`); not among the defaults. Page: `detectors.rules.SOCIALMETRIX`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
from pydantic import Field

from detectors import rules
from detectors.base import Finding
from detectors.buckets import Buckets
from detectors.rules import DAY, SPACING, PublishedRule, Reading, RuleDetector, RuleState

KIND = "socialmetrix_rule"
DAY_H, WEEK_H = 24, 168
LEAST_H = 72  # before that, 24 hours are too much of the 7 days


class Options(PublishedRule):
    """`deviations`: 1.5 is the page's low, 2 its medium, 3 its high variation."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"deviations": 3.0}, "sensitive": {"deviations": 1.5}}
    published: ClassVar[str] = rules.SOCIALMETRIX

    deviations: float = Field(default=2.0, gt=0.0)

    def rings_from(self, given: Sequence[float]) -> float:
        """From the mean and the standard deviation of the hours of 7 days."""
        return float(rules.socialmetrix_rings_from(given[0], given[1], deviations=self.deviations))


class Detector(RuleDetector):
    """Socialmetrix's published rule, asked once an hour.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> hour = [1, *[0] * 59]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), hour * 144 + [1] * 60 * 24, topic_id="acme")
        >>> [finding.bucket_start.isoformat() for finding in findings(Detector(Options()), series)]
        ['2026-11-08T17:59:00+00:00']
    """

    _options: Options

    def step(self, state: RuleState, buckets: Buckets) -> tuple[RuleState, Finding | None]:
        """See `detectors.base.Detector.step`."""
        state, past = rules.remember(state, buckets, keep_h=WEEK_H)
        end = rules.newest_hour(state, buckets)
        if past is None or end is None:
            return state, None
        state = msgspec.structs.replace(state, asked_at=end)
        hours = past.whole_hours(end, WEEK_H)
        known = hours[~np.isnan(hours)]
        if len(known) < LEAST_H or np.isnan(hours[-DAY_H:]).any():
            return state, None
        mean, deviation = float(known.mean()), float(known.std())
        observed = float(hours[-DAY_H:].sum())
        reading = Reading(end=end, window=DAY, observed=observed, usual=mean * DAY_H, given=[mean, deviation])
        if observed <= reading.usual:  # nothing ever varied: 24 hours as always are no more than the mean
            return state, None
        return rules.tell(state, reading, self._options, kind=KIND, spacing=SPACING, buckets=buckets)
