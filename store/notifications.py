"""Notifications: the outbox. Claim -> send -> mark; one found claimed at its lapse is a possible repeat (rule 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, case, func, select, update

from core.records import Notification
from store.claims import claim_due, still_mine
from store.database import insert, insert_new
from store.schema_paging import notifications, used_nonces

WAITING = ("planned", "claimed")
_FIELDS = tuple(name for name in Notification.__struct_fields__ if name != "id")


def plan(tx: Connection, planned: Sequence[Notification]) -> list[int]:
    """Store decided notifications; one whose key is known was decided before and adds nothing. Returns the new rows' ids."""
    if not planned:
        return []
    stored = insert(tx, notifications).on_conflict_do_nothing(index_elements=["key"]).returning(notifications.c.id)
    return sorted(tx.execute(stored, [_row(notification) for notification in planned]).scalars())


def claim(tx: Connection, now: datetime, until: datetime, limit: int) -> list[Notification]:
    """Claim up to `limit` due notifications. One that somebody began to send and never marked may have arrived: it is flagged so."""
    due = (notifications.c.due_at <= now) & notifications.c.state.in_(WAITING)
    begun = (notifications.c.state == "claimed") & (func.coalesce(notifications.c.copies, 0) > 0)
    values = {"state": "claimed", "possible_repeat": notifications.c.possible_repeat | begun}
    rows = claim_due(tx, notifications, due=due, order=notifications.c.due_at, now=now, until=until, limit=limit, values=values)
    return [_notification(row) for row in rows]


def begin(tx: Connection, notification: Notification) -> bool:
    """Write that it goes out from now on, so that whoever finds it unmarked knows of a copy; False where it is not ours to send any more.

    An acknowledgement may have cancelled it between claim and sending (R9).
    """
    return tx.execute(_CLAIMED, {**_owner(notification), "copies": (notification.copies or 0) + 1}).rowcount == 1


def mark(tx: Connection, notification: Notification, values: Mapping[str, Any]) -> bool:
    """Write the outcome of an attempt (column -> value); False where another owner has it by now, or it was cancelled meanwhile."""
    return tx.execute(_CLAIMED, {**_owner(notification), "claimed_until": None, **values}).rowcount == 1


def mark_sent(tx: Connection, notification: Notification, receipt: str, ref: dict[str, Any] | None, now: datetime) -> None:
    """Write that it went out, even where it was cancelled while it did; not where another owner has it by now."""
    values = {"state": "sent", "receipt": receipt, "ref": ref, "error": None, "sent_at": now, "claimed_until": None}
    tx.execute(_MINE, {**_owner(notification), **values})


_MINE = update(notifications).where(still_mine(notifications, bindparam("number"), bindparam("mine")))
_CLAIMED = _MINE.where(notifications.c.state == "claimed")


def _owner(notification: Notification) -> dict[str, Any]:
    return {"number": notification.id, "mine": notification.attempt}


def cancel(tx: Connection, incident_id: int | None, kinds: Sequence[str]) -> list[int]:
    """Take back what waits, claimed or not, of these kinds (None: what belongs to no incident); returns the rows' ids."""
    waiting = notifications.c.state.in_(WAITING) & (notifications.c.incident_id == incident_id) & notifications.c.kind.in_(kinds)
    cancelled = update(notifications).where(waiting).values(state="cancelled", claimed_until=None)
    return sorted(tx.execute(cancelled.returning(notifications.c.id)).scalars())


def revoke_links(tx: Connection, incident_id: int) -> None:
    """End every acknowledgement link of an incident: it was resolved, or given to somebody else."""
    tx.execute(update(notifications).where(notifications.c.incident_id == incident_id).values(link_id=None))


def next_due(tx: Connection) -> datetime | None:
    """When the next one wants to be sent, or its claim lapses."""
    return msgspec.convert(tx.execute(_NEXT_DUE).scalar(), datetime | None)


_NEXT_DUE = select(func.min(func.coalesce(notifications.c.claimed_until, notifications.c.due_at))).where(notifications.c.state.in_(WAITING))


def overdue_since(tx: Connection, now: datetime) -> datetime | None:
    """Since when the longest waiting one is due that nobody is sending; None where nothing is due."""
    at = case((notifications.c.claimed_until > now, None), else_=func.coalesce(notifications.c.claimed_until, notifications.c.due_at))
    waiting = notifications.c.state.in_(WAITING) & (notifications.c.due_at <= now)
    value: datetime | None = tx.execute(select(func.min(at, type_=notifications.c.due_at.type)).where(waiting)).scalar()
    return value


def of_incident(tx: Connection, incident_id: int | None) -> list[Notification]:
    """The notifications of an incident, oldest first; None: those of no incident (tests)."""
    chosen = select(notifications).where(notifications.c.incident_id == incident_id).order_by(notifications.c.id)
    return [_notification(row) for row in tx.execute(chosen).mappings()]


def to_person(tx: Connection, incident_id: int, person: str, channel: str) -> list[Notification]:
    """What went out about an incident to somebody on one channel, oldest first."""
    asked = {"incident": incident_id, "of": person, "on": channel}
    return [_notification(row) for row in tx.execute(_TO_PERSON, asked).mappings()]


_TO_PERSON = (
    select(notifications)
    .where(notifications.c.incident_id == bindparam("incident"), notifications.c.state == "sent")
    .where(notifications.c.person == bindparam("of"), notifications.c.channel == bindparam("on"))
    .order_by(notifications.c.sent_at, notifications.c.id)
)


