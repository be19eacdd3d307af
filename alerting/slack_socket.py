"""Slack's Socket Mode: what happens in a workspace, over a websocket that we open; every envelope is confirmed.

A connection lives for some hours. Slack says `disconnect` before it ends one; the next is opened while the old one still brings what is under way.
An envelope has to be confirmed within 3 seconds, or Slack sends it again (to people who pressed a button it shows a failure): it is confirmed
when its reader comes back for the next one, so what was not kept comes again, and after 2 seconds at the latest.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode, https://docs.slack.dev/reference/methods/apps.connections.open.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn, Self

import msgspec
import structlog

from alerting.slack_web import SlackRefused, SlackWeb
from core.errors import AddressRefused, DeliveryFailed, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, Websocket

log = structlog.get_logger()

HELLO_S: Final = 10.0
QUIET_S: Final = 20.0  # after so much silence the connection is asked for a sign of life
CONFIRM_S: Final = 2.0  # of the 3 s that Slack gives
GOOD_S: Final = 30.0  # a connection that lasted so long is replaced at once, a shorter one is told
BETWEEN_S: Final = 1.0  # from one connection to the next, at least
MAX_WAITING: Final = 1_000  # envelopes that nobody took yet


class Envelope:
    """One thing that happened: `kind` is "events_api", "interactive" or "slash_commands". `taken` is set when it is in good hands."""

    def __init__(self, kind: str, identity: str, payload: Mapping[str, Any]) -> None:
        self.kind = kind
        self.identity = identity
        self.payload = payload
        self.taken = asyncio.Event()


class Sign(Enum):
    """What a connection says beside envelopes: that it is there; that another one is wanted."""

    ALIVE = "alive"
    WANTED = "wanted"


ALIVE: Final = Sign.ALIVE
WANTED: Final = Sign.WANTED
Heard = Envelope | Sign | asyncio.Task[None]  # the last: a connection that ended


class SocketMode:
    """Listens for one app.

    Args:
        web: the Web API with the app-level token.
        http: the guarded session.
        source: what errors name.
    """

    def __init__(self, web: SlackWeb, *, http: Fetcher, source: str) -> None:
        self._web = web
        self._http = http
        self._source = source
        self._began = 0.0

    async def envelopes(self) -> AsyncGenerator[Envelope | None, None]:
        """What happens, without end; None is a sign of life. An envelope counts as taken when the next one is asked for.

        Raises:
            SourceRejected: the app-level token is refused, or Socket Mode is switched off.
            SourceUnavailable: no connection, or one that breaks at once.
        """
        heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._began = -BETWEEN_S
        connections = {self._connect(heard)}
        try:
            while True:
                item = await heard.get()
                if isinstance(item, Envelope):
                    yield item
                    item.taken.set()
                elif item is ALIVE:
                    yield None
                elif item is WANTED:
                    connections.add(self._connect(heard))
                elif isinstance(item, asyncio.Task):
                    connections.discard(item)
                    item.result()  # raises what ended it
        finally:
            for one in connections:
                one.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    def _connect(self, heard: asyncio.Queue[Heard]) -> asyncio.Task[None]:
        clock = asyncio.get_running_loop().time
        pause_s = max(0.0, self._began + BETWEEN_S - clock())
        self._began = clock() + pause_s
        connection = asyncio.create_task(self._connection(heard, pause_s))
        connection.add_done_callback(heard.put_nowait)
        return connection

    async def _connection(self, heard: asyncio.Queue[Heard], pause_s: float) -> None:
        """One connection to its end. Errors as `envelopes`."""
        await asyncio.sleep(pause_s)
        began = asyncio.get_running_loop().time()
        course = _Course()
        address = await self._address()
        try:
            async with self._http.websocket(address, source=self._source) as socket, _Confirmer(socket) as confirmer:
                await self._converse(socket, confirmer, heard, course)
        except AddressRefused as error:
            failed = SourceUnavailable(self._source, f"address refused: {error.reason} (see allow_private_hosts)")
        except SourceRejected as error:
            if course.greeted:
                raise
            failed = SourceUnavailable(self._source, f"no connection: {error.reason}")  # the token was fine a moment ago
        except SourceUnavailable as error:
            failed = SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s)
        if course.followed:
            return
        if asyncio.get_running_loop().time() - began < GOOD_S:
            raise failed  # outside of the handlers, or it would carry the one that it replaces, and the key in the address with it
        heard.put_nowait(WANTED)

    async def _converse(self, socket: Websocket, confirmer: _Confirmer, heard: asyncio.Queue[Heard], course: _Course) -> NoReturn:
        """Hello, then whatever comes, until the connection ends."""
        await self._greet(socket)
        course.greeted = True
        heard.put_nowait(ALIVE)
        while True:
            match await self._receive(socket):
                case {"type": "disconnect", "reason": "link_disabled"}:
                    raise SourceRejected(self._source, "Socket Mode is switched off in the app's settings")
                case {"type": "disconnect"} if not course.followed:
                    course.followed = True
                    heard.put_nowait(WANTED)
                case {"type": str(kind), "envelope_id": str(identity), "payload": dict(payload)}:
                    self._hear(Envelope(kind, identity, payload), heard, confirmer)
                case _:
                    heard.put_nowait(ALIVE)

    def _hear(self, envelope: Envelope, heard: asyncio.Queue[Heard], confirmer: _Confirmer) -> None:
        if heard.qsize() >= MAX_WAITING:
            raise SourceUnavailable(self._source, "more comes than can be handled")
        confirmer.watch(envelope)
        heard.put_nowait(envelope)

    async def _address(self) -> str:
        """Where to connect to, for once; the address is a key.

        Raises:
            SourceRejected: the token is refused.
            SourceUnavailable: no address for now.
        """
        try:
            found = await self._web.call("apps.connections.open", form=True)
        except SlackRefused as error:
            if error.credentials:
                raise SourceRejected(self._source, f"{error.reason}; the app_token needs the scope connections:write") from error
            raise SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s) from error
        except DeliveryFailed as error:
            raise SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s) from error
        url = found.get("url")
        if not isinstance(url, str):
            raise SourceUnreadable(self._source, "gives no address to connect to")
        return url

    async def _greet(self, socket: Websocket) -> None:
        message = await self._receive(socket, HELLO_S)
        if message.get("type") != "hello":
            raise SourceUnreadable(self._source, "does not say hello")

    async def _receive(self, socket: Websocket, timeout_s: float = QUIET_S) -> dict[str, Any]:
        """The next message; an empty one where none came in that time."""
        message = await socket.receive(timeout_s)
        try:
            found = msgspec.json.decode(message or b"{}")
        except (msgspec.DecodeError, UnicodeError) as error:
            raise SourceUnreadable(self._source, "sends what is not JSON") from error
        return found if isinstance(found, dict) else {}


@dataclass
class _Course:
    """How far a connection came: whether Slack said hello, and whether the next one is on its way."""

    greeted: bool = False
    followed: bool = False


class _Confirmer:
    """Confirms the envelopes of one connection when they are taken, or when they cannot wait any longer."""

    def __init__(self, socket: Websocket) -> None:
        self._socket = socket
        self._waiting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def watch(self, envelope: Envelope) -> None:
        """Confirm it, in time."""
        task = asyncio.create_task(self._confirm(envelope))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _confirm(self, envelope: Envelope) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(envelope.taken.wait(), CONFIRM_S)
        if not envelope.taken.is_set():
            log.warning("envelope confirmed before it was handled", envelope=envelope.identity)
        with contextlib.suppress(SourceUnavailable):  # the connection ended: it comes again, and is known then
            await self._socket.send(msgspec.json.encode({"envelope_id": envelope.identity}).decode())
