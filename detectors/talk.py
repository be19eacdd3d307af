"""Signals that are seen in what is said and by whom within the last minutes or hours, not in counts alone: what such a detector is shown, and how it is asked.

The Watcher asks after every minute in which a topic changed. One read a topic, bounded, for all such detectors together; none where none is switched on.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from core.records import Record, Signal, Tier, TopicKind
from detectors.base import Finding
from detectors.entities import Name
from store import signals, talk
from store.database import Database
from store.talk import Said
from store.voices import Voice

__all__ = [
    "Asked",
    "Choosy",
    "Compares",
    "Patient",
    "Said",
    "Talk",
    "TalkDetector",
    "Told",
    "Topic",
    "ask",
    "counted",
    "frame",
    "overheard",
    "voices",
]

_WHEN: Final = attrgetter("at")
MOST_SAID: Final = 2_000  # mentions that a detector is shown, the newest
MOST_BEFORE: Final = 2_000  # mentions before its window that a detector compares with, the newest
TOLD_FOR: Final = timedelta(days=1)  # what was told in so long a time before is shown too


class Topic(Record, frozen=True, kw_only=True, gc=False):
    """Whom a talk is about. `names`: products, places and people that the operator knows; `tiers`: source id -> its weight."""

    id: str
    name: str = ""
    kind: TopicKind = "brand"
    names: tuple[Name, ...] = ()
    tiers: Mapping[str, Tier] = msgspec.field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether what is said of it is ours to answer; a competitor's trouble is not."""
        return self.kind in ("brand", "person")


class Told(Record, frozen=True, kw_only=True, gc=False):
    """What a detector told before of this topic, so that nothing is told twice: its finding's `about`, `observed` and `frozen`; `at` is its `bucket_start`."""

    at: datetime
    observed: float
    about: str | None = None
    frozen: dict[str, Any] = msgspec.field(default_factory=dict)


class Talk(Record, frozen=True, kw_only=True, gc=False):
    """What was said in a topic until `end` (aware, a whole minute), within the detector's window.

    `said`: live mentions, oldest first by when they count, our own posts among them; at most `MOST_SAID`, the newest. `told`: what this detector told within its window,
    at least a day, oldest first. `before`: what was said before the window, for a detector that compares with it; None: not looked up, nothing is known of it.
    """

    topic: Topic
    end: datetime
    said: tuple[Said, ...] = ()
    told: tuple[Told, ...] = ()
    before: tuple[Said, ...] | None = None

    def since(self, span: timedelta) -> tuple[Said, ...]:
        """What was said within `span` before the end, oldest first."""
        return self.said[bisect_left(self.said, self.end - span, key=_WHEN) :]

    def tier_of(self, said: Said) -> Tier | None:
        """The weight of where it was said; None for a source that is no longer configured."""
        return self.topic.tiers.get(said.source_id)


class TalkDetector(Protocol):
    """A signal that is seen in what is said. Pure: no clock, no database, and nothing kept between calls.

    `window`: how far back it is shown what was said. Sources are slow: what was said together may be heard minutes apart, so a window is better wider than
    the stretch that is judged. A finding gives its `evidence` (deciding mentions first), and in `about` what it is about within the topic, where that may be several things
    at once; `frozen` holds under "counted" the mentions, stories and authors behind it.
    """

    version: str
    window: timedelta

    def hear(self, talk: Talk) -> list[Finding]:
        """What is newly found in a talk; what `talk.told` tells already is not found again. Never raises on an empty talk."""

    def rejudge(self, frozen: Mapping[str, Any]) -> float:
        """The score of a finding, from its frozen input alone."""


@runtime_checkable
class Patient(Protocol):
    """A detector of talk to which a silence speaks too: an answer that does not come."""

    def ask_again_at(self, talk: Talk) -> datetime | None:
        """When it wants to be asked though nobody says anything (aware); None: only when somebody does."""


@runtime_checkable
class Compares(Protocol):
    """A detector of talk that knows what is usual by what was said before its window: `past` says from how long before the end."""

    past: timedelta


@runtime_checkable
class Choosy(Protocol):
    """A detector of talk that only some of what is said can move, so that it need not be asked every minute.

    As long as nothing is shown to it of what was told and said before: it finds the same where the mentions are left out that it does not want, finds nothing
    where it was shown them before and found nothing (time alone does not move it), and nothing in fewer than `least` of them.
    """

    least: int

    def wants(self, said: Said, topic: Topic) -> bool:
        """Whether this mention can have a part in what it finds; asked once a mention."""


