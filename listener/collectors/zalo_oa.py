"""A Zalo Official Account of your own: what people write to it. OpenAPI of Zalo OA (https://developers.zalo.me/docs/official-account), pushed and polled.

Limits: told by Zalo per app and package (-32 where they are reached); ten messages a request. Reading is free within the account's package; some packages
have no API. Storage: Zalo's developer terms: for the service alone, deleted when the person asks (`tocsin erase`). What is pushed counts within seconds;
the poll finds what a push lost. Cannot see: groups and walls of persons, comments on the account's articles, who only reads,
deletions, messages before the app was linked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, check_status
from core.records import Mention
from core.token_file import TokenFile
from listener import zalo
from listener.base import Missed, Now, Page, web_link
from listener.platforms import call, records, said
from listener.zalo import Chat

POLLED: Final = True  # beside what is pushed: listener/pushed.py
TAKEN: Final = 200  # Zalo takes no other for success
API: Final = "https://openapi.zalo.me"
OAUTH: Final = "https://oauth.zaloapp.com"
COUNT: Final = 10  # messages a request, the most that Zalo gives
REQUESTS: Final = 40  # of one look
MAX_SEEN: Final = 500
_STALE: Final = frozenset({-216, -220, -124})  # the access token, not the account
_WAIT: Final = {-32: 60.0, -211: 3_600.0}  # seconds
_GONE: Final = {
    -204: "the account was deleted",
    -205: "there is no such account",
    -209: "the app may not use this interface: ask for the permission of managing messages",
    -219: "the app was removed or switched off",
    -221: "the account is not verified yet",
    -224: "the account's package has no API: upgrade it",
    -320: "the app must be linked to a Zalo Cloud account",
}


class Options(BaseModel):
    """What the operator sets.

    `app_id`, `secret_key`: of your app. `tokens_file`: where the account's tokens are kept (JSON, mode 600, rewritten here at each exchange). `oa_secret`: the account's
    secret key, by which pushes are checked. `tokens_file` (with `secret_key`) polls, `oa_secret` takes pushes; at least one of the two. `api`, `oauth`:
    Zalo's addresses.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    app_id: str = Field(pattern=r"^\d{1,30}$")
    secret_key: SecretStr | None = None
    tokens_file: Path | None = None
    oa_secret: SecretStr | None = None
    api: str = API
    oauth: str = OAUTH

    @property
    def is_pushed(self) -> bool:
        """Whether what Zalo pushes can be checked."""
        return self.oa_secret is not None

    @field_validator("app_id", mode="before")
    @classmethod
    def _is_text(cls, app_id: Any) -> Any:
        return str(app_id) if isinstance(app_id, int) and not isinstance(app_id, bool) else app_id

    @field_validator("secret_key", "oa_secret")
    @classmethod
    def _is_one_word(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not (
            secret.get_secret_value().isascii() and secret.get_secret_value().isprintable() and secret.get_secret_value()
        ):
            raise ValueError("must be the key as Zalo shows it")
        return secret

    @field_validator("api", "oauth")
    @classmethod
    def _is_web(cls, address: str) -> str:
        if web_link(address) is None:
            raise ValueError("must be an http or https address")
        return address.rstrip("/")

    @model_validator(mode="after")
    def _has_a_way(self) -> Self:
        if (self.tokens_file is None) != (self.secret_key is None):
            raise ValueError("tokens_file and secret_key go together")
        if self.tokens_file is None and self.oa_secret is None:
            raise ValueError("set tokens_file and secret_key (polled), or oa_secret (pushed), or all three")
        return self


class Cursor(msgspec.Struct):
    """For which app, the newest message that a finished look knew (milliseconds since 1970), and the ids heard last."""

    app_id: str
    newest: int = 0
    seen: list[str] = []


def receive(headers: Mapping[str, str], body: bytes, options: Options, *, source_id: str, now: datetime) -> Page:
    """What Zalo pushes: see `listener.zalo.receive`."""
    return zalo.receive(headers, body, app_id=options.app_id, secret=options.oa_secret, source_id=source_id, now=now)


class Batch(msgspec.Struct):
    """One answer: its messages, those of them that were not heard before, their page, and whether more may lie behind."""

    chats: list[Chat]
    fresh: list[Chat]
    page: Page
    full: bool

    def reaches(self, newest: int) -> bool:
        """Whether it goes back as far as the last look."""
        return not self.full or min((chat.time for chat in self.chats), default=0) < newest


class Collector:
    """Reads one account's conversations.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        self._tokens: TokenFile | None = None
        if options.tokens_file is not None and options.secret_key is not None:
            self._tokens = TokenFile(
                options.tokens_file,
                source=source_id,
                url=f"{options.oauth}/v4/oa/access_token",
                form={"app_id": options.app_id},
                headers={"secret_key": options.secret_key},
            )

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """The conversations in which something was said since the last look, and what was said in each; nothing where it is pushed alone.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.base.Collector`.
        """
        if self._tokens is None:
            return
        last = self._last(cursor)
        known = last or Cursor(self._options.app_id)
        self._left = REQUESTS
        newest, behind, people = known.newest, False, dict[str, None]()
        async for batch in self._recent(known):
            people |= dict.fromkeys(chat.person for chat in batch.fresh)
            newest = max([newest, *(chat.time for chat in batch.chats)])
            behind = not batch.reaches(known.newest)
            yield msgspec.structs.replace(batch.page, cursor=self._cursor(known), more=True)
        for person in people if last is not None else ():
            page, whole = await self._talk(person, known)
            behind |= not whole
            yield msgspec.structs.replace(page, cursor=self._cursor(known), more=True)
        missed: Missed | None = "capped" if behind and last is not None else None
        known.newest = known.newest if missed else newest  # what was left behind is asked for again
        yield Page(cursor=self._cursor(known), missed=missed)

    async def _recent(self, known: Cursor) -> AsyncIterator[Batch]:
        """The newest message of each conversation, newest first, down to what the last look knew."""
        for offset in range(0, COUNT * REQUESTS // 2, COUNT):
            batch = await self._ask("listrecentchat", {"offset": offset, "count": COUNT}, known)
            yield batch
            if batch.reaches(known.newest):
                return

    async def _talk(self, person: str, known: Cursor) -> tuple[Page, bool]:
        """What was said in one conversation since the last look, and whether that is all."""
        whole = Page()
        for offset in range(0, COUNT * REQUESTS, COUNT):
            if self._left <= 0:
                return whole, False
            told = {"user_id": int(person) if person.isascii() and person.isdigit() else person, "offset": offset, "count": COUNT}
            batch = await self._ask("conversation", told, known)
            mentions, skipped = whole.mentions + batch.page.mentions, whole.skipped + batch.page.skipped
            whole = Page(mentions=mentions, skipped=skipped, problem=whole.problem or batch.page.problem)
            if batch.reaches(known.newest):
                break
        return whole, True

    async def _ask(self, verb: str, data: dict[str, Any], known: Cursor) -> Batch:
        self._left -= 1
        told = await self._call(f"{self._options.api}/v2.0/oa/{verb}", msgspec.json.encode(data).decode())
        if not isinstance(told, list):
            raise SourceUnreadable(self._source_id, "its answer is none of Zalo's")
        chats, skipped, problem = records(told, Chat)
        seen = set(known.seen)
        fresh = [chat for chat in chats if chat.message_id not in seen and chat.time >= known.newest]
        found = [zalo.mention(chat, source_id=self._source_id, seen_at=self._now()) for chat in fresh]
        mentions: list[Mention] = list({each.key: each for each in found if each is not None}.values())
        known.seen = [*known.seen, *dict.fromkeys(chat.message_id for chat in fresh)][-MAX_SEEN:]
        page = Page(mentions=tuple(mentions), skipped=skipped, problem=problem)
        return Batch(chats, fresh, page, len(told) >= COUNT)

    async def _call(self, url: str, data: str) -> Any:
        """Zalo's `data`; a token that it takes no more is exchanged once."""
        refused: str | None = None
        for turn in range(2):
            assert self._tokens is not None
            token = await self._tokens.access(self._http, self._now(), refused=refused)
            told, answer = await call(self._http, url, source=self._source_id, params={"data": data}, headers={"access_token": token})
            code = told.get("error") if isinstance(told, dict) else None
            if code in _STALE and turn == 0:
                refused = token
                continue
            if isinstance(code, int) and code != 0:
                raise self._refusal(code, said(told.get("message")).replace(token, "..."))
            check_status(answer, self._source_id)
            return told.get("data") if isinstance(told, dict) else None
        raise AssertionError  # the second turn returns or raises

    def _refusal(self, code: int, words: str) -> SourceError:
        if code in _STALE:
            return SourceRejected(self._source_id, f"Zalo takes the access token no more ({code}): log in again and renew `tokens_file`")
        if code in _GONE:
            return SourceRejected(self._source_id, f"{_GONE[code]} ({code})")
        return SourceUnavailable(self._source_id, f"Zalo refused ({code}): {words}", retry_after_s=_WAIT.get(code))

    def _cursor(self, known: Cursor) -> str:
        return msgspec.json.encode(known).decode()

    def _last(self, cursor: str | None) -> Cursor | None:
        """What the cursor says; None where it cannot be read or is of another app."""
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return last if last.app_id == self._options.app_id and last.newest >= 0 else None
