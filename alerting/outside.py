"""What other monitors' alarms and outside counts do to an incident: how bad they are, and what it means that an alarm is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import AlarmOver, Decision, line
from alerting.paging import notices, told
from alerting.policy import Roster, recipients
from alerting.severity import Facts, assess
from core.outside import ALARM, ALARM_OVER, COUNT
from core.records import SEVERITIES, Factor, Incident, Severity, Signal, Words, severity_rank

ACTOR: Final = "monitor"
FAR_BEYOND: Final = 3.0  # times the number that the operator called too many


def assess_outside(signal: Signal) -> tuple[Severity, tuple[Factor, ...]] | None:
    """How bad it is, where the signal is no finding about mentions; None where it is one.

    An alarm is as bad as its monitor says. A count is judged by how often it is the usual, and is at least minor where it passes what the operator
    called too many; never critical by itself. Of mentions, authors and reach it says nothing, so they are not even unknown.
    """
    if signal.kind == ALARM:
        return _severity(signal.frozen), (Factor(name="alarm", value=_severity(signal.frozen), speaks_for=_severity(signal.frozen)),)
    if signal.kind != COUNT:
        return None
    ratio = signal.observed / signal.expected if signal.expected else None
    factors = [one for one in assess(Facts(volume_ratio=ratio, mentions=signal.observed))[1] if one.speaks_for is not None]
    limit = signal.frozen.get("at_least")
    if limit and signal.observed >= limit:
        beyond: Severity = "major" if signal.observed >= FAR_BEYOND * limit else "minor"
        factors.insert(0, Factor(name="beyond", value=float(limit), speaks_for=beyond))
    rank = max((severity_rank(one.speaks_for or "watch") for one in factors), default=0)
    return SEVERITIES[min(rank, severity_rank("major"))], tuple(factors)


def left_of(signals: Sequence[Signal], over: Signal) -> tuple[int, bool]:
    """How many alarms on an incident still fire once `over` has come, and whether it holds nothing but alarms. Pure.

    Args:
        signals: those on the incident.
        over: says that one of its alarms is over.
    """
    ended = {(one.subject, one.bucket_start) for one in (*signals, over) if one.kind == ALARM_OVER}
    firing = {(one.subject, one.bucket_start) for one in signals if one.kind == ALARM} - ended
    return len(firing), all(one.kind in (ALARM, ALARM_OVER) for one in signals)


def alarm_over(incident: Incident, event: AlarmOver, now: datetime, roster: Roster) -> Decision:
    """An alarm of this incident is over: a line on its timeline. Where it holds nothing else it closes by itself, and who was called is told."""
    if not incident.is_open:
        return Decision(incident=incident)
    told_of: dict[str, Any] = {"name": event.name, "at": event.at.isoformat()}
    if event.left or not event.alone:
        return Decision(incident=incident, timeline=(line(incident, now, "alarm_over", ACTOR, **told_of, left=event.left),))
    closed = replace(incident, status="resolved", resolved_at=now, close_reason="alarm_over", snoozed_until=None, next_step_at=None)
    why = Words(key="alert.alarm_over", args=told_of)
    return Decision(
        incident=closed,
        timeline=(line(incident, now, "resolved", ACTOR, key="resolved_alarm_over", **told_of),),
        notifications=notices(closed, recipients(told(incident), now, roster, incident.severity), "resolved", now, why),
        cancel=("page", "update"),
        revoke_links=True,
    )


def _severity(frozen: Mapping[str, Any]) -> Severity:
    given = frozen.get("severity")
    return next((severity for severity in SEVERITIES if severity == given), "minor")
