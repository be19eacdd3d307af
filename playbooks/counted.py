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


def counted(say: Translator, signal: Signal | None) -> str:
    """The three numbers in words: "40 mentions, 12 stories and 31 authors"; "" where there are none."""
    numbers = numbers_of(signal)
    if numbers is None:
        return ""
    authors = numbers["authors"]
    parts = [say(name, count=numbers[name]) for name in ("mentions", "stories")]
    parts.append(say("authors_unknown") if authors is None else say("authors", count=authors))
    return say("counted", parts=parts)


def named(say: Translator, author: str | None, role: str | None) -> str | None:
    """An author with what the registry calls them: "ngoc.vlog (ambassador)"."""
    if role is None:
        return author
    return f"{author or '?'} ({say(f'role.{role}')})"
