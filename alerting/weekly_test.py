"""The weekly test: a real message on every channel that pages, which needs a human's tap (W2).

A service that says "delivered" proves that the service took it. Whether the phone still shows it, whether the number changed hands, whether the app was
muted: only its owner knows. Two tests in a row that nobody taps make the channel red: it is not relied on until somebody does.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from alerting.links import LINK_LIVES, Signer
from alerting.on_call_settings import Handover
from alerting.settings import AlertingSettings, ChannelSettings, PersonSettings
from alerting.wall import instant
from core.errors import NotFound, Refused
from core.records import Notification, Words
from store import audit, channels, notifications
from store.database import Tx
from store.open import Store

log = structlog.get_logger()

NO_HUMAN: Final = frozenset({"log", "webhook"})  # kinds that nobody holds in their hand
LATE: Final = timedelta(hours=4)  # a test that was due while we were away is sent so late; later it is left out, and nobody has missed it
LOOK_EVERY: Final = timedelta(minutes=5)
ANSWERED_WITHIN: Final = LINK_LIVES
LINK_BYTES: Final = 16
INBOXES: Final = {"email": "imap"}  # where what is sent by a kind is answered, if not by the same kind


class Tester:
    """Plans each test when it is due on its person's clock, and counts those that nobody tapped within a day.

    Args:
        store: channels in, planned tests out.
        settings: people, their channels, and when.
    """

    def __init__(self, store: Store, settings: AlertingSettings) -> None:
        self._store = store
        self._settings = settings

    async def step(self, now: datetime) -> datetime:
        """Do what is due; returns when to look again."""
        if await self._store.database.read(self._has_work, now) and await self._store.database.write(self._work, now):
            await self._store.notifications.publish([0])
        return now + LOOK_EVERY

    def _has_work(self, tx: Tx, now: datetime) -> bool:
        return any(True for _ in self._due(tx, now)) or any(True for _ in self._missed(tx, now))

    def _work(self, tx: Tx, now: datetime) -> bool:
        for state in list(self._missed(tx, now)):
            if channels.missed(tx, state.person, state.channel, now):
                log.warning("channel red, two tests were not tapped", person=state.person, channel=state.channel)
        planned = [planned_test(person.id, channel_id, now, of=slot) for person, channel_id, slot in self._due(tx, now)]
        for one in planned:
            channels.tested(tx, one.person, one.channel, now)
        return bool(notifications.plan(tx, planned))

    def _due(self, tx: Tx, now: datetime) -> Iterator[tuple[PersonSettings, str, datetime]]:
        """(person, channel, since when) of each test that is due."""
        if self._settings.weekly_test is None:
            return
        for person in self._settings.people:
            slot = last_slot(self._settings.weekly_test, ZoneInfo(person.timezone or "UTC"), now)
            for channel in person.channels if now - slot <= LATE else ():
                tested_at = channels.get(tx, person.id, channel.id or channel.kind).tested_at
                if is_testable(channel) and (tested_at is None or tested_at < slot):
                    yield person, channel.id or channel.kind, slot

    def _missed(self, tx: Tx, now: datetime) -> Iterator[channels.ChannelState]:
        """Channels whose test went out a day ago, and nobody tapped it."""
        for state in channels.listing(tx):
            if state.is_unanswered and state.tested_at is not None and now - state.tested_at >= ANSWERED_WITHIN:
                yield state


def is_testable(channel: ChannelSettings) -> bool:
    """Whether a human can tap what comes by it."""
    return channel.kind not in NO_HUMAN


def last_slot(test: Handover, zone: ZoneInfo, now: datetime) -> datetime:
    """When the week's test was due last (UTC): wall time of `zone`, also where its clocks change."""
    local = now.astimezone(zone)
    for days in range(8):
        day = local.date() - timedelta(days=days)
        if day.weekday() == test.weekday and (at := instant(datetime.combine(day, test.at), zone)) <= now:
            return at
    raise AssertionError("a weekday comes within eight days")


def planned_test(person: str, channel: str, now: datetime, *, of: datetime | None = None) -> Notification:
    """The message of a test, with a link of its own to tap; `of` is the week's moment, whose test is one however many processes plan it."""
    key = hashlib.sha256(f"test\0{person}\0{channel}\0{(of or now).isoformat()}".encode()).hexdigest()
    return Notification(
        key=key,
        incident_id=None,
        kind="test",
        person=person,
        channel=channel,
        due_at=now,
        planned_at=now,
        words=Words(key="cli.test_asked"),
        link_id=secrets.token_urlsafe(LINK_BYTES),
    )


def open_test(tx: Tx, signer: Signer, token: str, now: datetime) -> Notification | None:
    """What a test's link shows: its notification; None where it is false or too old. Changes nothing."""
    link_id = signer.read_link(token, now)
    notification = None if link_id is None else notifications.with_link(tx, link_id)
    return notification if notification is not None and notification.kind == "test" else None


def confirm_by_link(tx: Tx, signer: Signer, token: str, nonce: str, now: datetime) -> Notification:
    """The button behind a test's link was pressed.

    Raises:
        NotFound: the link is no longer good.
        Refused: the page was used, or is too old: open the link again.
    """
    notification = open_test(tx, signer, token, now)
    if notification is None:
        raise NotFound("this link is no longer valid")
    digest = signer.spends(nonce, notification.link_id or "", now)
    if digest is None or not notifications.use_nonce(tx, digest, now):
        raise Refused("this page was used or is too old; open the link again")
    confirm(tx, notification.person, notification.channel, now, via="link")
    return notification


def confirm(tx: Tx, person: str, channel: str, now: datetime, *, via: str) -> None:
    """A human has seen what came by this channel: its test is answered, and it is not red any more."""
    notifications.confirm(tx, person, channel, now)
    channels.confirmed(tx, person, channel, now)
    audit.add(tx, now, person, via, "channel_confirmed", f"channel:{person}/{channel}")


def answered(tx: Tx, person: PersonSettings, kind: str, now: datetime) -> None:
    """Somebody wrote back, whatever it was: the tests that went to them by channels of this kind are answered."""
    for channel in person.channels:
        channel_id = channel.id or channel.kind
        if kind in (channel.kind, INBOXES.get(channel.kind)) and channels.get(tx, person.id, channel_id).is_unanswered:
            confirm(tx, person.id, channel_id, now, via="reply")
