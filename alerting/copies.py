"""What was sent follows the incident: every message that its service lets us change comes to say who has it, or that it is closed.

People who are told anyway are told by the same change; whoever acted, and the channels that stood in for others, have copies too, and nobody
should press a button on what is over. A copy that cannot be changed stays as it is: no phone rings for this.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from alerting.paging import apart, notices
from alerting.policy import Recipient
from core.records import Incident, Notification, NotificationKind, Words
from store import notifications
from store.database import Tx

COPY = "copy"  # the argument of its words that marks a notification which is only ever an edit


def following(
    tx: Tx, before: Incident, after: Incident, planned: Collection[Notification], now: datetime, taker: str
) -> list[Notification]:
    """The changes of copies that follow from a change of status; none where it did not, or the incident is open again and pages anew.

    `planned` are the notices that go out anyway, `taker` the name of who has it.
    """
    said = None if before.status == after.status else _said(after, now, taker)
    if said is None:
        return []
    kind, words = said
    told = {(one.person, one.channel) for one in planned}
    copies = {(one.person, one.channel) for one in notifications.of_incident(tx, after.id) if one.state == "sent" and one.ref} - told
    return [row for person, channel in sorted(copies) for row in _row(after, person, channel, kind, words, now)]


def late(tx: Tx, incident: Incident, sent: Notification, now: datetime, taker: str) -> list[Notification]:
    """The change of a page that arrived when somebody had taken the incident, or closed it, while it was under way; none where one waits already."""
    said = _said(incident, now, taker) if sent.kind == "page" else None
    if said is None:
        return []
    there = [one for one in notifications.of_incident(tx, incident.id) if (one.person, one.channel) == (sent.person, sent.channel)]
    waits = any(one.kind == said[0] and one.state == "planned" for one in there)
    return [] if waits else _row(incident, sent.person, sent.channel, *said, now)


def is_copy(notification: Notification) -> bool:
    """Whether it only ever changes what was sent before."""
    return notification.words is not None and COPY in notification.words.args


def _row(incident: Incident, person: str, channel: str, kind: NotificationKind, words: Words, now: datetime) -> list[Notification]:
    to = Recipient(person=person, name=person, channels=(channel,))
    return list(apart(notices(incident, (to,), kind, now, words), COPY))


def _said(after: Incident, now: datetime, taker: str) -> tuple[NotificationKind, Words] | None:
    at = now.isoformat()
    if after.status == "acknowledged":
        return "update", Words(key="alert.taken_by", args={"person": taker, "at": at, COPY: True})
    if after.status == "resolved":
        return "resolved", Words(key="alert.closed_at", args={"at": at, "reason": after.close_reason, COPY: True})
    return None
