"""Two incidents that are one, and one that is two. Pure; `regroup.py` reads and saves.

Who is merged away is closed, its pages stop and its links die; who takes it in carries the graver severity, everything that was told, and whoever had
either in hand, so that nobody is paged twice for one thing. What is split off carries the same the other way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from alerting.arrival import page_again
from alerting.events import Decision, line
from alerting.paging import adopt, apart, has_paged, notices, owes_page, start, told
from alerting.patience import UPDATE
from alerting.policy import Roster, pages, recipients
from alerting.severity import loudest_first
from alerting.taking import tell_the_told
from core.errors import Refused
from core.records import Incident, Notification, NotificationKind, Words, severity_rank

MERGED: Final = "merged"  # the reason for closing


def merged_away(source: Incident, target: Incident, by: str, now: datetime, roster: Roster) -> Decision:
    """The incident that goes into another one.

    Raises:
        Refused: one of them is closed, they are the same, or one of them is a drill and the other is not.
    """
    if source.id == target.id:
        raise Refused("an incident cannot be merged into itself")
    for one in (source, target):
        if not one.is_open:
            raise Refused(f"incident {one.id} is closed; reopen it first")
    if source.world != target.world:
        raise Refused("a drill and a real incident stay apart")
    closed = replace(
        source, status="resolved", resolved_at=now, close_reason=MERGED, merged_into=target.id, snoozed_until=None, next_step_at=None
    )
    args: dict[str, Any] = {"person": roster.name(by), "into": target.id}
    why = Words(key="alert.merged_into", args={**args, "id": source.id})
    return Decision(
        incident=closed,
        timeline=(line(source, now, "merged", by, key="merged_into", **args, data={"into": target.id}),),
        notifications=tell_the_told(closed, "resolved", by, now, roster, why),
        cancel=("page", "update"),
        revoke_links=True,
        answer=Words(key="answer.merged", args={"id": source.id, "into": target.id}),
    )


def taken_in(target: Incident, source: Incident, by: str, now: datetime, roster: Roster) -> Decision:
    """The incident that another one goes into; pages only where its severity has become one that nobody was called for."""
    graver = severity_rank(source.severity) > severity_rank(target.severity)
    title = {"key": source.words.key, "args": source.words.args}
    said = line(target, now, "took_in", by, person=roster.name(by), id=source.id, title=title, data={"from": source.id})
    both = replace(
        target,
        last_signal_at=max(target.last_signal_at, source.last_signal_at),
        generation=max(target.generation, source.generation),
        playbook_id=target.playbook_id or source.playbook_id,
        playbook_because=target.playbook_because if target.playbook_id else source.playbook_because,
        close_proposed_at=None,
    )
    if graver:
        both = adopt(replace(both, severity=source.severity, factors=loudest_first(source.factors)), source.policy)
    both = _with_taker(_told_of_both(both, source), source)
    lines = [said]
    if graver:
        lines.append(line(target, now, "severity_raised", by, old=target.severity, new=both.severity))
    if graver and pages(both.policy) and owes_page(both, rose=True, now=now):
        return page_again(target, both, now, roster, tuple(lines))
    cancelled: tuple[NotificationKind, ...] = ("page",) if both.status != target.status else ()
    return Decision(incident=both, timeline=tuple(lines), notifications=_news(both, source, by, now, roster), cancel=cancelled)


def split_off(source: Incident, key: str, moved: int, by: str, now: datetime, roster: Roster) -> Decision:
    """The incident that a part of the evidence becomes: as grave as the other, in the same hands. It pages only where nobody was called for either.

    Args:
        source: as it stands.
        key: the new incident's own.
        moved: how many mentions go with it.
        by: who splits.
        now: (aware).
        roster: who can be told.
    """
    title = {"key": source.words.key, "args": source.words.args}
    part = replace(
        source,
        id=0,
        version=0,
        key=key,
        words=Words(key="title.split_off", args={"id": source.id, "title": title}),
        opened_at=now,
        transition=0,
        stage="smouldering",
        close_proposed_at=None,
        merged_into=None,
    )
    said = line(part, now, "opened", by, key="split_off", person=roster.name(by), id=source.id, n=moved, data={"from": source.id})
    if part.status == "open" and part.next_step_at is None and pages(part.policy) and not has_paged(part):
        walk = start(part, now, roster)
        return Decision(incident=walk.incident, timeline=(said, *walk.timeline), notifications=walk.notifications)
    return Decision(incident=part, timeline=(said,))


def _told_of_both(target: Incident, source: Incident) -> Incident:
    """The target with everything that was told of either."""
    if not has_paged(source):
        return target
    ours, theirs = target.policy.get("paged", {}), source.policy["paged"]
    at = {**theirs.get("at", {}), **ours.get("at", {})}
    people = list(dict.fromkeys([*ours.get("people", ()), *theirs.get("people", ())]))
    record = {"at": at, "last": max(filter(None, (ours.get("last"), theirs["last"]))), "people": people}
    return replace(target, policy={**target.policy, "paged": record})


def _with_taker(target: Incident, source: Incident) -> Incident:
    """The target, in the hands of whoever had the other one, where nobody has it yet."""
    if target.status != "open" or source.status != "acknowledged":
        return target
    owed = {UPDATE: source.policy[UPDATE]} if UPDATE in source.policy else {}
    return replace(
        target,
        status="acknowledged",
        owner=target.owner or source.owner,
        acknowledged_at=source.acknowledged_at,
        acknowledged_by=source.acknowledged_by,
        acknowledged_until=source.acknowledged_until,
        next_step_at=target.snoozed_until or source.acknowledged_until,
        policy={**target.policy, **owed},
    )


def _news(both: Incident, source: Incident, by: str, now: datetime, roster: Roster) -> tuple[Notification, ...]:
    """Whoever has the target in hand hears that there is more to it; who was called for the other is told by its own closing."""
    wanted = {both.owner, both.acknowledged_by} - {by, None} - set(told(source))
    people = recipients(sorted(filter(None, wanted)), now, roster, both.severity)
    why = Words(key="alert.took_in", args={"person": roster.name(by), "id": source.id})
    return apart(notices(both, people, "update", now, why), "took in", str(source.id))
