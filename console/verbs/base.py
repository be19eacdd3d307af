"""What every verb shares: its description, and the desk it works at (configuration, database, the two outputs)."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from console import config as configuration
from console.config import Config
from console.yaml_file import YamlFile
from core.errors import ConfigError, TocsinError
from core.messages import Translator, translator
from store.database import Database, Tx

PERSON: Final = "TOCSIN_AS"
MOST_DIGITS: Final = 15  # of a number, as in the console's addresses
P = ParamSpec("P")
R = TypeVar("R")


class UsageError(TocsinError):
    """What was typed cannot be meant; the message says the mend in one line."""


@dataclass(frozen=True)
class Verb:
    """One word of the command line.

    `options` adds what it takes; `run` does it and returns the exit status; `example` stands in its help. `logs` says that its stages
    log: such a verb may load what it likes, all others answer at once.
    """

    name: str
    help: str
    example: str
    options: Callable[[ArgumentParser], None]
    run: Callable[[Desk, Namespace], int]
    logs: bool = False


class Desk:
    """Where a verb works.

    Args:
        path: the configuration file; read when first asked for.
        now: the time (aware), one for the whole verb.
        environment: of the process.
    """

    def __init__(self, path: Path, *, now: datetime, environment: Mapping[str, str] = os.environ) -> None:
        self.path = path
        self.now = now
        self._environment = environment
        self._database: Database | None = None

    @cached_property
    def config(self) -> Config:
        """The configuration, read without any plug-in: fast."""
        return configuration.load(self.path, self._environment, plug_ins=False)

    @cached_property
    def whole_config(self) -> Config:
        """The configuration, everything in it checked."""
        return configuration.load(self.path, self._environment)

    @cached_property
    def file(self) -> YamlFile:
        """The configuration's file, which knows the line of every value."""
        return YamlFile(self.path, self._environment)

    @cached_property
    def zone(self) -> ZoneInfo:
        """In which times are told and understood."""
        return ZoneInfo(self.config.timezone)

    @cached_property
    def say(self) -> Translator:
        """Says things in the configured language and zone."""
        return translator(self.config.language, zone=self.zone)

    @property
    def database(self) -> Database:
        """The database, opened when first asked for.

        Raises:
            ConfigError: it cannot be used.
        """
        if self._database is None:
            from store.quick import open_quickly

            try:
                self._database = open_quickly(self.config.store.database)
            except ConfigError as error:
                raise ConfigError(error.reason, path=error.path or str(self.path), line=error.line) from error
        return self._database

    def read(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(tx, ...)` on one snapshot."""
        return self.database.read_now(work, *args, **kwargs)

    def write(self, work: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(tx, ...)` in one transaction."""
        return self.database.write_now(work, *args, **kwargs)

    def close(self) -> None:
        """Let go of the database."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def person(self, given: str | None) -> str:
        """Who acts: the one given, else the only one configured, else `$TOCSIN_AS`.

        Raises:
            UsageError: nobody, or nobody that is known; it lists who is.
        """
        people = [person.id for person in self.config.alerting.people]
        chosen = given or (people[0] if len(people) == 1 else self._environment.get(PERSON))
        if not people and chosen in (None, "operator"):
            return "operator"  # nobody is configured: whoever sits here looks after it
        known = ", ".join(people) or "nobody (alerting.people is empty)"
        if not chosen:
            raise UsageError(f"who are you? say --as PERSON or set {PERSON}; configured are: {known}")
        return self.known_person(chosen)

    def known_person(self, person: str) -> str:
        """The id, if somebody has it.

        Raises:
            UsageError: nobody does; it lists who is configured.
        """
        people = [each.id for each in self.config.alerting.people]
        if person not in people:
            raise UsageError(f"nobody is called {person!r}; configured are: {', '.join(people) or 'nobody (alerting.people is empty)'}")
        return person

    def out(self, text: str = "") -> None:
        """One line of data."""
        print(text)

    def json(self, value: Any) -> None:
        """One JSON document."""
        print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

    def tell(self, text: str) -> None:
        """One line for the person, not for the pipe."""
        print(text, file=sys.stderr)


def as_person(parser: ArgumentParser) -> None:
    """The option that says who acts."""
    parser.add_argument("--as", dest="by", metavar="PERSON", help=f"who does it; default: the only configured person, else ${PERSON}")


def as_json(parser: ArgumentParser, what: str = "one JSON document") -> None:
    """The option for programs that read."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")


def number(text: str) -> int:
    """An incident's number, with or without its #."""
    digits = text.removeprefix("#")
    if len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


number.__name__ = "number"  # argparse names it in its errors
