"""Outside count: a number that somebody else counts (calls of the hotline, tickets, refunds) is far above what it usually is.

The newest interval that is over, against the same hour of the week and the hours before, by the tail of a negative binomial: thirty calls in a quarter of an hour are
a surprise where six are usual, and none on a Monday morning that always holds thirty. A measure that is too young to be judged so raises nothing but by the number
that the operator called too many, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from pydantic import Field

from core.outside import COUNT
from core.records import Words
from detectors.base import Finding, Measure, SignalOptions
from detectors.measured import usual_at
from detectors.tails import log10_tail, score, surprise, usual_range

KIND: Final = COUNT
AN_HOUR_S: Final = 3600
MOST_COUNTED: Final = 50_000.0  # larger numbers (money) are judged in units, so that the tail stays cheap
HOLDS: Final = timedelta(hours=3)  # a burst is told once in so long, and again when it has trebled
TREBLED: Final = 3.0
WHOLE_FROM: Final = 3.0  # what is usual is told in whole numbers


class Options(SignalOptions):
    """When a count is far from usual.

    `chance`: of noise to look like this at some time within an hour. `min_ratio`: times the expected. `min_value`: in the interval. `min_days`: of history before it is
    judged so. `at_least`: by a measure's name, or "source/name": so many in one interval are too many whatever is usual.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"chance": 1e-6, "min_ratio": 3.0, "min_value": 20.0},
        "sensitive": {"chance": 1e-3, "min_ratio": 1.5, "min_value": 5.0},
    }

    chance: float = Field(default=3e-5, gt=0.0, lt=1.0)
    min_ratio: float = Field(default=2.0, ge=1.0)
    min_value: float = Field(default=10.0, ge=1.0)
    min_days: float = Field(default=7.0, ge=1.0)
    at_least: dict[str, float] = Field(default_factory=dict)


class Detector:
    """Outside count; see the module.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> start = datetime(2026, 11, 2, tzinfo=UTC)
        >>> points = tuple((start + n * timedelta(minutes=15), 6.0) for n in range(96 * 14)) + ((start + timedelta(days=14), 48.0),)
        >>> finding = Detector(Options()).weigh(Measure(source_id="hotline", name="Hotline", points=points, step_s=900))
        >>> finding.observed, round(finding.expected)
        (48.0, 6)
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def weigh(self, measure: Measure) -> Finding | None:
        """Judge the newest number; see `detectors.base.MeasureDetector.weigh`."""
        if not measure.points:
            return None
        at, observed = measure.points[-1]
        usual = usual_at(measure.points[:-1], at, measure.zone)
        limit = self._options.at_least.get(f"{measure.source_id}/{measure.name}", self._options.at_least.get(measure.name))
        known = usual.days >= self._options.min_days
        frozen = {
            "observed": observed, "expected": usual.expected if known else None, "dispersion": usual.dispersion, "at_least": limit,
            "looks": max(1.0, AN_HOUR_S / measure.step_s), "threshold": -math.log10(self._options.chance),
            "days": round(usual.days, 2), "numbers": usual.numbers, "version": self.version, "options": self._options.model_dump(mode="json"),
        }  # fmt: skip
        found = self.rejudge(frozen)
        if not (self._is_far(observed, usual.expected, known=known) and found >= 0.5) and not (limit and observed >= limit):  # noqa: PLR2004
            return None
        return None if self._is_told(measure) else _finding(measure, frozen, found)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
        observed, expected, limit = frozen["observed"], frozen["expected"], frozen["at_least"]
        by_limit = observed / (observed + limit) if limit and observed >= limit else 0.0
        if expected is None:
            return float(by_limit)
        unit = max(1.0, max(observed, expected) / MOST_COUNTED)
        tail = log10_tail(round(observed / unit), expected / unit, frozen["dispersion"])
        return float(max(by_limit, score(surprise(tail, looks=frozen["looks"]), frozen["threshold"])))

    def _is_far(self, observed: float, expected: float, *, known: bool) -> bool:
        return known and observed >= self._options.min_value and observed >= self._options.min_ratio * expected

    def _is_told(self, measure: Measure) -> bool:
        """Whether this burst was told already, and has not trebled since."""
        if measure.told_at is None or measure.told_value is None:
            return False
        at, observed = measure.points[-1]
        return at - measure.told_at < HOLDS and observed < TREBLED * measure.told_value


def _finding(measure: Measure, frozen: dict[str, Any], found: float) -> Finding:
    at, observed = measure.points[-1]
    expected, limit = frozen["expected"], frozen["at_least"]
    unit = 1.0 if expected is None else max(1.0, expected / MOST_COUNTED)
    low, high = (None, None) if expected is None else usual_range(expected / unit, frozen["dispersion"])
    by_usual = expected is not None and observed > expected
    key = f"signal.{KIND}" if by_usual else f"signal.{KIND}.limit" if expected is not None else f"signal.{KIND}.thin"
    args = {
        "source": measure.source_id, "name": measure.name, "observed": observed, "what": measure.unit, "scale": measure.step_s,
        "expected": None if expected is None else round(expected, None if expected >= WHOLE_FROM else 1), "limit": limit,
    }  # fmt: skip
    return Finding(
        kind=KIND,
        bucket_start=at,
        window_start=at,
        window_end=at + timedelta(seconds=measure.step_s),
        scale_s=measure.step_s,
        observed=observed,
        expected=expected,
        low=None if low is None else low * unit,
        high=None if high is None else high * unit,
        score=found,
        words=Words(key=key, args=args),
        unit="counts",
        frozen=frozen,
    )
