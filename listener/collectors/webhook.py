"""Mentions pushed to us: `POST /hooks/SOURCE`, signed after Standard Webhooks (https://www.standardwebhooks.com).

Sees only what the sender sends; its silence says nothing of the place behind it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from core.errors import SourceUnreadable
from core.records import Mention
from listener.base import Page
from listener.pushed import PushedCollector, WebhookRefused
from listener.recorded import RecordError, read_record

TOLERANCE: Final = timedelta(minutes=5)  # of the sender's clock, either way
MAX_MENTIONS: Final = 1_000  # per message
_MAX_ID_CHARS: Final = 200
_MAX_SIGNATURES: Final = 20
_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = range(24, 65)


class Options(BaseModel):
    """What the operator sets.

    `secrets`: what senders sign with, each "whsec_" and the base64 of 24 to 64 random bytes; two while one is being replaced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: tuple[SecretStr, ...] = Field(min_length=1, max_length=5)

    @field_validator("secrets")
    @classmethod
    def _are_keys(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            if _key(secret.get_secret_value()) is None:
                raise ValueError("must each be whsec_ and the base64 of 24 to 64 bytes")
        return secrets

    def keys(self) -> tuple[str, ...]:
        """The secrets in clear, for `verify` alone."""
        return tuple(secret.get_secret_value() for secret in self.secrets)


Collector = PushedCollector


def receive(headers: Mapping[str, str], body: bytes, options: Options, *, source_id: str, now: datetime) -> Page:
    """The mentions of a message, once its signature fits.

    Raises:
        WebhookRefused: not signed, or not now.
        SourceUnreadable: none of its mentions can be read.
    """
    verify(headers, body, options.keys(), now)
    page = read(body, source_id=source_id, seen_at=now)
    if page.skipped and not page.mentions:
        raise SourceUnreadable(source_id, f"none of {page.skipped} mentions could be read: {page.problem}")
    return page


def message_id(headers: Mapping[str, str]) -> str:
    """What tells a message from its repetition: its `webhook-id`."""
    return next((value for name, value in headers.items() if name.lower() == "webhook-id"), "")


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime) -> str:
    """Check a message's signature and return its id, which the caller keeps for a day and refuses a second time.

    Args:
        headers: `webhook-id`, `webhook-timestamp` and `webhook-signature`, in any case.
        body: as it came, byte for byte.
        secrets: any of them may have signed.
        now: aware.

    Raises:
        WebhookRefused: a header is missing, the time is more than five minutes off, or no signature fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    name, sent, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not name or len(name) > _MAX_ID_CHARS or not name.isprintable():
        raise WebhookRefused("webhook-id is missing or not usable")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 11):  # noqa: PLR2004 - good until the year 5138
        raise WebhookRefused("webhook-timestamp is missing or not in seconds")
    if abs(datetime.fromtimestamp(int(sent), UTC) - now) > TOLERANCE:
        raise WebhookRefused("webhook-timestamp is more than five minutes off")
    expected = [sign(name, sent, body, secret) for secret in secrets]
    fits = False
    for signature in signatures.split()[:_MAX_SIGNATURES]:
        for ours in expected:  # all are compared, so that the time taken tells nothing
            fits |= hmac.compare_digest(signature.encode("utf-8", "replace"), ours.encode())
    if not fits:
        raise WebhookRefused("no signature fits")
    return name


def sign(message_id: str, timestamp: str, body: bytes, secret: str) -> str:
    """The signature of a message ("v1," and base64 of HMAC-SHA256 over id.timestamp.body).

    Raises:
        ValueError: the secret is not "whsec_" and base64.
    """
    key = _key(secret)
    if key is None:
        raise ValueError("the secret must be whsec_ and the base64 of 24 to 64 bytes")
    mac = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def read(body: bytes, *, source_id: str, seen_at: datetime) -> Page:
    """The mentions of a verified message.

    The body is a mention, a list of them, `{"mentions": [...]}`, or any of these under `data` as Standard Webhooks wraps it. What cannot be
    read is counted in `skipped`, the rest is kept.

    Raises:
        SourceUnreadable: not JSON, none of these shapes, or more than `MAX_MENTIONS`.
    """
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise SourceUnreadable(source_id, "the message is not valid JSON") from error
    if isinstance(found, dict) and isinstance(found.get("data"), (dict, list)):
        found = found["data"]
    if isinstance(found, dict):
        found = found.get("mentions", [found])
    if not isinstance(found, list):
        raise SourceUnreadable(source_id, "the message holds no mention and no list of them")
    if len(found) > MAX_MENTIONS:
        raise SourceUnreadable(source_id, f"the message holds more than {MAX_MENTIONS:,} mentions")
    mentions: list[Mention] = []
    problems: list[RecordError] = []
    for record in found:
        try:
            mentions.append(read_record(record, source_id=source_id, seen_at=seen_at, kind="webhook"))
        except RecordError as error:
            problems.append(error)
    return Page(mentions=tuple(mentions), skipped=len(problems), problem=str(problems[0]) if problems else None)


def _key(secret: str) -> bytes | None:
    if not secret.startswith(_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in _SECRET_BYTES else None
