"""Which addresses the program may talk to: public ones, and those that the operator named himself.

Sources, redirects and webhooks are written by strangers; without this rule they could make us read the operator's own network. The rule
judges the address really connected to, so that odd spellings, redirects and rebinding names gain nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import Final

from core.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Pair = tuple[str, int]
NO_ADDRESS: Final = "not an IP address"

# Beyond what `ipaddress` calls private: it takes these for public in one Python version or another.
_RESERVED: Final = tuple(
    ipaddress.ip_network(net)
    for net in (
        "100.64.0.0/10",  # shared address space; metadata services live here too
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # a cloud's host agent, reachable from every virtual machine there
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # local NAT64
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "2620:4f:8000::/48",  # direct delegation AS112
    )
)
_IPV6_PUBLIC: Final = ipaddress.ip_network("2000::/3")


def refusal(address: str) -> str | None:
    """Why this address (an IP literal, a zone allowed) may not be connected to; None where it may. Pure."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return NO_ADDRESS
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    inner = _carried(found)
    if inner is not None:
        return f"{address} carries {inner} through a tunnel"
    if found.is_multicast or found.is_unspecified or found.is_reserved or not found.is_global:
        return f"{address} is not a public address"
    if found.version == 6 and found not in _IPV6_PUBLIC:  # noqa: PLR2004 - the protocol's number
        return f"{address} is not a public address"
    if any(found in net for net in _RESERVED if net.version == found.version):
        return f"{address} is reserved"
    return None


def exempt(address: str) -> str | None:
    """Why this address may not be connected to even for a pair that the operator allowed; None where it may.

    Private and loopback addresses are what an exemption is for. Link-local ones (metadata services), multicast and the
    unspecified address stay refused for names; who needs one of them allows the literal itself.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_link_local or found.is_multicast or found.is_unspecified:
        return f"{address} is no address for an allowed name"
    return None


def allowed_pairs(texts: Iterable[str]) -> frozenset[Pair]:
    """The `host:port` pairs of `allow_private_hosts` ("forum.lan:8080", "[fd00::1]:80") as the guard compares them.

    Raises:
        ValueError: a text is not `host:port`; says which.
    """
    pairs = set()
    for text in texts:
        host, colon, port = text.strip().rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536 or set(host) & set("/@?#* "):  # noqa: PLR2004
            raise ValueError(f"{text!r} is not host:port")
        if (":" in host) != (host.startswith("[") and host.endswith("]")):
            raise ValueError(f"{text!r}: an IPv6 address stands in brackets")
        pairs.add((host_key(host), int(port)))
    return frozenset(pairs)


def host_key(host: str) -> str:
    """One spelling of a host: lower case, no brackets, no last dot, an IP literal in its short form."""
    host = host.strip("[]").lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def judge(host: str, port: int, address: str, allow: frozenset[Pair]) -> str | None:
    """Why a connection to `address`, looked up for `host:port`, is refused; None where it may be made. Pure.

    A pair in `allow` exempts what that very host resolves to, for that very port, and nothing else.
    """
    if (host_key(host), port) not in allow:
        return refusal(address)
    return None if host_key(host) == host_key(address) else exempt(address)


def address_rule(host: str, port: int, allow: frozenset[Pair] = frozenset()) -> None:
    """Refuse a host that resolves to any address we may not talk to, for libraries that open their own sockets (SMTP, IMAP).

    Looks the name up, so it blocks: call it in a thread, right before the connection. A library that takes an address should be given
    one of `permitted_addresses`, which leaves no gap between the check and the connection.

    Raises:
        AddressRefused: one of the addresses is private, local or reserved, and `host:port` is not in `allow`.
        OSError: the name cannot be looked up.
    """
    permitted_addresses(host, port, allow)


def permitted_addresses(host: str, port: int, allow: frozenset[Pair] = frozenset()) -> tuple[str, ...]:
    """The addresses of `host`, all of them allowed; errors as for `address_rule`. Blocks while the name is looked up."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise AddressRefused(host, "not a host name") from error
    addresses = tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    for address in addresses:
        reason = judge(host, port, address, allow)
        if reason is not None:
            raise AddressRefused(host, reason)
    return addresses


def connected(host: str, port: int, allow: frozenset[Pair] = frozenset(), *, timeout_s: float) -> socket.socket:
    """A socket to the first address of `host` that takes a connection, for libraries that go on from there. Blocks: call it in a thread.

    Args:
        host: looked up here, once; each address is judged before any is connected to.
        port: where.
        allow: pairs exempt from the rule.
        timeout_s: for each address, in seconds; the socket keeps none.

    Raises:
        AddressRefused: as `permitted_addresses`.
        OSError: the name cannot be looked up, or nobody answers.
    """
    trouble = OSError("no address")
    for address in permitted_addresses(host, port, allow):
        try:
            found = socket.create_connection((address, port), timeout_s)
        except OSError as error:
            trouble = error
        else:
            found.setblocking(False)
            return found
    raise trouble


def known_refusal(host: str, port: int, allow: frozenset[Pair] = frozenset()) -> str | None:
    """Why `host:port` will be refused, as far as that is known without a lookup (a literal, "localhost"); None where it may go. Pure."""
    literal = "127.0.0.1" if host_key(host) == "localhost" else host_key(host)
    try:
        ipaddress.ip_address(literal.partition("%")[0])
    except ValueError:
        return None
    return judge(host, port, literal, allow)


def _carried(address: Address) -> str | None:
    """The IPv4 address inside a 6to4, Teredo or NAT64 one; such tunnels are refused whatever they carry."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.sixtofour is not None:
        return str(address.sixtofour)
    if address.teredo is not None:
        return str(address.teredo[1])
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return None
