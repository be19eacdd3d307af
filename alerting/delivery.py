"""What becomes of a message that was sent, or was not: the receipt, the next attempt, the other channel, the next person.

A channel that fails is tried again after 5, 15, 45, 120, 300 s for half an hour. Meanwhile nobody waits for it: after a minute, or at once where
trying again cannot help, the page goes out on the channels that its person keeps for graver things; where there are none, or they fail too,
the next person is called. What could never be sent is listed in a digest, which is tried until the channel works again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from alerting import digest
from alerting.base import Receipt
from alerting.copies import late
from alerting.events import line
from alerting.other_channel import plan_other, same_call
from alerting.policy import Roster
from alerting.save import with_links
from core.errors import DeliveryFailed
from core.probe import PROBE
from core.records import Incident, Notification
from store import channels, incidents, notifications
from store.database import Tx

log = structlog.get_logger()

BACKOFF_S: Final = (5, 15, 45, 120, 300)  # then every 300 s, until `GIVE_UP`
GIVE_UP: Final = timedelta(minutes=30)
DIGESTS_GIVE_UP: Final = timedelta(days=1)
OTHER_CHANNEL_AFTER: Final = timedelta(seconds=60)
MOST_COPIES: Final = 2  # of one message that may have arrived, in all (R3)
JITTER: Final = 0.2
ACTOR: Final = "dispatch"


def sent(tx: Tx, notification: Notification, receipt: Receipt, now: datetime, roster: Roster) -> None:
    """Mark it, and tell the timeline; what was cancelled while it went out did go out, and is told too."""
    proof = " ".join(filter(None, (receipt.id, receipt.detail)))
    notifications.mark_sent(tx, notification, proof, receipt.ref, now)
    channels.went_out(tx, notification.person, notification.channel, now)
    incident = None if notification.incident_id is None else incidents.get(tx, notification.incident_id)
    if incident is not None and receipt.ref is not None:
        notifications.plan(tx, with_links(late(tx, incident, notification, now, roster.name(incident.acknowledged_by or ""))))
    _tell(tx, notification, now, roster, "notified_again" if notification.possible_repeat else "notified", receipt=proof)
    if notification.person != PROBE:  # that all works is no news
        log.info("notified", person=notification.person, channel=notification.channel, attempt=notification.attempt)


def failed(tx: Tx, notification: Notification, error: DeliveryFailed, now: datetime, roster: Roster) -> None:
    """Plan another attempt, or give up and say so; where it takes long, see that somebody else is reached."""
    copies = (notification.copies or 0) + (1 if error.ambiguous and not error.answered else 0)
    again = _again_at(replace(notification, copies=copies), error, now)
    values: dict[str, object] = {
        "state": "failed" if again is None else "planned",
        "error": error.reason,
        "possible_repeat": notification.possible_repeat or error.ambiguous,
        "copies": copies,
    }
    if again is not None:
        values["due_at"] = again
    if not notifications.mark(tx, notification, values):
        return
    capped = is_capped(notification)
    if not capped:  # that we do not send it again is no fault of the channel's
        channels.failed(tx, notification.person, notification.channel, now, error.reason, error.permanent)
    log.warning("delivery failed", person=notification.person, channel=notification.channel, reason=error.reason, again=again is not None)
    if notification.attempt == 1 or again is None:
        _tell(tx, notification, now, roster, "delivery_failed", reason=error.reason)
    incident = None if notification.incident_id is None else incidents.get(tx, notification.incident_id)
    if incident is None or notification.kind != "page":
        return
    if again is None and (capped or not error.permanent):  # it may have arrived not at all, or the channel may work again
        notifications.list_in(tx, notification.id, digest.bundle(tx, notification, now))
    _reach_otherwise(tx, incident, notification, now, roster, lasting=again is None)


def is_capped(notification: Notification) -> bool:
    """Whether it may have arrived so often that it is not sent again. A digest never is, for nothing stands behind it: it says that it may be a repeat."""
    return notification.kind != "digest" and (notification.copies or 0) >= MOST_COPIES


def backoff(key: str, attempt: int, error: DeliveryFailed) -> timedelta:
    """How long to wait after attempt number `attempt` (from 1): 5, 15, 45, 120, 300 s, +-20 %, or what the service asked for. Pure."""
    seconds = BACKOFF_S[min(attempt, len(BACKOFF_S)) - 1]
    spread = int.from_bytes(hashlib.sha256(f"{key}/{attempt}".encode()).digest()[:4]) / 2**32
    return timedelta(seconds=max(seconds * (1 - JITTER + 2 * JITTER * spread), error.retry_after_s or 0.0))


def _again_at(notification: Notification, error: DeliveryFailed, now: datetime) -> datetime | None:
    """When to try again; None: never, for it cannot help, took too long, or may have arrived twice."""
    if error.permanent or is_capped(notification):
        return None
    at = now + backoff(notification.key, notification.attempt, error)
    give_up = DIGESTS_GIVE_UP if notification.kind == "digest" else GIVE_UP
    return at if at <= notification.planned_at + give_up else None


def _reach_otherwise(tx: Tx, incident: Incident, failing: Notification, now: datetime, roster: Roster, *, lasting: bool) -> None:
    """The person's next channel after a minute, at once where it is lasting; the next person where there is no other way to this one."""
    beside = [one for one in same_call(tx, failing) if one.id != failing.id]
    if any(one.state == "sent" and one.person == failing.person for one in beside):
        return
    late = failing.planned_at + OTHER_CHANNEL_AFTER
    other = plan_other(tx, incident, failing, now, now if lasting else max(now, late), roster, channels.red(tx))
    on_its_way = any(one.state == "sent" or (one.state in notifications.WAITING and one.attempt <= 1) for one in beside)
    if other or on_its_way or not (lasting or now >= late):
        return
    at_this_step = incident.status == "open" and (incident.step, incident.round) == (failing.step, failing.round)
    if at_this_step and incident.next_step_at is not None and incident.next_step_at > now:
        incidents.save(tx, replace(incident, next_step_at=now, version=incident.version + 1), incident.version)


def _tell(tx: Tx, notification: Notification, now: datetime, roster: Roster, key: str, **args: str) -> None:
    """One line of the timeline; nothing where the message belongs to no incident."""
    incident = None if notification.incident_id is None else incidents.get(tx, notification.incident_id)
    if incident is None:
        return
    kind = "notified" if key.startswith("notified") else key
    data = {"notification": notification.id, "attempt": notification.attempt}
    told = {"person": roster.name(notification.person), "channel": notification.channel, **args}
    incidents.add_entries(tx, incident.id, [line(incident, now, kind, ACTOR, key=key, data=data, **told)])
