"""The records that every room speaks: what is heard, counted, noticed, handled and sent.

All are frozen. Every datetime is aware; a naive one raises `ValueError` at once (rule 7: time). Units stand in the docstrings. What a
person reads is never stored as a sentence: it is a `Words` (a message key with arguments), put into words when read (rule 10).
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Literal

import msgspec

Severity = Literal["watch", "minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("watch", "minor", "major", "critical")  # mildest first
Tier = Literal["owned", "forum", "social", "page", "press", "regulator"]
MentionClass = Literal["original", "repost", "wire", "own"]
Arrival = Literal["live", "late", "backfill"]  # may raise a signal | counts and trains, never raises | is kept, never counted
Status = Literal["open", "acknowledged", "resolved", "reviewed"]
Stage = Literal["smouldering", "outbreak", "spread", "cooling", "flare-up"]
World = Literal["live", "drill", "probe"]  # "probe": the mention that we send through ourselves to see that all works
NotificationKind = Literal["page", "update", "resolved", "digest", "test"]
NotificationState = Literal["planned", "claimed", "sent", "failed", "cancelled", "bundled"]
AuthorRole = Literal["vip", "ambassador", "partner", "staff", "troll"]
Triage = Literal["crisis", "complaint", "question", "praise", "bug", "lead", "spam"]  # what a mention wants of us
TopicKind = Literal["brand", "competitor", "industry", "person"]


def severity_rank(severity: Severity) -> int:
    """0 for watch up to 3 for critical, for comparisons."""
    return SEVERITIES.index(severity)


@cache
def _times_of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the fields that hold a time."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.type in (datetime, datetime | None))


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What all records share: frozen, keyword-only, and no naive datetime in any field."""

    def __post_init__(self) -> None:
        for name in _times_of(type(self)):
            value = getattr(self, name)
            if value is not None and value.tzinfo is None:
                raise ValueError(f"{type(self).__name__}.{name} is a naive datetime; every time has a zone")


class Words(Record, frozen=True, kw_only=True, gc=False):
    """Something to say: a message key of `core/locale` and its arguments (JSON values; datetimes as RFC 3339 strings)."""

    key: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)


class Engagement(Record, frozen=True, kw_only=True, gc=False):
    """Counters of one mention as the platform gave them; None is unknown, never zero."""

    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    views: int | None = None


class Author(Record, frozen=True, kw_only=True, gc=False):
    """Who posted, as far as the platform tells; `key` is stable ("mastodon.social/@an"), `followers` None is unknown."""

    key: str
    handle: str | None = None
    name: str | None = None
    followers: int | None = None


class Mention(Record, frozen=True, kw_only=True, gc=False):
    """One public post, article or comment.

    `key` is its identity: `core.text.mention_key(kind, authority, native_id)`, 16 bytes; the same post heard twice has the same key. `id` is the
    row's number, 0 before it is stored. `published_at` None where the source gives no time; it counts at `seen_at` then. `arrival`: rule 7.
    `reach` is people it may have reached, None where unknown. `lang` is what the source claims. `reply_to` and `repost_of` are native ids;
    `parent_key` is the key of the mention it answers, where the kind can tell it: replies inherit their thread's topics by it. `accepted_at`: when it was seen as the answer taken.
    """

    key: bytes
    source_id: str
    native_id: str
    seen_at: datetime
    id: int = 0
    url: str | None = None
    author: Author | None = None
    title: str = ""
    text: str = ""
    lang: str | None = None
    kind: MentionClass = "original"
    published_at: datetime | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reply_to: str | None = None
    parent_key: bytes | None = None
    accepted_at: datetime | None = None
    repost_of: str | None = None
    engagement: Engagement = Engagement()
    reach: int | None = None
    arrival: Arrival = "live"

    @property
    def at(self) -> datetime:
        """When it counts: `published_at`, or `seen_at` where that is unknown or lies in the future (aware)."""
        return self.seen_at if self.published_at is None else min(self.published_at, self.seen_at)


class Sentiment(Record, frozen=True, kw_only=True, gc=False):
    """Probabilities that sum to 1; `confident` where the model would stand by the largest."""

    negative: float
    neutral: float
    positive: float
    confident: bool

    @property
    def label(self) -> Literal["negative", "neutral", "positive"]:
        """The most probable of the three."""
        worst_first: tuple[Literal["negative", "neutral", "positive"], ...] = ("negative", "neutral", "positive")
        return max(worst_first, key=lambda label: getattr(self, label))


class TopicMatch(Record, frozen=True, kw_only=True, gc=False):
    """A topic found in a mention: its version, the terms that matched as they stand in the text, `weak` where it should not page alone.

    `place_id` is the branch that the mention names, where it names one.
    """

    topic_id: str
    version: str
    terms: tuple[str, ...]
    weak: bool = False
    place_id: str | None = None


