"""Discord's gateway: what happens where a bot is, over a websocket that we open (version 10, JSON, not compressed).

Hello, then heartbeats (the first after a random part of their interval), identify, ready. A connection that ends is followed by another that
resumes the session: what happened meanwhile is sent again, in order. We leave with a code that keeps the session alive for some minutes, so that a
restart of the monitor misses nothing. A session that cannot be resumed begins anew; what was said in between is then lost, and logged.

Source: https://docs.discord.com/developers/events/gateway, https://docs.discord.com/developers/events/gateway-events,
https://docs.discord.com/developers/topics/opcodes-and-status-codes (opcodes, close codes).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import msgspec
import structlog
from msgspec.structs import replace
from pydantic import SecretStr

from alerting.discord_web import UNAUTHORIZED, DiscordRefused, DiscordWeb
from core.errors import AddressRefused, DeliveryFailed, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, Websocket

log = structlog.get_logger()

GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
ALIVE: Final = ""
HELLO_S: Final = 10.0
QUIET_S: Final = 20.0  # after so much silence the connection is asked for a sign of life
GOOD_S: Final = 30.0  # a connection that lasted so long is replaced at once, a shorter one is told
PAUSE_S: Final = (1.0, 5.0)  # before a session begins anew, and after a short connection
KEEPS_SESSION: Final = 4000  # leaving with 1000 or 1001 would end it
_DISPATCH, _HEARTBEAT, _IDENTIFY, _RESUME, _RECONNECT, _INVALID, _HELLO, _HEARD = 0, 1, 2, 6, 7, 9, 10, 11
_ENDS_SESSION: Final = frozenset({4003, 4007, 4009})
_FATAL: Final = {
    4004: "the bot's token is refused (4004)",
    4010: "a wrong shard (4010)",
    4011: "the bot is in too many servers for one connection (4011)",
    4012: "this version of the gateway is gone (4012)",
    4013: "wrong intents (4013)",
    4014: "an intent is not allowed (4014): switch on Message Content Intent on the Bot page of the app, or set message_content to false",
}


class Session(msgspec.Struct, frozen=True):
    """What a session is resumed by: its id, where, the sequence number of the last event (-1: none yet); and as whom we are in it."""

    id: str
    url: str
    seq: int
    user: str
    application: str


class Gateway:
    """One bot's connection, without end.

    Args:
        web: the HTTP API.
        token: the bot's.
        intents: what it wants to hear of.
        session: to be resumed; None begins one.
        http: the guarded session.
        source: what errors name.
    """

    def __init__(self, web: DiscordWeb, token: SecretStr, *, intents: int, session: Session | None, http: Fetcher, source: str) -> None:
        self.session = session
        self._web = web
        self._token = token
        self._intents = intents
        self._http = http
        self._source = source
        self._greeted = False

    async def events(self) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Name and data of each event, `session` being the one after it, and `ALIVE` after a heartbeat. To be read on quickly, for heartbeats go out from here.

        Raises:
            SourceRejected: the token or an intent is refused.
            SourceUnavailable: no connection, or one that breaks at once.
        """
        clock = asyncio.get_running_loop().time
        while True:
            began, resumed_by = clock(), self.session
            try:
                async with contextlib.aclosing(self._connection()) as connection:
                    async for event in connection:
                        yield event
            except SourceUnavailable:
                if not self._greeted and resumed_by is not None and resumed_by.url:
                    self.session = replace(resumed_by, url="")  # that server is gone; any may know the session
                    continue
                if clock() - began < GOOD_S:
                    raise
            if clock() - began < GOOD_S or (self.session is None and resumed_by is not None):
                await asyncio.sleep(random.uniform(*PAUSE_S))  # noqa: S311 - no secret

    async def _connection(self) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """The events of one connection; ends where another one is wanted."""
        self._greeted = False
        address = (self.session.url if self.session else "") or await self._address()
        try:
            async with self._http.websocket(f"{address.rstrip('/')}/?v=10&encoding=json", source=self._source) as socket:
                try:
                    async with contextlib.aclosing(self._conversation(socket)) as conversation:
                        async for event in conversation:
                            yield event
                except SourceUnavailable as error:
                    raise self._closed(socket.close_code, error) from error
                finally:
                    await socket.aclose(KEEPS_SESSION)
        except AddressRefused as error:
            raise SourceUnavailable(self._source, f"address refused: {error.reason} (see allow_private_hosts)") from error
        except SourceRejected as error:
            if self._greeted:
                raise
            raise SourceUnavailable(self._source, f"no connection: {error.reason}") from error  # a token is judged later

    async def _conversation(self, socket: Websocket) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        heart = _Heart(socket, await self._hello(socket))
        await socket.send(msgspec.json.encode(self._introduction()).decode())
        while True:
            if not await heart.beats(self.session):
                log.warning("gateway answered no heartbeat", inbox=self._source)
                return
            match _decoded(await socket.receive(min(heart.pause_s, QUIET_S)), self._source):
                case {"op": 0, "t": str(name), "s": int(seq), "d": dict(data)}:
                    self._note(name, seq, data)
                    yield name, data
                case {"op": 1}:
                    await heart.beat(self.session)
                case {"op": 11}:
                    heart.heard = True
                    yield ALIVE, {}
                case {"op": 7}:
                    return
                case {"op": 9, "d": resumable}:
                    if resumable is not True:
                        self._forget("invalid session")
                    return
                case _:
                    pass

    async def _hello(self, socket: Websocket) -> float:
        """The interval of heartbeats in seconds."""
        match _decoded(await socket.receive(HELLO_S), self._source):
            case {"op": 10, "d": {"heartbeat_interval": int(interval_ms)}} if interval_ms > 0:
                self._greeted = True
                return interval_ms / 1_000
        raise SourceUnreadable(self._source, "does not say hello")

    def _introduction(self) -> dict[str, Any]:
        token = self._token.get_secret_value()
        if self.session is not None:
            return {"op": _RESUME, "d": {"token": token, "session_id": self.session.id, "seq": self.session.seq}}
        properties = {"os": "linux", "browser": "tocsin", "device": "tocsin"}
        return {"op": _IDENTIFY, "d": {"token": token, "intents": self._intents, "properties": properties}}

    def _note(self, name: str, seq: int, data: Mapping[str, Any]) -> None:
        match data:
            case {
                "session_id": str(identity), "resume_gateway_url": str(url), "user": {"id": str(user)}, "application": {"id": str(application)},
            } if name == "READY":  # fmt: skip
                self.session = Session(id=identity, url=url, seq=seq, user=user, application=application)
            case _ if self.session is not None:
                self.session = replace(self.session, seq=seq)

    def _forget(self, why: str) -> None:
        if self.session is not None:
            log.warning("gateway session lost; what was said meanwhile is not heard", inbox=self._source, reason=why)
        self.session = None

    def _closed(self, code: int | None, error: SourceUnavailable) -> SourceRejected | SourceUnavailable:
        """What a close code means."""
        if code in _FATAL:
            return SourceRejected(self._source, _FATAL[code])
        if code in _ENDS_SESSION:
            self._forget(f"closed with {code}")
        return error

    async def _address(self) -> str:
        """Where the gateway is; Discord says as well how often a session may still begin today."""
        try:
            found = await self._web.call("GET", "/gateway/bot")
        except DiscordRefused as error:
            if error.status == UNAUTHORIZED:
                raise SourceRejected(self._source, error.reason) from error
            raise SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s) from error
        except DeliveryFailed as error:
            raise SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s) from error
        match found:
            case {"session_start_limit": {"remaining": 0, "reset_after": int(reset_ms)}} if self.session is None:
                raise SourceUnavailable(self._source, "no session may begin today any more", retry_after_s=reset_ms / 1_000)
            case {"url": str(url)}:
                return url
        raise SourceUnreadable(self._source, "gives no address to connect to")


class _Heart:
    """Heartbeats of one connection, every `interval_s` seconds."""

    def __init__(self, socket: Websocket, interval_s: float) -> None:
        self.heard = True  # that the last one was answered
        self._socket = socket
        self._interval_s = interval_s
        self._clock = asyncio.get_running_loop().time
        self._due = self._clock() + interval_s * random.random()  # noqa: S311 - no secret

    @property
    def pause_s(self) -> float:
        """Seconds until the next one."""
        return max(0.0, self._due - self._clock())

    async def beats(self, session: Session | None) -> bool:
        """Send what is due; False where the one before was never answered."""
        if self._clock() < self._due:
            return True
        if not self.heard:
            return False
        self._due += self._interval_s
        await self.beat(session)
        return True

    async def beat(self, session: Session | None) -> None:
        """Send one now."""
        self.heard = False
        await self._socket.send(msgspec.json.encode({"op": _HEARTBEAT, "d": session.seq if session else None}).decode())


def _decoded(message: str | bytes | None, source: str) -> dict[str, Any]:
    """A message; an empty one where none came."""
    try:
        found = msgspec.json.decode(message or b"{}")
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SourceUnreadable(source, "sends what is not JSON") from error
    return found if isinstance(found, dict) else {}
