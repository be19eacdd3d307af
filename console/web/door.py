"""Who may enter: the rules of the door, pure (rule 14).

Until users exist the console answers on loopback only. A peer on loopback is not enough: a page of any site can make a browser here ask for
`http://tocsin.evil.example/`, a name that its owner points at 127.0.0.1, so the Host header must be a name of this machine. A proxy that
speaks for others is no local peer either, whatever name it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

Who = Literal["anyone", "local"]
NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def may_enter(who: Who, peer: str | None, headers: Mapping[str, str], names: frozenset[str]) -> bool:
    """Whether a request may come in.

    Args:
        who: what the routes table says.
        peer: the address at the other end of the connection; None where there is none (a Unix socket).
        headers: the request's, in any case.
        names: what this machine is called, as from `local_names`.
    """
    if who == "anyone":
        return True
    if any(name in headers for name in _FORWARDED):
        return False
    return is_loopback(peer or "") and _host(headers.get("Host", "")) in names


def local_names(*addresses: str) -> frozenset[str]:
    """The names under which this machine may be asked for: the usual ones, and those of our own addresses that are loopback.

    Args:
        addresses: `console.listen` and `console.base_url`.
    """
    hosts = (_host(urlsplit(address).netloc if "//" in address else address) for address in addresses)
    return NAMES | {host for host in hosts if is_loopback(host) or host.endswith(".localhost")}


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a form was sent by a page of ours, as far as the browser tells.

    Our pages send no referrer, and so browsers name their origin "null"; then `Sec-Fetch-Site` decides. Where a browser says neither, the
    form's token alone has to hold.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin", "null")
    if site is not None and site != "same-origin":
        return False
    return origin == "null" or urlsplit(origin).netloc == headers.get("Host", "")


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _host(netloc: str) -> str:
    """Name without port and brackets, in small letters; empty where it cannot be read."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""
