"""Salesforce's rule, as published for Social Studio: a window holds so many percent more than the same window of earlier weeks.

For comparison with ours (`tocsin backtest --compare`); not among the defaults. Page: `detectors.rules.SALESFORCE`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from detectors import rules
from detectors.base import Finding
from detectors.buckets import Buckets
from detectors.rules import SPACING, WEEK, PublishedRule, Reading, RuleDetector, RuleState

KIND = "salesforce_rule"
WEEKS = 4  # "as far back as 4 weeks where data is available"


class Options(PublishedRule):
    """`percent`: over the mean of the earlier weeks; the page leaves it to the user. `window_h`: a day or a week."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"percent": 200.0}, "sensitive": {"percent": 50.0}}
    published: ClassVar[str] = rules.SALESFORCE

    percent: float = Field(default=100.0, gt=0.0)
    window_h: Literal[24, 168] = 24

    def rings_from(self, given: Sequence[float]) -> float:
        """From the same window of each earlier week."""
        return float(rules.salesforce_rings_from(given, percent=self.percent))


class Detector(RuleDetector):
    """Salesforce's published rule, asked at every minute.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from detectors.walk import findings
        >>> days = [1 if minute % 60 == 7 else 0 for minute in range(9 * 24 * 60)]
        >>> series = Buckets.of(datetime(2026, 11, 2, tzinfo=UTC), days + [1] * 30, topic_id="acme")
        >>> [(round(finding.observed), finding.expected) for finding in findings(Detector(Options()), series)]
        [(49, 24.0)]
    """

    _options: Options

    def step(self, state: RuleState, buckets: Buckets) -> tuple[RuleState, Finding | None]:
        """See `detectors.base.Detector.step`."""
        window = timedelta(hours=self._options.window_h)
        state, past = rules.remember(state, buckets, keep_h=WEEKS * 168 + self._options.window_h + 1)
        if past is None:
            return state, None
        end = buckets.end
        weeks = [past.usual(end - week * WEEK, window) for week in range(1, WEEKS + 1)]
        known = tuple(week for week in weeks if not math.isnan(week))
        if not known:
            return state, None
        reading = Reading(end=end, window=window, observed=past.seen(end, window), usual=math.fsum(known) / len(known), given=list(known))
        return rules.tell(state, reading, self._options, kind=KIND, spacing=SPACING, buckets=buckets)
