"""Single risk: one mention is enough.

A product recall, a poisoning or a regulator's letter is no matter of counts: the first mention that names the brand must reach somebody. Milder risks count when
several people speak of the same thing within the hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from core.records import Words
from detectors.base import Finding, Heard, SignalOptions
from detectors.buckets import HOUR_S, MINUTE_S
from detectors.tails import score

KIND = "single_risk"
OURS = ("brand", "person")  # kinds of topic whose risks are ours to answer; a competitor's are not
ALONE_SCORE = 0.9  # of one mention that is enough by itself; certain it is not, the words were matched by a lexicon


class Options(SignalOptions):
    """When a risk is told: `alone_up_to` is the mildest level that one mention suffices for (0: none), `min_authors` speak of it within an hour otherwise."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"min_authors": 5}, "sensitive": {"min_authors": 2}}

    alone_up_to: int = Field(default=1, ge=0, le=2)
    min_authors: int = Field(default=3, ge=2)


class Detector:
    """Single risk: one mention of a grave risk that surely names the brand, or several people within an hour.

    A risk of level 1 in a mention whose topic is matched strongly is told at once. Level 2, and level 1 where the match is weak, count in a group of people
    who speak of the same family of risk; reposts add nobody to it. Level 3 is a complaint and never tells anything by itself.

    Args:
        options: see `Options`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from core.records import Risk
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> recall = Heard(at=noon, topic_id="acme", topic_kind="brand", risk=Risk(family="recall", level=1, term="thu hồi"), source_id="press")
        >>> finding = Detector(Options()).judge(recall, [])
        >>> finding.words.key, finding.risk
        ('signal.single_risk', 'recall')
    """

    version = "1"

    def __init__(self, options: Options) -> None:
        self._options = options

    def judge(self, heard: Heard, recent: Sequence[Heard]) -> Finding | None:
        """Judge one risk of one mention; see `detectors.base.MentionDetector.judge`."""
        if heard.topic_kind not in OURS:
            return None
        if heard.risk.level <= self._options.alone_up_to and not heard.weak:
            return _finding(heard, [heard], self._options, alone=True)  # a repost too: its original may stand where we hear nothing
        if heard.kind == "repost":
            return None
        group = [heard, *(other for other in recent if _beside(other, heard))]
        if heard.risk.level > 2 or len({each.who for each in group}) < self._options.min_authors:  # noqa: PLR2004 - level 3 is a complaint
            return None
        return _finding(heard, group, self._options, alone=False)

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score again, from the people and the options that the finding froze."""
        return _score(frozen["authors"], frozen["options"]["min_authors"], alone=frozen["alone"])


def _beside(other: Heard, heard: Heard) -> bool:
    """Whether an earlier risk belongs to the group of this one."""
    same = other.topic_id == heard.topic_id and other.risk.family == heard.risk.family
    within = heard.at - timedelta(seconds=HOUR_S) < other.at <= heard.at
    another = other.mention_id != heard.mention_id or other.mention_id == 0
    return same and within and another and other.risk.level <= 2 and other.kind != "repost"  # noqa: PLR2004


def _score(authors: int, min_authors: int, *, alone: bool) -> float:
    return ALONE_SCORE if alone else score(authors, min_authors)


def _finding(heard: Heard, group: list[Heard], options: Options, *, alone: bool) -> Finding:
    authors = len({each.who for each in group})
    row = _minute(heard.at)
    scale_s = MINUTE_S if alone else HOUR_S
    args = {"topic": heard.topic_id, "risk": heard.risk.family, "term": heard.risk.term, "authors": authors, "observed": len(group)}
    return Finding(
        kind=KIND,
        bucket_start=row,
        window_start=row + timedelta(seconds=MINUTE_S - scale_s),
        window_end=row + timedelta(seconds=MINUTE_S),
        scale_s=scale_s,
        observed=float(len(group)),
        expected=None,
        low=None,
        high=None,
        score=_score(authors, options.min_authors, alone=alone),
        words=Words(key=f"signal.{KIND}" if alone else f"signal.{KIND}.group", args=args | {"scale": scale_s}),
        risk=heard.risk.family,
        place_id=heard.place_id if len({each.place_id for each in group}) == 1 else None,
        evidence=tuple(each.mention_id for each in group if each.mention_id),
        frozen={
            "version": Detector.version,
            "options": options.model_dump(),
            "alone": alone,
            "authors": authors,
            "level": heard.risk.level,
            "weak": heard.weak,
            "term": heard.risk.term,
            "heard_at": [each.at.isoformat() for each in group],
        },
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
