"""What waits for an answer: a chore of every day, beside the crises. How bad it is; pure."""

from __future__ import annotations

from typing import Final

from alerting.quiet import QUIET
from core.records import SEVERITIES, Factor, Severity, Signal, severity_rank

UNANSWERED: Final = "question_unanswered"  # the kind of signal
CHORE: Final = "answers"  # the cause in an incident's key


def assess_answers(signal: Signal) -> tuple[Severity, tuple[Factor, ...]] | None:
    """To be watched; minor where many wait, or somebody who stands for us. None where the signal is about something else.

    Volume, tone and reach say nothing of it, so they are not even unknown.
    """
    if signal.kind != UNANSWERED:
        return None
    factors = [Factor(name="waiting", value=signal.observed, speaks_for="minor" if signal.frozen["is_many"] else "watch")]
    if signal.frozen["close"]:
        factors.insert(0, Factor(name="close_waits", value=float(signal.frozen["close"]), speaks_for="minor"))
    rank = max(severity_rank(factor.speaks_for or "watch") for factor in factors)
    return SEVERITIES[rank], tuple(factors)


def is_chore(key: str) -> bool:
    """Whether an incident's key is that of a chore or of a silence, which no crisis joins and which joins none."""
    return f"|{CHORE}|" in key or f"|{QUIET}|" in key
