"""How chats are talked to: post through the guarded session, and what the answer means for a delivery.

A notifier posts, looks at what the service says in its own words, and raises what `refused` makes of it. The classes are those of R6 of the house's
standard: a definite no (4xx, a name that cannot be looked up, a connection refused), ambiguous (5xx, a connection that broke after the request was
sent), rate-limited (429; its time to wait is obeyed up to 15 minutes).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator

from alerting.inert import inert
from core.errors import AddressRefused, DeliveryFailed, SourceError, SourceRejected, SourceUnavailable
from core.http import Answer, Fetcher, FetchFailed

MAX_WAIT_S: Final = 900.0  # of what a service may ask; a page that waits longer goes by another channel
MAX_SAID: Final = 160  # characters of a service's own words in an error
_FINE, _TOO_MANY, _BROKEN = range(200, 300), 429, 500
_PASSING = frozenset({408, 409, 423, 425, _TOO_MANY})  # statuses that may be another one next time


def _service(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError("write an address that begins with https://")
    return address.rstrip("/")


Service = Annotated[str, AfterValidator(_service)]  # where a service's API is; without a slash at its end


async def post(
    http: Fetcher,
    url: str,
    *,
    place: str,
    payload: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
) -> Answer:
    """Send a JSON payload, or a body as it is, once; returns whatever status came.

    Args:
        http: the guarded session.
        url: where to; it may hold a token, so no error tells it.
        place: what errors name instead ("telegram", "webhook host").
        payload: sent as JSON.
        body: sent as it is instead; `headers` say what it is.
        headers: lower-case names.
        method: POST, PUT or PATCH.

    Raises:
        DeliveryFailed: no answer came. Permanent where the address is forbidden, ambiguous where the request was sent.
    """
    if payload is not None:
        body = msgspec.json.encode(payload)
        headers = {"content-type": "application/json"} | dict(headers or {})
    try:
        return await http.fetch(url, method=method, body=body, headers=headers, source=place, urgent=True)
    except AddressRefused:
        failed = DeliveryFailed(f"{place}: the address is not allowed", permanent=True)
    except SourceError as error:
        # An answer that cannot be read is an answer all the same: the request did arrive.
        failed = DeliveryFailed(str(error), ambiguous=not isinstance(error, FetchFailed) or error.ambiguous)
    raise failed  # outside of the handlers, or the error would carry the one that it replaces, and a token with it


async def poll(http: Fetcher, url: str, payload: Any, *, source: str, wait_s: float) -> Answer:
    """Ask by a JSON payload what has come since, where the service may let us wait `wait_s` for it; returns whatever status came.

    Raises:
        SourceUnavailable, SourceUnreadable: no answer, or one that is too large.
        SourceRejected: the address is forbidden.
    """
    failed: SourceError
    headers = {"content-type": "application/json"}
    try:
        return await http.fetch(
            url, method="POST", body=msgspec.json.encode(payload), headers=headers, source=source, patience_s=wait_s + 1
        )
    except AddressRefused:
        failed = SourceRejected(source, "the address is not allowed")
    except SourceUnavailable as error:
        failed = SourceUnavailable(source, error.reason, retry_after_s=error.retry_after_s)
    except SourceError as error:
        failed = type(error)(source, error.reason)
    raise failed  # outside of the handlers, as above


def is_fine(answer: Answer) -> bool:
    """Whether the status is one of success."""
    return answer.status in _FINE


def told(answer: Answer) -> dict[str, Any]:
    """The JSON object that was answered; empty where it is none."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def said(text: object) -> str:
    """A service's own words about an error, fit for one line of ours; empty where they are no text."""
    return inert(text, MAX_SAID) if isinstance(text, str) else ""


def refused(place: str, status: int, *, wait_s: float | None = None, says: str = "") -> DeliveryFailed:
    """What a status other than success means (also one that a service tells in a 200).

    Args:
        place: what the error names.
        status: of HTTP.
        wait_s: how long the service asks us to wait, by header or body; None where it does not say.
        says: its own words, through `said`.
    """
    reason = f"{place} answered with status {status}" + (f": {says}" if says else "")
    wait = None if wait_s is None else min(max(0.0, wait_s), MAX_WAIT_S)
    passing = status in _PASSING or status >= _BROKEN
    broken = status >= _BROKEN
    return DeliveryFailed(reason, permanent=not passing, ambiguous=broken, answered=True, retry_after_s=wait)


def multipart(fields: Mapping[str, str], files: Mapping[str, tuple[str, str, bytes]]) -> tuple[bytes, dict[str, str]]:
    """A form with files (RFC 7578) and the header that says so.

    Args:
        fields: by name.
        files: by name: file name, content type, bytes.
    """
    mark = secrets.token_hex(16)
    parts = [f'--{mark}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode() for name, text in fields.items()]
    for name, (file, kind, content) in files.items():
        head = f'--{mark}\r\ncontent-disposition: form-data; name="{name}"; filename="{file}"\r\ncontent-type: {kind}\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), {"content-type": f"multipart/form-data; boundary={mark}"}
