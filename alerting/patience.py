"""An acknowledgement has an end: who has a grave incident in hand and says nothing for a while is asked, and then the others are called. Pure.

`AlertingSettings.update_within` says how long (critical 30 minutes, major 60). Everything a person does to the incident counts as an update and pushes
the end on. Where the end was chosen by the person (`ack --until`) it is theirs. A crisis that is over wakes nobody: where nothing was heard
for so long that it could be closed, no update is owed (`alerting/closing.py` proposes the end instead).

The snapshot in `Incident.policy` carries it under "update": {"since": time of the last update, "asked": time the owner was asked, or None}.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import Decision, line
from alerting.paging import ACTOR, Walk, notices, page
from alerting.policy import CRITICAL_WAITS_AT_MOST, Roster, pages, recipients
from core.records import Incident, Severity, Words

UPDATE: Final = "update"  # the key in the snapshot
OWNER_ANSWERS_WITHIN: Final = timedelta(minutes=10)  # once asked; five where it is critical
QUIET_FOR: Final[dict[Severity, timedelta]] = {
    "critical": timedelta(hours=12),
    "major": timedelta(hours=8),
    "minor": timedelta(hours=4),
    "watch": timedelta(hours=2),
}  # without a signal: it may be over


def is_quiet(incident: Incident, now: datetime) -> bool:
    """Whether nothing was heard of it for so long that it may be over."""
    return now - incident.last_signal_at >= QUIET_FOR[incident.severity]


def updated(incident: Incident, now: datetime, roster: Roster) -> Incident:
    """The incident after a person did something to it: whoever has it owes the next update from now on. An end that they chose stays."""
    if incident.status != "acknowledged" or (UPDATE not in incident.policy and incident.acknowledged_until is not None):
        return incident
    within = roster.settings.update_within.get(incident.severity)
    return without_end(incident) if within is None else _owed(incident, now, now + within)


def stirred(incident: Incident, now: datetime, roster: Roster, *, rose: bool) -> Incident:
    """The incident after a signal: an update is owed again where none was any more, and sooner where it got graver."""
    within = roster.settings.update_within.get(incident.severity)
    if incident.status != "acknowledged" or within is None:
        return incident
    if incident.acknowledged_until is None or (rose and incident.acknowledged_until > now + within):
        return _owed(incident, now, now + within)
    return incident


def without_end(incident: Incident) -> Incident:
    """The same with no end of the acknowledgement that is ours; a snooze goes on."""
    policy = {key: value for key, value in incident.policy.items() if key != UPDATE}
    return replace(incident, policy=policy, acknowledged_until=None, next_step_at=incident.snoozed_until)


def run_out(incident: Incident, now: datetime, roster: Roster) -> Decision | None:
    """What follows when the time for an update is over: first the owner is asked, then the policy begins to call. None where the end is not ours."""
    owed: dict[str, Any] | None = incident.policy.get(UPDATE)
    if incident.status != "acknowledged" or incident.snoozed_until is not None or owed is None:
        return None
    owner = incident.owner or incident.acknowledged_by or ""
    told: dict[str, Any] = {"person": roster.name(owner), "waited": (now - datetime.fromisoformat(owed["since"])).total_seconds()}
    if is_quiet(incident, now):
        quiet = (now - incident.last_signal_at).total_seconds()
        return Decision(incident=without_end(incident), timeline=(line(incident, now, "update_waived", ACTOR, quiet=quiet),))
    people = recipients([owner], now, roster, incident.severity)
    if owed["asked"] is None and people:
        wait = min(OWNER_ANSWERS_WITHIN, CRITICAL_WAITS_AT_MOST) if incident.severity == "critical" else OWNER_ANSWERS_WITHIN
        asked = replace(
            incident,
            policy={**incident.policy, UPDATE: {**owed, "asked": now.isoformat()}},
            acknowledged_until=now + wait,
            next_step_at=now + wait,
            transition=incident.transition + 1,
        )
        why = Words(key="alert.no_update_from_you", args={**told, "id": incident.id})
        said = line(incident, now, "update_asked", ACTOR, **told)
        return Decision(incident=asked, timeline=(said,), notifications=notices(asked, people, "page", now, why))
    return _called(incident, now, roster, told)


def _called(incident: Incident, now: datetime, roster: Roster, told: dict[str, Any]) -> Decision:
    """Open again, and the step it stood at is called."""
    awake = replace(without_end(incident), status="open", acknowledged_at=None, acknowledged_by=None, snoozed_until=None, next_step_at=None)
    why = Words(key="alert.no_update", args=told)
    walk = page(awake, now, roster, why) if pages(awake.policy) else Walk(incident=awake)
    said = line(incident, now, "acknowledgement_expired", ACTOR, key="no_update", **told)
    return Decision(incident=walk.incident, timeline=(said, *walk.timeline), notifications=walk.notifications)


def _owed(incident: Incident, since: datetime, until: datetime) -> Incident:
    policy = {**incident.policy, UPDATE: {"since": since.isoformat(), "asked": None}}
    return replace(incident, policy=policy, acknowledged_until=until, next_step_at=incident.snoozed_until or until)
