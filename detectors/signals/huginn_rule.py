"""Huginn's rule (PeakDetectorAgent): an hour's count is above the mean and three standard deviations of the fortnight before it.

Peaks within two days of the last one told are passed over, as there. For comparison with ours (`tocsin backtest --compare`); not among the
defaults. Source: `detectors.rules.HUGINN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

import msgspec
import numpy as np
from pydantic import Field

from detectors import rules
from detectors.base import Finding
from detectors.buckets import Buckets
from detectors.rules import HOUR, PublishedRule, Reading, RuleDetector, RuleState

KIND = "huginn_rule"


class Options(PublishedRule):
    """`deviations` (`std_multiple` there), `window_days`, `spacing_days` (`min_peak_spacing_in_days`) and `min_hours` (`min_events`) as Huginn has them.

    Huginn has no levels, so the sensitivity changes nothing.
    """

    published: ClassVar[str] = rules.HUGINN

    deviations: float = Field(default=3.0, gt=0.0)
    window_days: int = Field(default=14, ge=1, le=28)
    spacing_days: float = Field(default=2.0, ge=0.0)
    min_hours: int = Field(default=4, ge=1)

    def rings_from(self, given: Sequence[float]) -> float:
        """From the mean and the standard deviation of the hours before."""
        return float(rules.huginn_rings_from(given[0], given[1], deviations=self.deviations))


class Detector(RuleDetector):
    """Huginn's rule over hourly counts, asked once an hour.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> hour = [1, *[0] * 59]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), hour * 48 + [1] * 60 + hour, topic_id="acme")
        >>> [(finding.observed, finding.expected) for finding in findings(Detector(Options()), series)]
        [(60.0, 1.0)]
    """

    _options: Options

    def step(self, state: RuleState, buckets: Buckets) -> tuple[RuleState, Finding | None]:
        """See `detectors.base.Detector.step`."""
        keep_h = self._options.window_days * 24 + 1
        state, past = rules.remember(state, buckets, keep_h=keep_h)
        end = rules.newest_hour(state, buckets)
        if past is None or end is None:
            return state, None
        state = msgspec.structs.replace(state, asked_at=end)
        *before, newest = past.whole_hours(end, keep_h).tolist()
        known = np.array(before)[~np.isnan(before)]
        spacing = timedelta(days=self._options.spacing_days)
        if len(known) < self._options.min_hours or (state.over_to is not None and end - state.over_to <= spacing):
            return state, None
        mean, deviation = float(known.mean()), float(known.std())
        if not newest > mean:
            return state, None
        reading = Reading(end=end, window=HOUR, observed=newest, usual=mean, given=[mean, deviation])
        return rules.tell(state, reading, self._options, kind=KIND, spacing=timedelta(0), buckets=buckets)