def confirm(tx: Connection, person: str, channel: str, now: datetime) -> None:
    """A human tapped: the tests that went to somebody on a channel and wait for that are confirmed."""
    waiting = (notifications.c.person == person) & (notifications.c.channel == channel) & (notifications.c.kind == "test")
    tx.execute(update(notifications).where(waiting, notifications.c.confirmed_at.is_(None)).values(confirmed_at=now))


def with_keys(tx: Connection, keys: Sequence[str]) -> list[Notification]:
    """Those of these keys, oldest first."""
    return [
        _notification(row)
        for row in tx.execute(select(notifications).where(notifications.c.key.in_(keys)).order_by(notifications.c.id)).mappings()
    ]


def give_up(tx: Connection, keys: Sequence[str]) -> None:
    """Take back those of these keys that still wait."""
    waiting = notifications.c.key.in_(keys) & notifications.c.state.in_(WAITING)
    tx.execute(update(notifications).where(waiting).values(state="cancelled", claimed_until=None))


def with_link(tx: Connection, link_id: str) -> Notification | None:
    """The notification that carries this link, or None."""
    row = tx.execute(select(notifications).where(notifications.c.link_id == link_id)).mappings().first()
    return None if row is None else _notification(row)


def sent_between(tx: Connection, start: datetime, end: datetime, *, kind: str = "page") -> list[Notification]:
    """Those of a kind sent within [start, end), oldest first."""
    sent = (notifications.c.state == "sent") & (notifications.c.sent_at >= start) & (notifications.c.sent_at < end)
    chosen = select(notifications).where(sent, notifications.c.kind == kind).order_by(notifications.c.sent_at, notifications.c.id)
    return [_notification(row) for row in tx.execute(chosen).mappings()]


def sent_since(tx: Connection, since: datetime, kinds: Sequence[str], people: Collection[str]) -> list[Notification]:
    """Those of these kinds that went out to these people after a moment, oldest first."""
    asked = {"since": since, "kinds": list(kinds), "people": list(people)}
    return [_notification(row) for row in tx.execute(_SENT_SINCE, asked).mappings()]


_SENT_SINCE = (
    select(notifications)
    .where(notifications.c.sent_at > bindparam("since"), notifications.c.state == "sent")
    .where(notifications.c.kind.in_(bindparam("kinds", expanding=True)), notifications.c.person.in_(bindparam("people", expanding=True)))
    .order_by(notifications.c.sent_at, notifications.c.id)
)


def waiting_digest(tx: Connection, person: str, channel: str, key: str) -> Notification | None:
    """The digest of one kind (the key of its words) that is planned for somebody on a channel; None where there is none."""
    mine = (notifications.c.person == person) & (notifications.c.channel == channel)
    chosen = (
        select(notifications).where(notifications.c.kind == "digest", notifications.c.state == "planned", mine).order_by(notifications.c.id)
    )
    return next(
        (one for row in tx.execute(chosen).mappings() if (one := _notification(row)).words is not None and one.words.key == key), None
    )


def last_digest(tx: Connection, person: str, channel: str) -> datetime | None:
    """When the latest digest for somebody on a channel was due, sent or not."""
    mine = (notifications.c.person == person) & (notifications.c.channel == channel) & (notifications.c.state != "cancelled")
    chosen = select(func.max(notifications.c.due_at, type_=notifications.c.due_at.type)).where(mine, notifications.c.kind == "digest")
    value: datetime | None = tx.execute(chosen).scalar()
    return value


def listed_in(tx: Connection, digest_id: int) -> list[Notification]:
    """What a digest lists instead of sending it, oldest first."""
    chosen = select(notifications).where(notifications.c.digest_id == digest_id).order_by(notifications.c.id)
    return [_notification(row) for row in tx.execute(chosen).mappings()]


def list_in(tx: Connection, notification_id: int, digest_id: int) -> None:
    """Have a digest list one that could not be sent."""
    tx.execute(update(notifications).where(notifications.c.id == notification_id).values(digest_id=digest_id))


def hand_over(tx: Connection, digest_id: int, to: int) -> None:
    """Have one digest list what another was to list, which is not needed any more."""
    tx.execute(update(notifications).where(notifications.c.digest_id == digest_id).values(digest_id=to))
    tx.execute(update(notifications).where(notifications.c.id == digest_id).values(state="cancelled", error="why.other_digest"))


def not_before(tx: Connection, incident_id: int, planned_at: datetime, at: datetime) -> None:
    """Have what was planned for an incident at a moment wait until `at`."""
    now_planned = (notifications.c.incident_id == incident_id) & (notifications.c.planned_at == planned_at) & (notifications.c.due_at < at)
    tx.execute(update(notifications).where(now_planned, notifications.c.state == "planned").values(due_at=at))


def let_go(tx: Connection, due_at: datetime, now: datetime) -> list[int]:
    """Have what waits for exactly `due_at` go out now; returns the rows' ids."""
    waiting = (notifications.c.state == "planned") & (notifications.c.due_at == due_at)
    return sorted(tx.execute(update(notifications).where(waiting).values(due_at=now).returning(notifications.c.id)).scalars())


def use_nonce(tx: Connection, digest: str, now: datetime) -> bool:
    """Spend a page's single-use nonce; False where it was spent before."""
    return insert_new(tx, insert(tx, used_nonces).values(digest=digest, used_at=now))


def _row(notification: Notification) -> dict[str, Any]:
    return {name: getattr(notification, name) for name in _FIELDS} | {"words": msgspec.to_builtins(notification.words)}


def _notification(row: RowMapping) -> Notification:
    return msgspec.convert({name: row[name] for name in Notification.__struct_fields__}, Notification)
