"""Who waits for an answer: what is asked of us, how such a detector is put its question, and how soon we answered week by week. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from core.records import AuthorRole, Record, Tier, Triage
from detectors.base import Finding

NINE_OF_TEN: Final = 0.9


class Asked(Record, frozen=True, kw_only=True, gc=False):
    """A mention that may want an answer of ours.

    `role` is what the registry says of its author. `addressed`: it answers a post of ours, or calls us by our handle. `answered_at`: when we answered, or the asker
    took somebody's answer; None where nobody did so far. `due_at`: where it was worked out before.
    """

    mention_id: int
    topic_id: str
    at: datetime
    triage: Triage
    source_id: str
    tier: Tier | None = None
    addressed: bool = False
    author: str | None = None
    role: AuthorRole | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None


class AnswerDetector(Protocol):
    """A signal about questions that nobody answers; the Timekeeper asks when one is due. Pure. `look_every`: how often to look for new ones, so that none is due unseen."""

    kind: str
    version: str
    look_every: timedelta

    def limit(self, asked: Asked) -> timedelta | None:
        """Within how much open time it wants an answer; None where it wants none."""

    def due(self, asked: Asked, zone: ZoneInfo) -> datetime | None:
        """When an answer is due; None where none is wanted."""

    def opens(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at`, or when the hours open next."""

    def overdue(self, waiting: Sequence[Asked], now: datetime, zone: ZoneInfo, told_at: datetime | None = None) -> Finding | None:
        """Judge what waits in one topic; `told_at` is when the last finding about it was raised."""

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


class ResponseWeek(Record, frozen=True, kw_only=True, gc=False):
    """How soon we answered what was asked in one week, from its Monday on; times in seconds of opening hours, None where nothing was answered.

    `in_time`: share of those that are due which were answered within their limit; None where none is due yet.
    """

    monday: date
    asked: int
    answered: int
    median_s: float | None
    p90_s: float | None
    in_time: float | None


class Case(Record, frozen=True, kw_only=True, gc=False):
    """A question with its clock: how long it took, or has waited so far, and how long it might, both in seconds of opening hours."""

    at: datetime
    took_s: float
    limit_s: float
    is_answered: bool


def response_weeks(cases: Sequence[Case], zone: ZoneInfo) -> list[ResponseWeek]:
    """How soon we answered, by the week in which it was asked, oldest first; a week in which nobody asked is left out.

    Example:
        >>> from datetime import UTC
        >>> monday = datetime(2026, 11, 16, 3, tzinfo=UTC)
        >>> cases = [Case(at=monday, took_s=took, limit_s=3600, is_answered=took < 9000) for took in (600, 1800, 5400, 9000)]
        >>> week, = response_weeks(cases, ZoneInfo("Asia/Ho_Chi_Minh"))
        >>> week.monday.isoformat(), week.asked, week.answered, week.median_s, week.in_time
        ('2026-11-16', 4, 3, 1800.0, 0.5)
    """
    weeks: dict[date, list[Case]] = {}
    for case in cases:
        day = case.at.astimezone(zone).date()
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(case)
    return [_week(monday, weeks[monday]) for monday in sorted(weeks)]


def _week(monday: date, cases: Sequence[Case]) -> ResponseWeek:
    took = sorted(case.took_s for case in cases if case.is_answered)
    due = [case for case in cases if case.is_answered or case.took_s >= case.limit_s]
    in_time = sum(case.is_answered and case.took_s <= case.limit_s for case in due)
    return ResponseWeek(
        monday=monday,
        asked=len(cases),
        answered=len(took),
        median_s=float(median(took)) if took else None,
        p90_s=float(took[min(len(took) - 1, int(NINE_OF_TEN * len(took)))]) if took else None,
        in_time=in_time / len(due) if due else None,
    )
