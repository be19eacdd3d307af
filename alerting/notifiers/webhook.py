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
from alerting.posting import is_fine, post, refused
from core.http import Fetcher

LIMITS = Limits()

PREFIX = "whsec_"


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
        answer = await post(
            self._http, self._url.get_secret_value(), place=self._place, body=body, headers=self._headers(message, at, body)
        )
        if is_fine(answer):
            return Receipt(detail=f"status {answer.status}")
        raise refused(self._place, answer.status, wait_s=answer.retry_after_s)

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
