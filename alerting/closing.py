"""When an incident may be over: criteria that can be computed, each with its number, and the proposal to close. Pure.

It proposes once, to whoever has it in hand, and says what is not known; nothing that called anybody closes by this. A new signal takes the proposal back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from alerting.events import CloseProposed, Decision, line
from alerting.paging import apart, has_paged, notices, told
from alerting.patience import QUIET_FOR
from alerting.policy import Roster, recipients
from alerting.stage import WORSE, Course, Effect
from core.records import Incident, Record, Words
from store.steps import StepState

if TYPE_CHECKING:
    from playbooks.playbook import Playbook  # templates and HTML with it: not for `tocsin ack`

ACTOR: Final = "tending"


class Criterion(Record, frozen=True, kw_only=True, gc=False):
    """One of them: its name (`close_when.<name>`), whether it is met (None: not known), and the numbers to say (`close_said.<name>`)."""

    name: str
    is_met: bool | None
    told: dict[str, Any]


def open_blocking(playbook: Playbook | None, ticks: Collection[StepState]) -> int:
    """How many steps of a playbook are not done that have to be before the incident is closed."""
    undone = {state.step_id for state in ticks if state.done_at is None}
    return 0 if playbook is None else sum(step.blocking and step.id in undone for phase, step in playbook.steps() if phase != "after")


def criteria(
    incident: Incident, course: Course | None, *, open_blocking: int, flagged: int, statement: Effect | None, now: datetime
) -> tuple[Criterion, ...]:
    """Every criterion as it stands.

    Args:
        incident: an open one.
        course: how it runs; None where it has no topic, so that nothing of it is counted.
        open_blocking: steps of its playbook that have to be done before it is closed, and are not.
        flagged: posts that people flagged since the last signal.
        statement: what became of the tone after the statement that was published; None where none was, or where that is not known.
        now: (aware).
    """
    quiet = now - incident.last_signal_at
    change = statement.change if statement is not None else None
    fell = None if course is None else course.known and incident.stage == "cooling"  # what nobody heard is no quiet
    return (
        Criterion(
            name="quiet",
            is_met=quiet >= QUIET_FOR[incident.severity],
            told={"quiet": quiet.total_seconds(), "asked": QUIET_FOR[incident.severity].total_seconds()},
        ),
        Criterion(name="cooling", is_met=fell, told={"rate": course.rate if course else None, "peak": course.peak if course else None}),
        Criterion(name="blocking", is_met=open_blocking == 0, told={"n": open_blocking}),
        Criterion(name="flagged", is_met=flagged == 0, told={"n": flagged}),
        Criterion(name="statement", is_met=None if change is None else change < WORSE, told={"change": change}),
    )


def proposal(incident: Incident, found: Sequence[Criterion]) -> CloseProposed | None:
    """The proposal to close; None where one was made, or something speaks against it. What is not known does not, but is said."""
    if not incident.is_open or incident.close_proposed_at is not None or any(one.is_met is False for one in found):
        return None
    by_name = {one.name: one for one in found}
    unknown = [{"key": f"close_when.{one.name}"} for one in found if one.is_met is None] or [{"key": "close_when.nothing"}]
    return CloseProposed(told={**by_name["cooling"].told, "quiet": by_name["quiet"].told["quiet"], "unknown": unknown})


def propose(incident: Incident, event: CloseProposed, now: datetime, roster: Roster) -> Decision:
    """Tell whoever has it in hand, else who was called, that it may be over; one that was only watched, and called nobody, closes by itself."""
    if not incident.is_open or incident.close_proposed_at is not None:
        return Decision(incident=incident)
    if incident.severity == "watch" and incident.status == "open" and not has_paged(incident):
        ended = line(incident, now, "resolved", ACTOR, key="resolved_quiet", quiet=event.told["quiet"], data={"reason": "quiet"})
        closed = replace(incident, status="resolved", resolved_at=now, close_reason="quiet", snoozed_until=None, next_step_at=None)
        return Decision(incident=closed, timeline=(ended,), cancel=("page", "update"), revoke_links=True)
    said = line(incident, now, "close_proposed", ACTOR, **event.told)
    targets = [incident.owner] if incident.owner else list(told(incident))
    people = recipients([one for one in targets if one], now, roster, incident.severity)
    why = Words(key="alert.close_proposed", args={**event.told, "id": incident.id})
    news = apart(notices(incident, people, "update", now, why), "close", now.isoformat())
    return Decision(incident=replace(incident, close_proposed_at=now), timeline=(said,), notifications=news)
