"""How many speak: mentions, stories and authors are three numbers, and are told as three wherever one of them is told."""

from __future__ import annotations

from core.messages import Translator
from core.records import Signal


def numbers_of(signal: Signal | None) -> dict[str, int | None] | None:
    """`mentions`, `stories`, `authors` (None: nobody is named) as frozen with the signal; None where it counts no mentions."""
    counted = None if signal is None else signal.frozen.get("counted")
    if not isinstance(counted, dict) or not counted.get("mentions"):
        return None
    return {name: counted.get(name) for name in ("mentions", "stories", "authors")}


def negative_share(signal: Signal | None) -> float | None:
    """The share of them that is negative in tone, 0 to 1; None where that was not counted."""
    if numbers_of(signal) is None or signal is None:
        return None
    negative, whole = signal.frozen["counted"].get("negative"), signal.frozen["counted"]["mentions"]
    return None if negative is None else float(negative / whole)


def counted(say: Translator, signal: Signal | None) -> str:
    """The three numbers in words: "40 mentions, 12 stories and 31 authors; 75% negative"; "" where there are none."""
    numbers = numbers_of(signal)
    if numbers is None:
        return ""
    authors = numbers["authors"]
    parts = [say(name, count=numbers[name]) for name in ("mentions", "stories")]
    parts.append(say("authors_unknown") if authors is None else say("authors", count=authors))
    share = negative_share(signal)
    return say("counted", parts=parts) if share is None else say("counted.negative", parts=parts, share=share)


def named(say: Translator, author: str | None, role: str | None) -> str | None:
    """An author with what the registry calls them: "ngoc.vlog (ambassador)"."""
    if role is None:
        return author
    return f"{author or '?'} ({say(f'role.{role}')})"
