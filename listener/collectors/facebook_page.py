"""A Facebook page of your own: posts, comments, reviews, messages. Graph API v24 (https://developers.facebook.com/docs/graph-api), page token.

Limits: per page and hour by its activity (4,800 calls for each engaged person and day); told by usage headers, and obeyed. Costs nothing. Storage: Meta's Platform
Terms: only as long as the purpose needs it, deleted when a person or Meta asks (`tocsin erase`); a comment that is gone there loses its text here. Private
messages come only where `messages` says so. Cannot see: other pages, profiles, groups (Meta closed their API in 2024), who hides himself
(no author), comments older than the newest 50 of a post once they were read, posts older than `days`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from core.http import Fetcher
from core.records import Mention
from listener.base import Missed, Now, Page, Quota, web_link
from listener.facebook import COMMENT_FIELDS, POST_FIELDS, RATING_FIELDS, TALK_FIELDS, Comment, Comments, Paging, Post, Rating, Talk, Writer
from listener.facebook_known import Cursor, Known
from listener.facebook_pushed import challenge, receive
from listener.graph import Graph
from listener.platforms import records

__all__ = ["POLLED", "TAKEN", "Collector", "Options", "challenge", "receive"]

POLLED: Final = True  # beside what is pushed: listener/pushed.py
TAKEN: Final = 200
API: Final = "https://graph.facebook.com"
VERSION: Final = "v24.0"
REQUESTS: Final = 20  # of one look
POSTS: Final = 10  # a request
COMMENTS: Final = 100  # a request below one post
ALLOWANCE_LEFT: Final = 10.0  # percent; with less, a look stops after its newest page
_READ: Final = "pages_read_engagement and pages_read_user_content"


class Options(BaseModel):
    """What the operator sets.

    `page`: its id (digits). `token`: a page access token that does not expire. `app_secret`: of your app, for `appsecret_proof` and for what Meta pushes.
    `verify_token`: what you tell Meta when it first calls. `days`: how far back posts are read again for new comments. `ratings`, `messages`:
    reviews and private messages, where the app has the permission. `version`, `api`: of the Graph API.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    page: str = Field(pattern=r"^\d{1,30}$")
    token: SecretStr = Field(min_length=10)
    app_secret: SecretStr | None = None
    verify_token: SecretStr | None = None
    days: int = Field(default=7, ge=1, le=90)
    ratings: bool = False
    messages: bool = False
    version: str = Field(default=VERSION, pattern=r"^v\d{1,3}\.\d$")
    api: str = API

    @property
    def is_pushed(self) -> bool:
        """Whether what Meta pushes can be checked."""
        return self.app_secret is not None

    @field_validator("page", mode="before")
    @classmethod
    def _is_text(cls, page: Any) -> Any:
        return str(page) if isinstance(page, int) and not isinstance(page, bool) else page

    @field_validator("token")
    @classmethod
    def _is_one_word(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value().isascii() or not token.get_secret_value().isalnum():
            raise ValueError("must be an access token: letters and digits")
        return token

    @field_validator("api")
    @classmethod
    def _is_web(cls, api: str) -> str:
        if web_link(api) is None:
            raise ValueError("must be an http or https address")
        return api.rstrip("/")


class Collector:
    """Reads one page's edges, newest first, as far as something may have changed.

    Args:
        options: see `Options`.
        source_id: as configured.
        http: the guarded session.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher, now: Now) -> None:
        self._options = options
        self._source_id = source_id
        self._now = now
        api = f"{options.api}/{options.version}"
        self._graph = Graph(http, source=source_id, api=api, token=options.token, secret=options.app_secret)

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """The posts of the last `days` with their newest comments, a page a request; then reviews and messages where asked for.

        Raises:
            SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.base.Collector`.
        """
        known = Known(Cursor.read(cursor, self._options.page))
        look = _Look(self._options, self._source_id, self._now(), self._graph, known)
        async for page in look.posts():
            yield page
        if self._options.ratings:
            yield await look.ratings()
        if self._options.messages:
            yield await look.talks()


class _Look:
    """One look: what was asked so far, and what is known."""

    def __init__(self, options: Options, source_id: str, now: datetime, graph: Graph, known: Known) -> None:
        self._options = options
        self._now = now
        self._graph = graph
        self._known = known
        self._writer = Writer(source_id=source_id, page=options.page, seen_at=now)
        self._left = REQUESTS
        self._quota: Quota | None = None

    async def posts(self) -> AsyncIterator[Page]:
        """The feed, page by page; what is gone of it is told with the last page, where it was read to its end."""
        since, after, listed = self._now - timedelta(days=self._options.days), None, set[str]()
        while True:
            params = {"fields": POST_FIELDS, "limit": POSTS, "since": int(since.timestamp()), "after": after}
            told = await self._ask(f"{self._options.page}/feed", params, _READ)
            posts, skipped, problem = records(told["data"], Post)
            listed.update(post.id for post in posts)
            page, capped = await self._page(posts)
            after = _after(told)
            stops = after is None or self._left <= 0 or (self._quota is not None and self._quota.left < ALLOWANCE_LEFT)
            missed: Missed | None = "capped" if capped or (stops and after is not None) else None
            gone = self._known.posts_gone(listed, since) if after is None and not skipped else ()
            page = msgspec.structs.replace(
                page, deleted=page.deleted + gone, skipped=skipped, problem=problem, missed=missed, more=not stops
            )
            yield self._with_cursor(page)
            if stops:
                return

    async def ratings(self) -> Page:
        """The newest reviews."""
        told = await self._ask(f"{self._options.page}/ratings", {"fields": RATING_FIELDS, "limit": 100}, "pages_read_user_content")
        ratings, skipped, problem = records(told["data"], Rating)
        found = [self._writer.rating(rating) for rating in ratings]
        return self._with_cursor(Page(mentions=self._known.new_among(found), skipped=skipped, problem=problem))

    async def talks(self) -> Page:
        """The newest messages of the newest conversations."""
        params = {"fields": TALK_FIELDS, "limit": 25, "platform": "messenger"}
        told = await self._ask(f"{self._options.page}/conversations", params, "pages_messaging")
        talks, skipped, problem = records(told["data"], Talk)
        found = [self._writer.note(note) for talk in talks for note in talk.messages.data]
        return self._with_cursor(Page(mentions=self._known.new_among(found), skipped=skipped, problem=problem))

    async def _page(self, posts: list[Post]) -> tuple[Page, bool]:
        """The mentions of these posts and their comments; whether comments were left behind."""
        mentions: list[Mention] = []
        deleted: tuple[bytes, ...] = ()
        capped = False
        for post in posts:
            comments, left_behind = await self._comments(post)
            capped |= left_behind
            heard = self._writer.post(post)
            changed, gone = self._known.changed(post, heard, [self._writer.comment(comment, post.id) for comment in comments])
            mentions += changed
            deleted += gone
        return Page(mentions=tuple(mentions), deleted=deleted), capped

    async def _comments(self, post: Post) -> tuple[list[Comment], bool]:
        """A post's newest comments, further back while all of them are new; of a page's first look, the newest alone."""
        found, paging = list(post.comments.data), post.comments.paging
        while paging.next and paging.cursors.after and self._known.has_gap(post.id, found):
            if self._left <= 0:
                return found, True
            params = {"fields": COMMENT_FIELDS, "filter": "stream", "order": "reverse_chronological", "limit": COMMENTS}
            told = await self._ask(f"{post.id}/comments", {**params, "after": paging.cursors.after}, _READ)
            more = msgspec.convert({"data": records(told["data"], Comment)[0]}, Comments)
            found, paging = found + more.data, _paging(told)
        return found, False

    async def _ask(self, path: str, params: dict[str, Any], needs: str) -> dict[str, Any]:
        self._left -= 1
        told, quota = await self._graph.get(path, params, needs=needs, now=self._now)
        self._quota = quota or self._quota
        return told

    def _with_cursor(self, page: Page) -> Page:
        return msgspec.structs.replace(page, cursor=self._known.cursor(self._options.page), quota=self._quota)


def _paging(told: dict[str, Any]) -> Paging:
    try:
        return msgspec.convert(told.get("paging") or {}, Paging)
    except msgspec.ValidationError:
        return Paging()


def _after(told: dict[str, Any]) -> str | None:
    paging = _paging(told)
    return paging.cursors.after if paging.next else None
