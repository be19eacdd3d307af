"""Bluesky and the AT Protocol: every public post as it is written, a search, or chosen accounts.

`mode: jetstream` listens to Jetstream (version 1 of its JSON events, free, no account, some 25 posts a second of which only those with `words` or
of `dids` are kept); edits and deletions come as they happen, and a broken connection goes on where it was for about a day. `mode: search` asks
app.bsky.feed.searchPosts of an AppView with an app password (3,000 requests in five minutes; 300 log-ins a day, so that one session is kept in
memory). `mode: actors` lists the posts of accounts at their own servers, without any log-in. All are free. Terms: deleted posts must be deleted
here too. Cannot see: likes (search alone tells counters), handles (Jetstream and accounts given by DID tell none), private lists and messages,
posts without words, and posts that moderation hides from the search.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.http import Fetcher
from listener.atrepo import Home, Homes, Repos
from listener.atsearch import Search
from listener.atsession import Xrpc
from listener.base import Now, Page, web_link
from listener.firehose import Jetstream, Listening
from listener.lanes import Lane, read_cursor, write_cursor
from listener.words import MAX_WORDS, Sieve

Mode = Literal["jetstream", "search", "actors"]
MAX_DIDS: Final = 100
MAX_LISTS: Final = 20  # words searched for, or accounts read, by one source


class Options(BaseModel):
    """What the operator sets.

    `mode`: jetstream, search or actors. `words`: what to keep of the stream, or what to search for. `dids`: listen to these accounts alone
    (jetstream). `actors`: the accounts to read, by handle or DID. `reposts`: hear reposts too (jetstream, actors). `identifier`, `app_password`:
    whom to search as. `jetstream`, `service`, `plc`, `pds`: addresses of the stream, of the server to log in at and to resolve handles, of the
    directory of accounts, and of every account's server where that is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    mode: Mode = "jetstream"
    words: tuple[str, ...] = Field(default=(), max_length=MAX_WORDS)
    dids: tuple[str, ...] = Field(default=(), max_length=MAX_DIDS)
    actors: tuple[str, ...] = Field(default=(), max_length=MAX_LISTS)
    reposts: bool = False
    identifier: str | None = None
    app_password: SecretStr | None = None
    jetstream: str = "wss://jetstream2.us-east.bsky.network/subscribe"
    service: str = "https://bsky.social"
    plc: str = "https://plc.directory"
    pds: str | None = None

    @field_validator("service", "plc", "pds")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/") if url else None

    @field_validator("jetstream")
    @classmethod
    def _is_socket(cls, url: str) -> str:
        if not url.startswith(("wss://", "ws://")) or web_link(url.replace("ws", "http", 1)) is None:
            raise ValueError("must be a wss or ws address")
        return url

    @field_validator("words", "dids", "actors")
    @classmethod
    def _hold_something(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        if not all(one.strip() for one in listed):
            raise ValueError("must not hold an empty one")
        return tuple(dict.fromkeys(one.strip() for one in listed))

    @field_validator("actors")
    @classmethod
    def _are_handles_or_dids(cls, actors: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(actor if actor.startswith("did:") else actor.removeprefix("@").lower() for actor in actors))

    @field_validator("dids")
    @classmethod
    def _are_dids(cls, dids: tuple[str, ...]) -> tuple[str, ...]:
        if not all(did.startswith("did:") for did in dids):
            raise ValueError('must be DIDs such as "did:plc:..." (a handle is no DID)')
        return dids

    @model_validator(mode="after")
    def _know_what_to_hear(self) -> Self:
        if self.mode == "jetstream" and not self.words and not self.dids:
            raise ValueError("a stream of all posts must be sieved: give words or dids")
        if self.mode == "search" and not 0 < len(self.words) <= MAX_LISTS:
            raise ValueError(f"a search needs words, at most {MAX_LISTS}")
        if self.mode == "actors" and not self.actors:
            raise ValueError("give the actors to read, by handle or DID")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far the lists of a mode are read, and where accounts live."""

    mode: Mode
    lanes: dict[str, Lane]
    homes: dict[str, Home] = {}


class Collector:
    """Listens to Bluesky in one of three ways; arguments as the protocol says."""

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        homes = Homes(options.service, options.plc, options.pds)
        listening = Listening(options.jetstream, options.dids, Sieve(options.words), options.reposts)
        xrpc = Xrpc(options.service, source=source_id, http=http, identifier=options.identifier, password=options.app_password)
        self._stream = Jetstream(listening, source_id=source_id, http=http, now=now)
        self._search = Search(xrpc, source_id=source_id, now=now, write=self._write)
        self._repos = Repos(homes, reposts=options.reposts, source_id=source_id, http=http, now=now, write=self._write)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """Pages by the mode; those of a stream do not end. Errors as the protocol says."""
        async with aclosing(self._pages(cursor)) as pages:
            async for page in pages:
                yield page

    def _pages(self, cursor: str | None) -> AsyncGenerator[Page, None]:
        if self._options.mode == "jetstream":
            return self._stream.read(cursor)
        last = read_cursor(cursor, Cursor)
        if last is None or last.mode != self._options.mode:
            last = Cursor(self._options.mode, {})
        if self._options.mode == "search":
            return self._search.read({word: last.lanes.get(word, Lane()) for word in self._options.words})
        actors = self._options.actors
        homes = {actor: home for actor, home in last.homes.items() if actor in actors}
        return self._repos.read(actors, {name: lane for name, lane in last.lanes.items() if name.split(" ")[0] in actors}, homes)

    def _write(self, lanes: dict[str, Lane], homes: dict[str, Home] | None = None) -> str:
        return write_cursor(Cursor(self._options.mode, lanes, homes or {}))
