"""One IMAP folder, read without leaving a trace: EXAMINE and BODY.PEEK, so nothing is marked as read, moved or deleted.

Blocking, for a thread. The connection goes to an address that the guard has judged, while the certificate is checked against the name; a
server may send no more than `MAX_LITERAL` at once. No error holds what the server says about a login, nor a library's error as its cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeVar

import msgspec
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import encode_folder
from pydantic import SecretStr

from core.addresses import Pair, permitted_addresses, refusal
from core.errors import AddressRefused, SourceError, SourceRejected, SourceUnavailable, SourceUnreadable

Security = Literal["tls", "starttls", "plain"]
_Result = TypeVar("_Result")
MAX_BYTES: Final = 2_000_000  # of one message that are fetched
MAX_LITERAL: Final = 8_000_000  # bytes that a server may send for one command
CONNECT_S: Final = 5.0
READ_S: Final = 10.0  # between two pieces
TURN_S: Final = 60.0  # for opening the folder, or for one page of messages
_PASSING = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.IGNORECASE)  # response codes of RFC 5530 that pass by themselves
_LOGIN_REFUSED: Final = "login refused: see `user` and `password` (many providers want an app password)"
_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (  # the first that fits
    (ssl.SSLCertVerificationError, "its certificate is not valid for this name"),
    (ssl.SSLError, "no secure connection can be made: see `security` and `port`"),
    (socket.gaierror, "its name cannot be looked up"),
    (TimeoutError, "no answer in time"),
)
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b", re.IGNORECASE)


class Place(msgspec.Struct, frozen=True):
    """Where the folder is, and how to get in."""

    source: str
    host: str
    port: int
    security: Security
    user: str
    password: SecretStr
    folder: str
    ca_file: Path | None = None


class Opened(msgspec.Struct, frozen=True):
    """The folder as it stands: its UIDVALIDITY, and the UIDs after the one asked from, in order."""

    validity: int
    uids: tuple[int, ...]


class Raw(msgspec.Struct, frozen=True):
    """A message as it came; `whole` is false where it is larger than what was fetched of it."""

    uid: int
    data: bytes
    whole: bool


class Mailbox:
    """A session with one server.

    Args:
        place: where and how.
        allow: `host:port` pairs exempt from the address guard.
    """

    def __init__(self, place: Place, allow: frozenset[Pair]) -> None:
        self._place = place
        self._allow = allow
        self._box: _Box | None = None
        self._stopped = False

    @property
    def source(self) -> str:
        """Whose folder it is, for errors."""
        return self._place.source

    def open(self, after: Callable[[int], int]) -> Opened:
        """Connect, log in, examine the folder.

        Args:
            after: given the UIDVALIDITY, the UID after which messages are wanted.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: see `_failed`.
        """
        return self._guarded(lambda: self._open(after))

    def read(self, uids: Sequence[int]) -> list[Raw]:
        """The messages of these UIDs, up to `MAX_BYTES` of each; those that are gone meanwhile are left out."""
        return self._guarded(lambda: [raw for uid in uids if (raw := self._fetch(uid)) is not None])

    def stop(self) -> None:
        """Break the connection from another thread, so that whoever waits for the server stops waiting."""
        self._stopped = True
        if self._box is not None:
            with contextlib.suppress(OSError):
                self._box.line.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Log out, as far as the server is still there."""
        if self._box is not None and not self._stopped:
            with contextlib.suppress(imaplib.IMAP4.error, ImapToolsError, OSError, ValueError):
                self._box.logout()
        if self._box is not None:
            with contextlib.suppress(OSError):
                self._box.line.shutdown()  # the socket, and the file that imaplib reads it by
            self._box = None

    def _open(self, after: Callable[[int], int]) -> Opened:
        self._box = box = self._connected()
        place = self._place
        password = place.password.get_secret_value()
        login = box.login if place.user.isascii() and password.isascii() else box.login_utf8
        login(place.user, password, initial_folder=None)
        kind, told = box.line.select(encode_folder(place.folder).decode("ascii"), readonly=True)
        if kind != "OK":
            self._no_folder(told)
        _, validity = box.line.response("UIDVALIDITY")
        if not validity or not validity[0]:
            raise SourceUnreadable(place.source, "the server tells no UIDVALIDITY")
        last = after(int(validity[0]))
        box.line.left = MAX_LITERAL
        found = (int(uid) for uid in box.uids(f"UID {last + 1}:*", charset=None))
        return Opened(int(validity[0]), tuple(sorted({uid for uid in found if uid > last})))  # "n:*" always names the last message

    def _no_folder(self, told: Any) -> NoReturn:
        words = told[0] if told and isinstance(told[0], bytes) else b""
        if _PASSING.search(words):
            raise SourceUnavailable(self._place.source, "the folder cannot be opened now")
        raise SourceRejected(self._place.source, "there is no such folder, or no right to read it: see `folder`")

    def _fetch(self, uid: int) -> Raw | None:
        if self._box is None:
            raise RuntimeError("a Mailbox is opened first")
        line = self._box.line
        line.left = MAX_LITERAL
        kind, told = line.uid("FETCH", str(uid), f"(UID RFC822.SIZE BODY.PEEK[]<0.{MAX_BYTES}>)")
        if kind != "OK":
            raise SourceUnavailable(self._place.source, "a message cannot be fetched")
        around = b" ".join(_pieces(told))
        data = next((item[1] for item in told if isinstance(item, tuple) and isinstance(item[1], bytes)), None)
        named, size = _UID.search(around), _SIZE.search(around)
        if data is None or named is None or int(named[1]) != uid:
            return None
        return Raw(uid, data, whole=size is None or int(size[1]) <= len(data))

    def _connected(self) -> _Box:
        place = self._place
        addresses = permitted_addresses(place.host, place.port, self._allow)
        if place.security == "plain" and any(refusal(address) is None for address in addresses):
            raise SourceRejected(place.source, "a password in clear goes to private hosts only: use `security: tls` or `starttls`")
        trouble: OSError = OSError()
        for address in addresses:
            try:
                return _Box(place, address)
            except ssl.SSLError:
                raise
            except (TimeoutError, ConnectionError, OSError) as error:
                trouble = error
        raise trouble

    def _guarded(self, act: Callable[[], _Result]) -> _Result:
        """Run, and turn whatever libraries raise into one of our errors, with nothing of theirs attached."""
        failed: SourceError
        try:
            return act()
        except SourceError as error:
            failed = type(error)(error.source, error.reason)
        except (ImapToolsError, imaplib.IMAP4.error, AddressRefused, OSError, ValueError, EOFError) as error:
            failed = self._failed(error)
        raise failed

    def _failed(self, error: Exception) -> SourceError:
        source = self._place.source
        if isinstance(error, AddressRefused):
            return SourceUnavailable(source, f"address refused: {error.reason} (see allow_private_hosts)")
        reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)
        if reason is not None:
            return SourceUnavailable(source, reason)
        if isinstance(error, MailboxLoginError) and _PASSING.search(b" ".join(_pieces(error.command_result[1]))):
            return SourceUnavailable(source, "the server takes no login now")
        if isinstance(error, MailboxLoginError):
            return SourceRejected(source, _LOGIN_REFUSED)
        return self._of_protocol(error)

    def _of_protocol(self, error: Exception) -> SourceError:
        source = self._place.source
        if isinstance(error, _TooMuch):
            return SourceUnreadable(source, f"sends more than {MAX_LITERAL:,} bytes at once")
        if isinstance(error, imaplib.IMAP4.abort) and "unexpected response" not in str(error):
            return SourceUnavailable(source, "the connection broke")
        if isinstance(error, OSError):
            return SourceUnavailable(source, "no connection can be made" if self._box is None else "the connection broke")
        if self._box is None or isinstance(error, imaplib.IMAP4.abort):
            return SourceUnreadable(source, "what answers there does not speak IMAP")
        if self._box.line.state == "NONAUTH":
            return SourceRejected(source, _LOGIN_REFUSED)
        return SourceUnavailable(source, "the server refuses a command")


