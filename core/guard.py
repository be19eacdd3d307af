"""The address rule for a library that opens its own sockets and cannot be handed one (Apprise): judged by Python itself, as each socket connects.

Python tells its audit hooks of each `connect` before it happens; what a hook raises, the library gets. Sockets of event loops that are not
Python's own (uvloop) are not seen, so the library has to run in a thread.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from core.addresses import NO_ADDRESS, Pair, judge, permitted_addresses, refusal
from core.errors import AddressRefused

_OUTGOING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_guard: ContextVar[Guard | None] = ContextVar("_guard", default=None)
_hooked = False


class Guard:
    """What may be connected to, and what was refused (None until something was).

    Args:
        allow: pairs exempt from the rule, as what their names lead to.
    """

    def __init__(self, allow: frozenset[Pair]) -> None:
        self._allow = allow
        self.refused: str | None = None

    def check(self, host: str, port: int) -> None:
        """Refuse an address.

        Raises:
            PermissionError: it may not be connected to.
        """
        reason = refusal(host)
        if reason == NO_ADDRESS:
            reason = self._of_name(host, port)
        elif reason is not None and self._is_exempt(host, port):
            reason = None
        if reason is not None:
            self.refused = reason
            raise PermissionError(reason)

    def _is_exempt(self, address: str, port: int) -> bool:
        names = [name for name, at in self._allow if at == port]
        return any(judge(name, port, address, self._allow) is None and address in _led_to(name, port) for name in names)

    def _of_name(self, host: str, port: int) -> str | None:
        try:
            permitted_addresses(host, port, self._allow)
        except AddressRefused as error:
            return error.reason
        except OSError:
            return None  # a name that cannot be looked up leads nowhere
        return None


@contextmanager
def guarded_sockets(allow: frozenset[Pair]) -> Iterator[Guard]:
    """While inside, in this thread and in those that inherit its context, Python's sockets connect to permitted addresses alone."""
    global _hooked  # noqa: PLW0603 - a hook can be set but once, and never taken off
    if not _hooked:
        sys.addaudithook(_heard)
        _hooked = True
    guard = Guard(allow)
    mark = _guard.set(guard)
    try:
        yield guard
    finally:
        _guard.reset(mark)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event not in _OUTGOING:
        return
    guard, address = _guard.get(), args[1]
    if guard is not None and isinstance(address, tuple):  # a path is a socket of this machine
        guard.check(str(address[0]), int(address[1]))


def _led_to(name: str, port: int) -> set[str]:
    try:
        return {str(sockaddr[0]) for *_, sockaddr in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    except OSError:
        return set()
