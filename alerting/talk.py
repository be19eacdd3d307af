"""How bad it is what people ask, retell and carry on, and what breaks the rules of our own places. Pure.

Five people who ask whether the app is down are calm, few, and right: tone and number say nothing of it. So such signals speak for a level of their own beside
what the figures say. A breach of rules is a moderator's work: what else the topic says in that hour is no part of it, and it never pages anybody out of bed by itself.
"""

from __future__ import annotations

from typing import Final

from alerting.severity import loudest_first
from core.records import Factor, Severity, Signal, severity_rank

BREACH: Final = "guideline_breach"
QUESTION: Final = "same_question"
SPREAD: Final = "amplification"
MANY: Final = 3.0  # times as many people as the signal needs
ANGRY: Final = 0.35  # share of negative ones from which a post that spreads is no praise


def assess_breach(signal: Signal) -> tuple[Severity, tuple[Factor, ...]] | None:
    """How bad a breach of our own rules is: minor where one post is too many, else to be watched; None for any other signal."""
    if signal.kind != BREACH:
        return None
    severity: Severity = "minor" if signal.frozen.get("alone") else "watch"
    return severity, (Factor(name="breach", value=signal.risk, speaks_for=severity),)


def with_talk(signal: Signal, severity: Severity, factors: tuple[Factor, ...]) -> tuple[Severity, tuple[Factor, ...]]:
    """A severity, at least what the people behind a question or a spreading post speak for; any other signal's as it is."""
    factor = _asked(signal) if signal.kind == QUESTION else _carried(signal) if signal.kind == SPREAD else None
    if factor is None or factor.speaks_for is None:
        return severity, factors
    return max(severity, factor.speaks_for, key=severity_rank), loudest_first((*factors, factor))


def _asked(signal: Signal) -> Factor:
    many = signal.observed >= MANY * signal.frozen.get("min_authors", signal.observed)
    return Factor(name="asked", value=signal.observed, speaks_for="major" if many or signal.risk is not None else "minor")


def _carried(signal: Signal) -> Factor | None:
    """None for a post that is not angry: that it spreads is no harm."""
    if signal.risk is None and signal.frozen.get("negative", 0.0) < ANGRY:
        return None
    many = signal.observed >= MANY * signal.frozen.get("least", signal.observed)
    return Factor(name="carried", value=signal.observed, speaks_for="major" if many else "minor")
