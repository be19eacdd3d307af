"""Cases: what must raise a signal, and what must not. Those that ship prove each detector; an operator's own prove a configuration.

A case is a bare series of counts, a number that somebody else counts, how sources are heard, or a list of mentions. Mentions need the whole monitor
(`console/cases.py`); the rest is judged here, by the detector alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

import numpy as np
import yaml
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError, model_validator

from core.durations import Duration, parse_duration
from core.errors import Refused
from core.records import Record, Tier
from detectors.base import Measure, SourceHealth
from detectors.buckets import MINUTE_S, NOWHERE, Buckets
from detectors.case_series import NOON, SeriesCase, buckets_of, points_of
from detectors.settings import AuthorSettings, Section

SHIPPED: Final = Path(__file__).parent / "signals" / "cases"
MOST_BYTES: Final = 5_000_000  # of a file of cases
MOST_CASES: Final = 500  # in one file
LATENESS_ROWS: Final = 120  # minutes that are not settled yet
DAY_ROWS: Final = 1440


class Case(Section):
    """One case: the kind of signal, what is fed to it, and whether it `fires`; `at` names the row of a series that must alarm, `within` how much later it may.

    `topic`: whose configured query the mentions meet; without one, a brand called Acme. `authors`: people whom we know there; `tier`: where it is said.
    `now` and `sources` are for signals about sources: times as lengths before `now`. The clock runs on for `until` after the last mention.
    """

    kind: str = ""
    name: str
    fires: bool
    at: AwareDatetime | None = None
    within: Duration | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    series: SeriesCase | None = None
    mentions: tuple[dict[str, Any], ...] = ()
    topic: str | None = None
    authors: tuple[AuthorSettings, ...] = ()
    tier: Tier = "forum"
    sources: tuple[dict[str, Any], ...] = ()
    now: AwareDatetime = NOON

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(map(bool, (self.series, self.mentions, self.sources))) != 1:
            raise ValueError(f"the case {self.name!r} needs one of series, mentions and sources")
        if self.at is not None and not (self.fires and self.series):
            raise ValueError(f"the case {self.name!r} names a row that alarms, so it needs a series that fires")
        return self


class Outcome(Record, frozen=True, kw_only=True, gc=False):
    """A case that was tried: whether it turned out as it says, and when the detector alarmed."""

    case: str
    kind: str
    fires: bool
    holds: bool
    alarms: tuple[datetime, ...] = ()


def read_cases(path: Path, *, kind: str = "") -> list[Case]:
    """The cases of a YAML file; `kind` where they do not say.

    Raises:
        Refused: it cannot be read, or a case makes no sense; told in one line with the file.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from error
    if len(text) > MOST_BYTES:
        raise Refused(f"{path}: larger than {MOST_BYTES:,} bytes")
    try:
        cases = TypeAdapter(Annotated[list[Case], Field(max_length=MOST_CASES)]).validate_python(yaml.safe_load(text) or [])
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        raise Refused(f"{path}: {_told(error)}") from error
    named = [case if case.kind else case.model_copy(update={"kind": kind}) for case in cases]
    if any(not case.kind for case in named):
        raise Refused(f"{path}: each case needs the kind of its signal")
    return named


def shipped(kind: str) -> list[Case]:
    """The cases that ship with a kind; none where it ships none."""
    path = SHIPPED / f"{kind}.yaml"
    return read_cases(path, kind=kind) if path.exists() else []


def tried(case: Case, detector: Any, *, folder: Path = SHIPPED, zone: ZoneInfo = NOWHERE) -> Outcome:
    """Try a case of a series or of sources on a detector. Pure but for the series' file.

    Args:
        case: what to feed.
        detector: of the case's kind.
        folder: where the case's files stand.
        zone: where the usual day is learnt.

    Raises:
        Refused: the detector does not take what the case holds, or the series' file cannot be read.
    """
    if case.sources and hasattr(detector, "unheard"):
        alarms = _blind(case, detector)
    elif case.series is not None and hasattr(detector, "step"):
        alarms = _stepped(detector, buckets_of(case.series, folder, zone), case.series)
    elif case.series is not None and hasattr(detector, "weigh"):
        alarms = _weighed(detector, case.series, folder)
    else:
        raise Refused(f"the case {case.name!r} feeds {case.kind} with what it does not take")
    return outcome(case, alarms)


def outcome(case: Case, alarms: list[datetime]) -> Outcome:
    """Whether a case turned out as it says."""
    holds = bool(alarms) is case.fires
    if case.at is not None:
        within = case.within or (case.series.every if case.series else timedelta(0))
        holds = any(case.at <= alarm < case.at + within for alarm in alarms[:1])
    return Outcome(case=case.name, kind=case.kind, fires=case.fires, holds=holds, alarms=tuple(alarms))


def _stepped(detector: Any, rows: Buckets, series: SeriesCase) -> list[datetime]:
    """When a detector of counts alarms: asked day by day while it learns the usual days, then after each row and each minute in which something was said."""
    state, alarms = detector.start(), []
    learnt = series.usual_rows * series.minutes
    said = np.flatnonzero(rows.mentions.any(axis=1)) + 1
    ends = (np.arange(DAY_ROWS, learnt, DAY_ROWS), said[said > learnt], np.arange(learnt, len(rows) + 1, series.minutes))
    for last in np.unique(np.concatenate(ends)).tolist():
        first = 0 if state.settled_to is None else (state.settled_to - rows.start) // timedelta(minutes=1)
        state, finding = detector.step(state, rows.rows(first, last, settled=max(0, last - LATENESS_ROWS)))
        if finding is not None:
            alarms.append(rows.start + timedelta(minutes=last - 1))
    return alarms


def _weighed(detector: Any, series: SeriesCase, folder: Path) -> list[datetime]:
    """When a detector of others' numbers alarms, interval by interval."""
    points = points_of(series, folder)
    told: dict[str, Any] = {}
    alarms = []
    for number in range(max(1, series.usual_rows), len(points) + 1):
        measure = Measure(source_id="case", name="case", points=tuple(points[:number]), step_s=series.minutes * MINUTE_S, **told)
        finding = detector.weigh(measure)
        if finding is not None:
            alarms.append(finding.bucket_start)
            told = {"told_at": finding.bucket_start, "told_value": finding.observed}
    return alarms


def _blind(case: Case, detector: Any) -> list[datetime]:
    """The case's `now` for each source that is blind: not heard, or silent against the like stretches `before`."""
    health = [_health(dict(spec), case.now) for spec in case.sources]
    found = list(detector.unheard([source for source, _ in health], case.now))
    for source, before in health:
        stretch = detector.silence(source)
        spot = None if stretch is None else detector.silent(source, stretch, before)
        found += [] if spot is None else [spot]
    return [case.now for _ in found]


def _health(spec: dict[str, Any], now: datetime) -> tuple[SourceHealth, list[int]]:
    before = spec.pop("before", [])
    try:
        ago = {name: now - parse_duration(value) for name, value in spec.items() if name.endswith(("_at", "_since")) and value is not None}
        return SourceHealth(**{**spec, **ago}), list(before)
    except (TypeError, ValueError) as error:
        raise Refused(f"a source of a case cannot be read: {error}") from error


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"
    return " ".join(str(error).split())[:300]
