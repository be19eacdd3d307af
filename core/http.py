"""The one guarded HTTP session: every request that the program makes by aiohttp goes through `Fetcher`.

Servers are strangers. Each fetch is bounded in time, size and redirects; each connection is judged by the address really connected to; a host is
asked by few at once, and left alone while it is dead; credentials never follow a redirect to another host; nothing secret stands in an error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http import HttpProcessingError

from core.addresses import address_rule, allowed_pairs, permitted_addresses
from core.answers import Answer, Limits, check_status, redacted, retry_after_s
from core.errors import AddressRefused, SourceUnavailable
from core.hops import MOVED, SOCKETS, FetchFailed, Hop, guarded_socket
from core.manners import Circuits, Slots
from core.names import Names
from core.sockets import Lines, Streams, Websocket
from core.wire import Raw, Wire

__all__ = [
    "Answer", "FetchFailed", "Fetcher", "Limits", "Lines", "Websocket", "address_rule", "allowed_pairs", "check_status", "permitted_addresses",
    "redacted", "retry_after_s",
]  # fmt: skip

USER_AGENT: Final = "Tocsin/0.1 (self-hosted crisis and social-listening monitor)"
_MAX_VALIDATOR_CHARS: Final = 1024
_SERVER_FAILED: Final = 500


class Fetcher:
    """The guarded session; an async context manager, one per process.

    Args:
        now: tells the time (aware), for Retry-After dates and for how long a dead host is left alone.
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
        self._ours = {"user-agent": user_agent, "accept-encoding": "gzip, deflate"}
        self._resolver = resolver
        self._slots = Slots(self._limits.per_host)
        self._circuits = Circuits()
        self._opened: tuple[Wire, Streams] | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        resolver = self._resolver
        if resolver is None:
            resolver = Names()
            self._stack.push_async_callback(resolver.close)
        connector = aiohttp.TCPConnector(socket_factory=guarded_socket, resolver=resolver, limit=0)  # the slots limit it
        self._stack.push_async_callback(connector.close)
        streams = Streams(connector, self._limits, self._now)
        self._stack.push_async_callback(streams.close)
        self._opened = Wire(connector, self._limits), streams
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened = None
        await self._stack.aclose()

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
        urgent: bool = False,
        patience_s: float = 0.0,
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
            urgent: an alert on its way: stands in no line, and tries a host that is thought dead.
            patience_s: how much longer than usual the answer may take, in seconds: a long poll. One keeps nobody else waiting: it stands in no
                line either.

        Raises:
            AddressRefused: the address, or one it redirects to, is forbidden or is not http(s).
            FetchFailed: no answer in time, the connection failed, or the host is being left alone (`retry_after_s` says until when).
            SourceUnreadable: too large, or packed in a way we do not read.
            SourceUnavailable: too many redirects, or a body cut short.
        """
        sent = _conditional(self._headers(headers), etag, modified)
        hop = Hop.first(url, self.allow, method=method.upper(), headers=sent, body=body)
        name = source or redacted(url)
        waits = not (urgent or patience_s)
        left_s, elapsed_s, clock = self._limits.total_s + patience_s, 0.0, asyncio.get_running_loop().time
        for _ in range(self._limits.redirects + 1):
            if waits:
                await self._turn(hop, name)
            began = clock()
            try:
                raw = await self._ask(hop, name, left_s - elapsed_s, patience_s)
            finally:
                elapsed_s += clock() - began
                if waits:
                    self._slots.leave(hop.place.host)
            target = raw[1].get("location") if raw[0] in MOVED else None
            if not target:
                return self._answer(raw, hop, elapsed_s)
            hop = hop.follow(raw[0], target, name)
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
        async with self._beginning(hop, name) as streams:
            socket = await streams.websocket(hop, name)
        async with contextlib.aclosing(socket):
            yield socket

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
            async with self._beginning(hop, name) as streams:
                opened = await streams.lines(hop, name)
            if isinstance(opened, Lines):
                with contextlib.closing(opened):
                    yield opened
                return
            hop = opened
        raise SourceUnavailable(name, f"redirects more than {self._limits.redirects} times")

    async def _ask(self, hop: Hop, name: str, left_s: float, patience_s: float) -> Raw:
        """Send and read, in the time that is left; remembers whether the place is alive."""
        if self._opened is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        try:
            async with asyncio.timeout(left_s):
                raw = await self._opened[0].ask(hop, name, patience_s)
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise self._failed(hop, error, name) from error
        if raw[0] >= _SERVER_FAILED:
            self._circuits.failed(hop.place.pair, self._now())
        else:
            self._circuits.answered(hop.place.pair)
        return raw

    async def _turn(self, hop: Hop, name: str) -> None:
        """Wait for a slot of the host, which the caller gives back; refuse a host that is being left alone, also one found dead meanwhile."""
        self._refuse_dead(hop, name, trying=False)
        await self._slots.enter(hop.place.host, name)
        try:
            self._refuse_dead(hop, name, trying=True)
        except FetchFailed:
            self._slots.leave(hop.place.host)
            raise

    def _refuse_dead(self, hop: Hop, name: str, *, trying: bool) -> None:
        wait_s = self._circuits.wait_s(hop.place.pair, self._now, trying=trying)
        if wait_s is not None:
            raise FetchFailed(
                name, "its host gave no answer several times, so it is left alone for a while", ambiguous=False, retry_after_s=wait_s
            )

    @contextlib.asynccontextmanager
    async def _beginning(self, hop: Hop, name: str) -> AsyncIterator[Streams]:
        """The politeness of a fetch for the beginning of something that stays open."""
        if self._opened is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        await self._turn(hop, name)
        try:
            async with asyncio.timeout(self._limits.total_s):
                yield self._opened[1]
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._failed(hop, error, name) from error
        else:
            self._circuits.answered(hop.place.pair)
        finally:
            self._slots.leave(hop.place.host)

    def _failed(self, hop: Hop, error: Exception, name: str) -> AddressRefused | FetchFailed:
        found = hop.failed(error, name)
        if isinstance(found, FetchFailed):
            self._circuits.failed(hop.place.pair, self._now())
        return found

    def _answer(self, raw: Raw, hop: Hop, elapsed_s: float) -> Answer:
        status, headers, body = raw
        return Answer(
            status=status,
            headers=headers,
            body=body,
            url=hop.place.shown,
            etag=_validator(headers.get("etag")),
            modified=_validator(headers.get("last-modified")),
            retry_after_s=retry_after_s(headers, self._now()) if "retry-after" in headers else None,
            elapsed_s=elapsed_s,
        )

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return self._ours | {name.lower(): value for name, value in headers.items()} if headers else dict(self._ours)


def _validator(text: str | None) -> str | None:
    return text if text and len(text) <= _MAX_VALIDATOR_CHARS and text.isprintable() else None


def _conditional(headers: dict[str, str], etag: str | None, modified: str | None) -> dict[str, str]:
    """The headers, asking only for what changed since the answer that had these validators."""
    if etag:
        headers["if-none-match"] = etag
    if modified:
        headers["if-modified-since"] = modified
    return headers
