"""The kind `webhook`: an alert as signed JSON to an address of the operator's own.

The API is that of Standard Webhooks (https://www.standardwebhooks.com): headers `webhook-id`, `webhook-timestamp` (Unix seconds) and
`webhook-signature` ("v1," and the Base64 of HMAC-SHA256 over "id.timestamp.body"), body `{"type", "timestamp", "data"}`. The id and the
`Idempotency-Key` are the notification's key, so that a receiver drops a repeat. Limits: private addresses only where
`listener.allow_private_hosts` names them; no redirect to another host; answers are not read beyond their status.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from alerting.base import Limits, Message, Receipt
from core.errors import AddressRefused, DeliveryFailed, SourceError
from core.http import Fetcher, FetchFailed

LIMITS = Limits()

MAX_WAIT_S = 900.0  # of what a Retry-After may ask; a page that waits longer goes by another channel
PREFIX = "whsec_"
_FINE, _TOO_MANY, _BROKEN = range(200, 300), 429, 500
_PASSING = frozenset({408, 409, 423, 425, _TOO_MANY})  # statuses that may be another one next time


def _http_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write an address that begins with http:// or https://")
    return url


class Options(BaseModel):
    """`url` to post to; `secret` to sign with ("whsec_" and Base64 as in Standard Webhooks, or any text); without one nothing is signed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(_http_url)]
    secret: SecretStr | None = None

    @model_validator(mode="after")
    def _secret_reads(self) -> Self:
        if self.secret is not None:
            _key(self.secret)
        return self


class Notifier:
    """Posts one alert as one request."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._url = options.url
        self._key = None if options.secret is None else _key(options.secret)
        self._place = f"webhook {urlsplit(options.url.get_secret_value()).hostname}"
        self._http = http
        self._now = now

    async def send(self, message: Message) -> Receipt:
        """Post it.

        Raises:
            DeliveryFailed: permanent where the receiver refuses it (4xx) or the address is forbidden; ambiguous after a 5xx, or where the
                connection broke when the request had been sent.
        """
        at = self._now()
        body = msgspec.json.encode(
            {"type": f"incident.{message.kind}", "timestamp": at.astimezone(UTC).isoformat(), "data": _data(message)}
        )
        try:
            answer = await self._http.fetch(
                self._url.get_secret_value(),
                method="POST",
                body=body,
                headers=self._headers(message, at, body),
                source=self._place,
                urgent=True,
            )
        except AddressRefused:
            raise DeliveryFailed(f"{self._place}: the address is not allowed", permanent=True) from None
        except SourceError as error:
            raise _no_answer(error) from None
        if answer.status in _FINE:
            return Receipt(detail=f"status {answer.status}")
        raise _refused(self._place, answer.status, answer.retry_after_s)

    def _headers(self, message: Message, at: datetime, body: bytes) -> dict[str, str]:
        identity, seconds = f"msg_{message.idempotency_key}", str(int(at.timestamp()))
        headers = {
            "content-type": "application/json",
            "idempotency-key": message.idempotency_key,
            "webhook-id": identity,
            "webhook-timestamp": seconds,
        }
        if self._key is not None:
            signed = hmac.new(self._key, b".".join((identity.encode(), seconds.encode(), body)), hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
        return headers


def _data(message: Message) -> dict[str, Any]:
    return {
        "incident_id": message.incident_id,
        "severity": message.severity,
        "subject": message.subject,
        "text": message.body,
        "short": message.short,
        "link": message.link,
        "ack_code": message.ack_code,
        "language": message.language,
        "thread": message.thread_key,
        "possible_repeat": message.possible_repeat,
        "drill": message.drill,
    }


def _key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret that begins with whsec_ goes on in Base64") from error


def _no_answer(error: SourceError) -> DeliveryFailed:
    # An answer that cannot be read is an answer all the same: the request did arrive.
    return DeliveryFailed(str(error), ambiguous=not isinstance(error, FetchFailed) or error.ambiguous)


def _refused(place: str, status: int, retry_after_s: float | None) -> DeliveryFailed:
    wait = None if retry_after_s is None else min(retry_after_s, MAX_WAIT_S)
    passing = status in _PASSING or status >= _BROKEN
    return DeliveryFailed(f"{place} answered with status {status}", permanent=not passing, ambiguous=status >= _BROKEN, retry_after_s=wait)
