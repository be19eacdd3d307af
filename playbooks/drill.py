"""A drill: a scripted crisis, told post by post, with what people are expected to do and what counts as done well. Pure.

A drill is one YAML file (`drills/<id>.yaml`). `script.py` turns it into events on a time line that the caller plays through the real stages, in a
world of their own (rule 11). The same drill, seed and start give the same events to the letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from pydantic import Field, field_validator, model_validator

from core.durations import Duration
from core.errors import NotFound, QueryError
from core.query import parse
from core.records import MentionClass, Record, Severity, Tier, TopicKind
from playbooks.load import read_model
from playbooks.sections import Id, Language, Part, Text

DRILLS: Final = Path(__file__).parent / "drills"
MAX_LENGTH: Final = timedelta(hours=24)  # from the first inject; a drill that never ends helps nobody
MAX_BACKGROUND: Final = timedelta(days=30)
MAX_POSTS: Final = 20_000
_TOO_LONG: Final = f"a drill is over within {MAX_LENGTH.total_seconds() / 3600:g} hours"

Handle = Annotated[str, Field(min_length=1, max_length=80)]
Deed = Literal["acknowledge", "note", "tick", "statement", "escalate", "severity", "resolve"]
Measure = Literal["detected", "notified", "acknowledged", "first_words", "resolved", "blocking_steps"]


class DrillTopic(Part):
    """What the drill watches; the fields are those of a topic in `config.yaml`."""

    id: Id
    name: str
    kind: TopicKind
    query: str
    languages: tuple[Language, ...] = ("vi", "en")

    @field_validator("query")
    @classmethod
    def _understood(cls, query: str) -> str:
        try:
            parse(query)
        except QueryError as error:
            raise ValueError(str(error)) from error
        return query


class DrillSource(Part):
    """A place where the posts appear. `kind` is told like a collector's, for the reader only; nothing is fetched."""

    id: Id
    kind: str
    tier: Tier
    name: str


class Background(Part):
    """What is said on any quiet day: `per_hour` posts in the mean by day, for `length` before the first inject and on during the drill."""

    per_hour: Annotated[float, Field(ge=0, le=100)]
    length: Duration
    source: Id
    texts: Annotated[tuple[str, ...], Field(min_length=1)]


class Inject(Part):
    """One post.

    `at_min`: minutes after the drill's start. `reposts`: how many share it unchanged within `repost_within`, most of them early.
    `lang` as the platform would claim it. `followers` None is unknown.
    """

    at_min: Annotated[float, Field(ge=0)]
    source: Id
    author: Handle
    text: Annotated[str, Field(min_length=1, max_length=5_000)]
    title: str = ""
    lang: Language = "vi"
    followers: Annotated[int, Field(ge=0)] | None = None
    reposts: Annotated[int, Field(ge=0, le=500)] = 0
    repost_within: Duration = timedelta(minutes=20)


class Person(Part):
    """Somebody who plays; `id` as on the timeline."""

    id: Id
    name: str
    language: Language


class Expected(Part):
    """What a player should do at `at_min`. `text` is the note, the reason or the statement's id, `step` the playbook's step."""

    at_min: Annotated[float, Field(ge=0)]
    person: Id
    do: Deed
    text: str = ""
    step: Id | None = None
    severity: Severity | None = None
    values: dict[str, str] = Field(default_factory=dict)


class Objective(Part):
    """What counts as done well: `measure` within `within_min` minutes of the first inject (for blocking steps: a share of them, in percent)."""

    id: Id
    text: Text
    measure: Measure
    within_min: Annotated[int, Field(ge=1)] | None = None
    at_least_percent: Annotated[int, Field(ge=1, le=100)] | None = None


class Drill(Part):
    """A scripted crisis. `seed` is used where the caller gives none; `timezone` tells which hours are night."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    title: Text
    story: Text
    playbook: Id
    seed: int = 1
    timezone: str = "Asia/Ho_Chi_Minh"
    starts_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    topic: DrillTopic
    sources: Annotated[tuple[DrillSource, ...], Field(min_length=1)]
    crowd: Annotated[tuple[Handle, ...], Field(min_length=1)]
    background: Background
    people: Annotated[tuple[Person, ...], Field(min_length=1)]
    injects: Annotated[tuple[Inject, ...], Field(min_length=1)]
    expected: tuple[Expected, ...] = ()
    objectives: tuple[Objective, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Drill:
        problem = next(_problems(self), None)
        if problem is not None:
            raise ValueError(problem)
        return self


class Post(Record, frozen=True, kw_only=True, gc=False):
    """A post to be heard, at `at`. `native_id` is its id at the source; a repost names the post it repeats. `quiet` marks the background."""

    at: datetime
    source_id: str
    native_id: str
    author: str
    text: str
    title: str = ""
    lang: str | None = None
    followers: int | None = None
    kind: MentionClass = "original"
    repost_of: str | None = None
    quiet: bool = False


class Action(Record, frozen=True, kw_only=True, gc=False):
    """What a player does, at `at`; the other fields are those of `Expected`."""

    at: datetime
    person: str
    do: Deed
    text: str = ""
    step: str | None = None
    severity: Severity | None = None
    values: dict[str, str] = msgspec.field(default_factory=dict)


Event = Post | Action


def load_drill(id: str, folder: Path = DRILLS) -> Drill:
    """The drill of that id.

    Raises:
        NotFound: there is no such file; the message names those that are.
        PlaybookError: the file is wrong, with path and line.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if id not in found:
        raise NotFound(f"there is no drill {id!r}; there are {', '.join(found) or 'none'}")
    return read_model(found[id], Drill)


def _problems(drill: Drill) -> Iterator[str]:
    yield from (f"title: the language {tag!r} is missing" for tag in drill.languages if tag not in drill.title)
    yield from _wrong_injects(drill, {source.id for source in drill.sources})
    yield from _wrong_background(drill, {source.id for source in drill.sources})
    yield from _wrong_deeds(drill, {person.id for person in drill.people})


def _wrong_injects(drill: Drill, sources: set[str]) -> Iterator[str]:
    for at, inject in enumerate(drill.injects):
        if inject.source not in sources:
            yield f"injects.{at}.source: {inject.source!r} is no source of this drill"
        if timedelta(minutes=inject.at_min) + inject.repost_within > MAX_LENGTH:
            yield f"injects.{at}.at_min: {_TOO_LONG}"


def _wrong_background(drill: Drill, sources: set[str]) -> Iterator[str]:
    quiet = drill.background
    if quiet.source not in sources:
        yield f"background.source: {quiet.source!r} is no source of this drill"
    if quiet.length > MAX_BACKGROUND:
        yield f"background.length: at most {MAX_BACKGROUND.days} days"
    elif quiet.per_hour * quiet.length.total_seconds() / 3600 + sum(1 + one.reposts for one in drill.injects) > MAX_POSTS:
        yield f"background.per_hour: more than {MAX_POSTS} posts in all"


def _wrong_deeds(drill: Drill, people: set[str]) -> Iterator[str]:
    for at, expected in enumerate(drill.expected):
        if expected.person not in people:
            yield f"expected.{at}.person: {expected.person!r} does not play in this drill"
        if timedelta(minutes=expected.at_min) > MAX_LENGTH:
            yield f"expected.{at}.at_min: {_TOO_LONG}"
        if expected.do == "tick" and expected.step is None:
            yield f"expected.{at}.step: a tick names its step"
