"""The coverage statement in words: one line for an alert, the same for a page, a timeline and `--json`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from alerting.coverage import HALF_HEARD, UNHEARD, Coverage, SourceCoverage
from core.messages import Translator
from core.records import Words

MOST: Final = 5  # sources named in one part of the line
MOST_CHARS: Final = 80  # of what a source answered
PARTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("coverage.unheard", UNHEARD),
    ("coverage.silent", ("silent",)),
    ("coverage.cut", ("capped", "partial")),
)


def coverage_line(say: Translator, coverage: Coverage, *, tame: Callable[[str, int], str] = lambda text, limit: text[:limit]) -> str:
    """The statement in one line; `tame` makes a stranger's words (a server's answer) harmless where it goes."""
    if not coverage.asked:
        return say("coverage.nothing")
    if coverage.is_whole:
        parts = [say("alert.coverage_full") if coverage.asked > 1 else say("coverage.heard", heard=1, all=1)]
    else:
        parts = [say("coverage.heard", heard=coverage.heard, all=coverage.asked)]
    for key, states in PARTS:
        found = [one for one in coverage.sources if one.state in states]
        if found:
            parts.append(say(key, sources=_named(say, found, coverage.end, tame)))
    if coverage.unseen:
        parts.append(say("coverage.unseen", places=[tame(place.name, MOST_CHARS) for place in coverage.unseen]))
    return "; ".join(part.rstrip(".") for part in parts) + "."


def as_json(coverage: Coverage) -> dict[str, Any]:
    """The statement as `--json` prints it; times RFC 3339."""
    return {
        "from": coverage.start.isoformat(),
        "to": coverage.end.isoformat(),
        "sources": coverage.asked,
        "heard": coverage.heard,
        "not_whole": [
            {"source_id": one.source_id, "state": one.state, "heard": one.heard, "since": _moment(one.since), "why": one.why}
            for one in coverage.sources
            if one.state in (*UNHEARD, *HALF_HEARD)
        ],
        "unseen": [{"id": place.id, "name": place.name, "why": place.why, "person": place.person} for place in coverage.unseen],
    }


def opening_words(coverage: Coverage) -> Words:
    """What a timeline keeps of it when an incident opens."""
    named = [one.source_id for one in coverage.of(*UNHEARD, *HALF_HEARD)]
    args = {"heard": coverage.heard, "all": coverage.asked, "sources": named[:MOST] + ["…"] * (len(named) > MOST)}
    return Words(key="timeline.coverage", args=args)


def _named(say: Translator, found: Sequence[SourceCoverage], now: datetime, tame: Callable[[str, int], str]) -> list[str]:
    named = []
    for one in found[:MOST]:
        words = one.words(now)
        told = {**words.args, "source": tame(one.source_id, MOST_CHARS), "why": tame(one.why or "-", MOST_CHARS)}
        named.append(say.render(Words(key=words.key, args=told)))
    return [*named, say("coverage.more", count=len(found) - MOST)] if len(found) > MOST else named


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
