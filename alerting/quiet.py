"""A topic that has gone quiet: to be watched, beside its crises. Pure."""

from __future__ import annotations

from typing import Final

from core.records import Factor, Severity, Signal

QUIET: Final = "gone_quiet"  # the kind of signal, and the cause in its incident's key


def assess_quiet(signal: Signal) -> tuple[Severity, tuple[Factor, ...]] | None:
    """To be watched, always; None where the signal is about something else. Of the few mentions that are left, tone and reach say nothing."""
    if signal.kind != QUIET:
        return None
    share = signal.observed / signal.expected if signal.expected else None
    return "watch", (Factor(name="volume", value=share, speaks_for="watch"),)
