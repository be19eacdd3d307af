"""The Digester: on time, one message about what paged nobody since the last one.

What a route keeps for the hour, the day or the week, and what the alarm budget held back, stands open all the while; nobody has to look for
it. Where nothing happened nothing is sent. A slot that was missed while the monitor stood still is made up for once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.base import Limits
from alerting.digest_settings import DigestSettings
from alerting.policy import Recipient, Roster, recipients
from alerting.settings import AlertingSettings, ChannelSettings
from alerting.wall import instant
from core.records import Notification, Words
from store import facts, incidents, notifications
from store.database import Tx
from store.open import Store

HELD_BACK: Final = "daily"  # where what no route takes stands, and what the alarm budget holds
HOUR: Final = timedelta(hours=1)


class Digester:
    """Plans the digests of the routes.

    Args:
        store: incidents, and the notifications to come.
        settings: who reads them and when.
        roster: who can be told now.
        limits_of: what a channel can: a digest rings no bell.
    """

    def __init__(
        self, store: Store, settings: AlertingSettings, *, roster: Callable[[Tx], Roster], limits_of: Callable[[ChannelSettings], Limits]
    ) -> None:
        self._store = store
        self._settings = settings
        self._roster = roster
        self._limits_of = limits_of
        self._kinds = sorted({HELD_BACK} | {route.digest for route in settings.routes if route.digest})

    async def step(self, now: datetime) -> datetime | None:
        """Plan what is due; returns when the next slot comes."""
        planned = [number for every in self._kinds for number in await self._store.database.write(self._plan, every, now)]
        await self._store.notifications.publish(planned)
        return min(slot(self._settings.digests, every, now)[1] for every in self._kinds)

    def _plan(self, tx: Tx, every: str, now: datetime) -> list[int]:
        until = slot(self._settings.digests, every, now)[0]
        since = datetime.fromisoformat(str(facts.take(tx, f"digest:{every}", until.isoformat(), now)))
        if since >= until:
            return []
        facts.put(tx, f"digest:{every}", until.isoformat(), now)
        if not incidents.in_digest(tx, every, since, until):
            return []
        roster = self._roster(tx)
        words = Words(key=f"digest.{every}", args={"since": since.isoformat(), "until": until.isoformat()})
        readers = recipients(self._readers(), now, roster, "critical")
        return notifications.plan(tx, [_row(one, channel, words, now) for one in readers if (channel := self._quiet_channel(one, roster))])

    def _readers(self) -> Sequence[str]:
        if self._settings.digests.to:
            return self._settings.digests.to
        if self._settings.policies:
            return self._settings.policies[0].steps[0].notify
        return [person.id for person in self._settings.people]

    def _quiet_channel(self, one: Recipient, roster: Roster) -> str | None:
        """The first channel of a person that does not ring."""
        person = roster.people[one.person]
        return next((name for name in one.channels if (way := person.channel(name)) and not self._limits_of(way).rings), None)


def slot(settings: DigestSettings, every: str, now: datetime) -> tuple[datetime, datetime]:
    """The last slot of a kind of digest up to `now`, and the next one (UTC). Pure."""
    if every == "hourly":
        begun = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return begun, begun + HOUR
    at = settings.daily if every == "daily" else settings.weekly
    zone = ZoneInfo(settings.timezone or "UTC")
    days = 1 if at.weekday is None else 7
    day = now.astimezone(zone).date() + timedelta(days=1)
    if at.weekday is not None:
        day += timedelta(days=(at.weekday - day.weekday()) % 7)
    slots = [instant(datetime.combine(day + timedelta(days=days * step), at.at), zone) for step in (-2, -1, 0, 1)]
    last = max(one for one in slots if one <= now)
    return last, min(one for one in slots if one > now)


def _row(one: Recipient, channel: str, words: Words, now: datetime) -> Notification:
    key = hashlib.sha256(f"{words.key}/{words.args['until']}/{one.person}/{channel}".encode()).hexdigest()
    return Notification(
        key=key, incident_id=None, kind="digest", person=one.person, channel=channel, due_at=now, planned_at=now, words=words
    )
