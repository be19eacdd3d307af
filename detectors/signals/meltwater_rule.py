"""Meltwater's rule, as published: the last hour is much higher than the twelve hours before, and than the same hour a day and a week before.

For comparison with ours (`tocsin backtest --compare`); not among the defaults. Page: `detectors.rules.MELTWATER`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import Field

from detectors import rules
from detectors.base import Finding
from detectors.buckets import Buckets
from detectors.rules import DAY, HOUR, SPACING, WEEK, PublishedRule, Reading, RuleDetector, RuleState

KIND = "meltwater_rule"
HALF_DAY_H = 12
KEEP_H = 7 * 24 + 2  # the same hour a week before, wherever in its hours it begins


class Options(PublishedRule):
    """`times`: what "much higher" means; the page gives three levels (fewer, balanced, more alerts) without a figure."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"times": 5.0}, "sensitive": {"times": 2.0}}
    published: ClassVar[str] = rules.MELTWATER

    times: float = Field(default=3.0, gt=1.0)

    def rings_from(self, given: Sequence[float]) -> float:
        """From the hourly mean of half a day, and the same hour a day and a week before."""
        half_day, day_before, week_before = given
        return float(rules.meltwater_rings_from(half_day, day_before, week_before, times=self.times))


class Detector(RuleDetector):
    """Meltwater's published rule, asked at every minute.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> day = [1 if minute % 60 == 7 else 0 for minute in range(24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), day + [1] * 12, topic_id="acme")
        >>> [(finding.observed, round(finding.expected)) for finding in findings(Detector(Options()), series)]
        [(3.0, 1)]
    """

    _options: Options

    def step(self, state: RuleState, buckets: Buckets) -> tuple[RuleState, Finding | None]:
        """See `detectors.base.Detector.step`."""
        state, past = rules.remember(state, buckets, keep_h=KEEP_H)
        if past is None:
            return state, None
        end = buckets.end
        observed = past.seen(end, HOUR)
        if observed < self._options.times * rules.LEAST:
            return state, None
        half_day = past.usual(end - HOUR, timedelta(hours=HALF_DAY_H)) / HALF_DAY_H
        before = [past.usual(end - back, HOUR) for back in (DAY, WEEK)]
        given = [half_day, *(None if math.isnan(hour) else hour for hour in before)]
        reading = Reading(end=end, window=HOUR, observed=observed, usual=half_day, given=given)
        return rules.tell(state, reading, self._options, kind=KIND, spacing=SPACING, buckets=buckets)
