"""One request and its answer over the connections of aiohttp's connector, with its parser, but without what a session does for each request.

A session spends more than half of its time per request on cookies, proxies, middlewares, traces and redirects, none of which we use: a 304 costs
half as much here (docs/decisions/0005-requests-below-the-session.md). What is aiohttp's stays aiohttp's: names, TLS, keeping connections, parsing
answers, flow control.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest, ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader

from core.answers import Limits, Unpacker
from core.errors import SourceUnreadable
from core.hops import MOVED, FetchFailed, Hop

_BUFFER: Final = 128 * 1024  # bytes read ahead
_SWITCHED, _FINAL = 101, 200
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})

Raw = tuple[int, dict[str, str], bytes]  # status, headers by lower-case name, body


class Wire:
    """Sends requests and reads their answers.

    Args:
        connector: makes and keeps the connections.
        limits: what one answer may cost.
    """

    def __init__(self, connector: aiohttp.TCPConnector, limits: Limits) -> None:
        self._connector = connector
        self._limits = limits
        self._timeout = aiohttp.ClientTimeout(connect=limits.connect_s, sock_connect=limits.connect_s)

    async def ask(self, hop: Hop, source: str, patience_s: float = 0.0) -> Raw:
        """Send a request and read its answer; the body of a redirect is not looked at.

        The answer may begin `patience_s` later than usual. A connection that was kept may have been closed meanwhile by the other side; what may
        be repeated is asked once more then.

        Raises:
            aiohttp.ClientError, HttpProcessingError, OSError, ValueError: `Hop.failed` says what they mean.
            SourceUnreadable: too large, or packed in a way we do not read.
            SourceUnavailable: a body cut short, or a header that cannot be sent.
        """
        request = _request(hop, source)
        again = hop.method in _REPEATABLE
        while True:
            connection = await self._connect(hop)
            try:
                head, payload = await self._exchange(cast("ResponseHandler", connection.protocol), request, hop.method, patience_s)
                headers = _headers(head)
                body = b"" if head.code in MOVED or payload.at_eof() else await self._body(payload, headers, source)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                connection.close()
                if not again:
                    raise
                again = False
            except BaseException:
                connection.close()
                raise
            else:
                connection.release()  # closes it where the body was not read to its end
                return head.code, headers, body

    async def _connect(self, hop: Hop) -> Connection:
        mark = hop.begin()
        try:
            return await self._connector.connect(cast("ClientRequest", _Wanted(hop)), [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error
        finally:
            hop.end(mark)

    async def _exchange(
        self, protocol: ResponseHandler, request: bytes, method: str, patience_s: float
    ) -> tuple[RawResponseMessage, StreamReader]:
        protocol.set_response_params(
            skip_payload=method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=self._limits.read_s + patience_s,
            read_bufsize=_BUFFER,
        )
        if protocol.transport is None:
            raise aiohttp.ServerDisconnectedError
        protocol.transport.write(request)
        protocol.start_timeout()
        while True:
            head, payload = await protocol.read()
            if head.code >= _FINAL or head.code == _SWITCHED:
                return head, payload

    async def _body(self, payload: StreamReader, headers: dict[str, str], source: str) -> bytes:
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limits.wire_bytes:
            raise SourceUnreadable(source, f"larger than {self._limits.wire_bytes:,} bytes")
        unpacker = Unpacker(headers.get("content-encoding", ""), self._limits, source)
        while not payload.at_eof():
            unpacker.feed(await payload.readany())
        return unpacker.finish()


class _Wanted:
    """What the connector wants to know of a request: its key, and all else only where a connection has to be made."""

    proxy: Final = None

    def __init__(self, hop: Hop) -> None:
        self.connection_key: ConnectionKey = hop.place.key
        self._hop = hop
        self._request: ClientRequest | None = None

    def __getattr__(self, name: str) -> Any:
        if self._request is None:
            self._request = ClientRequest("GET", self._hop.place.url.with_user(None), loop=asyncio.get_running_loop())
        return getattr(self._request, name)


def _request(hop: Hop, source: str) -> bytes:
    """The request as it is sent.

    Raises:
        FetchFailed: a header with a line break in it.
    """
    lines = [f"{name}: {value}" for name, value in hop.headers.items()]
    if hop.place.login is not None and "authorization" not in hop.headers:
        lines.append(f"authorization: {hop.place.login}")
    if hop.body is not None or hop.method not in _WITHOUT_BODY:
        lines.append(f"content-length: {len(hop.body or b'')}")
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines) or "\0" in text:
        raise FetchFailed(source, "a header to be sent holds a line break (a token copied with its line end?)", ambiguous=False)
    return f"{hop.method} {hop.place.head}{text}\r\n\r\n".encode() + (hop.body or b"")


def _headers(head: RawResponseMessage) -> dict[str, str]:
    headers = {name.lower(): value for name, value in head.headers.items()}
    if len(headers) < len(head.headers):
        headers = {name: ", ".join(head.headers.getall(name)) for name in headers}
    return headers
