"""Hacker News: posts and comments by words, or all new stories.

With `queries` it asks the HN Search API v1 (run by Algolia, no key, 10,000 requests an hour for one address; a query ends at 1,000 hits, so it
is read on by time). Without, it asks the official API v0 (Firebase, no key, no limit told): `newstories`, which holds the 500 newest, and each
story. Both are free, and neither sets terms on storage. Points and comments are read again as long as a post is among the newest 100 of its
list; what is gone from there is looked up, and deleted where the official API says deleted or dead. Cannot see: votes on comments, flags, and
edits or deletions of what is older; the search shows a post some seconds to minutes late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.http import Fetcher
from core.records import Mention
from listener.base import Now, Page, SourceUnavailable, SourceUnreadable, ask_json, web_link
from listener.hackernews import is_gone, read_hit, read_item
from listener.hnstories import Stories
from listener.lanes import (
    Found,
    Known,
    Lane,
    changed,
    digest,
    forget,
    keys_of,
    limit_of,
    missing,
    read_cursor,
    read_page,
    write_cursor,
)  # fmt: skip

PER_PAGE: Final = 100
PAGES: Final = 10  # of one query in one look
CHECKED: Final = 10  # vanished posts looked up for one query in one look
MAX_QUERIES: Final = 20
_STORIES: Final = "new stories"


class Options(BaseModel):
    """What the operator sets.

    `queries`: words to search for, each on its own; "quotes" hold a phrase together. None: all new stories. `comments`: whether comments are
    searched too. `api` and `firebase`: the addresses of the two APIs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    queries: tuple[str, ...] = Field(default=(), max_length=MAX_QUERIES)
    comments: bool = True
    api: str = "https://hn.algolia.com/api/v1"
    firebase: str = "https://hacker-news.firebaseio.com/v0"

    @field_validator("queries")
    @classmethod
    def _hold_words(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        if not all(query.strip() for query in queries):
            raise ValueError("a query must hold words; leave queries out to hear all new stories")
        return tuple(dict.fromkeys(query.strip() for query in queries))

    @field_validator("api", "firebase")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None:
            raise ValueError("must be an http or https address")
        return url.rstrip("/")


class Cursor(msgspec.Struct, frozen=True):
    """How far each query's list is read."""

    lanes: dict[str, Lane]


class Collector:
    """Polls Hacker News; arguments as the protocol says."""

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._http = http
        self._now = now
        self._limit = limit_of(len(options.queries))
        self._official = Stories(
            options.firebase, source_id=source_id, http=http, now=now, write=lambda lane: write_cursor(Cursor({_STORIES: lane}))
        )

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """The newest of each list, and what lies between that and the last look. Errors as the protocol says."""
        last = read_cursor(cursor, Cursor) or Cursor({})
        if not self._options.queries:
            async for page in self._official.read(last.lanes.get(_STORIES, Lane())):
                yield page
            return
        lanes = {query: last.lanes.get(query, Lane()) for query in self._options.queries}
        for query in self._options.queries:
            for turn in range(1, PAGES + 1):
                page = await self._look(query, lanes, last=turn == PAGES)
                yield page
                if not page.more:
                    break

    async def _look(self, query: str, lanes: dict[str, Lane], *, last: bool) -> Page:
        """The newest hits of a query, or those where its unfinished reading goes on; brings its lane forward."""
        lane = lanes[query]
        found, skipped, following = await self._hits(query, lane.after)
        fresh, deleted = changed(lane, found), list[str]()
        if not lane.after:
            there, deleted, settled = await self._vanished(missing(lane, found))
            fresh, lanes[query] = fresh + there, forget(lane, settled)
        lanes[query] = read_page(lanes[query], found, following, limit=self._limit)
        more = bool(lanes[query].after or lane.after)  # where an older reading has ended, the newest hits are due
        return Page(
            mentions=fresh,
            cursor=write_cursor(Cursor(lanes)),
            more=more and not last,
            skipped=skipped,
            problem="a hit without words" if skipped else None,
            deleted=keys_of(deleted),
            missed="capped" if more and last else None,
            unchanged=not fresh and not deleted,
        )

    async def _hits(self, query: str, after: str) -> tuple[list[Found], int, str | None]:
        """One page of hits, from `after` ("TIME MARK") downwards; how many could not be read; and where the list goes on."""
        until, _, below = after.partition(" ")
        answer, _ = await ask_json(
            self._http, f"{self._options.api}/search_by_date", source=self._source_id, params=self._params(query, until)
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("hits"), list):
            raise SourceUnreadable(self._source_id, "not an answer of the HN Search API")
        hits = [hit for hit in answer["hits"] if isinstance(hit, dict)]
        read = [read_hit(hit, source_id=self._source_id, seen_at=self._now()) for hit in hits]
        whole = [entry for entry in read if entry is not None]
        found = [entry for entry in whole if not below or entry.mark < below]
        following = _below(hits, found) if len(answer["hits"]) >= PER_PAGE else None
        return found, len(answer["hits"]) - len(whole), following

    def _params(self, query: str, until: str) -> dict[str, str | None]:
        return {
            "query": query,
            "tags": "(story,comment)" if self._options.comments else "story",
            "hitsPerPage": str(PER_PAGE),
            "advancedSyntax": "true",
            "typoTolerance": "false",
            "numericFilters": f"created_at_i<={until}" if until else None,
        }

    async def _vanished(self, gone: Mapping[str, Known]) -> tuple[tuple[Mention, ...], list[str], list[str]]:
        """Of known posts that a list no longer shows: those that are there and changed, the names of those deleted, and of all looked up."""
        there, deleted, settled = [], [], []
        for name in sorted(gone, key=lambda name: gone[name].mark)[-CHECKED:]:
            try:
                item = await self._official.item(gone[name].name)
            except (SourceUnavailable, SourceUnreadable):
                break  # the other API is in trouble; they are looked up next time
            settled.append(name)
            found = None if item is None else read_item(item, source_id=self._source_id, seen_at=self._now())
            if item is None or is_gone(item):
                deleted.append(name)
            elif found is not None and digest(found.mention) != gone[name].digest:
                there.append(found.mention)
        return tuple(there), deleted, settled


def _below(hits: list[dict[str, object]], found: list[Found]) -> str | None:
    times = [time for hit in hits if isinstance(time := hit.get("created_at_i"), int)]
    return f"{min(times)} {min(entry.mark for entry in found)}" if times and found else None
