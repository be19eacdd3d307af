"""One request of a fetch: where to, with what, which redirect may follow it, and the socket that is made for it only where the address rule allows."""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from core.addresses import Pair, host_key, judge
from core.answers import redacted
from core.errors import AddressRefused, SourceUnavailable

MOVED: Final = frozenset({301, 302, 303, 307, 308})
WEB: Final = frozenset({"http", "https"})
SOCKETS: Final = frozenset({"ws", "wss"})
_SECURE: Final = frozenset({"https", "wss"})
_KNOWN_PLACES: Final = 16_384  # feeds are asked at the same address for years; taking one apart costs a third of a fetch
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
        retry_after_s: when it is worth trying again, in seconds; None where that is not known.
    """

    def __init__(self, source: str, reason: str, *, ambiguous: bool, retry_after_s: float | None = None) -> None:
        self.ambiguous = ambiguous
        super().__init__(source, reason, retry_after_s=retry_after_s)


class Place:
    """An address taken apart.

    Args:
        url: absolute; `user:password@` is sent as basic authentication.

    Attributes:
        host, port: as the address rule compares them.
        pair: both.
        key: under which connections are kept to be used again.
        head: the request's first line from the path on, and its Host.
        login: the value of its Authorization where the address names a user.
        shown: the address without user and fragment.
    """

    __slots__ = ("head", "host", "key", "login", "pair", "port", "shown", "url")

    def __init__(self, url: URL) -> None:
        self.url = url
        self.host = host_key(url.host or "")
        self.port = url.port or 0
        self.pair: Pair = (self.host, self.port)
        self.key = ConnectionKey(url.raw_host or "", url.port, url.scheme in _SECURE, True, None, None, None)
        self.login = None if url.user is None else aiohttp.encode_basic_auth(url.user, url.password or "")
        bare = url.with_user(None).with_fragment(None)
        self.shown = str(bare)
        self.head = f"{url.raw_path_qs} HTTP/1.1\r\nhost: {bare.host_port_subcomponent}\r\n"


class Hop:
    """One request: where to, with what, and what the guard said of it.

    Args:
        place: judged by `address`.
        allow: pairs exempt from the address rule for this request.
        guarded: pairs that are exempt for somebody; one that is not exempt here is refused without a look, since a connection that was made
            for a request that named it may wait to be used again.
        method: as sent.
        headers: lower-case names.
        body: sent as it is.
    """

    __slots__ = ("allow", "body", "guarded", "headers", "method", "place", "refused")

    def __init__(
        self, place: Place, allow: frozenset[Pair], *, guarded: frozenset[Pair], method: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        self.place = place
        self.allow = allow
        self.guarded = guarded
        self.method = method
        self.headers = headers
        self.body = body
        self.refused: str | None = None

    @classmethod
    def first(
        cls, text: str, allow: frozenset[Pair], *, headers: Mapping[str, str], method: str = "GET", body: bytes | None = None,
        schemes: frozenset[str] = WEB,
    ) -> Hop:  # fmt: skip
        """The request that the program itself wants to make: exempt where it names a pair of `allow`.

        Raises:
            AddressRefused: not an address, or none of these schemes.
        """
        place = _known_place(text, schemes)
        return cls(place, allow if place.pair in allow else frozenset(), guarded=allow, method=method, headers=headers, body=body)

    def follow(self, status: int, target: str, name: str) -> Hop:
        """The next request, after a redirect; an exempt host may send us on to another exempt host, a public one may not.

        Raises:
            AddressRefused: the target is none, or not http(s).
            SourceUnavailable: what we send would go to another host.
        """
        here, url = self.place.url, address(target, base=self.place.url)
        method, body = self.method, self.body
        if status not in _KEEPS_METHOD and (status == _SEE_OTHER or method == "POST") and method != "HEAD":
            method, body = "GET", None
        headers = self.headers
        if not _same_place(here, url):
            if method not in ("GET", "HEAD"):
                raise SourceUnavailable(name, "redirects what we send to another host")
            headers = {key: value for key, value in headers.items() if key in _HARMLESS}
        elif here.user is not None:
            url = url.with_user(here.user).with_password(here.password)
        return Hop(Place(url), self.allow, guarded=self.guarded, method=method, headers=headers, body=body)

    def failed(self, error: Exception, name: str) -> AddressRefused | FetchFailed:
        """What to raise for an error of the session."""
        if self.refused is not None or isinstance(error, aiohttp.InvalidURL):
            return AddressRefused(self.place.host, self.refused or "not an address")
        return FetchFailed(name, _reason(error), ambiguous=not isinstance(error, _NEVER_SENT))

    def check(self) -> None:
        """Refuse a pair that is exempt for those who name it where somebody else sent this request to it.

        Raises:
            AddressRefused: that.
        """
        if not self.allow and self.place.pair in self.guarded:
            raise AddressRefused(self.place.host, "an allowed private host, but a public one sent us there")

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """While inside, connections are made for this request.

        Raises:
            AddressRefused: as `check`.
        """
        mark = self.begin()
        try:
            yield
        finally:
            self.end(mark)

    def begin(self) -> Token[Hop | None]:
        """Connections are made for this request from now on; returns what `end` wants. Errors as `check`."""
        self.check()
        return _hop.set(self)

    def end(self, mark: Token[Hop | None]) -> None:
        """Connections are made for it no more."""
        _hop.reset(mark)


def guarded_socket(addr_info: tuple[Any, ...]) -> socket.socket:
    """The socket for one connection, made only where the address may be talked to."""
    family, kind, protocol, _, sockaddr = addr_info
    hop = _hop.get()
    if hop is None or sockaddr[1] != hop.place.port:
        raise PermissionError("a connection that no request asked for")
    reason = judge(hop.place.host, hop.place.port, str(sockaddr[0]), hop.allow)
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


@functools.lru_cache(_KNOWN_PLACES)
def _known_place(text: str, schemes: frozenset[str]) -> Place:
    return Place(address(text, schemes=schemes))


def _same_place(one: URL, other: URL) -> bool:
    upgraded = one.scheme == "http" and other.scheme == "https" and one.is_default_port() and other.is_default_port()
    return one.host == other.host and (upgraded or (one.scheme == other.scheme and one.port == other.port))


def _reason(error: BaseException) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "its answer is not valid HTTP")
