"""Connections that stay open: a websocket, and lines that a server sends one after the other (server-sent events). Made by `core.http.Fetcher`."""

from __future__ import annotations

import asyncio
import codecs
import io
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import aiohttp
from aiohttp import WSCloseCode, WSMsgType

from core.answers import Answer, Limits, check_status, retry_after_s
from core.errors import SourceUnavailable, SourceUnreadable
from core.hops import MOVED, Hop

MAX_MESSAGE_BYTES: Final = 2_000_000  # of one message or line, unpacked
PONG_S: Final = 10.0  # how long a place may take to answer a ping
_TOO_BIG: Final = 1009  # the protocol's close code
_GOODBYE_S: Final = 2.0  # how long a websocket may take to close
_OK: Final = 200


class Websocket:
    """An open websocket.

    Args:
        raw: opened without automatic pings and answers.
        source: what errors name.
        pong_s: how long the place may take to answer a ping, in seconds.
    """

    def __init__(self, raw: aiohttp.ClientWebSocketResponse, source: str, *, pong_s: float | None = None) -> None:
        self._raw = raw
        self._source = source
        self._pong_s = PONG_S if pong_s is None else pong_s

    async def send(self, message: str | bytes) -> None:
        """Send one message.

        Raises:
            SourceUnavailable: the connection broke.
        """
        try:
            await (self._raw.send_str(message) if isinstance(message, str) else self._raw.send_bytes(message))
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(self._source, "the connection broke") from error

    async def receive(self, timeout_s: float) -> str | bytes | None:
        """The next message (str for text, bytes for binary); None where none came in that time and the place answers a ping.

        To be called again within half a minute or so: the place's own pings are answered from here.

        Raises:
            SourceUnavailable: the connection broke or was closed, or no answer came to a ping.
            SourceUnreadable: a message over 2 MB, or not websocket frames.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._next_message(until_pong=False)
        except TimeoutError:
            pass
        try:
            async with asyncio.timeout(self._pong_s):
                await self._raw.ping()
                return await self._next_message(until_pong=True)
        except TimeoutError as error:
            raise SourceUnavailable(self._source, "no answer to a ping") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(self._source, "the connection broke") from error

    @property
    def close_code(self) -> int | None:
        """The code with which it was closed (RFC 6455, section 7.4); None while it is open, or where no code came."""
        return self._raw.close_code

    async def aclose(self, code: int = WSCloseCode.OK) -> None:
        """Say goodbye with that code, and close; what is closed already stays as it is."""
        await self._raw.close(code=code)

    async def _next_message(self, *, until_pong: bool) -> str | bytes | None:
        while True:
            message = await self._raw.receive()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    data: str | bytes = message.data
                    return data
                case WSMsgType.PING:
                    await self._answer(message.data)
                case WSMsgType.PONG:
                    if until_pong:
                        return None
                case WSMsgType.ERROR:
                    raise self._broken(message.data)
                case _:
                    raise SourceUnavailable(self._source, f"the connection was closed (code {self._raw.close_code or 'none'})")

    async def _answer(self, ping: bytes) -> None:
        try:
            await self._raw.pong(ping)
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(self._source, "the connection broke") from error

    def _broken(self, error: object) -> SourceUnavailable | SourceUnreadable:
        if not isinstance(error, aiohttp.WebSocketError):
            return SourceUnavailable(self._source, "the connection broke")
        if error.code == _TOO_BIG:
            return SourceUnreadable(self._source, f"a message larger than {MAX_MESSAGE_BYTES:,} bytes")
        return SourceUnreadable(self._source, "sends what is not valid on a websocket")


class Lines:
    """An open answer that is read line by line, as it comes.

    Args:
        response: answered, its body not read.
        source: what errors name.
    """

    def __init__(self, response: aiohttp.ClientResponse, source: str) -> None:
        self._response = response
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._ready: deque[str] = deque()
        self._rest = io.StringIO()  # of a line that has not ended
        self._after_return = False  # a "\n" that comes next belongs to the "\r" before it

    async def next_line(self, timeout_s: float) -> str | None:
        r"""The next line without its end (\n, \r\n or \r); None where none came in that time.

        None does not say that the connection is good: there is no ping here. Places that know this send comments (":") meanwhile, and
        those are lines.

        Raises:
            SourceUnavailable: the answer ended or the connection broke.
            SourceUnreadable: a line over 2 MB.
        """
        if self._ready:
            return self._ready.popleft()
        try:
            async with asyncio.timeout(timeout_s):
                while not self._ready:
                    self._take(await self._response.content.readany())
        except TimeoutError:
            return None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(self._source, "the connection broke") from error
        return self._ready.popleft()

    def close(self) -> None:
        """Close the connection."""
        self._response.close()

    def _take(self, piece: bytes) -> None:
        if not piece:
            raise SourceUnavailable(self._source, "the stream ended")
        text = self._decoder.decode(piece)
        if self._after_return and text.startswith("\n"):
            text, self._after_return = text[1:], False
        if not text:
            return
        self._after_return = text.endswith("\r")
        *ended, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in ended:
            self._ready.append(self._rest.getvalue() + line)
            self._rest = io.StringIO()
        self._rest.write(rest)
        if self._rest.tell() > MAX_MESSAGE_BYTES:
            raise SourceUnreadable(self._source, f"a line larger than {MAX_MESSAGE_BYTES:,} bytes")


class Streams:
    """Opens what stays open. Its only user is the fetcher, which bounds the time and knows what the library's errors mean.

    Args:
        connector: guarded; not ours to close.
        limits: times.
        now: tells the time (aware), for Retry-After dates.
    """

    def __init__(self, connector: aiohttp.BaseConnector, limits: Limits, now: Callable[[], datetime]) -> None:
        self._now = now
        self._session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=None),
            middlewares=(_never_redirected,),
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()

    async def websocket(self, hop: Hop, source: str) -> Websocket:
        """A websocket, its handshake done; errors as `Fetcher.websocket` and the library's."""
        with hop.connecting():
            try:
                raw = await self._session.ws_connect(
                    hop.place.url,
                    headers=hop.headers,
                    autoping=False,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE_S),
                )
            except aiohttp.WSServerHandshakeError as error:
                check_status(self._head(error.status, error.headers or {}), source)
                raise SourceUnavailable(source, "does not speak websocket") from error
        return Websocket(raw, source)

    async def lines(self, hop: Hop, source: str) -> Lines | Hop:
        """The lines, or the request to make instead where the place redirects; errors as `Fetcher.lines` and the library's."""
        with hop.connecting():
            response = await self._session.get(hop.place.url, headers=hop.headers, allow_redirects=False)
        head = self._head(response.status, response.headers)
        if head.status == _OK and head.headers.get("content-encoding", "identity").lower() == "identity":
            return Lines(response, source)
        response.close()
        if head.status in MOVED and (target := head.headers.get("location")):
            return hop.follow(head.status, target, source)
        check_status(head, source)
        raise SourceUnavailable(source, f"gives no lines (status {head.status})")

    def _head(self, status: int, headers: Mapping[str, str]) -> Answer:
        known = {key.lower(): value for key, value in headers.items()}
        return Answer(status=status, headers=known, body=b"", url="", retry_after_s=retry_after_s(known, self._now()))


async def _never_redirected(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """For websockets: the library follows redirects of a handshake by itself, unguarded; so none is let through."""
    response = await handler(request)
    if response.status in MOVED and "sec-websocket-key" in request.headers:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, response.history, message="redirected", status=response.status, headers=response.headers
        )
    return response
