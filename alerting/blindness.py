"""What blind sources do: how bad that is, and how their incident ends by itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from alerting.events import Decision, HeardAgain, line
from alerting.paging import notices, told
from alerting.policy import Roster, recipients
from alerting.vitals import SELF_ALARM
from core.outside import ALARM, ALARM_OVER
from core.records import SEVERITIES, Factor, Incident, Severity, Words, severity_rank

BLIND: Final = "source_blind"  # kinds of signal
HEARD: Final = "source_heard"
ACTOR: Final = "lookout"
MOST: Final = 0.5  # of a topic's usual volume, or of all sources where that is not known
MUCH: Final = 0.2
KEY_TIERS: Final = frozenset({"owned", "press", "regulator"})  # where being deaf for an hour is not borne


def is_about_sources(kind: str) -> bool:
    """Whether a signal is about the sources themselves, about us, or from another monitor, so that nothing of it is counted."""
    return kind in (BLIND, HEARD, ALARM, ALARM_OVER, SELF_ALARM)


def assess_blindness(frozen: Mapping[str, Any]) -> tuple[Severity, tuple[Factor, ...]]:
    """How bad it is that sources are blind, by what is unseen now, this group and others.

    Major where more than half of what a topic usually draws is unseen; minor where it is much, or one of ours, of the press or of an authority.

    Args:
        frozen: of the signal: "unseen" (share 0 to 1, None where unknown), "blind" and "all" (sources), "tiers" (of those newly blind).

    Example:
        >>> assess_blindness({"unseen": 0.3, "blind": 1, "all": 12, "tiers": ["forum"]})[0]
        'minor'
    """
    unseen, blind, everything = frozen.get("unseen"), int(frozen.get("blind", 1)), int(frozen.get("all", 0))
    share = blind / everything if unseen is None and everything else 0.0
    factors = [
        Factor(name="unseen", value=unseen, speaks_for=None if unseen is None else _level(unseen)),
        Factor(name="blind", value=blind, speaks_for=_level(share)),
    ]
    key = sorted(KEY_TIERS & set(frozen.get("tiers", ())))
    if key:
        factors.append(Factor(name="blind_tier", value=key[0], speaks_for="minor"))
    rank = max(severity_rank(factor.speaks_for or "watch") for factor in factors)
    return SEVERITIES[rank], tuple(sorted(factors, key=lambda one: severity_rank(one.speaks_for or "watch"), reverse=True))


def heard_again(incident: Incident, event: HeardAgain, now: datetime, roster: Roster) -> Decision:
    """A source of this incident is heard again; with the last of them it closes by itself, and who was called is told."""
    if not incident.is_open:
        return Decision(incident=incident)
    names = list(event.sources)
    if event.left:
        return Decision(incident=incident, timeline=(line(incident, now, "heard_again", ACTOR, sources=names, left=event.left),))
    closed = replace(incident, status="resolved", resolved_at=now, close_reason="heard_again", snoozed_until=None, next_step_at=None)
    why = Words(key="alert.heard_again", args={"sources": names, "at": now.isoformat()})
    return Decision(
        incident=closed,
        timeline=(line(incident, now, "resolved", ACTOR, key="resolved_heard", sources=names),),
        notifications=notices(closed, recipients(told(incident), now, roster, incident.severity), "resolved", now, why),
        cancel=("page", "update"),
        revoke_links=True,
    )


def _level(share: float) -> Severity:
    if share > MOST:
        return "major"
    return "minor" if share >= MUCH else "watch"
