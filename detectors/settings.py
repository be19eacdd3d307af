"""The `detectors:` section of `config.yaml`, and the topics and places that it watches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from core.errors import QueryError
from core.records import AuthorRole, TopicKind
from detectors.sensitivity import Sensitivity

DEFAULT_SIGNALS = (
    "volume_spike",
    "negative_surge",
    "slow_burn",
    "growth",
    "gone_quiet",
    "single_risk",
    "same_question",
    "new_story",
    "amplification",
    "guideline_breach",
    "source_blind",
    "outside_count",
    "ambassador_in_trouble",
    "ambassador_turned",
    "question_unanswered",
)
UNCHECKED = "unchecked"  # the validation context in which queries are taken as they stand


class Section(BaseModel):
    """What all parts share: no unknown key, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExampleSettings(Section):
    """A mention that a topic is tried on; a text alone may stand for it. `kind` is the source's kind."""

    text: str
    title: str = ""
    author: str = ""
    url: str | None = None
    source: str = ""
    kind: str = ""
    lang: str | None = None


def _text_alone(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Example = Annotated[ExampleSettings, BeforeValidator(_text_alone, json_schema_input_type=str | ExampleSettings)]


class TopicSettings(Section):
    """What the operator watches; `matches` and `does_not_match` are examples that `tocsin check` tries the query on.

    `query` is read by `core.query`; without one the id itself is looked for. `languages` (two letters) limits it to texts in one of them. `timezone` is
    where its usual day is learnt, the installation's where none is given. `products` are told apart in what a burst is about. Topics of one `industry` (any word
    of the operator's) are compared with each other; where none is given, with all that have none.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    name: str = ""
    kind: TopicKind = "brand"
    industry: Annotated[str, Field(max_length=100)] = ""
    query: str = ""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ()
    timezone: str | None = None
    matches: tuple[Example, ...] = ()
    does_not_match: tuple[Example, ...] = ()
    products: tuple[Annotated[str, Field(pattern=r"\w", max_length=100)], ...] = ()

    @model_validator(mode="after")
    def _query_is_understood(self, info: ValidationInfo) -> TopicSettings:
        if info.context == UNCHECKED:
            return self
        from core.query import parse  # builds a parser: not for a verb that answers at once

        try:
            parse(self.words)
        except QueryError as error:
            raise ValueError(f"the query of topic {self.id!r} cannot be understood: {error}") from error
        return self

    @property
    def words(self) -> str:
        """The query, or the id as a phrase."""
        return self.query or f'"{self.id}"'

    @property
    def title(self) -> str:
        """How people call it."""
        return self.name or self.id


class AuthorSettings(Section):
    """Somebody whom the operator knows: an ambassador, a VIP, our own people.

    `accounts`: an author's key ("mastodon.social/@ngoc"), a handle on one platform ("facebook:ngoc.vlog"), or a handle anywhere ("@ngoc"). `names`: as
    shown. `reach`: people, where the platform tells no number of followers. What `staff` posts is our own: it is in no baseline. `topic`: the brand that they stand
    for, the first one where none is given.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    name: str = ""
    role: AuthorRole
    accounts: tuple[Annotated[str, Field(pattern=r"^(@[^\s@:/]+|[^\s:]+:[^\s]+|[^\s/]+/[^\s]+)$")], ...] = ()
    names: tuple[Annotated[str, Field(pattern=r"\w")], ...] = ()
    reach: Annotated[int, Field(ge=0)] | None = None
    topic: str | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> AuthorSettings:
        if not (self.accounts or self.names):
            raise ValueError(f"author {self.id!r} has neither accounts nor names, so nobody can be told to be this person")
        return self


class SignalSettings(Section):
    """One signal that is switched on; what is not named here belongs to its kind (`docs/signals.md`)."""

    kind: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        extra = {key: value[key] for key in value if key not in cls.model_fields}
        return {"kind": value.get("kind"), "options": {**value.get("options", {}), **extra}}


class SentimentSettings(Section):
    """`model`: a file that `make train` wrote, or an installed spaCy package, in place of the shipped models."""

    model: str | None = None


class DetectorsSettings(Section):
    """The section as a whole. `budget`: alarms a week over all topics that chance may raise; `docs/alerting.md` says when there is one by default.

    `cases`: files, beside the configuration, of what must raise a signal and what must not; `tocsin check` tries them.
    """

    sensitivity: Sensitivity = "balanced"
    budget: Annotated[float, Field(ge=1, le=10_000)] | Literal["unlimited"] | None = None
    signals: tuple[SignalSettings, ...] = tuple(SignalSettings(kind=kind) for kind in DEFAULT_SIGNALS)
    sentiment: SentimentSettings = SentimentSettings()
    cases: tuple[str, ...] = ()
