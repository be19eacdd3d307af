"""Question unanswered: somebody asked us, or complained, where we are at home, and nobody has answered in time.

The clock runs in opening hours only. An answer of our own stops it, and so does one that the asker took; what another member says does not. Nobody is paged for one
question: what waits in a topic is told together, once an hour at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from core.durations import Duration
from core.records import Tier, Triage, Words
from detectors.base import Finding, SignalOptions
from detectors.buckets import HOUR_S
from detectors.opening import OpenHours
from detectors.people import CLOSE
from detectors.response import Asked
from detectors.tails import score

KIND = "question_unanswered"
QUESTIONS: Final[frozenset[Triage]] = frozenset({"question", "lead"})
COMPLAINTS: Final[frozenset[Triage]] = frozenset({"complaint", "bug", "crisis"})
DAY: Final = timedelta(days=1)
MOST_LISTED: Final = 100  # questions
MOST_SHOWN: Final = 20  # of them whose words stand as evidence
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _span(hours: str) -> tuple[int, int]:
    """Minutes after midnight of "08:00-21:00"; 24:00 is the next midnight."""
    opens, closes = (60 * int(part[:2]) + int(part[3:]) for part in hours.split("-"))
    return opens, closes


def _is_span(hours: str) -> str:
    opens, closes = _span(hours)
    if not opens < closes <= 24 * 60:
        raise ValueError(f"{hours} does not end after it begins, on the same day; 00:00-24:00 is the whole day")
    return hours


class Options(SignalOptions):
    """When an answer is late.

    `hours`, `days`, `holidays` ("VN", or null for none) and `closed` (other dates): when somebody is there to answer, in the topic's time zone. `after` and
    `complaint_after`: how much of that time a question, and a complaint, may wait. `many`: so many that wait are more than a matter of the day.
    `tiers`: where we are at home; elsewhere only what is addressed to us counts.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quiet": {"after": timedelta(hours=4), "complaint_after": timedelta(hours=2), "many": 20},
        "sensitive": {"after": timedelta(minutes=30), "complaint_after": timedelta(minutes=15), "many": 3},
    }

    hours: Annotated[str, Field(pattern=r"^\d\d:[0-5]\d-\d\d:[0-5]\d$"), AfterValidator(_is_span)] = "08:00-21:00"
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    holidays: Literal["VN"] | None = "VN"
    closed: tuple[date, ...] = ()
    after: Duration = Field(default=timedelta(minutes=60), ge=timedelta(minutes=1))
    complaint_after: Duration = Field(default=timedelta(minutes=30), ge=timedelta(minutes=1))
    many: int = Field(default=5, ge=1)
    tiers: tuple[Tier, ...] = ("owned", "forum")


class Detector:
    """Question unanswered: what was asked of us in our own places and has waited longer than it may, told together.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC
        >>> hanoi, nine = ZoneInfo("Asia/Ho_Chi_Minh"), datetime(2026, 11, 21, 2, tzinfo=UTC)
        >>> asked = Asked(mention_id=1, topic_id="acme", at=nine, triage="question", source_id="group", tier="owned")
        >>> detector = Detector(Options())
        >>> detector.due(asked, hanoi).isoformat()
        '2026-11-21T03:00:00+00:00'
        >>> detector.overdue([asked], nine + timedelta(hours=1), hanoi).words.args["longest"]
        3600.0
    """

    kind = KIND
    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options
        self.look_every = min(options.after, options.complaint_after)

    def limit(self, asked: Asked) -> timedelta | None:
        """Within how much open time it wants an answer; None where it is no question or complaint, or none of ours."""
        ours = asked.addressed or asked.tier in self._options.tiers
        if not ours or asked.role in ("staff", "troll"):
            return None
        if asked.triage in QUESTIONS:
            return self._options.after
        return self._options.complaint_after if asked.triage in COMPLAINTS else None

    def due(self, asked: Asked, zone: ZoneInfo) -> datetime | None:
        """When an answer is due (UTC); None where none is wanted."""
        limit = self.limit(asked)
        return None if limit is None else self.hours(zone).after(asked.at, limit)

    def opens(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at`, or when the hours open next."""
        return self.hours(zone).after(at, timedelta(0))

    def hours(self, zone: ZoneInfo) -> OpenHours:
        """The opening hours in a zone."""
        options = self._options
        opens, closes = _span(options.hours)
        days = frozenset(WEEKDAYS.index(day) for day in options.days)
        return OpenHours(opens=opens, closes=closes, zone=zone, days=days, holidays=options.holidays, closed=frozenset(options.closed))

    def overdue(self, waiting: Sequence[Asked], now: datetime, zone: ZoneInfo, told_at: datetime | None = None) -> Finding | None:
        """Tell all that wait too long, oldest first, where one of them has become so since it was last told, a day ago at the most; see `detectors.response`."""
        hours, since = self.hours(zone), max(told_at or now - DAY, now - DAY)
        wanted = [(asked, limit) for asked in waiting if asked.answered_at is None and (limit := self.limit(asked))]
        clocks = [(asked, limit, asked.due_at or hours.after(asked.at, limit)) for asked, limit in wanted]
        late = [(asked, limit) for asked, limit, due in clocks if due <= now]
        if not any(since < due <= now for _, _, due in clocks) or not hours.is_open(now - timedelta(microseconds=1)):
            return None
        return self._finding(sorted(late, key=lambda each: (each[0].at, each[0].mention_id)), hours, now)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the waiting times that the finding froze."""
        return _score(frozen["waiting"])

    def _finding(self, late: Sequence[tuple[Asked, timedelta]], hours: OpenHours, now: datetime) -> Finding:
        hour = now.replace(minute=0, second=0, microsecond=0)
        listed = [
            {
                "mention_id": asked.mention_id,
                "triage": asked.triage,
                "at": asked.at.isoformat(),
                "waits_s": hours.between(asked.at, now).total_seconds(),
                "limit_s": limit.total_seconds(),
            }
            for asked, limit in late[:MOST_LISTED]
        ]
        close = sum(asked.role in CLOSE for asked, _ in late)
        args = {
            "topic": late[0][0].topic_id,
            "observed": len(late),
            "complaints": sum(asked.triage in COMPLAINTS for asked, _ in late),
            "longest": listed[0]["waits_s"],  # the oldest
            "close": close,
        }
        return Finding(
            kind=KIND,
            bucket_start=hour,
            window_start=min(late[0][0].at, hour),
            window_end=hour + timedelta(seconds=HOUR_S),
            scale_s=HOUR_S,
            observed=float(len(late)),
            expected=None,
            low=None,
            high=None,
            score=_score(listed),
            words=Words(key=f"signal.{KIND}" + (".close" if close else ""), args=args),
            evidence=tuple(asked.mention_id for asked, _ in late[:MOST_SHOWN]),
            frozen={
                "version": self.version,
                "options": self._options.model_dump(mode="json"),
                "waiting": listed,
                "close": close,
                "is_many": len(late) >= self._options.many,
            },
        )


def _score(waiting: Sequence[Mapping[str, Any]]) -> float:
    """By the one that waits longest for its limit: 0.5 when it is due."""
    return max(score(max(one["waits_s"], one["limit_s"]), one["limit_s"]) for one in waiting)
