"""A small WebSub hub after the Recommendation of 23 January 2018: it takes subscriptions, asks back, and distributes signed news."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

ACCEPTED, GONE = 202, 410


@dataclass
class Hub:
    """One hub, behind whatever server its routes are added to.

    Args:
        address: its own, as feeds name it.
        lease_s: what it grants, whatever was asked.
        method: of its signatures.
    """

    address: str = ""
    lease_s: int = 86_400
    method: str = "sha256"
    status: int = ACCEPTED  # of its answer to a request
    denies: str | None = None  # the reason it gives instead of verifying
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)  # statuses of the subscribers' answers
    subscribers: dict[tuple[str, str], str] = field(default_factory=dict)  # (topic, callback) -> secret
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        """A request (section 5.1): answered at once, verified afterwards."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.status == ACCEPTED:
            task = asyncio.create_task(self._verify(form))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.Response(status=self.status)

    async def settle(self) -> None:
        """Until everything asked for is verified."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def publish(self, topic: str, body: bytes, *, secret: str | None = None) -> list[int]:
        """Distribute news (section 7); the statuses of the subscribers' answers. `secret` signs wrongly."""
        answers = []
        async with aiohttp.ClientSession() as session:
            for (followed, callback), own in list(self.subscribers.items()):
                if followed != topic:
                    continue
                headers = {"Content-Type": "application/rss+xml", "Link": f'<{self.address}>; rel="hub", <{topic}>; rel="self"'}
                if own:
                    digest = hmac.new((secret or own).encode(), body, getattr(hashlib, self.method)).hexdigest()
                    headers["X-Hub-Signature"] = f"{self.method}={digest}"
                async with session.post(callback, data=io.BytesIO(body), headers=headers) as response:
                    answers.append(response.status)
                if response.status == GONE:
                    del self.subscribers[followed, callback]
        return answers

    async def _verify(self, form: dict[str, str]) -> None:
        topic, callback, challenge = form["hub.topic"], form["hub.callback"], secrets.token_hex(16)
        query = {"hub.mode": form["hub.mode"], "hub.topic": topic}
        if self.denies is not None:
            query |= {"hub.mode": "denied", "hub.reason": self.denies}
        else:
            query |= {"hub.challenge": challenge}
            if form["hub.mode"] == "subscribe":
                query["hub.lease_seconds"] = str(self.lease_s)
        async with aiohttp.ClientSession() as session, session.get(callback, params=query) as response:
            self.verified.append(response.status)
            agreed = response.status == 200 and await response.text() == challenge
        if agreed and form["hub.mode"] == "subscribe":
            self.subscribers[topic, callback] = form.get("hub.secret", "")
        elif agreed:
            self.subscribers.pop((topic, callback), None)
