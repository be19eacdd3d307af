"""From a finding to a signal, and which mentions to show for it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from core.records import Enrichment, Mention, Record, Signal, Words
from core.text import fingerprint
from detectors.base import Finding

EVIDENCE: Final = 20  # mentions frozen with a signal
HEARD: Final = 0.5  # of a rise's mentions that must have been heard when they were said
RISES: Final = ("mentions", "negative")  # units in which a signal counts mentions


class Crowd(Record, frozen=True, kw_only=True, gc=False):
    """Mentions, stories and authors behind a finding, each counted exactly; `authors` None where nobody is named, `negative` None where no tone was counted."""

    mentions: int
    stories: int
    authors: int | None
    negative: int | None = None


def signal_of(
    finding: Finding,
    *,
    topic_id: str,
    topic_name: str,
    now: datetime,
    generation: int,
    crowd: Crowd | None,
    evidence: Sequence[int] = (),
    query: str = "",
) -> Signal:
    """The signal of a finding about a topic, which its words call by name; a risk, a place and what it is about make a subject of their own, so that two of one minute stand apart.

    The numbers of the crowd are frozen with it, and told beside what was observed; None: the finding has frozen them itself. `query`: the version of the topic's query.
    """
    place = "" if finding.place_id is None else f"@{finding.place_id}"
    about = "" if finding.about is None else f"#{finding.about}"
    subject = f"topic:{topic_id}{place}{about}" if finding.risk is None else f"topic:{topic_id}/{finding.risk}{place}{about}"
    told = replace(
        finding,
        words=Words(key=finding.words.key, args={**finding.words.args, "topic": topic_name}),
        evidence=finding.evidence or tuple(evidence),
        frozen=finding.frozen if crowd is None else {**finding.frozen, "counted": msgspec.to_builtins(crowd)},
    )
    return signal_about(told, subject=subject, topic_id=topic_id, now=now, generation=generation, query=query)


def signal_about(finding: Finding, *, subject: str, topic_id: str | None, now: datetime, generation: int, query: str = "") -> Signal:
    """The signal of a finding about anything: a topic, a source, a measure. It says what the finding says, and freezes its window and what configured it."""
    configured = {"generation": generation, "query": query, "hash": configuration_hash(finding.kind, finding.frozen, query)}
    window = [finding.window_start.isoformat(), finding.window_end.isoformat()]
    return Signal(
        kind=finding.kind,
        subject=subject,
        place_id=finding.place_id,
        topic_id=topic_id,
        bucket_start=finding.bucket_start,
        scale_s=finding.scale_s,
        observed=finding.observed,
        expected=finding.expected,
        low=finding.low,
        high=finding.high,
        unit=finding.unit,
        score=finding.score,
        words=finding.words,
        raised_at=now,
        evidence=finding.evidence,
        risk=finding.risk,
        frozen={**finding.frozen, "configuration": configured, "from_to": window},
        generation=generation,
    )


def configuration_hash(kind: str, frozen: Mapping[str, Any], query: str) -> str:
    """What a finding was configured by, in sixteen hexadecimal digits: the kind, its version and options as they are frozen, the topic's query."""
    said = (kind, frozen.get("version"), frozen.get("options"), query)
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:16]


def was_heard(signal: Signal, lateness: timedelta) -> bool:
    """Whether what a long window holds was heard when it was said: imports and what comes too late teach what is usual, and raise nothing (rule 7).

    Shorter windows than `lateness` hold nothing else. A rise of which less than half was heard is none.
    """
    counted = signal.frozen.get("counted")
    rises = signal.unit in RISES and signal.observed > (signal.expected or 0.0)
    if not counted or not rises or signal.scale_s <= lateness.total_seconds():
        return True
    return bool(counted["mentions"] >= HEARD * signal.observed)


def deciding(heard: Sequence[Mention], understood: Mapping[int, Enrichment], limit: int = EVIDENCE) -> list[int]:
    """Ids of the mentions that say most about a burst: risks first, then surely negative ones, then those with most reach and echo.

    Of copies of one text only the weightiest is taken, so that three quotes are three voices.
    """
    best: list[int] = []
    told: set[bytes] = set()
    for mention in sorted(heard, key=lambda mention: _weight(mention, understood.get(mention.id)), reverse=True):
        story = fingerprint(mention.text or mention.title) or mention.key
        if story not in told:
            told.add(story)
            best.append(mention.id)
    return best[:limit]


def _weight(mention: Mention, enrichment: Enrichment | None) -> tuple[int, bool, float, int, int, float]:
    gravest = 0 if enrichment is None else max((4 - risk.level for risk in enrichment.risks), default=0)
    original = mention.kind == "original"
    negative = 0.0 if enrichment is None else round(enrichment.sentiment.negative * (1 + enrichment.sentiment.confident), 2)
    engagement = mention.engagement
    echo = sum(count or 0 for count in (engagement.likes, engagement.replies, engagement.reposts))
    return gravest, original, negative, mention.reach or 0, echo, -mention.at.timestamp()
