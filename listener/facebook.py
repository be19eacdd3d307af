"""What a Facebook page's edges say, as mentions. Pure.

Shapes: https://developers.facebook.com/docs/graph-api/reference/page/feed and its neighbours. Whoever has not agreed to be told of has no
`from`, so an author may be missing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from core.records import Author, Engagement, Mention
from core.text import clean, mention_key
from listener.base import known_time, web_link
from listener.entries import MAX_NAME_CHARS

AUTHORITY: Final = "facebook.com"
COMMENT_FIELDS: Final = "id,message,created_time,from,parent{id},permalink_url,like_count,comment_count,attachment{type,title,url}"
POST_FIELDS: Final = (
    "id,message,story,created_time,from,permalink_url,shares,attachments{media_type,title,unshimmed_url},reactions.limit(0).summary(total_count),"
    "comments.filter(stream).order(reverse_chronological).limit(50).summary(total_count){" + COMMENT_FIELDS + "}"
)
RATING_FIELDS: Final = "created_time,rating,recommendation_type,review_text,reviewer,open_graph_story{id}"
TALK_FIELDS: Final = "id,updated_time,messages.limit(25){id,message,created_time,from,attachments{mime_type,name}}"


class Person(msgspec.Struct, frozen=True):
    """A person or a page."""

    id: str = ""
    name: str = ""


class Ref(msgspec.Struct, frozen=True):
    """Something told by its id alone."""

    id: str = ""


class Summary(msgspec.Struct, frozen=True):
    """A number."""

    total_count: int | None = None


class Cursors(msgspec.Struct, frozen=True):
    """Where the next page of an edge begins."""

    after: str | None = None


class Paging(msgspec.Struct, frozen=True):
    """`next` holds a token, so only whether it is there is of use."""

    cursors: Cursors = Cursors()
    next: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    """A picture, a video, a sticker, a shared link."""

    media_type: str | None = None
    type: str | None = None
    mime_type: str | None = None
    title: str | None = None
    name: str | None = None
    unshimmed_url: str | None = None


class Attachments(msgspec.Struct, frozen=True):
    """What hangs on a post or message."""

    data: list[Attachment] = []


class Comment(msgspec.Struct, frozen=True):
    """A comment, or an answer to one."""

    id: str
    created_time: str = ""
    message: str = ""
    from_: Person | None = msgspec.field(default=None, name="from")
    parent: Ref | None = None
    permalink_url: str | None = None
    like_count: int | None = None
    comment_count: int | None = None
    attachment: Attachment | None = None


class Comments(msgspec.Struct, frozen=True):
    """Comments of a post, newest first."""

    data: list[Comment] = []
    paging: Paging = Paging()
    summary: Summary = Summary()


class Reactions(msgspec.Struct, frozen=True):
    """How many reacted, in whatever way."""

    summary: Summary = Summary()


class Shares(msgspec.Struct, frozen=True):
    """How often it was shared."""

    count: int | None = None


class Post(msgspec.Struct, frozen=True):
    """A post of the page, or of a visitor on it."""

    id: str
    created_time: str = ""
    message: str = ""
    story: str = ""
    from_: Person | None = msgspec.field(default=None, name="from")
    permalink_url: str | None = None
    shares: Shares = Shares()
    attachments: Attachments = Attachments()
    reactions: Reactions = Reactions()
    comments: Comments = Comments()


class Rating(msgspec.Struct, frozen=True):
    """A review or recommendation."""

    created_time: str = ""
    rating: int | None = None
    recommendation_type: str | None = None
    review_text: str = ""
    reviewer: Person | None = None
    open_graph_story: Ref | None = None


class Note(msgspec.Struct, frozen=True):
    """A private message to the page, or its answer."""

    id: str
    created_time: str = ""
    message: str = ""
    from_: Person | None = msgspec.field(default=None, name="from")
    attachments: Attachments = Attachments()


class Notes(msgspec.Struct, frozen=True):
    """Messages of a conversation, newest first."""

    data: list[Note] = []


class Talk(msgspec.Struct, frozen=True):
    """A conversation with one person."""

    id: str
    updated_time: str = ""
    messages: Notes = Notes()


class Writer:
    """Makes mentions of one page's source.

    Args:
        source_id: whose they are.
        page: the page's id; what it writes itself is the operator's own.
        seen_at: aware.
    """

    def __init__(self, *, source_id: str, page: str, seen_at: datetime) -> None:
        self._source_id = source_id
        self._page = page
        self._seen_at = seen_at

    def post(self, post: Post) -> Mention | None:
        """A post; None where it says nothing."""
        text = _words(post.message or post.story, post.attachments.data)
        counted = Engagement(likes=post.reactions.summary.total_count, replies=post.comments.summary.total_count, reposts=post.shares.count)
        return self._mention(post.id, text, post.from_, post.created_time, url=post.permalink_url, engagement=counted)

    def comment(self, comment: Comment, post: str) -> Mention | None:
        """A comment under the post of that id, or under another comment there."""
        text = _words(comment.message, [comment.attachment] if comment.attachment else [])
        counted = Engagement(likes=comment.like_count, replies=comment.comment_count)
        above = comment.parent.id if comment.parent and comment.parent.id else post
        return self._mention(
            comment.id, text, comment.from_, comment.created_time, url=comment.permalink_url, engagement=counted, parent=above
        )

    def rating(self, rating: Rating) -> Mention | None:
        """A review, with what it recommends."""
        told = f"[{rating.rating}/5]" if rating.rating else f"[{rating.recommendation_type}]" if rating.recommendation_type else ""
        who = rating.reviewer.id if rating.reviewer else ""
        native = rating.open_graph_story.id if rating.open_graph_story else ""
        native = native or (f"rating/{who}/{rating.created_time}" if rating.created_time else "")
        return self._mention(native, _words(f"{rating.review_text}\n{told}", []), rating.reviewer, rating.created_time) if native else None

    def note(self, note: Note) -> Mention | None:
        """A private message."""
        return self._mention(note.id, _words(note.message, note.attachments.data), note.from_, note.created_time)

    def _mention(
        self,
        native: str,
        text: str,
        who: Person | None,
        at: str,
        *,
        url: str | None = None,
        engagement: Engagement | None = None,
        parent: str | None = None,
    ) -> Mention | None:
        if not text:
            return None
        return Mention(
            key=key(native),
            source_id=self._source_id,
            native_id=native,
            seen_at=self._seen_at,
            url=web_link(url) if url else None,
            author=_author(who),
            text=text,
            kind="own" if who is not None and who.id == self._page else "original",
            published_at=when(at),
            reply_to=parent,
            parent_key=key(parent) if parent else None,
            engagement=engagement or Engagement(),
        )


def key(native: str) -> bytes:
    """The key of the mention with this id."""
    return mention_key("facebook_page", AUTHORITY, native)


def digest(mention: Mention) -> str:
    """12 hex digits over what may change: the words and the counters."""
    counted = mention.engagement
    told = f"{mention.text}\0{counted.likes}\0{counted.replies}\0{counted.reposts}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def when(text: str) -> datetime | None:
    """A time as Meta writes it (2026-11-21T02:00:00+0000)."""
    try:
        return known_time(datetime.fromisoformat(text))
    except ValueError:
        return None


def _words(text: str, attached: list[Attachment]) -> str:
    parts = [text.strip()]
    for each in attached:
        named = each.media_type or each.type or each.mime_type
        title, link = each.title or each.name or "", web_link(each.unshimmed_url) if each.unshimmed_url else None
        parts += [part for part in (title if title not in text else "", link, f"[{named}]" if named else "") if part]
    return clean("\n".join(part for part in parts if part))


def _author(who: Person | None) -> Author | None:
    if who is None or not who.id:
        return None
    return Author(key=f"{AUTHORITY}/{who.id}", name=clean(" ".join(who.name.split()), MAX_NAME_CHARS) or None)
