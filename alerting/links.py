"""Acknowledgement links: signed, for one person and one incident, 24 hours long; and the single-use nonces of the page behind them (A1, A2).

A link names a notification by 128 random bits. The signature keeps anybody from trying others; the row says whose it is, and loses it when
the incident is resolved or given to somebody else. Opening a link changes nothing: only the page's button does, once, with its nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from store import facts
from store.database import Tx

LINK_LIVES: Final = timedelta(hours=24)
NONCE_LIVES: Final = timedelta(hours=1)
KEY_BYTES: Final = 32


class Signer:
    """Signs and reads links and nonces.

    Args:
        key: the installation's secret.
    """

    def __init__(self, key: str) -> None:
        self._links = URLSafeSerializer(key, salt="link")
        self._nonces = URLSafeSerializer(key, salt="nonce")
        self._seals = hashlib.sha256(f"seal/{key}".encode()).digest()
        self._calendars = URLSafeSerializer(key, salt="on-call")

    def link(self, link_id: str, now: datetime) -> str:
        """The token that stands in a message's address."""
        return _text(self._links.dumps([link_id, int((now + LINK_LIVES).timestamp())]))

    def read_link(self, token: str, now: datetime) -> str | None:
        """The link's id, or None where the token is false or too old."""
        return _read(self._links, token, now)

    def nonce(self, link_id: str, now: datetime) -> str:
        """What the page's button sends back; nothing is stored until it is spent."""
        subject = f"{link_id}.{secrets.token_urlsafe(12)}"
        return _text(self._nonces.dumps([subject, int((now + NONCE_LIVES).timestamp())]))

    def spends(self, nonce: str, link_id: str, now: datetime) -> str | None:
        """The digest under which the nonce is spent, or None where it is false, too old, or another page's."""
        subject = _read(self._nonces, nonce, now)
        if subject is None or subject.rpartition(".")[0] != link_id:
            return None
        return hashlib.sha256(nonce.encode()).hexdigest()

    def calendar(self, person: str) -> str:
        """The token in the address of a person's own calendar of shifts; it lasts as long as the person is configured."""
        return _text(self._calendars.dumps(person))

    def read_calendar(self, token: str) -> str | None:
        """Whose calendar it is, or None where the token is false."""
        try:
            return msgspec.convert(self._calendars.loads(token), str)
        except (BadData, msgspec.ValidationError):
            return None

    def seal(self, thread_key: str, person: str) -> str:
        """What only our messages of this thread to this person bear (128 bits of a keyed digest, hex)."""
        return hmac.new(self._seals, f"{thread_key}/{person}".encode(), hashlib.sha256).hexdigest()[:32]


def installation_key(tx: Tx, now: datetime) -> str:
    """The installation's signing key, made at the first start and shared by all its processes."""
    return str(facts.ensure(tx, "signing-key", secrets.token_urlsafe(KEY_BYTES), now))


def _read(serializer: URLSafeSerializer, token: str, now: datetime) -> str | None:
    try:
        subject, expires = msgspec.convert(serializer.loads(token), tuple[str, int])
    except (BadData, msgspec.ValidationError):
        return None
    return subject if now.timestamp() < expires else None


def _text(token: str | bytes) -> str:
    return token if isinstance(token, str) else token.decode()
