"""WebSub (W3C Recommendation, 23 January 2018): what is said between us and a hub. Pure.

Subscribing (section 5.1): a form sent to the hub. Verification of intent (5.3): the hub asks back by GET, and is answered with its own challenge.
Denial (5.2). Distribution (7.1): the hub posts the news, signed with our secret; what is not signed rightly is acknowledged and ignored.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from msgspec.structs import replace

from core.text import clean
from store.subscriptions import Subscription

LEASE: Final = timedelta(days=10)  # what we ask for; the hub decides
LONGEST_LEASE: Final = timedelta(days=90)  # a longer one is renewed all the same
SHORTEST_LEASE: Final = timedelta(minutes=5)
ASK_AGAIN: Final = timedelta(hours=1)  # where the hub did not verify what we asked
ASK_REFUSED_AGAIN: Final = timedelta(days=1)
FORGET_AFTER: Final = timedelta(days=1)  # where the hub does not verify that we go
ALGORITHMS: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
MAX_CHALLENGE_CHARS: Final = 2_000
MAX_REASON_CHARS: Final = 200
_MAX_DIGITS: Final = 9
_HOME: Final = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test", ".invalid", ".example")


def callback(base_url: str, token: str) -> str:
    """The address that the hub calls."""
    return f"{base_url.rstrip('/')}/hooks/websub/{token}"


def is_reachable(base_url: str) -> bool:
    """Whether a hub on the internet can call this address: https, and a host that is neither this machine's nor a house's own."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host:
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not f".{host}".endswith(_HOME)


def form(mode: Literal["subscribe", "unsubscribe"], subscription: Subscription, callback_url: str) -> bytes:
    """What is sent to the hub."""
    fields = {"hub.callback": callback_url, "hub.mode": mode, "hub.topic": subscription.topic_url}
    if mode == "subscribe":
        fields["hub.lease_seconds"] = str(int(LEASE.total_seconds()))
        if subscription.secret:
            fields["hub.secret"] = subscription.secret
    return urlencode(fields).encode()


def confirmed(subscription: Subscription, asked: Mapping[str, str], now: datetime) -> Subscription | None:
    """The subscription after the hub has asked whether we meant it; None where we did not (answer 404).

    Args:
        subscription: as it stands.
        asked: the query of the hub's GET: `hub.mode`, `hub.topic`, `hub.challenge`, `hub.lease_seconds`, `hub.reason`.
        now: when it came.
    """
    mode, challenge = asked.get("hub.mode"), asked.get("hub.challenge", "")
    if asked.get("hub.topic") != subscription.topic_url:
        return None
    if mode == "denied" and subscription.state != "leaving":
        reason = clean(asked.get("hub.reason", ""), MAX_REASON_CHARS) or "the hub gave no reason"
        return replace(subscription, state="refused", asked_at=now, lease_until=None, refused_because=reason)
    if not 0 < len(challenge) <= MAX_CHALLENGE_CHARS:
        return None
    if mode == "subscribe" and subscription.state in ("asked", "renewing"):
        lease = _lease(asked.get("hub.lease_seconds", ""))
        if lease is not None:
            return replace(subscription, state="active", asked_at=now, lease_until=now + lease, refused_because=None)
    return subscription if mode == "unsubscribe" and subscription.state == "leaving" else None


class Signature:
    """`X-Hub-Signature: METHOD=HEX`, checked piece by piece; a subscription without a secret has none to check.

    Args:
        header: as it came, empty where there is none.
        secret: ours.
    """

    def __init__(self, header: str, secret: str) -> None:
        method, _, self._given = header.strip().partition("=")
        method = method.lower()
        self._needed = bool(secret)
        self._made = hmac.new(secret.encode(), digestmod=method) if secret and method in ALGORITHMS else None

    def feed(self, piece: bytes) -> None:
        """Take in a piece of the body."""
        if self._made is not None:
            self._made.update(piece)

    @property
    def holds(self) -> bool:
        """Whether the whole body was signed with our secret."""
        if not self._needed:
            return True
        return self._made is not None and hmac.compare_digest(self._made.hexdigest().encode(), self._given.strip().lower().encode())


def ask_again_at(subscription: Subscription) -> datetime | None:
    """When to turn to the hub again: two thirds through the lease, an hour after a question without an answer, a day after a refusal."""
    asked_at, until = subscription.asked_at, subscription.lease_until
    if subscription.state == "active":
        return None if until is None else asked_at + (until - asked_at) * 2 / 3
    return asked_at + (ASK_REFUSED_AGAIN if subscription.state == "refused" else ASK_AGAIN)


def _lease(text: str) -> timedelta | None:
    if not (text.isascii() and text.isdigit()):
        return None
    seconds = int(text) if len(text) <= _MAX_DIGITS else int("9" * _MAX_DIGITS)
    return max(SHORTEST_LEASE, min(timedelta(seconds=seconds), LONGEST_LEASE))
