"""Another way to somebody whose channel fails or is red: the channels that they keep for graver things, then the last resort."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from alerting.paging import apart, notices
from alerting.policy import Recipient, Roster, recipients
from alerting.save import with_links
from core.records import Incident, Notification, Words
from store import notifications
from store.database import Tx

BY_OTHER_CHANNEL: Final = "alert.by_other_channel"


def is_stand_in(notification: Notification) -> bool:
    """Whether a page goes this way because another channel failed."""
    return notification.words is not None and notification.words.key == BY_OTHER_CHANNEL


def same_call(tx: Tx, notification: Notification) -> list[Notification]:
    """The pages of the same step and round of an incident, this one too."""
    place = (notification.step, notification.round)
    return [one for one in notifications.of_incident(tx, notification.incident_id) if one.kind == "page" and (one.step, one.round) == place]


def plan_other(
    tx: Tx, incident: Incident, failing: Notification, now: datetime, due: datetime, roster: Roster, red: Collection[tuple[str, str]] = ()
) -> bool:
    """Plan the page on the person's next channel, to go out when `due` unless the failing one got through by then; whether there is one.

    `red`: (person, channel) that nobody should rely on.
    """
    person = roster.people.get(failing.person)
    used = {one.channel for one in same_call(tx, failing) if one.person == failing.person}
    left = [] if person is None else [one for one in person.channel_ids if one not in used and (failing.person, one) not in red]
    if person is None or not left:
        return False
    _plan(tx, incident, Recipient(person=person.id, name=person.display_name, channels=(left[0],)), failing, now, due, roster)
    return True


def plan_last_resort(tx: Tx, incident: Incident, failing: Notification, now: datetime, roster: Roster) -> None:
    """Plan the page for the fallback, where somebody can be reached on no channel that works."""
    for one in recipients(incident.policy.get("fallback", ()), now, roster, incident.severity):
        if one.person != failing.person:
            _plan(tx, incident, one, failing, now, now, roster)


def _plan(tx: Tx, incident: Incident, to: Recipient, failing: Notification, now: datetime, due: datetime, roster: Roster) -> None:
    why = Words(key=BY_OTHER_CHANNEL, args={"channel": failing.channel, "person": roster.name(failing.person)})
    planned = apart(notices(incident, (to,), "page", now, why), failing.key)
    here = (replace(one, due_at=due, step=failing.step, round=failing.round) for one in planned)
    notifications.plan(tx, with_links(here))
