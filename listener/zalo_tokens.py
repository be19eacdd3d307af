"""The tokens of a Zalo Official Account, in a file that its owner alone may read.

Zalo gives an access token for 25 hours, and with each a refresh token that works once, within three months: whoever loses it must log in again. So
the file is locked while a token is exchanged, and can be written before Zalo is asked. Neither token ever stands in the database.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, check_status
from listener.platforms import call, said

EARLY: Final = timedelta(minutes=10)  # before its end a token is exchanged
_LIFE_S: Final = 90_000.0  # 25 hours, where Zalo does not say
_MAX_FILE_BYTES: Final = 20_000
_OTHERS: Final = 0o077


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
        oauth: the address of Zalo's login.
        app_id: of the app.
        secret: of the app.
    """

    def __init__(self, path: Path, *, source: str, oauth: str, app_id: str, secret: SecretStr) -> None:
        self._path = path
        self._source = source
        self._oauth = oauth
        self._app_id = app_id
        self._secret = secret

    async def access(self, http: Fetcher, now: datetime, *, refused: str | None = None) -> str:
        """An access token that works; exchanges tokens where the one in the file does not, or was `refused`.

        Raises:
            SourceRejected: the file cannot be used, or Zalo takes the refresh token no more.
            SourceUnavailable: Zalo cannot be reached, or another process exchanges at this moment.
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
        form = {"refresh_token": tokens.refresh_token, "app_id": self._app_id, "grant_type": "refresh_token"}
        headers = {"secret_key": self._secret.get_secret_value()}
        url = f"{self._oauth}/v4/oa/access_token"
        told, answer = await call(http, url, source=self._source, headers=headers, form=form)
        if isinstance(told, dict) and told.get("error"):
            words = said(told.get("error_name"))
            raise SourceRejected(
                self._source,
                f"Zalo takes the refresh token no more ({told['error']}, {words}): log in again and put the new one into `tokens_file`",
            )
        check_status(answer, self._source)
        access, refresh = (told.get(name) if isinstance(told, dict) else None for name in ("access_token", "refresh_token"))
        if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
            raise SourceUnreadable(self._source, "Zalo's login answered without tokens")
        return Tokens(refresh_token=refresh, access_token=access, expires_at=now + timedelta(seconds=_seconds(told.get("expires_in"))))

    def _read(self) -> Tokens:
        try:
            if self._path.stat().st_mode & _OTHERS:
                raise SourceRejected(self._source, "others may read `tokens_file`: chmod 600")
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(_MAX_FILE_BYTES), type=Tokens)
        except OSError as error:
            raise SourceRejected(
                self._source, f"`tokens_file` cannot be read ({type(error).__name__}): see the collector's page"
            ) from error
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
    """How long a token lives; Zalo writes the number as text."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 10:  # noqa: PLR2004
        return float(told)
    return float(told) if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**9 else _LIFE_S
