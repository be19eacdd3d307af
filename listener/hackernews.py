"""Items of Hacker News as mentions: hits of its search and items of its own API. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.records import Author, Engagement, Mention
from core.text import mention_key
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS, words
from listener.fields import count, identity, since_epoch, string
from listener.lanes import Found

AUTHORITY: Final = "news.ycombinator.com"
_ID_DIGITS: Final = 12


def read_hit(hit: Mapping[str, Any], *, source_id: str, seen_at: datetime) -> Found | None:
    """A hit of the search; None where it has no id or no words."""
    fields = {
        "id": hit.get("objectID"),
        "by": hit.get("author"),
        "time": hit.get("created_at_i"),
        "title": hit.get("title"),
        "text": hit.get("comment_text") or hit.get("story_text"),
        "url": hit.get("url"),
        "parent": hit.get("parent_id") or (hit.get("story_id") if hit.get("comment_text") else None),
        "score": hit.get("points"),
        "descendants": hit.get("num_comments"),
    }
    return read_item(fields, source_id=source_id, seen_at=seen_at)


def read_item(item: Mapping[str, Any], *, source_id: str, seen_at: datetime) -> Found | None:
    """A story, comment, job or poll; None where it has no id or no words. A link that it points to is the last line of its text."""
    native = identity(item.get("id"))
    title, text = words(item.get("title"), MAX_TITLE_CHARS), words(item.get("text"))
    link = web_link(item.get("url"))
    if native is None or not native.isdigit() or not (title or text):
        return None
    parent = identity(item.get("parent"))
    mention = Mention(
        key=key_of_item(native),
        source_id=source_id,
        native_id=native,
        seen_at=seen_at,
        url=f"https://{AUTHORITY}/item?id={native}",
        author=_author(item.get("by")),
        title=title,
        text="\n".join(part for part in (text, link) if part),
        published_at=since_epoch(item.get("time")),
        reply_to=parent,
        parent_key=key_of_item(parent) if parent else None,
        engagement=Engagement(likes=count(item.get("score")), replies=count(item.get("descendants"))),
    )
    return Found(mark_of(native), native, mention)


def is_gone(item: object) -> bool:
    """Whether an item of the API was taken back by its author, or killed by the moderators."""
    return isinstance(item, dict) and bool(item.get("deleted") or item.get("dead"))


def key_of_item(native: str) -> bytes:
    """The key of the item with this id."""
    return mention_key("hackernews", AUTHORITY, native)


def mark_of(native: str) -> str:
    """An id as it sorts: they are given in the order of posting."""
    return native.zfill(_ID_DIGITS)


def _author(name: object) -> Author | None:
    handle = words(string(name), MAX_NAME_CHARS)
    return Author(key=f"{AUTHORITY}/{handle}", handle=handle) if handle else None
