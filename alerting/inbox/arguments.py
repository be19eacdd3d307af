"""What may stand behind a command's words: a reason, free words, a time, a level, a number. Pure.

Each function is given the line, where the words behind the command begin, and the incident that was named before them, and returns the command; None where
what stands there does not belong to it.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Final

from alerting.inbox.command import Command
from alerting.inbox.line import Line
from alerting.inbox.spans import clock, length
from alerting.inbox.vocabulary import AFTER, ASKED, BECAUSE, REASONS, SEVERITIES, Verb

MAX_TEXT: Final = 2_000  # characters of a note or a reason
_LONGEST_SPAN: Final = 5  # words of "tới 8 giờ sáng mai"
_REASONS: Final = frozenset(REASONS)
_STEP: Final = frozenset({"việc", "bước", "step"})
_INTO: Final = frozenset({"vào", "với", "into", "with", "to"})
_SEPARATOR = re.compile(r"\s*[:;\u2013\u2014]|\s+-|\s*-\s|\s*,\s")


def is_apart(line: Line, at: int) -> bool:
    """Whether a colon, a dash or a comma stands before a word."""
    return _SEPARATOR.match(line.gap(at)) is not None


def after_politeness(line: Line, at: int) -> int:
    """Where the words after "giúp em nha" begin."""
    while taken := line.any_of(at, ASKED):
        at += taken
    return at


def closing(line: Line, verb: Verb, at: int, incident: int | None) -> Command | None:
    """With one of our reasons, with the person's own words after a colon or "vì", or without any."""
    if line.asks(at):
        return None
    polite = after_politeness(line, at)
    if polite == len(line) and not line.asks(polite):
        return Command(verb=verb, incident_id=incident)
    for start in (at, polite, *(each + line.any_of(each, BECAUSE) for each in (at, polite))):
        taken = line.any_of(start, _REASONS)
        if taken and line.only(start + taken, AFTER) and not line.asks(len(line)):
            return Command(verb=verb, incident_id=incident, reason=_reason(line, start, taken))
    for start in (at, polite):
        because = line.any_of(start, BECAUSE)
        if start < len(line) and (because or line.is_marked(start) or (is_apart(line, start) and "," not in line.gap(start))):
            clear = not because or verb != "resolve" or incident is not None  # "đóng vì mưa" may be about a shop
            return Command(verb=verb, incident_id=incident, text=line.rest(start + because)[:MAX_TEXT], firm=clear)
    return None


def free_words(line: Line, verb: Verb, at: int, incident: int | None, more: str) -> Command | None:
    """Free words after a colon, over several lines; "không duyệt" may stand alone."""
    if verb == "disapprove" and line.only(at, AFTER) and not line.asks(len(line)):
        return Command(verb=verb, incident_id=incident)
    if line.asks(at) or not (is_apart(line, at) or line.is_marked(at)):
        return None
    text = "\n".join(filter(None, (line.rest(at), more)))
    return Command(verb=verb, incident_id=incident, text=text[:MAX_TEXT]) if text else None


def for_a_time(line: Line, verb: Verb, at: int, incident: int | None) -> Command | None:
    """A length of time or a time of day, the number of an incident before or after it, a reason after a colon."""
    if line.asks(len(line)):
        return None
    start = after_politeness(line, at)
    at = start if start < len(line) and _span(line, start)[0] else at
    taken, lasts, until = _span(line, at)
    if not taken:
        number, beyond = line.incident(at)
        incident, at = (number, beyond) if number is not None and incident is None else (incident, at)
        taken, lasts, until = _span(line, at)
    at += taken
    number, beyond = line.incident(at) if taken else (None, at)
    incident, at = (number, beyond) if number is not None and incident is None else (incident, at)
    polite = after_politeness(line, at)
    if polite == len(line):
        return Command(verb=verb, incident_id=incident, length=lasts, clock=until)
    because = line.any_of(at, BECAUSE)
    if taken and (because or is_apart(line, at)):
        return Command(verb=verb, incident_id=incident, length=lasts, clock=until, text=line.rest(at + because)[:MAX_TEXT])
    return None


def _span(line: Line, at: int) -> tuple[int, timedelta | None, time | None]:
    """How many words a time takes there, and which."""
    for count in range(min(_LONGEST_SPAN, len(line) - at), 0, -1):
        text = line.raw(at, at + count)
        lasts = length(text)
        until = clock(text) if lasts is None else None
        if lasts is not None or until is not None:
            return count, lasts, until
    return 0, None, None


def severity(line: Line, at: int, incident: int | None, known: frozenset[str]) -> Command | None:
    """A level, the number of an incident, and perhaps why."""
    taken = line.any_of(at, known)
    if not taken or line.asks(len(line)):
        return None
    wanted = next(level for words, level in SEVERITIES.items() if len(words.split()) == taken and line.matches(at, words.split()))
    at += taken
    number, beyond = line.incident(at)
    incident, at = (number, beyond) if number is not None and incident is None else (incident, at)
    because = line.any_of(at, BECAUSE)
    if line.only(at, AFTER):
        return Command(verb="severity", incident_id=incident, severity=wanted)
    if because or is_apart(line, at):
        return Command(verb="severity", incident_id=incident, severity=wanted, text=line.rest(at + because)[:MAX_TEXT])
    return None


def tick(line: Line, at: int, incident: int | None) -> Command | None:
    """The number of a step; one with "#" is an incident's."""
    at += line.any_of(at, _STEP)
    number = line.number(at)
    if number is None or line.tokens[at].prefix or line.asks(len(line)):
        return None
    named, beyond = line.incident(at + 1)
    incident, beyond = (named, beyond) if named is not None and incident is None else (incident, at + 1)
    return Command(verb="tick", incident_id=incident, number=number) if line.only(beyond, AFTER) else None


def merge(line: Line, at: int, incident: int | None) -> Command | None:
    """One number: into which; two: which into which."""
    first, beyond = line.incident(at)
    if first is None or line.asks(len(line)):
        return None
    second, end = line.incident(beyond + line.any_of(beyond, _INTO))
    incident, into, end = (incident, first, beyond) if second is None else (first, second, end)
    return Command(verb="merge", incident_id=incident, number=into) if line.only(end, ASKED) else None


def _reason(line: Line, at: int, count: int) -> str:
    return next(code for words, code in REASONS.items() if len(words.split()) == count and line.matches(at, words.split()))
