"""The one guarded HTTP session: every request that the program makes by aiohttp goes through `Fetcher`.

Servers are strangers. Each fetch is bounded in time, size and redirects; each connection is judged by the address really connected to;
credentials never follow a redirect to another host; nothing secret stands in an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from yarl import URL

from core.addresses import Pair, address_rule, allowed_pairs, host_key, judge, permitted_addresses
from core.answers import Answer, Limits, Unpacker, check_status, redacted, retry_after_s
from core.errors import AddressRefused, SourceUnavailable

__all__ = [
    "Answer", "FetchFailed", "Fetcher", "Limits", "address_rule", "allowed_pairs", "check_status", "permitted_addresses", "redacted", "retry_after_s",
]  # fmt: skip

USER_AGENT: Final = "Tocsin/0.1 (self-hosted crisis and social-listening monitor)"
_PIECE: Final = 64 * 1024
_MAX_VALIDATOR_CHARS: Final = 1024
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_KEEPS_METHOD: Final = frozenset({307, 308})
# What may follow a redirect to another host; anything else could be a credential under any name.
_HARMLESS: Final = frozenset({"accept", "accept-language", "accept-encoding", "user-agent", "if-none-match", "if-modified-since"})
_NEVER_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_REASONS: Final[tuple[tuple[type[BaseException], str], ...]] = (  # the first that fits
    (aiohttp.ConnectionTimeoutError, "no connection in time"),
    (TimeoutError, "no whole answer in time"),
    (aiohttp.ClientConnectorDNSError, "its name cannot be looked up"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not valid"),
    (aiohttp.ClientSSLError, "no secure connection can be made"),
    (aiohttp.ClientConnectorError, "no connection can be made"),
    (aiohttp.ClientConnectionError, "the connection broke"),
    (aiohttp.ClientPayloadError, "its body was cut short"),
)
_hop: ContextVar[_Hop | None] = ContextVar("_hop", default=None)


class FetchFailed(SourceUnavailable):
    """No answer came.

    Args:
        source: what was asked, as errors may show it.
        reason: one line for the operator.
        ambiguous: True where the request may have been acted on all the same (it was sent, then the connection failed).
    """

    def __init__(self, source: str, reason: str, *, ambiguous: bool) -> None:
        self.ambiguous = ambiguous
        super().__init__(source, reason)


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
        self._allow = allowed_pairs(allow)
        self._limits = limits or Limits()
        self._user_agent = user_agent
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = aiohttp.TCPConnector(socket_factory=_guarded_socket, resolver=self._resolver, limit=0)  # the slots below limit it
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=limits.read_s),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        sent = {"user-agent": self._user_agent, "accept-encoding": "gzip, deflate"}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        sent |= {name: value for name, value in (("if-none-match", etag), ("if-modified-since", modified)) if value}
        hop = _Hop.first(url, self._allow, method=method.upper(), headers=sent, body=body)
        name = source or redacted(url)
        left_s, began = self._limits.total_s, asyncio.get_running_loop().time()
        for _ in range(self._limits.redirects + 1):
            async with self._slot(hop.host):
                started = asyncio.get_running_loop().time()
                answer = await self._ask(hop, name, left_s)
                ended = asyncio.get_running_loop().time()
            target = answer.headers.get("location")
            if answer.status not in _MOVED or not target:
                return msgspec.structs.replace(answer, elapsed_s=ended - began)
            hop, left_s = hop.follow(answer.status, target, name), left_s - (ended - started)
        raise SourceUnavailable(name, f"redirects more than {self._limits.redirects} times")

    async def _ask(self, hop: _Hop, name: str, left_s: float) -> Answer:
        if self._session is None:
            raise RuntimeError("a Fetcher works inside `async with`")
        mark = _hop.set(hop)
        try:
            async with asyncio.timeout(left_s):
                async with self._session.request(
                    hop.method, hop.url, headers=hop.headers, data=hop.body, allow_redirects=False
                ) as response:
                    return await self._read(response, name)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if hop.refused is not None or isinstance(error, aiohttp.InvalidURL):
                raise AddressRefused(hop.host, hop.refused or "not an address") from error
            raise FetchFailed(name, _reason(error), ambiguous=not isinstance(error, _NEVER_SENT)) from error
        finally:
            _hop.reset(mark)

    async def _read(self, response: aiohttp.ClientResponse, name: str) -> Answer:
        headers: dict[str, str] = {}
        for key, value in response.headers.items():
            key = key.lower()  # noqa: PLW2901
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        unpacker = Unpacker(headers.get("content-encoding", ""), self._limits, name)
        if response.status not in _MOVED:
            async for piece in response.content.iter_chunked(_PIECE):
                unpacker.feed(piece)
        return Answer(
            status=response.status,
            headers=headers,
            body=unpacker.finish(),
            url=str(response.url),
            etag=_validator(headers.get("etag")),
            modified=_validator(headers.get("last-modified")),
            retry_after_s=retry_after_s(headers, self._now()),
        )

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


class _Hop:
    """One request of a fetch: where to, with what, and what the guard said of it."""

    def __init__(self, url: URL, allow: frozenset[Pair], *, method: str, headers: dict[str, str], body: bytes | None) -> None:
        self.url = url
        self.allow = allow
        self.method = method
        self.headers = headers
        self.body = body
        self.refused: str | None = None
        self.host = host_key(url.host or "")
        self.port = url.port or 0

    @classmethod
    def first(cls, text: str, allow: frozenset[Pair], *, method: str, headers: dict[str, str], body: bytes | None) -> _Hop:
        hop = cls(_address(text, None), allow, method=method, headers=headers, body=body)
        hop.allow = allow if (hop.host, hop.port) in allow else frozenset()
        return hop

    def follow(self, status: int, target: str, name: str) -> _Hop:
        """The next request, after a redirect; an exempt host may send us on to another exempt host, a public one may not."""
        url = _address(target, self.url)
        method, body = self.method, self.body
        if status not in _KEEPS_METHOD and (status == _SEE_OTHER or method == "POST") and method != "HEAD":
            method, body = "GET", None
        headers = self.headers
        if not _same_place(self.url, url):
            if method not in ("GET", "HEAD"):
                raise SourceUnavailable(name, "redirects what we send to another host")
            headers = {key: value for key, value in headers.items() if key in _HARMLESS}
        elif self.url.user is not None:
            url = url.with_user(self.url.user).with_password(self.url.password)
        return _Hop(url, self.allow, method=method, headers=headers, body=body)


def _guarded_socket(addr_info: tuple[Any, ...]) -> socket.socket:
    """The socket for one connection, made only where the address may be talked to."""
    family, kind, protocol, _, sockaddr = addr_info
    hop = _hop.get()
    if hop is None or sockaddr[1] != hop.port:
        raise PermissionError("a connection that no request asked for")
    reason = judge(hop.host, hop.port, str(sockaddr[0]), hop.allow)
    if reason is not None:
        hop.refused = reason
        raise PermissionError(reason)  # an OSError, since the race for the fastest address swallows all others
    return socket.socket(family, kind, protocol)


def _address(text: str, base: URL | None) -> URL:
    try:
        url = URL(text.strip())
        url = url if base is None else base.join(url).with_user(None)  # a server does not choose whom we log in as
    except ValueError as error:
        raise AddressRefused(redacted(text), "not an address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused(redacted(text), "not an http or https address")
    return url


def _same_place(one: URL, other: URL) -> bool:
    upgraded = one.scheme == "http" and other.scheme == "https" and one.is_default_port() and other.is_default_port()
    return one.host == other.host and (upgraded or (one.scheme == other.scheme and one.port == other.port))


def _reason(error: BaseException) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "its answer is not valid HTTP")


def _validator(text: str | None) -> str | None:
    return text if text and len(text) <= _MAX_VALIDATOR_CHARS and text.isprintable() else None
