"""What a detector found, in the reader's words: observed, expected, what is usual, times the usual, how many speak, how many of them badly.

The same sentences stand in an alert, on the incident's page and in `tocsin explain`. Pure.
"""

from __future__ import annotations

from core.messages import Translator
from core.records import Signal
from playbooks.counted import counted


def unusual(say: Translator, signal: Signal) -> str:
    """How unusual it is, in one sentence: "60 mentions in 15 minutes, 20 times the usual 3 (0 to 8 in 19 of 20 such windows)"."""
    told = {"observed": signal.observed, "unit": signal.unit, "scale": signal.scale_s}
    if not signal.expected:
        return say("finding.unknown", count=round(signal.observed), unit=signal.unit, scale=signal.scale_s)
    told |= {"expected": signal.expected, "times": signal.observed / signal.expected}
    if signal.low is None or signal.high is None:
        return say("finding.unusual", **told)
    return say("finding.unusual_range", **told, low=signal.low, high=signal.high)


def finding_lines(say: Translator, signal: Signal) -> list[str]:
    """How unusual it is, and how many mentions, stories and authors it holds, with the share that is negative."""
    return [line for line in (unusual(say, signal), counted(say, signal)) if line]
