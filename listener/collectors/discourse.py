"""Discourse: the posts of a forum, by the forum's own JSON (https://docs.discourse.org, as of Discourse 3 and 2026; older forums too).

Free of charge. The forum's limits hold: by default 60 requests a minute for one address, 200 for an API key; 429 names the time to wait.
Terms and deletion are the forum's own: what it deletes or hides while still on a page that we read leaves a tombstone. It cannot see
what the reader may not: private messages, closed categories (unless an API key may), whispers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any, Final, Self

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, check_status
from core.records import Mention
from listener.aside import aside
from listener.asking import Params
from listener.base import Now, Page, ask_json, web_link
from listener.discourse_posts import REGULAR, Forum, Post, Topic, numbered
from listener.entries import language_code
from listener.fields import items, mapping
from listener.walk import Heard, Seen, Walk, finished, turn

REMEMBERED: Final = 500
PER_PAGE: Final = 50  # posts; forums before 2024 give those of the 50 ids below instead
AT_ONCE: Final = 20  # posts asked for together
EVER: Final = 2**53  # beyond any id
WAITING: Final = 200  # hits of a search whose posts are still to be read
FORBIDDEN, MISSING, GONE_FOR_GOOD, TOO_MANY = 403, 404, 410, 429
GONE: Final = (FORBIDDEN, MISSING, GONE_FOR_GOOD)
REFUSED: Final = (*GONE, TOO_MANY)


class Options(BaseModel):
    """What the operator sets.

    `url`: the forum. `api_key`, `api_username`: for forums that are read by members alone. `posts`: whether all new posts are heard.
    `categories`: ids; where given, only their posts. `topics`: ids of topics watched closely. `search`: queries, in the forum's own language.
    `own_staff`: what its staff writes is the operator's own. `lang`: the language of its posts. `pages`: requests for each of these in one look.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    api_key: SecretStr | None = None
    api_username: str | None = None
    posts: bool = True
    categories: tuple[int, ...] = ()
    topics: tuple[int, ...] = Field(default=(), max_length=50)
    search: tuple[Annotated[str, Field(min_length=1, max_length=300)], ...] = Field(default=(), max_length=10)
    own_staff: bool = False
    lang: str | None = None
    pages: int = Field(default=10, ge=1, le=50)

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if web_link(url) is None or "?" in url:
            raise ValueError("must be the forum's http or https address")
        return url.rstrip("/")

    @field_validator("lang")
    @classmethod
    def _is_language(cls, lang: str | None) -> str | None:
        if lang is not None and language_code(lang) is None:
            raise ValueError('must be a language code such as "vi" or "en"')
        return language_code(lang)

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not (self.posts or self.topics or self.search):
            raise ValueError("needs posts, topics or a search")
        return self


class Cursor(msgspec.Struct, frozen=True):
    """How far each list was walked, by its name; ids of posts by "topic/number"; ids of hits still to be read, by query."""

    walks: dict[str, Walk] = {}
    numbers: dict[str, int] = {}
    waiting: dict[str, tuple[int, ...]] = {}


Step = tuple[Cursor, Page]


