"""What the hooks of other monitors share: who may call, how loud an alarm is in our words, and its fields made fit."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from core.errors import SourceUnreadable
from core.records import Severity
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, words
from listener.pushed import WebhookRefused

MAX_ALARMS: Final = 1_000  # per message
MAX_SUMMARY_CHARS: Final = 300
LEAST_SECRET_CHARS: Final = 16
SEVERITIES: Final[dict[str, Severity]] = {
    **dict.fromkeys(("critical", "page", "emergency", "fatal", "disaster", "p1", "sev1"), "critical"),
    **dict.fromkeys(("error", "high", "major", "p2", "sev2"), "major"),
    **dict.fromkeys(("warning", "warn", "average", "medium", "minor", "ticket", "p3", "sev3"), "minor"),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none", "watch", "debug", "p4", "sev4"), "watch"),
}


def strong(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """The secrets, where each is long enough to guard a door.

    Raises:
        ValueError: one is too short.
    """
    if any(len(secret.get_secret_value()) < LEAST_SECRET_CHARS for secret in secrets):
        raise ValueError(f"must each have {LEAST_SECRET_CHARS} characters or more")
    return secrets


def admit(given: Iterable[str], secrets: Iterable[SecretStr]) -> None:
    """Let a message in where one of the words it gives is one of the secrets; all are compared, so that the time taken tells nothing.

    Raises:
        WebhookRefused: none is.
    """
    offered = [word.encode("utf-8", "replace") for word in given if word]
    fits = False
    for secret in secrets:
        for word in offered:
            fits |= hmac.compare_digest(word, secret.get_secret_value().encode())
    if not fits:
        raise WebhookRefused("the token is missing or not ours" if not offered else "the token is not ours")


def offered(headers: Mapping[str, str], *names: str) -> list[str]:
    """What a message shows at the door: the token or password of its Authorization header, and what stands in the headers of these names."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    scheme, _, rest = given.get("authorization", "").partition(" ")
    found = [given.get(name.lower(), "") for name in names]
    if scheme.lower() == "bearer":
        found.append(rest.strip())
    elif scheme.lower() == "basic":
        found.append(_password(rest.strip()))
    return found


def loudness(label: object, known: Mapping[str, Severity], otherwise: Severity) -> Severity:
    """A monitor's own word for how bad it is, in ours."""
    word = label.strip().lower() if isinstance(label, str) else ""
    return known.get(word) or SEVERITIES.get(word) or otherwise


def decoded(body: bytes, source: str) -> Any:
    """The JSON of a message.

    Raises:
        SourceUnreadable: it is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise SourceUnreadable(source, "the message is not valid JSON") from error


def named(text: object) -> str:
    """A name as shown."""
    return words(text, MAX_NAME_CHARS)


def summed_up(*texts: object) -> str:
    """The first of these that says anything, in one line."""
    return next((said for text in texts if (said := words(text, MAX_SUMMARY_CHARS))), "")


def linked(*urls: object) -> str | None:
    """The first of these that is a web address."""
    return next((link for url in urls if url and (link := web_link(url))), None)


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
