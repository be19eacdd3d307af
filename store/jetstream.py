"""Streams over NATS JetStream, for scale-out: any number of processes share the work of one stage.

Frames of about 100 ids, acknowledged only after the database commit, redelivered where a process died. Imported for a `nats://` URL alone.
A server that is away raises nothing here: publishing is given up with a warning and the consumer's sweep finds the rows (rule 1).

Source: docs.nats.io, JetStream consumers; measured in `docs/decisions/0003-streams-only-wake.md`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

from store.streams import frames

log = structlog.get_logger()

ACK_WAIT_S: Final = 60.0  # a frame whose process says nothing for so long goes to another
MAX_PENDING_FRAMES: Final = 500
FETCH_FRAMES: Final = 10
POLL_S: Final = 1.0
CONNECT_TIMEOUT_S: Final = 2
RECONNECT_S: Final = 5.0


class JetStream:
    """One work queue on a NATS server.

    Args:
        url: `nats://host:port`.
        name: the queue's name, the same for all who share it ("mentions").
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._client: Client | None = None
        self._subscription: Any = None
        self._fetched: deque[Any] = deque()
        self._unacknowledged: list[Any] = []
        self._away = False
        self._not_before = 0.0  # the loop's time before which no new connection is tried

    async def publish(self, ids: Sequence[int]) -> None:
        """Announce rows that were committed; a server that is away is logged once, and the sweep finds the rows."""
        try:
            js = (await self._connected()).jetstream()
            for frame in frames(ids):
                await js.publish(f"tocsin.{self._name}", msgspec.json.encode(list(frame)))
            self._note_away(away=False)
        except (NatsError, OSError, TimeoutError) as error:
            self._note_away(away=True, error=error)

    async def take(self, limit: int) -> list[int]:
        """What has arrived, at most about `limit` ids; empty where nothing has, or the server is away."""
        await self._fetch(timeout_s=0.05)
        taken: list[int] = []
        while self._fetched and len(taken) < limit:
            message = self._fetched.popleft()
            self._unacknowledged.append(message)
            taken.extend(msgspec.json.decode(message.data, type=list[int]))
        return taken

    async def done(self) -> None:
        """Acknowledge what was taken: it is committed."""
        messages, self._unacknowledged = self._unacknowledged, []
        for message in messages:
            try:
                await message.ack()
            except (NatsError, OSError) as error:
                self._note_away(away=True, error=error)

    async def arrived(self) -> None:
        """Return when there is something to take."""
        while not self._fetched:
            await self._fetch(timeout_s=POLL_S)

    async def is_full(self) -> bool:
        """Whether the consumer is so far behind that the sender should wait; False where the server is away."""
        try:
            js = (await self._connected()).jetstream()
            info = await js.consumer_info(f"tocsin-{self._name}", self._name)
        except (NatsError, OSError, TimeoutError):
            return False
        return bool(info.num_pending >= MAX_PENDING_FRAMES)

    async def close(self) -> None:
        """Leave the server; what was taken and not done goes to another."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _fetch(self, *, timeout_s: float) -> None:
        if self._fetched:
            return
        try:
            await self._connected()
            self._fetched.extend(await self._subscription.fetch(FETCH_FRAMES, timeout=timeout_s))
        except TimeoutError:
            pass
        except (NatsError, OSError) as error:
            self._note_away(away=True, error=error)
            await asyncio.sleep(timeout_s)  # a server that is away must not spin the daemon

    async def _connected(self) -> Client:
        if self._client is None:
            if asyncio.get_running_loop().time() < self._not_before:
                raise ConnectionError("tried a moment ago")
            self._not_before = asyncio.get_running_loop().time() + RECONNECT_S
            client, self._subscription = await asyncio.wait_for(self._connect(), CONNECT_TIMEOUT_S)
            self._client = client
        return self._client

    async def _connect(self) -> tuple[Client, Any]:
        client = Client()
        try:
            await client.connect(self._url, connect_timeout=CONNECT_TIMEOUT_S, max_reconnect_attempts=-1, error_cb=self._on_error)
            js = client.jetstream()
            await js.add_stream(
                StreamConfig(name=f"tocsin-{self._name}", subjects=[f"tocsin.{self._name}"], retention=RetentionPolicy.WORK_QUEUE)
            )
            consumer = ConsumerConfig(durable_name=self._name, ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT_S)
            return client, await js.pull_subscribe(f"tocsin.{self._name}", durable=self._name, config=consumer)
        except BaseException:
            await client.close()
            raise

    async def _on_error(self, error: Exception) -> None:
        self._note_away(away=True, error=error)

    def _note_away(self, *, away: bool, error: Exception | None = None) -> None:
        if away and not self._away:
            log.warning("stream away, sweeping instead", stream=self._name, error=str(error))
        elif not away and self._away:
            log.info("stream back", stream=self._name)
        self._away = away
