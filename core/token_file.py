"""OAuth tokens whose refresh token works once, in a file that its owner alone may read, shared by all who use the account.

An account gives an access token for hours, and with each a refresh token that works once (a Zalo Official Account: 25 hours and three months):
whoever loses it must log in again. So the file is locked while a token is exchanged, and can be written before the login is asked. The wings share
the file, never tokens of their own, or one would use up the other's. Neither token ever stands in the database.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from pydantic import SecretStr

from core.errors import AddressRefused, SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Answer, Fetcher, check_status
from core.tidy import clean

EARLY: Final = timedelta(minutes=10)  # before its end a token is exchanged
_LIFE_S: Final = 90_000.0  # 25 hours, where nobody says
_MAX_FILE_BYTES: Final = 20_000
_OTHERS: Final = 0o077
_MAX_REASON_CHARS: Final = 200


class Tokens(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the file holds, as JSON; at first a refresh token alone will do."""

    refresh_token: str
    access_token: str = ""
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at})"

    def is_good(self, now: datetime) -> bool:
        """Whether the access token still works for a while."""
        return (
            bool(self.access_token) and self.expires_at is not None and self.expires_at.tzinfo is not None and now + EARLY < self.expires_at
        )


class TokenFile:
    """One account's tokens.

    Args:
        path: of the file.
        source: whose errors they are.
        url: where tokens are exchanged (RFC 6749, section 6).
        form: sent beside the refresh token, the app's number for one.
        headers: sent with it; secret.
    """

    def __init__(self, path: Path, *, source: str, url: str, form: Mapping[str, str], headers: Mapping[str, SecretStr]) -> None:
        self._path = path
        self._source = source
        self._url = url
        self._form = dict(form)
        self._headers = dict(headers)

    async def access(self, http: Fetcher, now: datetime, *, refused: str | None = None) -> str:
        """An access token that works; exchanges tokens where the one in the file does not, or was `refused`.

        Raises:
            SourceRejected: the file cannot be used, or the refresh token is taken no more.
            SourceUnavailable, SourceUnreadable: the login cannot be reached, or another process exchanges at this moment.
        """
        tokens = self._read()
        if tokens.is_good(now) and tokens.access_token != refused:
            return tokens.access_token
        with self._locked() as spare:
            tokens = self._read()  # another process may have been first
            if tokens.is_good(now) and tokens.access_token != refused:
                return tokens.access_token
            fresh = await self._exchanged(http, tokens, now)
            self._write(spare, fresh)
            return fresh.access_token

    async def _exchanged(self, http: Fetcher, tokens: Tokens, now: datetime) -> Tokens:
        answer = await self._ask(http, {**self._form, "refresh_token": tokens.refresh_token, "grant_type": "refresh_token"})
        try:
            told = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = None
        if isinstance(told, dict) and told.get("error"):  # Zalo tells it in an answer of status 200
            words = clean(str(told.get("error_name") or told.get("error_description") or ""), _MAX_REASON_CHARS)
            why = f"the refresh token is taken no more ({told['error']}, {words}): log in again and put the new one into `tokens_file`"
            raise SourceRejected(self._source, why)
        check_status(answer, self._source)
        access, refresh = (told.get(name) if isinstance(told, dict) else None for name in ("access_token", "refresh_token"))
        if not isinstance(told, dict) or not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
            raise SourceUnreadable(self._source, "the login answered without tokens")
        return Tokens(refresh_token=refresh, access_token=access, expires_at=now + timedelta(seconds=_seconds(told.get("expires_in"))))

    async def _ask(self, http: Fetcher, form: Mapping[str, str]) -> Answer:
        headers = {name: value.get_secret_value() for name, value in self._headers.items()}
        headers["content-type"] = "application/x-www-form-urlencoded"
        failed: SourceError
        try:
            return await http.fetch(
                self._url, method="POST", headers=headers, body=urlencode(form).encode(), source=self._source, urgent=True
            )
        except AddressRefused:
            failed = SourceRejected(self._source, "the address of the login is not allowed")
        except SourceUnavailable as error:
            failed = SourceUnavailable(self._source, error.reason, retry_after_s=error.retry_after_s)
        except SourceError as error:
            failed = type(error)(self._source, error.reason)
        raise failed  # outside of the handlers, or the error would carry the one that it replaces, and with it what was sent

    def _read(self) -> Tokens:
        try:
            if self._path.stat().st_mode & _OTHERS:
                raise SourceRejected(self._source, "others may read `tokens_file`: chmod 600")
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(_MAX_FILE_BYTES), type=Tokens)
        except OSError as error:
            raise SourceRejected(self._source, f"`tokens_file` cannot be read ({type(error).__name__}): see its page") from error
        except (msgspec.DecodeError, msgspec.ValidationError):
            problem = SourceRejected(self._source, '`tokens_file` must hold {"refresh_token": "..."}')
        raise problem

    @contextmanager
    def _locked(self) -> Iterator[Path]:
        """Hold the file alone; gives a spare file beside it, already there, to be written and put in its place."""
        spare = self._path.with_name(f".{self._path.name}.new")
        with contextlib.ExitStack() as held:
            try:
                lock = held.enter_context(self._path.with_name(f".{self._path.name}.lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                spare.unlink(missing_ok=True)
                os.close(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except BlockingIOError as error:
                raise SourceUnavailable(self._source, "another process exchanges the tokens", retry_after_s=10.0) from error
            except OSError as error:
                raise SourceRejected(
                    self._source, f"`tokens_file` cannot be replaced ({type(error).__name__}): its folder must be writable"
                ) from error
            held.callback(spare.unlink, missing_ok=True)
            yield spare

    def _write(self, spare: Path, tokens: Tokens) -> None:
        with spare.open("wb") as file:
            file.write(msgspec.json.encode(tokens))
            file.flush()
            os.fsync(file.fileno())
        spare.replace(self._path)


def _seconds(told: Any) -> float:
    """How long a token lives; some write the number as text."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 10:  # noqa: PLR2004
        return float(told)
    return float(told) if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**9 else _LIFE_S
