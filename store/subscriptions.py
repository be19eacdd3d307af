"""Subscriptions: which feeds' news a hub pushes to us (WebSub), and what stands between us and him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, delete, select, update

from core.records import Record
from store.database import insert
from store.schema import sources, subscriptions

POLITE: Final = timedelta(seconds=10)  # no hub makes us look more often
State = Literal["asked", "active", "renewing", "refused", "leaving"]


class Subscription(Record, frozen=True, kw_only=True, gc=False):
    """One feed's subscription.

    `state`: "asked" until the hub has verified; "active" until `lease_until`; "renewing" while asked again; "refused" by the hub; "leaving"
    until he has verified that we go. `token` makes the address he calls, `secret` (may be empty) his signatures. `asked_at`: the last turn to
    him, or his last word. `pushed_at`: news came while a look was under way, which may have begun too early for it.
    """

    source_id: str
    hub: str
    topic_url: str
    token: str
    secret: str
    state: State
    asked_at: datetime
    lease_until: datetime | None = None
    refused_because: str | None = None
    pushed_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether news is pushed to us now."""
        return self.state in ("active", "renewing") and self.lease_until is not None and self.lease_until > now


def list_all(tx: Connection) -> list[Subscription]:
    """Every subscription, by source."""
    return [_subscription(row) for row in tx.execute(select(subscriptions).order_by(subscriptions.c.source_id)).mappings()]


def by_token(tx: Connection, token: str) -> Subscription | None:
    """The subscription whose address a hub calls by this token."""
    row = tx.execute(select(subscriptions).where(subscriptions.c.token == token)).mappings().first()
    return None if row is None else _subscription(row)


def active_until(tx: Connection, now: datetime) -> dict[str, datetime]:
    """Source -> until when its news is pushed to us."""
    chosen = select(subscriptions.c.source_id, subscriptions.c.lease_until).where(
        subscriptions.c.state.in_(("active", "renewing")), subscriptions.c.lease_until > now
    )
    return {row.source_id: row.lease_until for row in tx.execute(chosen)}


def named(tx: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    """Those of the given sources that named a hub, with their cursor."""
    chosen = select(sources.c.id, sources.c.cursor).where(sources.c.hub.is_not(None))
    wanted = set(ids)
    return {row.id: row.cursor for row in tx.execute(chosen) if row.id in wanted}


def put(tx: Connection, subscription: Subscription, *, before: Subscription | None) -> bool:
    """Write a subscription if it still stands as it was (`before`; None: there is none); whether it was ours to write."""
    values = {name: getattr(subscription, name) for name in Subscription.__struct_fields__}
    if before is None:
        stored = insert(tx, subscriptions).values(**values).on_conflict_do_nothing().returning(subscriptions.c.source_id)
        return tx.execute(stored).first() is not None
    return tx.execute(update(subscriptions).where(*_as_it_was(before)).values(**values)).rowcount == 1


def drop(tx: Connection, subscription: Subscription) -> bool:
    """Forget a subscription if it still stands as it was."""
    return tx.execute(delete(subscriptions).where(*_as_it_was(subscription))).rowcount == 1


def pushed(tx: Connection, token: str, now: datetime) -> bool:
    """News came: have the source looked at now, or, where a look is under way, once more when that has ended.

    Returns whether the token is of a subscription.
    """
    known = by_token(tx, token)
    if known is None:
        return False
    is_under_way = (sources.c.id == known.source_id) & (sources.c.claimed_until > now)
    if tx.execute(select(sources.c.id).where(is_under_way)).first() is not None:
        tx.execute(update(subscriptions).where(subscriptions.c.token == token).values(pushed_at=now))
    else:
        _make_due(tx, known.source_id, now)
    return True


def press(tx: Connection, now: datetime) -> int:
    """Have those looked at whose news came while a look was under way that has ended; returns how many still wait for such an end."""
    waiting = set(tx.execute(select(subscriptions.c.source_id).where(subscriptions.c.pushed_at.is_not(None))).scalars())
    held = set(tx.execute(select(sources.c.id).where(sources.c.id.in_(waiting), sources.c.claimed_until > now)).scalars())
    for source_id in waiting - held:
        _make_due(tx, source_id, now)
        tx.execute(update(subscriptions).where(subscriptions.c.source_id == source_id).values(pushed_at=None))
    return len(held)


def _make_due(tx: Connection, source_id: str, now: datetime) -> None:
    """Move a source's next look to now, a polite gap after the last; one that is paused or failing keeps its own pace."""
    last = tx.execute(select(sources.c.last_success_at).where(sources.c.id == source_id)).scalar()
    at = now if last is None else max(now, last + POLITE)
    well = sources.c.paused_because.is_(None) & (sources.c.failures == 0) & (sources.c.next_poll_at > at)
    tx.execute(update(sources).where(sources.c.id == source_id, well).values(next_poll_at=at))


def _as_it_was(before: Subscription) -> tuple[Any, ...]:
    kept = subscriptions.c
    return kept.source_id == before.source_id, kept.token == before.token, kept.state == before.state, kept.asked_at == before.asked_at


def _subscription(row: RowMapping) -> Subscription:
    return msgspec.convert({name: row[name] for name in Subscription.__struct_fields__}, Subscription)
