"""The one guarded HTTP session: every request that the program makes by aiohttp goes through `Fetcher`.

Servers are strangers. Each fetch is bounded in time, size and redirects; each connection is judged by the address really connected to;
credentials never follow a redirect to another host; nothing secret stands in an error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from core.addresses import address_rule, allowed_pairs, permitted_addresses
from core.answers import Answer, Limits, Unpacker, check_status, redacted, retry_after_s
from core.errors import SourceUnavailable
from core.hops import MOVED, SOCKETS, FetchFailed, Hop, guarded_socket
from core.sockets import MAX_MESSAGE_BYTES, Lines, Websocket

__all__ = [
    "Answer", "FetchFailed", "Fetcher", "Limits", "Lines", "Websocket", "address_rule", "allowed_pairs", "check_status", "permitted_addresses",
    "redacted", "retry_after_s",
]  # fmt: skip

USER_AGENT: Final = "Tocsin/0.1 (self-hosted crisis and social-listening monitor)"
_PIECE: Final = 64 * 1024
_MAX_VALIDATOR_CHARS: Final = 1024
_GOODBYE_S: Final = 2.0  # how long a websocket may take to close


class Fetcher:
    """The guarded session; an async context manager, one per process.

    Args:
        now: tells the time (aware), for Retry-After dates.
        allow: `host:port` pairs exempt from the address guard (see `core.addresses.allowed_pairs`). A pair exempts only requests that
            name it themselves: a public page that redirects to it is still refused.
        limits: what one fetch may cost.
        user_agent: how we name ourselves.
        resolver: looks names up; the system's where None.

    Example:
        >>> async def front_page(now):
        ...     async with Fetcher(now=now) as http:
        ...         return await http.fetch("https://example.org/feed.xml", etag='"abc"')
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        allow: Iterable[str] = (),
        limits: Limits | None = None,
        user_agent: str = USER_AGENT,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._now = now
        self.allow = allowed_pairs(allow)  # also for libraries with sockets of their own: `permitted_addresses(host, port, http.allow)`
        self._limits = limits or Limits()
        self._user_agent = user_agent
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._sockets: aiohttp.ClientSession | None = None
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(socket_factory=guarded_socket, resolver=self._resolver, limit=0)  # the slots below limit it
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=self._timeout(self._limits.read_s),
        )
        self._sockets = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=self._timeout(self._limits.read_s),
            middlewares=(_never_redirected,),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for session in (self._sockets, self._session):
            if session is not None:
                await session.close()
        self._sockets = self._session = None

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
        source: str | None = None,
    ) -> Answer:
        """Ask once, follow redirects, and return whatever status came; `check_status` says what it means.

        Args:
            url: http or https; `user:password@` in it is sent as basic authentication to that host alone.
            etag: validator of the last answer, sent as If-None-Match.
            modified: validator of the last answer, sent as If-Modified-Since.
            headers: sent to this host, and dropped where a redirect leads to another one.
            method: any; what is not GET or HEAD is never repeated towards another host.
            body: sent as it is.
            source: what errors name; the redacted address where None.

        Raises:
            AddressRefused: the address, or one it redirects to, is forbidden or is not http(s).
            FetchFailed: no answer in time, or the connection failed.
            SourceUnreadable: too large, or packed in a way we do not read.
            SourceUnavailable: too many redirects, or a body cut short.
        """
        sent = self._headers(headers)
        sent |= {name: value for name, value in (("if-none-match", etag), ("if-modified-since", modified)) if value}
        hop = Hop.first(url, self.allow, method=method.upper(), headers=sent, body=body)
        name = source or redacted(url)
        left_s, began = self._limits.total_s, asyncio.get_running_loop().time()
        for _ in range(self._limits.redirects + 1):
            async with self._slot(hop.host):
                started = asyncio.get_running_loop().time()
                answer = await self._ask(hop, name, left_s)
                ended = asyncio.get_running_loop().time()
            target = answer.headers.get("location")
            if answer.status not in MOVED or not target:
                return msgspec.structs.replace(answer, elapsed_s=ended - began)
            hop, left_s = hop.follow(answer.status, target, name), left_s - (ended - started)
        raise SourceUnavailable(name, f"redirects more than {self._limits.redirects} times")

    @contextlib.asynccontextmanager
    async def websocket(self, url: str, *, headers: Mapping[str, str] | None = None, source: str | None = None) -> AsyncIterator[Websocket]:
        """Open a websocket (ws or wss; not compressed, messages of 2 MB at most); a handshake that is redirected is refused.

        Raises:
            AddressRefused: the address is forbidden.
            SourceUnavailable: no connection, or the place refuses it for now.
            SourceRejected: credentials refused, or gone for good.
        """
        hop = Hop.first(url, self.allow, headers=self._headers(headers), schemes=SOCKETS)
        name = source or redacted(url)
        async with self._slot(hop.host):
            raw = await self._handshake(hop, name)
        try:
            yield Websocket(raw, name)
        finally:
            await raw.close()

    @contextlib.asynccontextmanager
    async def lines(self, url: str, *, headers: Mapping[str, str] | None = None, source: str | None = None) -> AsyncIterator[Lines]:
        """GET an answer that does not end and read it line by line (server-sent events); redirects are followed as `fetch` does.

        Raises:
            AddressRefused: the address, or one it redirects to, is forbidden or is not http(s).
            SourceUnavailable: no answer, or none with lines for now.
            SourceRejected: credentials refused, or gone for good.
        """
        sent = {"accept": "text/event-stream", "cache-control": "no-cache"} | self._headers(headers) | {"accept-encoding": "identity"}
        hop = Hop.first(url, self.allow, headers=sent)
        name = source or redacted(url)
        for _ in range(self._limits.redirects + 1):
            async with self._slot(hop.host):
                response = await self._begin(hop, name)
            with contextlib.closing(response):
                answer = self._answer(response, b"")
                target = answer.headers.get("location")
                if response.status not in MOVED or not target:
                    _check_stream(answer, name)
                    yield Lines(response, name)
                    return
                hop = hop.follow(response.status, target, name)
        raise SourceUnavailable(name, f"redirects more than {self._limits.redirects} times")

    async def _ask(self, hop: Hop, name: str, left_s: float) -> Answer:
        if self._session is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        with hop.asking():
            try:
                async with asyncio.timeout(left_s):
                    async with self._session.request(
                        hop.method, hop.url, headers=hop.headers, data=hop.body, allow_redirects=False
                    ) as response:
                        return await self._read(response, name)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise hop.failed(error, name) from error

    async def _begin(self, hop: Hop, name: str) -> aiohttp.ClientResponse:
        """The answer's head; its body may take for ever."""
        if self._session is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        with hop.asking():
            try:
                async with asyncio.timeout(self._limits.total_s):
                    return await self._session.request(
                        "GET", hop.url, headers=hop.headers, allow_redirects=False, timeout=self._timeout(None)
                    )
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise hop.failed(error, name) from error

    async def _handshake(self, hop: Hop, name: str) -> aiohttp.ClientWebSocketResponse:
        if self._sockets is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        with hop.asking():
            try:
                async with asyncio.timeout(self._limits.total_s):
                    return await self._sockets.ws_connect(
                        hop.url,
                        headers=hop.headers,
                        autoping=False,
                        max_msg_size=MAX_MESSAGE_BYTES,
                        timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE_S),
                    )
            except aiohttp.WSServerHandshakeError as error:
                headers = {key.lower(): value for key, value in (error.headers or {}).items()}
                check_status(
                    Answer(status=error.status, headers=headers, body=b"", url="", retry_after_s=retry_after_s(headers, self._now())), name
                )
                raise SourceUnavailable(name, "does not speak websocket") from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise hop.failed(error, name) from error

    async def _read(self, response: aiohttp.ClientResponse, name: str) -> Answer:
        unpacker = Unpacker(response.headers.get("content-encoding", ""), self._limits, name)
        if response.status not in MOVED:
            async for piece in response.content.iter_chunked(_PIECE):
                unpacker.feed(piece)
        return self._answer(response, unpacker.finish())

    def _answer(self, response: aiohttp.ClientResponse, body: bytes) -> Answer:
        headers: dict[str, str] = {}
        for key, value in response.headers.items():
            key = key.lower()  # noqa: PLW2901
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return Answer(
            status=response.status,
            headers=headers,
            body=body,
            url=str(response.url),
            etag=_validator(headers.get("etag")),
            modified=_validator(headers.get("last-modified")),
            retry_after_s=retry_after_s(headers, self._now()),
        )

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        sent = {"user-agent": self._user_agent, "accept-encoding": "gzip, deflate"}
        return sent | {name.lower(): value for name, value in (headers or {}).items()}

    def _timeout(self, read_s: float | None) -> aiohttp.ClientTimeout:
        limits = self._limits
        return aiohttp.ClientTimeout(total=None, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=read_s)

    @contextlib.asynccontextmanager
    async def _slot(self, host: str) -> AsyncIterator[None]:
        slot = self._slots.setdefault(host, asyncio.Semaphore(self._limits.per_host))
        self._users[host] += 1
        try:
            async with slot:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._slots[host]


def _validator(text: str | None) -> str | None:
    return text if text and len(text) <= _MAX_VALIDATOR_CHARS and text.isprintable() else None


async def _never_redirected(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """For websockets: the library follows redirects of a handshake by itself, unguarded; so none is let through."""
    response = await handler(request)
    if response.status in MOVED:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, response.history, message="redirected", status=response.status, headers=response.headers
        )
    return response


def _check_stream(answer: Answer, name: str) -> None:
    check_status(answer, name)
    if answer.status != 200 or answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):  # noqa: PLR2004
        raise SourceUnavailable(name, f"gives no lines (status {answer.status})")
