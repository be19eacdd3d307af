"""What the console signs for its own pages: the token of a form, and the answer that the next page shows."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from core.records import Words

FORM_LIVES: Final = timedelta(hours=12)  # a page stands open for a whole shift
ANSWER_LIVES: Final = timedelta(minutes=2)
T = TypeVar("T")


class Forms:
    """Signs and reads what comes back from our own pages.

    Args:
        key: the installation's secret.
    """

    def __init__(self, key: str) -> None:
        self._tokens = URLSafeSerializer(key, salt="form")
        self._answers = URLSafeSerializer(key, salt="answer")

    def token(self, now: datetime) -> str:
        """What a form of ours carries; no other site can read one."""
        return str(self._tokens.dumps([secrets.token_urlsafe(8), int((now + FORM_LIVES).timestamp())]))

    def accepts(self, token: str, now: datetime) -> bool:
        """Whether a form of ours carried this token, not too long ago."""
        found = _read(self._tokens, token, tuple[str, int])
        return found is not None and now.timestamp() < found[1]

    def seal(self, answer: Words, now: datetime) -> str:
        """An answer, to be kept by the browser until the next page."""
        return str(self._answers.dumps([msgspec.to_builtins(answer), int((now + ANSWER_LIVES).timestamp())]))

    def unseal(self, sealed: str, now: datetime) -> Words | None:
        """The answer, or None where it is false or old."""
        found = _read(self._answers, sealed, tuple[Words, int])
        return found[0] if found is not None and now.timestamp() < found[1] else None


def _read(serializer: URLSafeSerializer, text: str, kind: type[T]) -> T | None:
    try:
        return msgspec.convert(serializer.loads(text), kind)
    except (BadData, msgspec.ValidationError):
        return None
