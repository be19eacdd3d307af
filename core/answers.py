"""What came back over HTTP: the answer, what its status means, how long it asks us to wait, and its body unpacked within limits. Pure."""

from __future__ import annotations

import email.utils
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable

MAX_RETRY_AFTER_S: Final = 6 * 3600.0
_PIECE: Final = 64 * 1024  # bytes unpacked at once
_OK, _REDIRECT, _NOT_MODIFIED = 200, 300, 304
_REJECTED = {401: "credentials refused (401)", 403: "access refused (403)", 410: "gone for good (410)"}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one fetch may cost.

    Times in seconds: `total_s` over all hops without waiting for a slot, `connect_s` with name lookup and TLS, `read_s` between two
    pieces. Sizes in bytes: `wire_bytes` as sent, `decoded_bytes` unpacked; beyond `ratio_after_bytes` an answer may not unpack to more than
    `ratio` times what was sent. `redirects` is how many are followed, `per_host` how many fetches run at once for one host.
    """

    total_s: float = 30.0
    connect_s: float = 5.0
    read_s: float = 10.0
    wire_bytes: int = 5_000_000
    decoded_bytes: int = 10_000_000
    ratio: int = 100
    ratio_after_bytes: int = 1_000_000
    redirects: int = 5
    per_host: int = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One HTTP answer.

    `headers` have lower-case names; a header sent twice is joined by ", ". `url` is the address that answered at last. `etag` and
    `modified` are validators to hand back next time. `retry_after_s` is how long the place asked us to wait (capped at 6 h).
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    etag: str | None = None
    modified: str | None = None
    retry_after_s: float | None = None
    elapsed_s: float = 0.0

    @property
    def not_modified(self) -> bool:
        """Whether the place says that nothing changed since our validators (304)."""
        return self.status == _NOT_MODIFIED


def check_status(answer: Answer, source: str) -> None:
    """Raise what a status means for a source; return for 2xx and 304.

    401 and 403 mean that somebody must mend credentials; 410 is the one status by which a place says "for good". All else may pass: feeds
    return 404 and come back to life. A 403 that names a time to wait is a rate limit, so it may pass too.

    Raises:
        SourceRejected: 401, 403 and 410.
        SourceUnavailable: any other; carries `retry_after_s`.
    """
    if _OK <= answer.status < _REDIRECT or answer.not_modified:
        return
    if answer.status in _REJECTED and answer.retry_after_s is None:
        raise SourceRejected(source, _REJECTED[answer.status])
    raise SourceUnavailable(source, f"answered with status {answer.status}", retry_after_s=answer.retry_after_s)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by the Retry-After header (a number of seconds or a date), 0 to 6 h; None where absent or unreadable.

    A date is measured from the answer's own Date header where there is one, since it is told by the same clock; else from `now`.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    until = _http_date(text)
    if until is None:
        return None
    since = _http_date(headers.get("date", "")) or now
    return min(max(0.0, (until - since).total_seconds()), MAX_RETRY_AFTER_S)


def redacted(url: str) -> str:
    """An address as errors and logs may show it: no user, password, query or fragment."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(an address that cannot be read)"
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path}{'?...' if parts.query else ''}"


class Unpacker:
    """Unpacks a body piece by piece and refuses one that grows beyond its limits, before it does.

    Args:
        encoding: the Content-Encoding header; gzip, deflate, identity or empty.
        limits: sizes and ratio.
        source: what errors name.

    Raises:
        SourceUnreadable: an encoding we did not ask for.
    """

    def __init__(self, encoding: str, limits: Limits, source: str) -> None:
        self._encoding = encoding.strip().lower()
        self._limits = limits
        self._source = source
        self._wire = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._zip: zlib._Decompress | None = None
        self._whole: int | None = None  # bytes that whole files before this one gave
        self._padding = False  # what follows the last file is none
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise SourceUnreadable(source, f"sent in an encoding we did not ask for ({self._encoding[:20]!r})")

    def feed(self, piece: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            SourceUnreadable: too large, unpacks to too much, or broken.
        """
        self._wire += len(piece)
        if self._wire > self._limits.wire_bytes:
            raise SourceUnreadable(self._source, f"larger than {self._limits.wire_bytes:,} bytes")
        if self._encoding in ("", "identity"):
            self._keep(piece)
            return
        while piece and not self._padding:
            piece = self._unpack(piece)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            SourceUnavailable: the compressed body ended early.
        """
        if self._zip is not None and not self._zip.eof and self._whole != self._size:
            raise SourceUnavailable(self._source, "its body was cut short")
        return b"".join(self._parts)

    def _unpack(self, piece: bytes) -> bytes:
        if self._zip is None or self._zip.eof:  # gzip files may stand one after the other
            self._whole = None if self._zip is None else self._size
            self._zip = zlib.decompressobj(self._window(piece[0]))
        try:
            decoded = self._zip.decompress(piece, _PIECE)
            self._keep(decoded)
            while len(decoded) == _PIECE and not self._zip.unconsumed_tail and not self._zip.eof:  # it may hold more than it took in
                decoded = self._zip.decompress(b"", _PIECE)
                self._keep(decoded)
        except zlib.error as error:
            if self._whole == self._size:
                self._padding = True
                return b""
            raise SourceUnreadable(self._source, "its compressed body is broken") from error
        return self._zip.unconsumed_tail or self._zip.unused_data

    def _window(self, first: int) -> int:
        if self._encoding != "deflate":
            return 16 + zlib.MAX_WBITS
        # "deflate" means a zlib stream, and many servers send a raw one all the same.
        return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS

    def _keep(self, decoded: bytes) -> None:
        self._size += len(decoded)
        if self._size > self._limits.decoded_bytes:
            raise SourceUnreadable(self._source, f"larger than {self._limits.decoded_bytes:,} bytes unpacked")
        if self._size > self._limits.ratio_after_bytes and self._size > self._limits.ratio * self._wire:
            raise SourceUnreadable(self._source, f"unpacks to more than {self._limits.ratio} times its size")
        self._parts.append(decoded)


def _http_date(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
