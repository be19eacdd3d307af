"""What was heard of a page before: posts and their newest comments by a digest, so that only what changed is told again. Kept in the cursor.

A comment that should stand among those read again, and does not, is gone at the source. Bounded: the newest posts, and of each the newest
comments; what falls out is neither told again nor missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from core.records import Mention
from listener.facebook import Comment, Post, digest, key, when

MAX_POSTS: Final = 100
MAX_COMMENTS: Final = 50  # of a post; as many as one request of a feed brings
MAX_OTHERS: Final = 500  # reviews and messages


class Heard(msgspec.Struct, array_like=True):
    """A mention: its digest, and when it was written (seconds since 1970; 0 where that is unknown)."""

    digest: str
    at: int = 0


class HeardPost(msgspec.Struct, array_like=True):
    """A post, its newest comments, and whether older ones fell out."""

    digest: str
    at: int = 0
    comments: dict[str, Heard] = {}
    more: bool = False


class Cursor(msgspec.Struct):
    """What stands in the cursor, for one page; `others` holds the digests of reviews and messages."""

    page: str
    posts: dict[str, HeardPost] = {}
    others: dict[str, str] = {}

    @classmethod
    def read(cls, text: str | None, page: str) -> Cursor | None:
        """What the cursor says; None where it cannot be read or is of another page."""
        try:
            cursor = msgspec.json.decode(text or "", type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return cursor if cursor.page == page else None


class Known:
    """What is known while one look goes on.

    Args:
        cursor: of the look before; None at the first one.
    """

    def __init__(self, cursor: Cursor | None) -> None:
        self._first = cursor is None
        self._posts = cursor.posts if cursor else {}
        self._others = cursor.others if cursor else {}

    def cursor(self, page: str) -> str:
        """What the next look goes on from."""
        newest = sorted(self._posts.items(), key=lambda item: item[1].at, reverse=True)[:MAX_POSTS]
        others = list(self._others.items())[-MAX_OTHERS:]
        return msgspec.json.encode(Cursor(page, dict(newest), dict(others))).decode()

    def has_gap(self, post: str, found: Sequence[Comment]) -> bool:
        """Whether comments may lie between those found (newest first) and those known."""
        if self._first or not found:
            return False
        known = self._posts.get(post)
        return (
            known is None or (not any(comment.id in known.comments for comment in found) and len(known.comments) > 0) or not known.comments
        )

    def changed(self, post: Post, heard: Mention | None, comments: Sequence[Mention | None]) -> tuple[list[Mention], tuple[bytes, ...]]:
        """Of a post and its comments as read now (newest first): what is new or changed, and the keys of comments that are gone."""
        before = self._posts.get(post.id, HeardPost(""))
        now = HeardPost(digest(heard) if heard else "", _seconds(when(post.created_time)))
        told = [heard] if heard is not None and now.digest != before.digest else []
        told += [mention for mention in comments if mention is not None and self._is_news(mention, before)]
        read = {comment.id: _seconds(when(comment.created_time)) for comment in post.comments.data}
        gone = self._gone(post, before, read)
        kept = {mention.native_id: Heard(digest(mention), _seconds(mention.published_at)) for mention in comments if mention is not None}
        newest = sorted(kept.items(), key=lambda item: item[1].at, reverse=True)
        if post.comments.summary.total_count is None:
            newest = list(before.comments.items())
        now.comments, now.more = dict(newest[:MAX_COMMENTS]), before.more or len(newest) > MAX_COMMENTS or bool(post.comments.paging.next)
        self._posts[post.id] = now
        return told, gone

    def _gone(self, post: Post, before: HeardPost, read: dict[str, int]) -> tuple[bytes, ...]:
        """Known comments that should stand among those read and do not; none where Meta told no comments at all."""
        if post.comments.summary.total_count is None:
            return ()
        reaches = min(read.values(), default=0) if post.comments.paging.next else 0
        return tuple(key(name) for name, known in before.comments.items() if name not in read and known.at > reaches)

    def posts_gone(self, listed: set[str], since: datetime) -> tuple[bytes, ...]:
        """Keys of posts written after `since` that the whole feed does not hold any more, and of their comments that were known."""
        names = [name for name, post in self._posts.items() if name not in listed and post.at > _seconds(since)]
        gone = [self._posts.pop(name) for name in names]
        return tuple(key(name) for name in names) + tuple(key(name) for post in gone for name in post.comments)

    def new_among(self, mentions: Sequence[Mention | None]) -> tuple[Mention, ...]:
        """Reviews and messages that are new or changed."""
        found = [mention for mention in mentions if mention is not None and self._others.get(mention.native_id) != digest(mention)]
        for mention in mentions:
            if mention is not None:
                self._others.pop(mention.native_id, None)  # to the end, where what is kept stands
                self._others[mention.native_id] = digest(mention)
        return tuple(found)

    def _is_news(self, mention: Mention, before: HeardPost) -> bool:
        known = before.comments.get(mention.native_id)
        if known is not None:
            return known.digest != digest(mention)
        oldest = min((heard.at for heard in before.comments.values()), default=0)
        return not (before.more and before.comments and _seconds(mention.published_at) < oldest)


def _seconds(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp())