async def in_time(box: Mailbox, act: Callable[[], _Result]) -> _Result:
    """Run in a thread, and break the connection where it takes too long: a thread cannot be cancelled.

    Raises:
        SourceUnavailable: no whole answer in `TURN_S` seconds; and whatever `act` raises.
    """
    try:
        async with asyncio.timeout(TURN_S):
            return await asyncio.to_thread(act)
    except TimeoutError as error:
        box.stop()
        raise SourceUnavailable(box.source, "no whole answer in time") from error
    except asyncio.CancelledError:
        box.stop()
        raise


class _TooMuch(ValueError):
    """More than we take in at once; none of imaplib's own errors, which it would wrap."""


class _Line(imaplib.IMAP4):
    """imaplib's client, connected to an address that was judged before, and with a measure."""

    def __init__(self, place: Place, address: str) -> None:
        self._at = (address, place.port)
        self._secure = context(place) if place.security == "tls" else None
        self.left = MAX_LITERAL
        super().__init__(place.host, place.port, timeout=CONNECT_S)
        if place.security == "starttls":
            self.starttls(context(place))
        self.sock.settimeout(READ_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = socket.create_connection(self._at, timeout)
        return sock if self._secure is None else self._secure.wrap_socket(sock, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        if size > self.left:
            raise _TooMuch
        self.left -= size
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self.left -= len(line)
        if self.left < 0:
            raise _TooMuch
        return line


class _Box(BaseMailBox):
    """imap-tools over that client."""

    def __init__(self, place: Place, address: str) -> None:
        self.line = _Line(place, address)
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self.line


def context(place: Place) -> ssl.SSLContext:
    """TLS 1.2 or newer, the name checked, the operator's own authority trusted where he names one."""
    made = ssl.create_default_context(cafile=None if place.ca_file is None else str(place.ca_file))
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _pieces(told: Any) -> Iterator[bytes]:
    for item in told or ():
        if isinstance(item, bytes):
            yield item
        elif isinstance(item, tuple) and item and isinstance(item[0], bytes):
            yield item[0]
