"""Incidents that no detector raised: a person records them afterwards, so that what is missed is counted too."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from alerting.events import line
from alerting.policy import Roster
from core.errors import Refused
from core.records import Incident, Record, Severity, Signal, Words
from store import audit, evidence, incidents, labels, mentions, signals
from store.database import Tx
from store.labels import MISSED

ABOUT: Final = timedelta(hours=1)  # what was said from then on is its evidence
MOST_EVIDENCE: Final = 20
SALT_BYTES: Final = 16


class Told(Record, frozen=True, kw_only=True, gc=False):
    """What a person tells of it; `topic_name` is how the topic is called, `because` what it was about (None: nothing more is said)."""

    at: datetime
    topic_id: str
    topic_name: str
    because: str | None = None
    severity: Severity = "major"


def record_missed(tx: Tx, told: Told, *, by: str, now: datetime, roster: Roster, channel: str, anyway: bool = False) -> Words:
    """Keep an incident that no detector raised: closed, labelled real, nobody paged; returns the answer. The same one twice is kept once.

    Args:
        tx: the transaction.
        told: when it was, and what about.
        by: who says so.
        now: when (aware).
        roster: names.
        channel: the door they came through.
        anyway: although an incident of that topic was open then.

    Raises:
        Refused: it lies in the future, or an incident of that topic was open then.
    """
    start = told.at.replace(second=0, microsecond=0)
    if start > now:
        raise Refused("what was missed lies in the past; the time given is still to come")
    before = signals.incident_of(tx, MISSED, f"topic:{told.topic_id}", start)
    if before is not None:
        return Words(key="answer.missed_before", args={"incident": before})
    open_then = incidents.open_at(tx, told.topic_id, start, start + ABOUT)
    if open_then is not None and not anyway:
        raise Refused(f"incident #{open_then} of this topic was open then: label that one real, or say that this is another one")
    signal = _signal(tx, told, start, roster.name(by), now)
    incident_id = incidents.create(tx, _incident(told, signal, now))
    assert incident_id is not None  # closed incidents never share a key
    (signal_id,) = signals.add(tx, [signal])
    signals.take(tx, signal_id, now, incident_id=incident_id)
    shown = mentions.get(tx, signal.evidence)
    evidence.freeze(tx, incident_id, shown, now, signal_id=signal_id, salt=lambda: secrets.token_bytes(SALT_BYTES))
    kept = incidents.get(tx, incident_id)
    assert kept is not None
    incidents.add_entries(tx, incident_id, [line(kept, now, MISSED, by, person=roster.name(by))])
    labels.add(tx, now, by, "real", incident_id=incident_id, reason=MISSED, comment=told.because)
    audit.add(tx, now, by, channel, MISSED, f"incident:{incident_id}", {"topic": told.topic_id, "at": start.isoformat()})
    return Words(key="answer.missed", args={"incident": incident_id, "topic": told.topic_name, "at": start.isoformat()})


def _signal(tx: Tx, told: Told, start: datetime, person: str, now: datetime) -> Signal:
    said = mentions.told_in(tx, told.topic_id, start, start + ABOUT)
    shown = mentions.in_topic(tx, told.topic_id, start, start + ABOUT, MOST_EVIDENCE)
    note = told.because or {"key": "signal.missed.no_note", "args": {}}
    return Signal(
        kind=MISSED,
        subject=f"topic:{told.topic_id}",
        topic_id=told.topic_id,
        bucket_start=start,
        scale_s=int(ABOUT.total_seconds()),
        observed=float(said.mentions),
        expected=None,
        low=None,
        high=None,
        unit="mentions",
        score=1.0,
        words=Words(key="signal.missed", args={"topic": told.topic_name, "note": note, "person": person}),
        raised_at=now,
        evidence=tuple(mention.id for mention in shown),
        frozen={"counted": {"mentions": said.mentions, "stories": said.stories, "authors": said.authors, "negative": said.negative}},
    )


def _incident(told: Told, signal: Signal, now: datetime) -> Incident:
    return Incident(
        key=f"{signal.subject}|{MISSED}|-",
        kind=MISSED,
        words=signal.words,
        severity=told.severity,
        opened_at=signal.bucket_start,
        last_signal_at=now,
        topic_id=told.topic_id,
        status="resolved",
        resolved_at=now,
        close_reason=MISSED,
    )
