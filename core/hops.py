"""One request of a fetch: where to, with what, which redirect may follow it, and the socket that is made for it only where the address rule allows."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
from yarl import URL

from core.addresses import Pair, host_key, judge
from core.answers import redacted
from core.errors import AddressRefused, SourceUnavailable

MOVED: Final = frozenset({301, 302, 303, 307, 308})
WEB: Final = frozenset({"http", "https"})
SOCKETS: Final = frozenset({"ws", "wss"})
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
_hop: ContextVar[Hop | None] = ContextVar("_hop", default=None)


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


class Hop:
    """One request: where to, with what, and what the guard said of it.

    Args:
        url: absolute, judged by `address`.
        allow: pairs exempt from the address rule for this request.
        guarded: pairs that are exempt for somebody; one that is not exempt here is refused without a look, since a connection that was made
            for a request that named it may wait to be used again.
        method: as sent.
        headers: lower-case names.
        body: sent as it is.
    """

    __slots__ = ("allow", "body", "guarded", "headers", "host", "method", "port", "refused", "url")

    def __init__(
        self, url: URL, allow: frozenset[Pair], *, guarded: frozenset[Pair], method: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        self.url = url
        self.allow = allow
        self.guarded = guarded
        self.method = method
        self.headers = headers
        self.body = body
        self.refused: str | None = None
        self.host = host_key(url.host or "")
        self.port = url.port or 0

    @classmethod
    def first(
        cls, text: str, allow: frozenset[Pair], *, headers: Mapping[str, str], method: str = "GET", body: bytes | None = None,
        schemes: frozenset[str] = WEB,
    ) -> Hop:  # fmt: skip
        """The request that the program itself wants to make: exempt where it names a pair of `allow`.

        Raises:
            AddressRefused: not an address, or none of these schemes.
        """
        hop = cls(address(text, schemes=schemes), allow, guarded=allow, method=method, headers=headers, body=body)
        hop.allow = allow if (hop.host, hop.port) in allow else frozenset()
        return hop

    def follow(self, status: int, target: str, name: str) -> Hop:
        """The next request, after a redirect; an exempt host may send us on to another exempt host, a public one may not.

        Raises:
            AddressRefused: the target is none, or not http(s).
            SourceUnavailable: what we send would go to another host.
        """
        url = address(target, base=self.url)
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
        return Hop(url, self.allow, guarded=self.guarded, method=method, headers=headers, body=body)

    def failed(self, error: Exception, name: str) -> AddressRefused | FetchFailed:
        """What to raise for an error of the session."""
        if self.refused is not None or isinstance(error, aiohttp.InvalidURL):
            return AddressRefused(self.host, self.refused or "not an address")
        return FetchFailed(name, _reason(error), ambiguous=not isinstance(error, _NEVER_SENT))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While inside, connections are made for this request.

        Raises:
            AddressRefused: the pair is exempt for those who name it, and this request was sent to it by somebody else.
        """
        if (self.host, self.port) in self.guarded and not self.allow:
            raise AddressRefused(self.host, "an allowed private host, but a public one sent us there")
        mark = _hop.set(self)
        try:
            yield
        finally:
            _hop.reset(mark)


def guarded_socket(addr_info: tuple[Any, ...]) -> socket.socket:
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


def address(text: str, base: URL | None = None, schemes: frozenset[str] = WEB) -> URL:
    """The address in a text, made absolute by `base`.

    Raises:
        AddressRefused: none, or of another scheme.
    """
    try:
        url = URL(text.strip())
        url = url if base is None else base.join(url).with_user(None)  # a server does not choose whom we log in as
    except ValueError as error:
        raise AddressRefused(redacted(text), "not an address") from error
    if url.scheme not in schemes or not url.host:
        raise AddressRefused(redacted(text), f"not an {' or '.join(sorted(schemes))} address")
    return url


def _same_place(one: URL, other: URL) -> bool:
    upgraded = one.scheme == "http" and other.scheme == "https" and one.is_default_port() and other.is_default_port()
    return one.host == other.host and (upgraded or (one.scheme == other.scheme and one.port == other.port))


def _reason(error: BaseException) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "its answer is not valid HTTP")