class Asked(NamedTuple):
    """What the detectors of talk found, and when one of them wants to be asked again, at the latest."""

    findings: list[Finding]
    again_at: datetime | None


async def overheard(database: Database, topic: Topic, detectors: Mapping[str, TalkDetector], end: datetime) -> Asked:
    """What the detectors, by their kind, find in a topic at `end`. Where something is found it is looked up what was told and said before, and they are asked once more."""
    if not detectors:
        return Asked([], None)
    longest = max(detector.window for detector in detectors.values())
    said = tuple(await database.read(talk.heard, topic.id, end - longest, end, MOST_SAID))
    shown = Talk(topic=topic, end=end, said=said)
    asked = await asyncio.to_thread(ask, detectors, shown, ())
    if not asked.findings:
        return asked
    told = await database.read(signals.told, list(detectors), topic.id, end - max(longest, TOLD_FOR))
    span = before_span(detectors, asked.findings, end)
    if span is not None:
        shown = replace(shown, before=tuple(await database.read(talk.heard, topic.id, *span, MOST_BEFORE)))
    return await asyncio.to_thread(ask, detectors, shown, told)


def before_span(detectors: Mapping[str, TalkDetector], found: Sequence[Finding], end: datetime) -> tuple[datetime, datetime] | None:
    """From when until when it is looked up what was said before, the newest `MOST_BEFORE` mentions; None where no detector that found something compares. Pure."""
    kinds = {finding.kind for finding in found}
    pasts = [detector.past for kind, detector in detectors.items() if kind in kinds and isinstance(detector, Compares)]
    return (end - max(pasts), end - min(detector.window for detector in detectors.values())) if pasts else None


def ask(detectors: Mapping[str, TalkDetector], shown: Talk, told: Sequence[Signal]) -> Asked:
    """Ask every detector about a talk; `about` is frozen with what it found, so that it is known again. Pure."""
    findings: list[Finding] = []
    again: list[datetime] = []
    for kind, detector in detectors.items():
        own = _own(kind, detector, shown, told)
        findings += [one if one.about is None else replace(one, frozen={**one.frozen, "about": one.about}) for one in detector.hear(own)]
        wanted = detector.ask_again_at(own) if hasattr(detector, "ask_again_at") else None  # isinstance(Patient) costs fifty times as much
        again += [] if wanted is None else [wanted]
    return Asked(findings, min(again, default=None))


def _own(kind: str, detector: TalkDetector, shown: Talk, told: Sequence[Signal]) -> Talk:
    """A talk as one detector is shown it."""
    start, before = shown.end - detector.window, None
    if shown.before is not None and hasattr(detector, "past"):  # as above: `Compares`
        first, last = (bisect_left(shown.before, at, key=_WHEN) for at in (shown.end - detector.past, start))
        before = shown.before[first:last]
    return replace(shown, said=shown.since(detector.window), told=tuple(_told(one) for one in told if one.kind == kind), before=before)


def _told(signal: Signal) -> Told:
    return Told(at=signal.bucket_start, observed=signal.observed, about=signal.frozen.get("about"), frozen=signal.frozen)


def frame(talk: Talk, span: timedelta) -> dict[str, Any]:
    """The fields of a finding that say when: of the last `span` of a talk."""
    return {
        "bucket_start": talk.end - timedelta(minutes=1),
        "window_start": talk.end - span,
        "window_end": talk.end,
        "scale_s": int(span.total_seconds()),
    }


def counted(members: Sequence[Said]) -> dict[str, int]:
    """The mentions, stories, authors and negative mentions behind a finding, as it freezes them (`raising.Crowd`); a mention that tells no story is one by itself."""
    stories = {one.story_id if one.story_id is not None else -one.mention_id for one in members}
    negative = sum(one.sentiment.label == "negative" for one in members)
    return {"mentions": len(members), "stories": len(stories), "authors": len({one.who for one in members}), "negative": negative}


def voices(said: Sequence[Said]) -> list[Voice]:
    """What was said, as those read it who judge bursts (`detectors/themes.py`, `detectors/amplification.py`)."""
    numbers: dict[str, int] = {}
    return [
        Voice(
            one.mention_id,
            one.source_id,
            one.kind,
            None if one.author is None else numbers.setdefault(one.author, len(numbers)),
            one.story_id,
            one.title,
            one.text,
            one.author_since,
            one.source_since,
            one.at,
        )
        for one in said
    ]