class Risk(Record, frozen=True, kw_only=True, gc=False):
    """A risk heard in a mention, of a family ("food-safety" ...), by an expression of the lexicon.

    `level` 1: one mention that names the brand is enough; 2: counts in a group; 3: a complaint, never a page by itself.
    """

    family: str
    level: Literal[1, 2, 3]
    term: str


class Enrichment(Record, frozen=True, kw_only=True, gc=False):
    """What the pipeline understood of one mention; `model` is the version of models and lexicons that said so.

    `author_role` is what the author registry says of its author ("vip", "ambassador" ...), None where that names nobody. `triage`: what it wants of us,
    None where nothing is sure.
    """

    mention_id: int
    language: str
    topics: tuple[TopicMatch, ...]
    sentiment: Sentiment
    risks: tuple[Risk, ...] = ()
    fingerprint: bytes = b""
    model: str = ""
    author_role: AuthorRole | None = None
    triage: Triage | None = None


class Signal(Record, frozen=True, kw_only=True, gc=False):
    """One detector's finding in one bucket, unique by (kind, subject, bucket_start); the subject is a topic ("topic:acme"), a source or a mention.

    `scale_s` is the window's width in seconds. `observed`, `expected`, `low`, `high` are in `unit`; None is unknown. `score` runs from 0 to 1. `evidence`:
    mention ids, the deciding ones first. `frozen`: the input it was judged on, enough to judge again. `generation` is the configuration's.
    """

    kind: str
    subject: str
    bucket_start: datetime
    topic_id: str | None
    scale_s: int
    observed: float
    expected: float | None
    low: float | None
    high: float | None
    unit: str
    score: float
    words: Words
    raised_at: datetime
    evidence: tuple[int, ...] = ()
    risk: str | None = None
    place_id: str | None = None
    frozen: dict[str, Any] = msgspec.field(default_factory=dict)
    generation: int = 0
    id: int = 0


class Factor(Record, frozen=True, kw_only=True, gc=False):
    """One reason of a severity: its name, what was seen (None is unknown, never 0), the level it speaks for, and a second number said with the first."""

    name: str
    value: float | str | None
    speaks_for: Severity | None
    beside: float | None = None


class Incident(Record, frozen=True, kw_only=True, gc=False):
    """What people handle, from opening to review.

    `key` is topic, cause and place. `policy` is the escalation policy as it was when the incident paged; `step` and `round` count from 0,
    `transition` the changes that page. `next_step_at`: when it escalates if nobody answers; None: never. `version` guards every save. `merged_into`: the
    incident that it was put into, where it was closed for that.
    """

    key: str
    kind: str
    words: Words
    severity: Severity
    opened_at: datetime
    last_signal_at: datetime
    id: int = 0
    topic_id: str | None = None
    place_id: str | None = None
    stage: Stage = "smouldering"
    status: Status = "open"
    world: World = "live"
    owner: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_until: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    reviewed_at: datetime | None = None
    close_reason: str | None = None
    factors: tuple[Factor, ...] = ()
    policy: dict[str, Any] = msgspec.field(default_factory=dict)
    step: int = 0
    round: int = 0
    transition: int = 0
    next_step_at: datetime | None = None
    playbook_id: str | None = None
    playbook_because: Words | None = None
    generation: int = 0
    version: int = 0
    merged_into: int | None = None
    close_proposed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether people still have it in hand or should take it."""
        return self.status in ("open", "acknowledged")


class Notification(Record, frozen=True, kw_only=True, gc=False):
    """One message to one person on one channel.

    `key` is made of incident, transition, step, round, person, channel and kind: a decision made once is sent once (rule 5). `attempt` counts the
    claims; a second claim of a row never marked sent is a possible repeat. `link_id` names the link that the message carries; `ref` is the
    service's own handle of what was sent, to edit it by; `digest_id` the digest that lists it instead ("bundled"); `confirmed_at` a human's tap; `copies` how often it
    may have arrived though nobody said so.
    """

    key: str
    incident_id: int | None
    kind: NotificationKind
    person: str
    channel: str
    due_at: datetime
    planned_at: datetime
    id: int = 0
    words: Words | None = None
    state: NotificationState = "planned"
    attempt: int = 0
    claimed_until: datetime | None = None
    possible_repeat: bool = False
    receipt: str | None = None
    error: str | None = None
    sent_at: datetime | None = None
    link_id: str | None = None
    step: int = 0
    round: int = 0
    generation: int = 0
    ref: dict[str, Any] | None = None
    digest_id: int | None = None
    confirmed_at: datetime | None = None
    copies: int | None = None


class TimelineEntry(Record, frozen=True, kw_only=True, gc=False):
    """One line of what happened; append-only. `actor` is a person's id, or a stage ("intake"). `data` holds ids and numbers, no text of mentions."""

    at: datetime
    kind: str
    actor: str
    words: Words
    incident_id: int = 0
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    id: int = 0
