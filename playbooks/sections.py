"""What a playbook says beside its steps and statements: whom to tell, who approves within how long, what is asked and answered, where one speaks, whom it touches, what to listen for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.durations import Duration
from core.errors import QueryError
from core.records import Severity

Language = Literal["vi", "en"]
SpeechChannel = Literal["facebook", "website", "reply", "press", "internal"]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Sentence = Annotated[str, Field(min_length=2, max_length=2_000)]
Text = Annotated[dict[Language, Sentence], Field(min_length=1)]
Texts = tuple[Text, ...]


class Part(BaseModel):
    """What all parts of a playbook share: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(Part):
    """Somebody inside who has to hear of it: a role, by when (minutes after the incident opened), and whether they have to confirm."""

    role: Id
    within_min: Annotated[int, Field(ge=1, le=1_440)]
    what: Text
    confirm: bool = False


class Approval(Part):
    """Who approves public words from this severity on, who does when they are silent, and how long each has.

    `on_silence`: what may happen when neither answers: `hold` nothing goes out, `pre-approved` the statement may go as the playbook has it.
    """

    severity_from: Severity
    approver: Id
    backup: Id
    within_min: Annotated[int, Field(ge=1, le=240)]
    on_silence: Literal["hold", "pre-approved"] = "hold"


class Question(Part):
    """What people will ask, and what we answer."""

    asked: Text
    answer: Text


class Stakeholder(Part):
    """Somebody outside or beside whom it touches: how, what they need, who speaks to them, where, how often."""

    who: Text
    touched: Text
    needs: Text
    role: Id
    channel: Text
    every: Duration | None = None


class Macro(Part):
    """A short answer for moderators, in one language: to be adapted, never pasted a hundred times."""

    id: Id
    language: Language
    text: Annotated[str, Field(min_length=10, max_length=2_000)]


class Speaking(Part):
    """Where we speak and where we keep out of it, what moderators answer, what they do with comments."""

    speak_on: tuple[SpeechChannel, ...] = ()
    keep_out_of: Texts = ()
    moderation: Texts = ()
    macros: tuple[Macro, ...] = ()


class Monitoring(Part):
    """What to listen for while it lasts: queries beside the topic's own, how often sources are asked, how many mentions a person reads each time."""

    queries: tuple[str, ...] = ()
    every: Duration | None = None
    read: Annotated[int, Field(ge=0, le=500)] = 0

    @field_validator("queries")
    @classmethod
    def _can_be_read(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        from core.query import parse  # a grammar: not for those who only list incidents

        for query in queries:
            try:
                parse(query)
            except QueryError as error:
                raise ValueError(f"the query {query!r} cannot be read: {error}") from error
        return queries