class Collector:
    """Polls the forum: all new posts, then each topic, then each search.

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
        self._forum = Forum(options.url, source_id, own_staff=options.own_staff, lang=options.lang)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """A page for each request or few. Errors as the protocol says."""
        last, options = self._last(cursor), self._options
        looks: list[Callable[[Cursor], AsyncIterator[Step]]] = [self._newest] if options.posts else []
        looks += [partial(self._topic, topic_id=topic_id) for topic_id in options.topics]
        looks += [partial(self._search, query=query) for query in options.search]
        for look in looks:
            async for step in look(last):
                last, page = step
                yield replace(page, cursor=_encode(last))

    async def _newest(self, last: Cursor) -> AsyncIterator[Step]:
        """All new posts, newest first, back to those heard before."""
        for asked in range(1, self._options.pages + 1):
            walk = last.walks.get("posts", Walk())
            found = await self._ask("/posts.json", {"before": walk.after})
            posts, skipped = self._forum.posts(mapping(found).get("latest_posts"))
            last, page = await aside(self._walked, last, posts, skipped, is_last=asked == self._options.pages)
            yield last, page
            if not page.more:
                return

    def _walked(self, last: Cursor, posts: list[Post], skipped: int, *, is_last: bool) -> Step:
        """Take in one page of new posts, and tell what should stand between its ends and does not."""
        walk, last = last.walks.get("posts", Walk()), _learn(last, posts)
        seen = Seen(walk.seen, limit=REMEMBERED)
        ids = {post.id for post in posts}
        high = EVER if walk.after is None else max(ids, default=0)
        missing = [int(native_id) for native_id in seen.between(min(ids, default=EVER), high) if int(native_id) not in ids]
        heard = [self._entry(post, last, walk) for post in posts] + [Heard(native_id=str(one), order=one, mention=None) for one in missing]
        heard.sort(key=lambda entry: entry.order, reverse=True)
        judged = turn(walk, heard, _below(walk, ids), limit=REMEMBERED)
        stopped = is_last and not judged.ended
        last = _with(last, "posts", finished(judged.walk, limit=REMEMBERED) if stopped else judged.walk)
        page = self._page(judged.news, judged.gone, skipped)
        return last, replace(page, more=not (judged.ended or stopped), missed="capped" if stopped and walk.mark is not None else None)

    def _entry(self, post: Post, last: Cursor, walk: Walk) -> Heard:
        """A post as an entry; one that we do not listen for (another category, a notice) has its place and no mention."""
        known = str(post.id) in walk.seen
        wanted = not self._options.categories or post.category_id in self._options.categories
        if post.post_type == REGULAR and (wanted or known):
            return self._forum.heard(post, last.numbers, self._now())
        return Heard(native_id=f"-{post.id}", order=post.id, mention=None)

    async def _topic(self, last: Cursor, topic_id: int) -> AsyncIterator[Step]:
        """One topic: its first posts and counters each time, its other posts when they are new, in their order."""
        found = await self._ask(f"/t/{topic_id}.json", {})
        topic, name = self._forum.topic(found), f"topic:{topic_id}"
        posts, skipped = self._forum.posts(mapping(mapping(found).get("post_stream")).get("posts"))
        walk = last.walks.get(name, Walk())
        there = set(topic.stream)
        gone = Seen(walk.seen, limit=REMEMBERED).between(0, EVER)
        missing = [Heard(native_id=one, order=int(one), mention=None) for one in gone if int(one) not in there]
        last, page = await aside(self._read_topic, last, name, topic, posts, missing)
        waiting = [one for one in topic.stream if one > (walk.mark or 0) and one not in {post.id for post in posts}]
        batches = [waiting[start : start + AT_ONCE] for start in range(0, len(waiting), AT_ONCE)]
        yield last, replace(page, skipped=skipped, more=bool(batches))
        for number, batch in enumerate(batches[: self._options.pages], start=1):
            found = await self._ask(f"/t/{topic_id}/posts.json", {"post_ids[]": batch})
            posts, skipped = self._forum.posts(mapping(mapping(found).get("post_stream")).get("posts"))
            last, page = await aside(self._read_topic, last, name, topic, posts, [], upto=batch[-1])
            more = number < len(batches)
            missed = "capped" if more and number == self._options.pages else None
            yield last, replace(page, skipped=skipped, more=more and missed is None, missed=missed)

    def _read_topic(
        self, last: Cursor, name: str, topic: Topic, posts: list[Post], missing: list[Heard], *, upto: int | None = None
    ) -> Step:
        """Take in some posts of a topic; all up to the id `upto` have been read with them."""
        walk, last = last.walks.get(name, Walk()), _learn(last, posts)
        seen = Seen(walk.seen, limit=REMEMBERED)
        heard = [self._forum.heard(post, last.numbers, self._now(), topic) for post in posts if post.post_type == REGULAR]
        news = seen.news(heard)
        gone = seen.gone(entry.native_id for entry in (*heard, *missing) if entry.mention is None)
        read = walk.mark if upto is None else upto
        return _with(last, name, Walk(mark=read, seen=seen.kept())), self._page(tuple(news), tuple(gone), 0)

    async def _search(self, last: Cursor, query: str) -> AsyncIterator[Step]:
        """Hits of a search; it shows their beginnings only, so each new one is read by itself."""
        name = f"search:{query}"
        walk = last.walks.get(name, Walk())
        found = mapping(await self._ask("/search.json", {"q": f"{query} order:latest"}))
        if not isinstance(found.get("grouped_search_result"), dict):
            raise SourceUnreadable(self._source_id, "not a search of a Discourse forum")
        hits = sorted(
            hit for post in items(found.get("posts")) if isinstance(hit := mapping(post).get("id"), int) and hit > (walk.mark or 0)
        )
        whole = walk.mark is None or len(hits) < PER_PAGE
        waiting = tuple(sorted({*last.waiting.get(name, ()), *hits}))[-WAITING:]
        last = replace(_with(last, name, replace(walk, mark=max([*hits, walk.mark or 0]))), waiting=last.waiting | {name: waiting})
        batch = waiting[:AT_ONCE]
        yield last, Page(cost=1.0, more=bool(batch), missed=None if whole else "capped")
        for hit in batch:
            last, page = await self._hit(last, name, hit)
            yield last, replace(page, more=hit != batch[-1])

    async def _hit(self, last: Cursor, name: str, hit: int) -> Step:
        """Read one hit; one that is gone by now is passed over."""
        found = await self._ask(f"/posts/{hit}.json", {}, may_be_gone=True)
        posts, skipped = self._forum.posts([] if found is None else [found])
        last, walk = _learn(last, posts), last.walks.get(name, Walk())
        seen = Seen(walk.seen, limit=REMEMBERED)
        news = seen.news(self._forum.heard(post, last.numbers, self._now()) for post in posts if post.post_type == REGULAR)
        waiting = tuple(one for one in last.waiting.get(name, ()) if one != hit)
        last = replace(_with(last, name, replace(walk, seen=seen.kept())), waiting=last.waiting | {name: waiting})
        return last, self._page(tuple(news), (), skipped)

    def _page(self, news: tuple[Mention, ...], gone: tuple[str, ...], skipped: int) -> Page:
        return Page(
            mentions=news,
            deleted=tuple(self._forum.key(native_id) for native_id in gone),
            skipped=skipped,
            problem="an entry that is no post" if skipped else None,
            cost=1.0,
        )

    async def _ask(self, path: str, params: Params, *, may_be_gone: bool = False) -> Any:
        headers = {} if self._options.api_key is None else {"api-key": self._options.api_key.get_secret_value()}
        if self._options.api_username is not None:
            headers["api-username"] = self._options.api_username
        url = f"{self._options.url}{path}"
        found, answer = await ask_json(self._http, url, source=self._source_id, params=params, headers=headers, judged=REFUSED)
        if may_be_gone and answer.status in GONE:
            return None
        wait_s = mapping(mapping(found).get("extras")).get("wait_seconds")
        if answer.status == TOO_MANY and isinstance(wait_s, int | float):
            raise SourceUnavailable(
                self._source_id, "too many requests (429)", retry_after_s=max(float(wait_s), answer.retry_after_s or 0.0)
            )
        if answer.status == FORBIDDEN and mapping(found).get("error_type") == "not_logged_in":
            raise SourceRejected(self._source_id, "read by members alone (403); give it an api_key")
        check_status(answer, self._source_id)
        return found

    def _last(self, cursor: str | None) -> Cursor:
        """What the cursor says of the lists that are still configured; an empty one where it cannot be read."""
        names = {"posts", *(f"topic:{one}" for one in self._options.topics), *(f"search:{query}" for query in self._options.search)}
        try:
            last = msgspec.json.decode(cursor or "", type=Cursor)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError):
            return Cursor()
        return replace(last, walks={name: walk for name, walk in last.walks.items() if name in names})


def _below(walk: Walk, ids: set[int]) -> str | None:
    """Where the next page begins: below this one; a forum of old may answer a stretch of 50 ids that is empty, so we step over it."""
    before = int(walk.after) if walk.after and walk.after.isdigit() else EVER
    below = min(ids, default=EVER)
    if below >= before:
        below = before - PER_PAGE if walk.mark is not None or ids else 0
    return str(below) if 1 < below < EVER and below > (walk.mark or 0) else None


def _learn(last: Cursor, posts: list[Post]) -> Cursor:
    """The cursor with the numbers of these posts, the newest kept."""
    known = last.numbers | numbered(posts)
    newest = sorted(known, key=lambda name: known[name])[-REMEMBERED:]
    return replace(last, numbers={name: known[name] for name in newest})


def _with(last: Cursor, name: str, walk: Walk) -> Cursor:
    return replace(last, walks=last.walks | {name: walk})


def _encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
