"""What an after-action review asks of itself, from what was recorded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from core.records import Incident, Notification, Severity, TimelineEntry, Words
from playbooks.playbook import Playbook

# How long an acknowledgement may take before the review asks why. Our own proposal; the deadlines that page are the policy's.
SLOW: Final[dict[Severity, timedelta]] = {
    "critical": timedelta(minutes=5),
    "major": timedelta(minutes=15),
    "minor": timedelta(hours=4),
    "watch": timedelta(days=1),
}


def open_questions(
    incident: Incident, timeline: Sequence[TimelineEntry], notifications: Sequence[Notification], playbook: Playbook | None, *, gone: int
) -> list[Words]:
    """Questions for the people who were there; `gone` is the number of mentions deleted at their source. Always at least one."""
    kinds = [entry.kind for entry in timeline]
    questions = [Words(key="review.question.first_words")]
    taken = min((entry.at for entry in timeline if entry.kind == "acknowledged"), default=incident.acknowledged_at)
    if taken is None:
        questions.append(Words(key="review.question.not_acknowledged"))
    elif taken - incident.opened_at > SLOW[incident.severity]:
        took = (taken - incident.opened_at).total_seconds()
        questions.append(Words(key="review.question.slow_acknowledgement", args={"took": took}))
    if "escalated" in kinds:
        questions.append(Words(key="review.question.escalated"))
    if "reopened" in kinds:
        questions.append(Words(key="review.question.reopened"))
    failed = sum(one.state == "failed" for one in notifications)
    if failed:
        questions.append(Words(key="review.question.delivery_failed", args={"count": failed}))
    skipped = _blocking_steps_skipped(playbook, timeline)
    if skipped:
        questions.append(Words(key="review.question.steps_skipped", args={"count": skipped}))
    if gone:
        questions.append(Words(key="review.question.deleted", args={"count": gone}))
    return questions


def step_ticks(timeline: Sequence[TimelineEntry]) -> dict[str, TimelineEntry]:
    """The steps that stand ticked, each with the entry that says so; one that was taken back does not."""
    ticks: dict[str, TimelineEntry] = {}
    for entry in sorted(timeline, key=lambda one: (one.at, one.id)):
        step = entry.data.get("step")
        if entry.kind == "step_ticked" and isinstance(step, str):
            ticks.setdefault(step, entry)
        elif entry.kind == "step_unticked" and isinstance(step, str):
            ticks.pop(step, None)
    return ticks


def _blocking_steps_skipped(playbook: Playbook | None, timeline: Sequence[TimelineEntry]) -> int:
    if playbook is None:
        return 0
    done = step_ticks(timeline)
    return sum(step.blocking and step.id not in done for phase, step in playbook.steps() if phase != "after")
