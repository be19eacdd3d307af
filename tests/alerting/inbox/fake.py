"""An inbox that the test fills, and a desk whose people can be answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from alerting.base import Limits
from alerting.inbox.base import Batch, Reply
from alerting.inbox.carry import Carrier
from alerting.inbox.handle import Handler
from alerting.inbox.receive import Inboxes
from core.errors import SourceError
from store import replies
from store.database import Database
from store.replies import ReplyRow
from tests.alerting.desk import LIBRARY, Desk

PEOPLE: list[dict[str, Any]] = [
    {"id": "lan", "name": "Lan", "language": "vi", "address": "chị", "channels": [{"kind": "log", "id": "phone", "user": "u-lan"}]},
    {"id": "minh", "name": "Minh", "language": "vi", "channels": [{"kind": "log", "id": "phone", "user": "u-minh"}]},
    {"id": "ana", "name": "Ana", "language": "en", "channels": [{"kind": "log", "id": "phone", "user": "u-ana"}]},
]
POLICIES = [{"id": "default", "steps": [{"notify": ["lan", "ana"]}, {"notify": ["minh"], "after": "15m"}], "repeat": 1}]
SENDERS = {"u-lan": "lan", "u-minh": "minh", "u-ana": "ana"}


class FakeInbox:
    """Brings what the test puts into it, batch by batch, cursor by cursor; `said` is what was answered."""

    def __init__(self) -> None:
        self.waiting: list[Batch | Exception] = []
        self.cursors: list[str | None] = []
        self.said: list[tuple[Reply, str]] = []
        self.refuses: list[Exception] = []
        self.listening = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def listen(self, cursor: str | None) -> AsyncIterator[Batch]:
        self.cursors.append(cursor)
        self.listening.set()
        while self.waiting:
            found = self.waiting.pop(0)
            if isinstance(found, Exception):
                raise found
            yield found
        await self.may_end.wait()

    async def answer(self, reply: Reply, text: str) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.said.append((reply, text))

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        return channel.get("user")


class Answering(Desk):
    """A desk that also hears what its people write back."""

    def __init__(self, database: Database, **settings: Any) -> None:
        super().__init__(database, limits=Limits(answers=True), **{"people": PEOPLE, "policies": POLICIES, **settings})
        for phone in self.phones.values():
            phone.keeps_handles = True
        self.inbox = FakeInbox()
        self.handler = Handler(self.settings, {"chat": SENDERS}, roster=self.roster, carrier=Carrier(LIBRARY))
        self.inboxes = Inboxes(self.store, {"chat": self.inbox}, self.handler, now=lambda: self.now)
        self._number = 0

    def reply(self, person: str, text: str, **changes: Any) -> Reply:
        """What a person writes."""
        self._number += 1
        made: dict[str, Any] = {"native_id": f"m{self._number}", "sender": f"u-{person}", "at": self.now, "text": text}
        return Reply(**made | changes)

    async def come(self, *found: Reply | SourceError, cursor: str | None = None) -> None:
        """Have these come in one batch, and whatever follows happen."""
        errors = [one for one in found if isinstance(one, Exception)]
        batch = Batch(replies=tuple(one for one in found if isinstance(one, Reply)), cursor=cursor)
        self.inbox.waiting += [batch, *errors] if batch.replies else errors
        await self.look()

    async def look(self) -> None:
        """Let the inbox be looked at once."""
        for _ in range(3):
            await self.inboxes.step(self.now)
            await asyncio.sleep(0)

    async def write(self, person: str, text: str, **changes: Any) -> str:
        """A person writes; returns what they read then, "" where nothing."""
        self.now += timedelta(seconds=2)
        before = len(self.inbox.said)
        await self.come(self.reply(person, text, **changes))
        return "\n".join(text for _, text in self.inbox.said[before:])

    def about(self, person: str, message: int = 0) -> dict[str, Any]:
        """The handle of a message that a person got."""
        return {"message": message + 1}

    def row(self, native_id: str) -> ReplyRow:
        rows = self.database.read_now(lambda tx: [replies.of_sender(tx, "chat", each, self.now.replace(year=2000)) for each in SENDERS])
        return next(row for found in rows for row in found if row.native_id == native_id)
