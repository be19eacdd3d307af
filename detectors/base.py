"""What a signal is written against: buckets in, at most one finding out, a small state in between.

A new signal is one file in `detectors/signals/` with `Options` and `Detector`, and one test file. The Watcher calls it; nothing is registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, model_validator

from core.records import MentionClass, Record, Risk, Tier, TopicKind, Words
from detectors.buckets import Buckets
from detectors.sensitivity import Sensitivity

__all__ = [
    "BlindSpot",
    "Buckets",
    "Detector",
    "Finding",
    "Heard",
    "Measure",
    "MeasureDetector",
    "MentionDetector",
    "Sensitivity",
    "SignalOptions",
    "SourceDetector",
    "SourceHealth",
    "State",
    "load_state",
    "save_state",
]


class SignalOptions(BaseModel):
    """Options of a signal: a sensitivity that sets the others, each of which may still be given by itself.

    A signal lists in `presets` what "quiet" and "sensitive" change of its defaults, which are "balanced".

    Example:
        >>> class Options(SignalOptions):
        ...     presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quiet": {"min_mentions": 20}}
        ...     min_mentions: int = 10
        >>> Options().min_mentions, Options(sensitivity="quiet").min_mentions, Options(sensitivity="quiet", min_mentions=15).min_mentions
        (10, 20, 15)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    sensitivity: Sensitivity = "balanced"

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**cls.presets.get(str(given.get("sensitivity", "balanced")), {}), **given}


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector remembers of one topic: JSON of a few kB. A detector adds its fields in a subclass with defaults.

    `settled_to`: until when the rows are absorbed; the next step wants the rows from there on. None before the first step.
    """

    settled_to: datetime | None = None


S = TypeVar("S", bound=State)


def save_state(state: State) -> bytes:
    """The state as JSON."""
    return msgspec.json.encode(state)


def load_state(detector: Detector[S], saved: bytes) -> S:
    """The state of this detector from JSON; `msgspec.ValidationError` where it was written by another version."""
    return msgspec.json.decode(saved, type=type(detector.start()))


class Finding(Record, frozen=True, kw_only=True, gc=False):
    """What a detector found in the newest window; the Watcher makes a `Signal` of it.

    `bucket_start` is when the newest row of the window begins, so that one bucket never raises twice. `window_start` and `window_end`
    bound the mentions to quote as evidence. `observed`, `expected`, `low`, `high` are in `unit`; None is unknown; `low` to `high` is what 19 of 20
    such windows hold. `score` is 0.5 at the threshold and goes to 1. `frozen` is what the finding was judged on (JSON values): `Detector.rejudge` comes
    to the same score from it alone. `risk` names the family of a risk; `evidence` are mention ids where the detector knows them; `place_id` the branch that it is about;
    `about` what it is about within the topic, where that may be several things at once (a question, a story), so that they stand apart.
    """

    kind: str
    bucket_start: datetime
    window_start: datetime
    window_end: datetime
    scale_s: int
    observed: float
    expected: float | None
    low: float | None
    high: float | None
    score: float
    words: Words
    unit: str = "mentions"
    frozen: dict[str, Any] = msgspec.field(default_factory=dict)
    risk: str | None = None
    evidence: tuple[int, ...] = ()
    place_id: str | None = None
    about: str | None = None


class Detector(Protocol[S]):
    """A signal that is seen in counts.

    Pure: no clock, no database, no network, and nothing kept between calls but the state. `version` changes with the meaning of the state: the
    Watcher then starts anew from the stored buckets, aloud.
    """

    version: str

    def start(self) -> S:
        """The state of a topic that nothing is known of yet."""

    def step(self, state: S, buckets: Buckets) -> tuple[S, Finding | None]:
        """Take in the rows since `state.settled_to` and judge the newest window.

        Called when a minute has passed in which something changed. `buckets` holds every row from `state.settled_to` (all there is, where that is None) up to
        now; rows absorbed before are skipped, so a step may be repeated. The first `settled` rows may be learnt from, the others only judged. Returns the new
        state, and at most one finding. Never raises on empty, constant or wholly unknown buckets.
        """

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


class Heard(Record, frozen=True, kw_only=True, gc=False):
    """One risk heard in one mention about one topic.

    `weak`: the topic was matched by an ambiguous term only. `author`: the author's key, None where the source does not tell. `place_id`: the branch
    that is named.
    """

    at: datetime
    topic_id: str
    topic_kind: TopicKind
    risk: Risk
    source_id: str
    weak: bool = False
    author: str | None = None
    lang: str | None = None
    kind: MentionClass = "original"
    mention_id: int = 0
    place_id: str | None = None

    @property
    def who(self) -> str:
        """Who speaks: the author, or the source where no author is known, so that one source counts once."""
        return self.author or f"source:{self.source_id}"


class MentionDetector(Protocol):
    """A signal that one mention can raise; the Enricher asks at once, in the transaction that counts the mention."""

    version: str

    def judge(self, heard: Heard, recent: Sequence[Heard]) -> Finding | None:
        """Judge one risk of one mention.

        Args:
            heard: what was heard now.
            recent: what else was heard about this topic and this risk family in the hour before `heard.at` (more does no harm), any order.
        """

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


class SourceHealth(Record, frozen=True, kw_only=True, gc=False):
    """How a source is heard, as `core.sources.SourceState` has it; `every_s` is how often the operator wants it asked.

    `heard_since`: it was heard without a gap from then until `last_success_at`; None where that is not known.
    """

    id: str
    every_s: float
    tier: Tier = "social"
    first_poll_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_mention_at: datetime | None = None
    heard_since: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    paused_because: str | None = None
    usual_gap_s: float | None = None
    usual_delay_s: float | None = None
    claimed_until: datetime | None = None


class BlindSpot(Record, frozen=True, kw_only=True, gc=False):
    """A source of which we do not know what is said there.

    `why`: "refused" (it is paused until somebody mends it), "failing" (it does not answer), "unasked" (nobody asked it: our own listener stands still), "network" (so
    many at once that it is our own line) or "silent" (it answers, and brings nothing when it usually does). `since`: when it was last heard, or spoke last where it is silent.
    `detail`: its answer in one line. Of a silent one: `expected` mentions in such a stretch, of `over_s` seconds, by what like stretches held `before`.
    """

    source_id: str
    why: Literal["refused", "failing", "unasked", "network", "silent"]
    since: datetime
    detail: str | None = None
    expected: float | None = None
    over_s: float = 0.0
    before: tuple[int, ...] = ()


class SourceDetector(Protocol):
    """A signal about the sources themselves; the Lookout asks every minute. Pure."""

    version: str

    def unheard(self, sources: Sequence[SourceHealth], now: datetime, *, others: int = 0) -> list[BlindSpot]:
        """Those that cannot be heard; all in doubt are given at once, because many at once have one cause. `others` are asked and heard well."""

    def silence(self, source: SourceHealth) -> tuple[datetime, datetime] | None:
        """The stretch without a mention that is worth comparing with the days before; None where there is none, or nothing is known yet."""

    def silent(self, source: SourceHealth, stretch: tuple[datetime, datetime], before: Sequence[int]) -> BlindSpot | None:
        """Judge such a stretch by what like stretches held before, where the source was heard."""

    def is_over(self, spot: BlindSpot, source: SourceHealth) -> bool:
        """Whether the source is heard again, or speaks again."""

    def tell(self, spots: Sequence[BlindSpot], now: datetime, facts: Mapping[str, Any]) -> Finding:
        """The finding of what went blind together; `facts` (JSON values) are frozen with it."""

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


class Measure(Record, frozen=True, kw_only=True, gc=False):
    """A number that somebody else counts, interval by interval: its points, oldest first, of which the last is to be judged; that interval is over.

    `step_s`: how wide an interval is, in seconds. `unit`: what is counted, as people say it, or by language. `zone`: where its usual day is learnt. `told_at` and
    `told_value`: the interval and number of the last signal about it; None where there is none.
    """

    source_id: str
    name: str
    points: tuple[tuple[datetime, float], ...]
    step_s: int
    unit: str | dict[str, str] = ""
    zone: tzinfo = UTC
    told_at: datetime | None = None
    told_value: float | None = None


class MeasureDetector(Protocol):
    """A signal that is seen in numbers which somebody else counts; the Gauger asks when an interval is over. Pure."""

    version: str

    def weigh(self, measure: Measure) -> Finding | None:
        """Judge the newest interval by those before."""

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""
