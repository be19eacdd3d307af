"""Search of Bluesky's posts through an AppView (app.bsky.feed.searchPosts)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from core.records import Mention
from listener.asking import Param
from listener.atproto import parts_of, read_author, read_counters, read_post
from listener.atsession import Xrpc
from listener.base import Page, SourceUnavailable, SourceUnreadable
from listener.fields import identity, items, mapping, moment
from listener.lanes import EMPTY, Found, Known, Lane, changed, digest, forget, keys_of, limit_of, missing, read_page

PER_PAGE: Final = 100
PAGES: Final = 10  # of one word in one look
CHECKED: Final = 25  # vanished posts looked up at once, the most that the platform allows


class Search:
    """Reads what is found for words, newest first.

    Args:
        xrpc: the server, with a session.
        source_id: as configured.
        now: tells when a post was seen (aware).
        write: makes a cursor of the lanes.
    """

    def __init__(self, xrpc: Xrpc, *, source_id: str, now: Callable[[], datetime], write: Callable[[dict[str, Lane]], str]) -> None:
        self._xrpc = xrpc
        self._source_id = source_id
        self._now = now
        self._write = write

    async def read(self, lanes: dict[str, Lane]) -> AsyncGenerator[Page, None]:
        """Pages that bring each lane up to the newest post that holds its word."""
        for word in lanes:
            for turn in range(1, PAGES + 1):
                page = await self._look(word, lanes, last=turn == PAGES)
                yield page
                if not page.more:
                    break

    async def _look(self, word: str, lanes: dict[str, Lane], *, last: bool) -> Page:
        lane = lanes[word]
        params: dict[str, Param] = {"q": word, "sort": "latest", "limit": PER_PAGE, "cursor": lane.after or None, "since": _since(lane)}
        answer, quota = await self._xrpc.query("app.bsky.feed.searchPosts", params)
        if not isinstance(answer.get("posts"), list):
            raise SourceUnreadable(self._source_id, "not an answer of a search for posts")
        views = [mapping(view) for view in answer["posts"]]
        found = [entry for view in views if (entry := self._read(view))]
        fresh, deleted = changed(lane, found), list[str]()
        if not lane.after:
            there, deleted, settled = await self._vanished(missing(lane, found))
            fresh, lanes[word] = fresh + there, forget(lane, settled)
        lanes[word] = read_page(lanes[word], found, identity(answer.get("cursor")), limit=limit_of(len(lanes)))
        more = bool(lanes[word].after or lane.after)
        skipped = sum(parts_of(view.get("uri")) is None for view in views)
        return Page(
            mentions=fresh,
            cursor=self._write(lanes),
            more=more and not last,
            skipped=skipped,
            problem="a post without an address" if skipped else None,
            deleted=keys_of(deleted),
            missed="capped" if more and last else None,
            unchanged=not fresh and not deleted,
            quota=quota,
        )

    async def _vanished(self, gone: Mapping[str, Known]) -> tuple[tuple[Mention, ...], list[str], list[str]]:
        """Of known posts that the search no longer shows: those that are there and changed, the names of those that are not, and of all looked up."""
        names = sorted(gone, key=lambda name: gone[name].mark)[-CHECKED:]
        if not names:
            return (), [], []
        try:
            answer, _ = await self._xrpc.query("app.bsky.feed.getPosts", {"uris": [gone[name].name for name in names]})
        except SourceUnavailable:
            return (), [], []  # they are looked up next time
        there = {entry.name: entry.mention for view in items(answer.get("posts")) if (entry := self._read(mapping(view)))}
        here = [(gone[name].digest, there[gone[name].name]) for name in names if gone[name].name in there]
        deleted = [name for name in names if gone[name].name not in there]
        return tuple(mention for was, mention in here if digest(mention) != was), deleted, names

    def _read(self, view: Mapping[str, Any]) -> Found | None:
        """A post as the AppView shows it; None where it has no words."""
        uri, indexed_at = view.get("uri"), moment(view.get("indexedAt"))
        parts = parts_of(uri)
        if not isinstance(uri, str) or parts is None:
            return None
        author = read_author(parts[0], mapping(view.get("author")))
        mention = read_post(uri, mapping(view.get("record")), source_id=self._source_id, seen_at=self._now(), author=author)
        if mention is None:
            return None
        times = [at for at in (indexed_at, mention.published_at) if at is not None]
        mark = f"{min(times, default=datetime.fromtimestamp(0, UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f} {parts[2]}"
        return Found(mark, uri, replace(mention, published_at=mention.published_at or indexed_at, engagement=read_counters(view)))


def _since(lane: Lane) -> str | None:
    """From when on to search: from where the last look ended, or from the oldest post whose counters and presence are watched."""
    oldest = min((was.mark for was in lane.known.values()), default=lane.mark)
    since = min(oldest, lane.mark)
    return f"{since[:23]}Z" if since > EMPTY else None
