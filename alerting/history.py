"""How an incident's severity came to be what it is: every change with its reason, told from the timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from alerting.severity import is_said
from core.messages import Translator
from core.records import Factor, Record, Severity, TimelineEntry, Words

CHANGES: Final = ("opened", "severity_raised", "severity_changed")


class SeverityChange(Record, frozen=True, kw_only=True, gc=False):
    """One change: from `old` (None: the opening) to `new`, by whom, the line that says it, and the reasons: a signal's words, the factors."""

    at: datetime
    actor: str
    old: Severity | None
    new: Severity
    said: Words
    because: tuple[Words, ...] = ()


def severity_history(timeline: Sequence[TimelineEntry]) -> tuple[SeverityChange, ...]:
    """Every change of the severity, oldest first.

    Args:
        timeline: of one incident, in the order in which it was written.
    """
    found: list[SeverityChange] = []
    signal: TimelineEntry | None = None
    for entry in timeline:
        if entry.kind == "signal":
            signal = entry
        if entry.kind not in CHANGES or ("severity" not in entry.words.args and "new" not in entry.words.args):
            continue
        told = entry.words.args
        found.append(
            SeverityChange(
                at=entry.at,
                actor=entry.actor,
                old=told.get("old"),
                new=told.get("new") or told["severity"],
                said=entry.words,
                because=(*_signal_words(entry, signal), *_factor_words(entry.data.get("factors", ()))),
            )
        )
    return tuple(found)


def history_lines(say: Translator, changes: Iterable[SeverityChange]) -> list[tuple[datetime, str]]:
    """The changes in the reader's words: (when, what and why)."""
    return [(one.at, "; ".join([say.render(one.said), *(say.render(words) for words in one.because)])) for one in changes]


def factor_data(factors: Iterable[Factor]) -> list[dict[str, Any]]:
    """The factors that speak for a severity, as the timeline keeps them beside its change; numbers and names alone."""
    return [{"name": one.name, "value": one.value, "beside": one.beside} for one in factors if is_said(one)]


def _signal_words(entry: TimelineEntry, signal: TimelineEntry | None) -> tuple[Words, ...]:
    """The words of the signal that brought the change; none where a person did."""
    if signal is None or signal.at != entry.at or entry.kind == "severity_changed":
        return ()
    told = signal.words.args.get("signal")
    return (Words(key=told["key"], args=told.get("args", {})),) if isinstance(told, dict) and "key" in told else ()


def _factor_words(factors: Iterable[dict[str, Any]]) -> tuple[Words, ...]:
    return tuple(Words(key=f"factor_said.{one['name']}", args={"value": one["value"], "beside": one.get("beside")}) for one in factors)
