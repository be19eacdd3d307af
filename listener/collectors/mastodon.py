"""Mastodon and what speaks its API: hashtags, public timelines, search and accounts of one instance.

Whose API: the Mastodon API v1 and v2 (Mastodon 4; Pleroma, Akkoma and GoToSocial where they answer alike, which have no streams of this kind and often no
`search`). Free; 300 requests in five minutes for an account or address. Terms are the instance's own: read them. Only public and unlisted posts
are taken; posts of accounts that opted out of indexing (`noindex`) or say #nobot in their profile are left out unless you decide otherwise.
Cannot see: what the instance does not know of (other servers' posts that nobody here follows), followers-only and direct posts, local-only
posts, and edits or deletions of what is older than the newest 40 of a timeline (300 of a stream).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Final, Literal, Self
from urllib.parse import quote, urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.http import Fetcher
from listener.asking import Param
from listener.base import Now, Page, SourceRejected, web_link
from listener.fedistream import Stream
from listener.fediverse import Reading
from listener.lanes import Lane, read_cursor, write_cursor
from listener.timelines import Timeline, Timelines

MAX_LISTS: Final = 20
_PUBLIC: Final[dict[str, dict[str, Param]]] = {"public": {}, "local": {"local": True}, "remote": {"remote": True}}


class Options(BaseModel):
    """What the operator sets.

    `instance`: its address. `hashtags`: without "#". `public`: "local" (written here), "public" (all that the instance knows) or "remote". `search`: words,
    needs a token. `accounts`: whose posts and boosts to read. `token`: of an application, scope read. `streaming`: hear hashtags and the public
    timeline as they come. `streaming_api`: the streaming server's address, where the instance does not tell. `bots`: count posts of bots.
    `respect_opt_out`: leave out who wishes it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    instance: str
    hashtags: tuple[str, ...] = Field(default=(), max_length=MAX_LISTS)
    public: Literal["local", "public", "remote"] | None = None
    search: tuple[str, ...] = Field(default=(), max_length=MAX_LISTS)
    accounts: tuple[str, ...] = Field(default=(), max_length=MAX_LISTS)
    token: SecretStr | None = None
    streaming: bool = False
    streaming_api: str | None = None
    bots: bool = True
    respect_opt_out: bool = True

    @field_validator("instance", "streaming_api")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/") if url else None

    @field_validator("hashtags", "search", "accounts")
    @classmethod
    def _hold_something(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        bare = [one.strip().lstrip("#@").strip() for one in listed]
        if not all(bare):
            raise ValueError("must not hold an empty one")
        return tuple(dict.fromkeys(bare))

    @model_validator(mode="after")
    def _know_what_to_hear(self) -> Self:
        if not (self.hashtags or self.public or self.search or self.accounts):
            raise ValueError("give hashtags, public, search or accounts")
        if self.streaming and (self.search or self.accounts):
            raise ValueError("search and accounts cannot be streamed: make them a source of their own")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far each timeline is read, and the ids of accounts on this instance."""

    instance: str
    lanes: dict[str, Lane]
    accounts: dict[str, str] = {}


class Collector:
    """Listens to one instance; arguments as the protocol says."""

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._accounts: dict[str, str] = {}
        token = options.token.get_secret_value() if options.token else ""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._timelines = Timelines(
            options.instance, headers=headers, reading=self._reading, source_id=source_id, http=http, now=now, write=self._write
        )
        self._stream = Stream(self._timelines, options.streaming_api, headers=headers, source_id=source_id, http=http, write=self._write)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of each timeline, or those of a stream, which do not end. Errors as the protocol says."""
        if self._options.search and not self._options.token:
            raise SourceRejected(self._source_id, "a search needs a token: make an application on the instance with the scope read")
        last = read_cursor(cursor, Cursor)
        if last is None or last.instance != self._options.instance:
            last = Cursor(self._options.instance, {})
        self._accounts = dict(last.accounts)
        wanted = await self._wanted()
        lanes = {one.name: last.lanes.get(one.name, Lane()) for one in wanted}
        async with aclosing(self._pages(wanted, lanes)) as pages:
            async for page in pages:
                yield page

    def _pages(self, wanted: list[Timeline], lanes: dict[str, Lane]) -> AsyncGenerator[Page, None]:
        if self._options.streaming:
            return self._stream.read(wanted, lanes, self._options.instance)
        return self._timelines.read(wanted, lanes)

    async def _wanted(self) -> list[Timeline]:
        """The timelines to read; their names are those of the lanes."""
        options = self._options
        wanted = [Timeline(f"tag {tag}", f"/api/v1/timelines/tag/{quote(tag, safe='')}") for tag in options.hashtags]
        if options.public:
            wanted.append(Timeline(options.public, "/api/v1/timelines/public", _PUBLIC[options.public]))
        wanted += [
            Timeline(f"search {query}", "/api/v2/search", {"q": query, "type": "statuses"}, is_search=True) for query in options.search
        ]
        for handle in options.accounts:
            if handle not in self._accounts:
                self._accounts[handle] = await self._timelines.account_id(handle)
            wanted.append(Timeline(f"account {handle}", f"/api/v1/accounts/{quote(self._accounts[handle], safe='')}/statuses"))
        return wanted

    def _reading(self, now: datetime) -> Reading:
        parts = urlsplit(self._options.instance)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return Reading(source_id=self._source_id, seen_at=now, host=host, bots=self._options.bots, wishes=self._options.respect_opt_out)

    def _write(self, lanes: dict[str, Lane]) -> str:
        accounts = {handle: found for handle, found in self._accounts.items() if handle in self._options.accounts}
        return write_cursor(Cursor(self._options.instance, lanes, accounts))
