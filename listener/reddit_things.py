"""Reddit's things (posts t3, comments t1) as mentions. Pure.

Reddit renders the writer's Markdown itself (`selftext_html`, `body_html`, unescaped by `raw_json=1`), so that no second reading of Markdown is
needed. Scores are blurred by Reddit on purpose.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import SourceUnreadable
from core.records import Author, Engagement, Mention, Record
from core.text import clean, mention_key
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, MAX_TITLE_CHARS
from listener.fields import since_epoch
from listener.quotes import own_words
from listener.walk import Heard

PLACE: Final = "reddit.com"
SITE: Final = "https://www.reddit.com"
_FULLNAME: Final = re.compile(r"t[13]_[a-z0-9]{1,13}\Z")
_TAKEN: Final = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]"})
_POST, _COMMENT, _FOLDED = "t3", "t1", "more"


class Thing(msgspec.Struct, frozen=True):
    """What we read of a post or a comment; Reddit sends some hundred fields."""

    name: str
    created_utc: float
    author: str | None = None
    author_fullname: str | None = None
    title: str = ""
    selftext: str = ""
    selftext_html: str | None = None
    body: str = ""
    body_html: str | None = None
    edited: bool | float = False
    permalink: str = ""
    url: str | None = None
    is_self: bool = True
    score: int = 0
    hide_score: bool = False
    score_hidden: bool = False
    num_comments: int | None = None
    num_crossposts: int | None = None
    parent_id: str | None = None
    crosspost_parent: str | None = None
    removed_by_category: str | None = None


class Listing(Record, frozen=True, kw_only=True, gc=False):
    """A page of a listing, newest first: what stands on it, the fullname to go on after, and how many entries could not be read."""

    heard: tuple[Heard, ...]
    after: str | None = None
    unreadable: int = 0


def read_listing(found: Any, *, source_id: str, seen_at: datetime) -> Listing:
    """A listing of posts and comments as Reddit sends it.

    Raises:
        SourceUnreadable: it is none (Reddit answers the name of no subreddit with a search for one).
    """
    data = found.get("data") if isinstance(found, dict) and found.get("kind") == "Listing" else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list):
        raise SourceUnreadable(source_id, "not a listing of Reddit")
    kinds = [child.get("kind") if isinstance(child, dict) else None for child in children]
    if any(kind not in (_POST, _COMMENT, _FOLDED) for kind in kinds):
        raise SourceUnreadable(source_id, "a listing of other things than posts and comments; is the subreddit's name right?")
    things = [_thing(child.get("data")) for child in children if child.get("kind") != _FOLDED]
    heard = tuple(_heard(thing, source_id, seen_at) for thing in things if thing is not None)
    after = data.get("after")
    return Listing(heard=heard, after=after if _is_fullname(after) else None, unreadable=things.count(None))


def key_of(fullname: str) -> bytes:
    """The identity of a post or comment."""
    return mention_key("reddit", PLACE, fullname)


def _thing(data: object) -> Thing | None:
    try:
        thing = msgspec.convert(data, Thing)
    except msgspec.ValidationError:
        return None
    return thing if _is_fullname(thing.name) and since_epoch(thing.created_utc) else None


def _heard(thing: Thing, source_id: str, seen_at: datetime) -> Heard:
    mention = None if _is_gone(thing) else _mention(thing, source_id, seen_at)
    return Heard(native_id=thing.name, order=int(thing.created_utc), mention=mention)


def _is_gone(thing: Thing) -> bool:
    """Deleted by its author, or removed by moderators or by Reddit."""
    return bool(thing.removed_by_category) or (thing.body if thing.name.startswith(_COMMENT) else thing.selftext).strip() in _TAKEN


def _mention(thing: Thing, source_id: str, seen_at: datetime) -> Mention:
    parent = thing.parent_id if _is_fullname(thing.parent_id) else None
    origin = thing.crosspost_parent if _is_fullname(thing.crosspost_parent) else None
    edited = None if isinstance(thing.edited, bool) else since_epoch(thing.edited)
    return Mention(
        key=key_of(thing.name),
        source_id=source_id,
        native_id=thing.name,
        seen_at=seen_at,
        url=web_link(thing.permalink, SITE) if thing.permalink else None,
        author=_author(thing),
        title=clean(" ".join(thing.title.split()), MAX_TITLE_CHARS),
        text=_words(thing),
        kind="repost" if origin else "original",
        published_at=since_epoch(thing.created_utc),
        edited_at=edited,
        reply_to=parent,
        parent_key=key_of(parent) if parent else None,
        repost_of=origin,
        engagement=_engagement(thing),
    )


def _words(thing: Thing) -> str:
    """The writer's own words; the address where a post is nothing but a link."""
    markup, plain = (thing.body_html, thing.body) if thing.name.startswith(_COMMENT) else (thing.selftext_html, thing.selftext)
    words = own_words(markup) if markup else clean(plain)
    return words or ("" if thing.is_self else web_link(thing.url) or "")


def _author(thing: Thing) -> Author | None:
    name = clean(thing.author or "", MAX_NAME_CHARS)
    if not name or name in _TAKEN:
        return None
    return Author(key=f"{PLACE}/{clean(thing.author_fullname or '', MAX_NAME_CHARS) or f'u/{name}'}", handle=name, name=name)


def _engagement(thing: Thing) -> Engagement:
    """Score (as likes), comments and crossposts; a score that Reddit hides is unknown, one below zero is zero."""
    hidden = thing.hide_score or thing.score_hidden
    is_post = thing.name.startswith(_POST)
    return Engagement(
        likes=None if hidden else max(0, thing.score),
        replies=thing.num_comments if is_post else None,  # a comment carries its post's number
        reposts=thing.num_crossposts if is_post else None,
    )


def _is_fullname(value: object) -> bool:
    return isinstance(value, str) and _FULLNAME.match(value) is not None
