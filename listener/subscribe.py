"""The Subscriber: feeds that name a hub -> subscriptions asked for, renewed and ended.

What a hub pushes is a hint, never read: the feed itself is asked, at once and by the usual way. So a hub can make us look, every ten seconds at
most, and nothing else. News that comes while a look is under way may be too late for it: then the feed is looked at once more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

import structlog
from msgspec.structs import replace

from core.errors import AddressRefused, SourceError
from core.http import Fetcher
from listener.hub import Hub
from listener.websub import FORGET_AFTER, ask_again_at, callback, form
from store import subscriptions
from store.open import Store
from store.subscriptions import Subscription

log = structlog.get_logger()

LOOK_ROUND: Final = timedelta(minutes=1)  # for feeds that named a hub meanwhile
PRESS_AFTER: Final = timedelta(seconds=5)  # where news came while a look was under way
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_CLIENT_ERROR, _SERVER_ERROR, _TOO_MANY = 400, 500, 429


@runtime_checkable
class NamesHub(Protocol):
    """A collector whose place may have a hub."""

    def hub(self, cursor: str | None) -> Hub | None:
        """The hub, as of this cursor."""
        ...


class Subscriber:
    """Keeps the subscriptions in line with the feeds that name a hub.

    Args:
        store: where they stand.
        collectors: by source; those that cannot name a hub are left out by the caller or simply have none.
        http: the guarded session.
        base_url: where hubs reach the console; None where they cannot: every subscription is ended.
        trusted: `host:port` pairs to which a secret may go without https (the operator's own hub).
        wake: tells the Poller that sources were made due.
    """

    def __init__(
        self,
        store: Store,
        collectors: Mapping[str, NamesHub],
        *,
        http: Fetcher,
        base_url: str | None,
        trusted: Iterable[str] = (),
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._collectors = dict(collectors)
        self._http = http
        self._base_url = base_url
        self._trusted = frozenset(trusted)
        self._wake = wake

    async def step(self, now: datetime) -> datetime | None:
        """Turn to the hubs that are due; returns when to be called next."""
        database = self._store.database
        pressing = await database.write(subscriptions.press, now)
        self._wake()
        named = await database.read(subscriptions.named, list(self._collectors))
        known = {each.source_id: each for each in await database.read(subscriptions.list_all)}
        wanted = {name: self._collectors[name].hub(cursor) for name, cursor in named.items()} if self._base_url else {}
        for source_id in sorted({*known, *wanted}):
            await self._settle(source_id, wanted.get(source_id), known.get(source_id), now)
        return now + (PRESS_AFTER if pressing else LOOK_ROUND)

    async def _settle(self, source_id: str, hub: Hub | None, known: Subscription | None, now: datetime) -> None:
        if known is None:
            if hub is not None:
                await self._ask(None, self._fresh(source_id, hub, now))
        elif hub is None:
            await self._leave(known, now)
        elif (hub.address, hub.topic) != (known.hub, known.topic_url) or known.state == "leaving":
            await self._ask(known, self._fresh(source_id, hub, now))  # what the former hub still sends is answered 410: that ends it
        elif (due := ask_again_at(known)) is not None and due <= now:
            state = "renewing" if known.is_active(now) else "asked"
            await self._ask(known, replace(known, state=state, asked_at=now, refused_because=None))

    def _fresh(self, source_id: str, hub: Hub, now: datetime) -> Subscription:
        parts = urlsplit(hub.address)
        private = (
            parts.scheme == "https" or f"{parts.hostname}:{parts.port or 80}" in self._trusted
        )  # section 5.1: a secret goes over https
        return Subscription(
            source_id=source_id,
            hub=hub.address,
            topic_url=hub.topic,
            token=secrets.token_urlsafe(32),
            secret=secrets.token_hex(32) if private else "",
            state="asked",
            asked_at=now,
        )

    async def _ask(self, before: Subscription | None, asked: Subscription) -> None:
        """Write first, then ask: a hub may ask back before it has answered."""
        if not await self._store.database.write(subscriptions.put, asked, before=before):
            return  # another process was faster, or the hub spoke meanwhile
        problem, is_final = await self._send("subscribe", asked)
        if problem is None:
            log.info("subscription asked for", source=asked.source_id, renewal=asked.state == "renewing")
            return
        log.warning("hub not reached", source=asked.source_id, reason=problem)
        state = "refused" if is_final and asked.state == "asked" else asked.state
        await self._store.database.write(subscriptions.put, replace(asked, state=state, refused_because=problem), before=asked)

    async def _leave(self, known: Subscription, now: datetime) -> None:
        database = self._store.database
        if known.state in ("asked", "refused") or (known.state == "leaving" and now - known.asked_at >= FORGET_AFTER):
            await database.write(subscriptions.drop, known)
            return
        if known.state == "leaving":
            return
        leaving = replace(known, state="leaving", asked_at=now)
        if self._base_url is None:
            await database.write(subscriptions.drop, known)  # nothing that the hub asks reaches us any more: the lease runs out
        elif await database.write(subscriptions.put, leaving, before=known):
            await self._send("unsubscribe", leaving)
            log.info("subscription ended", source=known.source_id)

    async def _send(self, mode: str, subscription: Subscription) -> tuple[str | None, bool]:
        """What went wrong, None where the hub took it; and whether asking again soon makes no sense."""
        body = form("subscribe" if mode == "subscribe" else "unsubscribe", subscription, callback(self._base_url or "", subscription.token))
        try:
            answer = await self._http.fetch(subscription.hub, method="POST", headers=_FORM, body=body, source=subscription.source_id)
        except AddressRefused as error:
            return f"the hub's address is refused: {error.reason}", True
        except SourceError as error:
            return error.reason, False
        if answer.status < _CLIENT_ERROR:
            return None, False
        return (
            f"the hub answered with status {answer.status}",
            _CLIENT_ERROR <= answer.status < _SERVER_ERROR and answer.status != _TOO_MANY,
        )
