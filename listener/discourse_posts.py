"""Posts of a Discourse forum, as its JSON has them, as mentions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from core.errors import SourceUnreadable
from core.records import Author, Engagement, Mention
from core.text import canonical_url, clean, mention_key
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS
from listener.fields import count, mapping, moment
from listener.quotes import own_words
from listener.walk import Heard

REGULAR: Final = 1  # a post; others are moderators' actions, small notices and whispers
LIKE: Final = 2  # the kind of action that a like is
OPENER: Final = 1  # the number of the post that opens a topic


class Action(msgspec.Struct, frozen=True):
    """How often something was done to a post."""

    id: int
    count: int | None = None


class Post(msgspec.Struct, frozen=True):
    """What we read of a post."""

    id: int
    topic_id: int
    post_number: int
    created_at: str
    username: str | None = None
    name: str | None = None
    cooked: str = ""
    post_type: int = REGULAR
    updated_at: str | None = None
    version: int = 1
    reply_to_post_number: int | None = None
    reply_count: int | None = None
    reads: int | None = None
    topic_title: str | None = None
    topic_slug: str | None = None
    category_id: int | None = None
    actions_summary: list[Action] = []
    staff: bool | None = None
    hidden: bool | None = None
    user_deleted: bool | None = None
    deleted_at: str | None = None
    accepted_answer: bool | None = None


class Topic(msgspec.Struct, frozen=True):
    """What we read of a topic: the ids of its posts in order, and its counters."""

    id: int
    stream: tuple[int, ...]
    title: str = ""
    slug: str = ""
    category_id: int | None = None
    views: int | None = None
    posts_count: int | None = None


class Forum:
    """Makes mentions of one forum's posts.

    Args:
        url: the forum's address, with its subfolder where it has one.
        source_id: as configured.
        own_staff: whether what its staff writes is the operator's own.
        lang: the language of its posts, where known.
    """

    def __init__(self, url: str, source_id: str, *, own_staff: bool, lang: str | None) -> None:
        self._url = url
        self._source_id = source_id
        self._own_staff = own_staff
        self._lang = lang
        self.authority = canonical_url(url)
        self._host = urlsplit(url).hostname or url

    def posts(self, found: object) -> tuple[list[Post], int]:
        """The posts of a list, and how many entries could not be read.

        Raises:
            SourceUnreadable: it is no list.
        """
        if not isinstance(found, list):
            raise SourceUnreadable(self._source_id, "not posts of a Discourse forum")
        read = [post for entry in found if (post := _post(entry)) is not None]
        return read, len(found) - len(read)

    def topic(self, found: Any) -> Topic:
        """A topic as its page has it.

        Raises:
            SourceUnreadable: it is none.
        """
        stream = mapping(mapping(found).get("post_stream")).get("stream")
        try:
            return msgspec.convert({**mapping(found), "stream": stream}, Topic)
        except msgspec.ValidationError as error:
            raise SourceUnreadable(self._source_id, "not a topic of a Discourse forum") from error

    def key(self, native_id: str) -> bytes:
        """The identity of a post."""
        return mention_key("discourse", self.authority, native_id)

    def heard(self, post: Post, numbers: Mapping[str, int], seen_at: datetime, topic: Topic | None = None) -> Heard:
        """A post as an entry of a walk; the mention is None where it was deleted, or hidden for having been flagged."""
        is_gone = bool(post.hidden or post.user_deleted or post.deleted_at)
        mention = None if is_gone else self._mention(post, numbers, seen_at, topic)
        return Heard(native_id=str(post.id), order=post.id, mention=mention)

    def _mention(self, post: Post, numbers: Mapping[str, int], seen_at: datetime, topic: Topic | None) -> Mention:
        title, slug = (topic.title, topic.slug) if topic else (post.topic_title or "", post.topic_slug or "")
        parent = _parent(post, numbers)
        return Mention(
            key=self.key(str(post.id)),
            source_id=self._source_id,
            native_id=str(post.id),
            seen_at=seen_at,
            url=f"{self._url}/t/{clean(slug, MAX_TITLE_CHARS) or '-'}/{post.topic_id}/{post.post_number}",
            author=self._author(post),
            title=clean(" ".join(title.split()), MAX_TITLE_CHARS),
            text=own_words(post.cooked),
            lang=self._lang,
            kind="own" if self._own_staff and post.staff else "original",
            published_at=moment(post.created_at),
            edited_at=moment(post.updated_at) if post.version > 1 else None,
            reply_to=parent,
            parent_key=self.key(parent) if parent else None,
            accepted_at=seen_at if post.accepted_answer else None,
            engagement=_engagement(post, topic),
        )

    def _author(self, post: Post) -> Author | None:
        handle = clean(post.username or "", MAX_NAME_CHARS)
        name = clean(post.name or "", MAX_NAME_CHARS)
        return Author(key=f"{self._host}/u/{handle.lower()}", handle=handle, name=name or handle) if handle else None


def numbered(posts: list[Post]) -> dict[str, int]:
    """The ids of posts by topic and number, as replies name them."""
    return {f"{post.topic_id}/{post.post_number}": post.id for post in posts}


def _post(entry: object) -> Post | None:
    try:
        post = msgspec.convert(entry, Post)
    except msgspec.ValidationError:
        return None
    return post if post.id > 0 and moment(post.created_at) else None


def _parent(post: Post, numbers: Mapping[str, int]) -> str | None:
    """The id of the post that this one answers (the opener, where it answers none by name); None where we never met it."""
    if post.post_number <= OPENER:
        return None
    number = post.reply_to_post_number or OPENER
    parent = numbers.get(f"{post.topic_id}/{number}", numbers.get(f"{post.topic_id}/{OPENER}"))
    return str(parent) if parent and parent != post.id else None


def _engagement(post: Post, topic: Topic | None) -> Engagement:
    """Likes, replies and readers of a post; of an opener, the replies and views of its topic where that is read too, else unknown."""
    likes = count(sum(action.count or 0 for action in post.actions_summary if action.id == LIKE))
    if post.post_number != OPENER:
        return Engagement(likes=likes, replies=count(post.reply_count), views=count(post.reads))
    if topic is None:
        return Engagement(likes=likes)
    replies = None if topic.posts_count is None else count(topic.posts_count - 1)
    return Engagement(likes=likes, replies=replies, views=count(topic.views))
