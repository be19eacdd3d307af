"""What an answer asks for: one grammar in Vietnamese and English, with or without marks, in any case. Pure.

A command is the whole first line, or the first word of it followed by an incident's number, a reason or a politeness. Everything else is
talk and asks for nothing: "đóng góp ý kiến" closes nothing, "chưa nhận được gì" takes nothing, and a question never acts. What
everybody types ("ok", "đã xem", a thumb) is a `Hint`: somebody read it, and has not said that they take it. The words stand in `vocabulary.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from alerting.inbox.arguments import MAX_TEXT, after_politeness, closing, for_a_time, free_words, is_apart, merge, severity, tick
from alerting.inbox.command import Command, Hint
from alerting.inbox.line import Line
from alerting.inbox.own_words import own_words
from alerting.inbox.vocabulary import (
    AFTER,
    ALONE_SEVERITIES,
    ASKED,
    BECAUSE,
    BEFORE,
    DEPARTMENTS,
    EVERYDAY_ENDS,
    LONE,
    NEEDS_PLACE,
    PHRASES,
    SEEN,
    SEVERITIES,
    TITLES,
    WHEN,
    Verb,
)
from core.tokens import bare, tokens

MAX_LINE: Final = 400  # characters; a longer first line is no command
_GREETING = re.compile(r"(?:kinh |xin |than )?(?:chao|gui|hi|hello|dear)(?: [a-z0-9]+){0,6}")


def read(text: str, people: Mapping[str, str] | None = None) -> Command | Hint | None:
    """What an answer asks for; None where it asks for nothing.

    Args:
        text: as it came, with what it quotes.
        people: whom a command may name, id -> name.
    """
    line, more = _first_line(own_words(text))
    return _Reader(Line(line), more, people or {}).read() if len(line) <= MAX_LINE else None


def named(text: str) -> int | None:
    """The incident that somebody names, and nothing else, after they were asked which: "#12", "12", "số 12 ạ"."""
    line = Line(own_words(text).partition("\n")[0][:MAX_LINE])
    start = next((at for at in range(len(line)) if not line.any_of(at, BEFORE)), len(line))
    number, at = line.incident(start)
    return number if number is not None and line.only(at, AFTER) else None


def _first_line(own: str) -> tuple[str, str]:
    """The first line, with what follows it; the next one, where the first only greets."""
    line, _, more = own.partition("\n")
    if more and _GREETING.fullmatch(" ".join(bare(token.form) for token in tokens(line[:MAX_LINE]))):
        line, _, more = more.partition("\n")
    return line, more


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], Verb, str]]]:
    """Every phrase with its command, by its first word without marks: the longest first; of two that are as long, in the order of `PHRASES`."""
    found: dict[str, list[tuple[tuple[str, ...], Verb, str]]] = {}
    for verb, phrases in PHRASES.items():
        for phrase in phrases:
            words = tuple(phrase.split())
            found.setdefault(bare(words[0]), []).append((words, verb, phrase))
    return {first: sorted(each, key=lambda one: -len(one[0])) for first, each in found.items()}


_ASKED_WHEN: Final = ASKED | WHEN
_LEVELS: Final = frozenset(SEVERITIES)
_COMMANDS: Final = _by_first_word()


class _Reader:
    """Reads one line; `more` is what follows it, `people` whom it may name."""

    def __init__(self, line: Line, more: str, people: Mapping[str, str]) -> None:
        self._line = line
        self._more = more
        self._names = _names(people)

    def read(self) -> Command | Hint | None:
        """The command that begins after as many polite words as can be; a number may come first ("#12 nhận")."""
        line, start, incident = self._line, 0, None
        if len(line) == 1 and line.tokens[0].prefix != "#" and line.forms[0] in LONE and not line.asks(1):
            return Command(verb=LONE[line.forms[0]])
        while start < len(line):
            found = self._at(start, incident)
            if found is not None:
                return found
            number, beyond = line.incident(start)
            if number is not None and incident is None:
                incident, start = number, beyond
            elif taken := self._polite(start):
                start += taken
            else:
                break
        return Hint() if self._is_seen() else None

    def _at(self, start: int, incident: int | None) -> Command | None:
        """The command whose words begin there."""
        line = self._line
        for phrase, verb, words in _COMMANDS.get(bare(line.forms[start]), ()):
            if line.matches(start, phrase):
                found = self._complete(verb, start + len(phrase), incident)
                if found is not None:
                    everyday = words in NEEDS_PLACE or (bool(found.text) and words in EVERYDAY_ENDS)
                    weak = everyday and found.incident_id is None
                    return replace(found, firm=False) if weak else found
        is_first = start == 0 or (incident is not None and line.incident(0)[1] == start)
        return severity(line, start, incident, ALONE_SEVERITIES) if is_first else None

    def _complete(self, verb: Verb, at: int, incident: int | None) -> Command | None:  # noqa: PLR0911 - one a shape
        """The command, if what stands after its words belongs to it."""
        line = self._line
        if verb == "tick":
            return tick(line, at, incident)
        if verb == "merge":
            return merge(line, at, incident)
        number, beyond = line.incident(at)
        if number is not None and incident is None and verb not in ("severity", "snooze", "silence"):
            incident, at = number, beyond
        match verb:
            case "resolve" | "false_alarm":
                return closing(line, verb, at, incident)
            case "note" | "revise" | "disapprove":
                return free_words(line, verb, at, incident, self._more)
            case "assign" | "swap" | "cover":
                return self._about_people(verb, at, incident)
            case "snooze" | "silence":
                return for_a_time(line, verb, at, incident)
            case "severity":
                return severity(line, at, incident, _LEVELS)
            case "help" | "on_call":
                return Command(verb=verb, incident_id=incident) if line.only(at, _ASKED_WHEN) else None
            case _:
                return self._plain(verb, at, incident)

    def _plain(self, verb: Verb, at: int, incident: int | None) -> Command | None:
        """Nothing more than politeness; after "#12", and where it does not take the incident, a reason too."""
        line = self._line
        if line.only(at, AFTER if verb == "acknowledge" else ASKED) and not line.asks(len(line)):
            return Command(verb=verb, incident_id=incident)
        because = 0
        if verb != "acknowledge":
            polite = after_politeness(line, at)
            because = line.any_of(polite, BECAUSE)
            at = polite if because else at
        if line.asks(at) or not (because or line.is_marked(at) or (verb != "acknowledge" and is_apart(line, at))):
            return None
        return Command(verb=verb, incident_id=incident, text=line.rest(at + because)[:MAX_TEXT])

    def _about_people(self, verb: Verb, at: int, incident: int | None) -> Command | None:
        """Somebody's name; of a change of duty, with its time in the rest."""
        line = self._line
        if line.asks(len(line)):
            return None
        rest = line.rest(at)
        taken, people = self._person(at + line.any_of(at, TITLES))
        start = at
        while not people and verb != "assign" and start < len(line):
            start += 1
            taken, people = self._person(start)
        if verb != "assign":
            return Command(verb=verb, people=people, text=rest[:MAX_TEXT]) if people else None
        beyond = at + line.any_of(at, TITLES) + taken
        number, after = line.incident(beyond)
        incident, beyond = (number, after) if number is not None and incident is None else (incident, beyond)
        department = line.any_of(at, DEPARTMENTS)
        if people and line.only(beyond, ASKED):
            return Command(verb=verb, incident_id=incident, people=people, text=rest[:MAX_TEXT])
        if department or (rest and line.is_marked(at)):
            return Command(verb=verb, incident_id=incident, text=rest[:MAX_TEXT])
        return None

    def _person(self, at: int) -> tuple[int, tuple[str, ...]]:
        """How many words a person's name takes there, and whose it may be."""
        line = self._line
        for count in range(min(5, len(line) - at), 0, -1):
            people = self._names.get(tuple(bare(form) for form in line.forms[at : at + count]))
            if people:
                return count, people
        return 0, ()

    def _polite(self, at: int) -> int:
        """How many polite words stand there; somebody's name is none ("Minh nhận nhé": said to Minh), unless it may be "mình"."""
        line = self._line
        is_name = self._names.get((bare(line.forms[at]),)) and bare(line.forms[at]) == line.forms[at]
        is_marked = any(form != bare(form) for form in line.forms)
        return 0 if is_name and is_marked else line.any_of(at, BEFORE)

    def _is_seen(self) -> bool:
        """Whether it is a sign of having read it: a thumb, "ok", "đã xem"."""
        line = self._line
        if not len(line):
            return any(not (sign.isspace() or sign.isalnum() or sign in ".?!") for sign in line.text)
        at = 0
        while at < len(line) and (taken := max(line.any_of(at, SEEN), line.any_of(at, BEFORE), line.any_of(at, AFTER))):
            at += taken
        return at == len(line)


def _names(people: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Bare words -> ids: the id, the whole name, and the last word of it, by which Vietnamese call each other."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for person, name in people.items():
        words = tuple(bare(token.form) for token in tokens(name))
        for known in {tuple(bare(token.form) for token in tokens(person)), words, words[-1:]} - {()}:
            found[known] = (*found.get(known, ()), person)
    return found
