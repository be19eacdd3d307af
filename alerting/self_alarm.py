"""Alarms about ourselves: incidents of our own kind, called to the admin, that close by themselves once all is well for a while.

They do not go through the Intake: what tells that a part stands still must not wait for that part.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import Healed, SignalArrived
from alerting.incident import decide
from alerting.policy import OPERATOR, Roster
from alerting.save import change, save
from alerting.settings import AlertingSettings
from alerting.vitals import SELF_ALARM, Complaint
from core.records import Incident, Signal
from store import incidents, signals
from store.database import Tx

CALM: Final = timedelta(minutes=15)  # all well for so long: it closes by itself; what comes and goes within it is one incident and one page
HEARD_EVERY: Final = timedelta(minutes=5)  # while it lasts the incident hears of it so often
AGAIN_AFTER: Final = timedelta(minutes=30)
PREFIX: Final = "tocsin:"


def key_of(subject: str) -> str:
    """The incident's key."""
    return f"{PREFIX}{subject}|{SELF_ALARM}|-"


def admin_policy(settings: AlertingSettings) -> dict[str, Any]:
    """Whom it calls: the admin, else the fallback, else everybody of the first policy's first step, else the log. Twice; it is no crisis."""
    fallback = settings.fallback
    named = next((policy for policy in settings.policies if policy.id == fallback), None)
    if named is None and fallback is None and settings.policies:
        named = settings.policies[0]
    people = [fallback] if fallback and named is None else list(named.steps[0].notify) if named is not None else []
    first = [settings.admin] if settings.admin else people
    return {
        "id": "admin",
        "steps": [{"notify": first or [OPERATOR.id], "after_s": 0.0}],
        "repeat": 1,
        "again_after_s": AGAIN_AFTER.total_seconds(),
        "fallback": [one for one in people if one not in first],
    }


def complain(tx: Tx, complaint: Complaint, settings: AlertingSettings, roster: Roster, now: datetime) -> int | None:
    """Open the incident of a complaint, or tell it that it lasts; its number where anything was written."""
    key = key_of(complaint.subject)
    beside = incidents.beside(tx, None, key, "live", now - settings.reopen_within)
    before = beside[-1] if beside else None
    if before is not None and before.is_open and now - before.last_signal_at < HEARD_EVERY:
        return None
    signal = _signal(complaint, now)
    (signal_id,) = signals.add(tx, [signal]) or (0,)
    event = SignalArrived(
        signal=replace(signal, id=signal_id),
        key=key,
        severity=complaint.severity,
        policy=admin_policy(settings),
        repeated=before is not None and before.is_open,
    )
    incident = save(tx, before, decide(before, event, now, roster))
    signals.take(tx, signal_id, now, incident_id=incident.id)
    return incident.id


def recover(tx: Tx, incident: Incident, roster: Roster, now: datetime) -> None:
    """Close the incident of what is well again."""
    change(tx, incident.id, Healed(), now, roster)


def is_calm(incident: Incident, now: datetime) -> bool:
    """Whether nothing was heard of it for long enough to call it over."""
    return now - incident.last_signal_at >= CALM


def _signal(complaint: Complaint, now: datetime) -> Signal:
    return Signal(
        kind=SELF_ALARM,
        subject=f"{PREFIX}{complaint.subject}",
        bucket_start=now,
        topic_id=None,
        scale_s=60,
        observed=1.0,
        expected=None,
        low=None,
        high=None,
        unit="alarms",
        score=1.0,
        words=complaint.words,
        raised_at=now,
    )
