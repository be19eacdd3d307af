"""What people said about acme, told briefly, for detectors of talk."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from core.records import Risk
from detectors.base import Finding
from detectors.talk import Said, Talk, TalkDetector, Told, Topic
from tests.make import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
END = NOON + HOUR
TIERS: dict[str, Any] = {"forum": "forum", "group": "owned", "shop": "owned", "press": "press", "paper": "press", "tiktok": "social"}
_numbers = itertools.count(1)


def say(text: str, who: str | None = None, *, ago: float = 5, end: datetime = END, source: str = "forum", **more: Any) -> Said:
    """One mention, `ago` minutes before the end, by somebody of their own unless `who` is named. `risk`: a family, or a family with its level."""
    number = next(_numbers)
    at = end - ago * MINUTE
    risk, level = more.pop("risk", None), more.pop("level", 2)
    risks = () if risk is None else (Risk(family=risk, level=level, term=risk),)
    return Said(number, at, at, source, author=who or f"{source}/user{number}", text=text, risks=risks, **more)


def each(*texts: str, every: float = 1, **more: Any) -> list[Said]:
    """One mention a text, each by another person, so many minutes apart, the last one newest."""
    return [say(text, ago=1 + every * (len(texts) - place), **more) for place, text in enumerate(texts, 1)]


def talk(*said: Said, before: list[Said] | None = None, told: tuple[Told, ...] = (), end: datetime = END, **topic: Any) -> Talk:
    """A talk about acme that ends at `end`."""
    about = Topic(**{"id": "acme", "name": "Acme", "tiers": TIERS, **topic})
    past = None if before is None else tuple(sorted(before, key=lambda one: one.at))
    return Talk(topic=about, end=end, said=tuple(sorted(said, key=lambda one: one.at)), told=told, before=past)


def told(finding: Finding, *, ago: float, observed: float | None = None) -> Told:
    """That a finding was told so many minutes ago, as large as it was unless told otherwise."""
    frozen = {**finding.frozen, "about": finding.about}
    return Told(at=END - ago * MINUTE, observed=observed or finding.observed, about=finding.about, frozen=frozen)


def rejudges(detector: TalkDetector, finding: Finding) -> bool:
    """Whether the score comes out again from what was frozen."""
    return detector.rejudge(finding.frozen) == finding.score
