"""Records of the AT Protocol as mentions: Bluesky's posts and reposts (lexicons app.bsky.feed.post and app.bsky.feed.repost). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from core.records import Author, Engagement, Mention
from core.text import clean, mention_key
from listener.base import web_link
from listener.entries import MAX_NAME_CHARS, language_code
from listener.fields import count, items, mapping, moment, string

POST: Final = "app.bsky.feed.post"
REPOST: Final = "app.bsky.feed.repost"
MAX_EXTRAS: Final = 40  # links, tags and descriptions taken of one post
_URI = re.compile(r"at://(did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,500})/([a-zA-Z][a-zA-Z0-9.-]{2,300})/([A-Za-z0-9._:~-]{1,500})\Z")


def record_uri(did: object, collection: object, rkey: object) -> str | None:
    """The address of a record; None where a part cannot be one."""
    uri = f"at://{did}/{collection}/{rkey}"
    return uri if _URI.match(uri) else None


def parts_of(uri: object) -> tuple[str, str, str] | None:
    """The account (DID), collection and record key of an address; None where it names no record of an account."""
    found = _URI.match(uri) if isinstance(uri, str) else None
    return (found[1], found[2], found[3]) if found else None


def key_of_record(uri: str) -> bytes:
    """The mention's key of a record; its authority is the account, since an account moves between servers."""
    return mention_key("bluesky", uri.split("/")[2], uri)


def read_post(
    uri: str, record: Mapping[str, Any], *, source_id: str, seen_at: datetime, author: Author, edited_at: datetime | None = None
) -> Mention | None:
    """A post; None where it holds no words at all, or its address is not a record's.

    Its own words come first; hashtags, links, cards and descriptions of pictures that they leave out follow, a line each. A post that
    quotes another without answering one has that other as its parent, so that it inherits its topics.
    """
    parts = parts_of(uri)
    text = _text(record)
    if parts is None or not text:
        return None
    parent = _address(mapping(mapping(record.get("reply")).get("parent")))
    quoted = _quoted(mapping(record.get("embed")))
    above = parent or quoted
    return Mention(
        key=key_of_record(uri),
        source_id=source_id,
        native_id=uri,
        seen_at=seen_at,
        url=f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}",
        author=author,
        text=text,
        lang=next((code for lang in items(record.get("langs")) if (code := language_code(lang))), None),
        published_at=moment(record.get("createdAt")),
        edited_at=edited_at,
        reply_to=parent,
        parent_key=key_of_record(above) if above else None,
        repost_of=quoted,
    )


def read_repost(uri: str, record: Mapping[str, Any], *, source_id: str, seen_at: datetime, author: Author) -> Mention | None:
    """A repost, whose text is the link of the post that it repeats; None where it names none."""
    subject = _address(mapping(record.get("subject")))
    parts = parts_of(subject)
    if subject is None or parts is None or parts_of(uri) is None:
        return None
    link = f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}"
    return Mention(
        key=key_of_record(uri),
        source_id=source_id,
        native_id=uri,
        seen_at=seen_at,
        url=link,
        author=author,
        text=link,
        kind="repost",
        published_at=moment(record.get("createdAt")),
        parent_key=key_of_record(subject),
        repost_of=subject,
    )


def read_author(did: str, profile: Mapping[str, Any] | None = None) -> Author:
    """An account: its stable DID, and handle and name where a profile tells them."""
    told = profile or {}
    handle, name = (clean(string(told.get(field)), MAX_NAME_CHARS) or None for field in ("handle", "displayName"))
    return Author(key=did, handle=handle, name=name, followers=count(told.get("followersCount")))


def read_counters(view: Mapping[str, Any]) -> Engagement:
    """The counters of a post as an AppView shows it; quotes count as reposts."""
    reposts, quotes = count(view.get("repostCount")), count(view.get("quoteCount"))
    known = [number for number in (reposts, quotes) if number is not None]
    return Engagement(likes=count(view.get("likeCount")), replies=count(view.get("replyCount")), reposts=sum(known) if known else None)


def _text(record: Mapping[str, Any]) -> str:
    text = string(record.get("text"))
    lines = [text]
    for extra in _extras(record):
        if extra and extra.lower() not in text.lower() and extra not in lines and len(lines) <= MAX_EXTRAS:
            lines.append(extra)
    return clean("\n".join(line for line in lines if line))


def _extras(record: Mapping[str, Any]) -> Iterator[str]:
    features = [mapping(one) for facet in items(record.get("facets")) for one in items(mapping(facet).get("features"))]
    yield from (f"#{tag}" for tag in [*(one.get("tag") for one in features), *items(record.get("tags"))] if tag and isinstance(tag, str))
    yield from (link for one in features if (link := web_link(one.get("uri"))))
    embed = mapping(record.get("embed"))
    yield from _of_media(embed)
    yield from _of_media(mapping(embed.get("media")))


def _of_media(embed: Mapping[str, Any]) -> Iterator[str]:
    """The words of a card, and the descriptions of pictures and films."""
    card = mapping(embed.get("external"))
    yield from (clean(string(card.get(field))) for field in ("title", "description"))
    yield web_link(card.get("uri")) or ""
    yield clean(string(embed.get("alt")))
    yield from (clean(string(mapping(picture).get("alt"))) for picture in [*items(embed.get("images")), *items(embed.get("items"))])


def _quoted(embed: Mapping[str, Any]) -> str | None:
    record = mapping(embed.get("record"))
    return _address(record) or _address(mapping(record.get("record")))


def _address(reference: Mapping[str, Any]) -> str | None:
    """The address that a strong reference holds, where it is a post's."""
    parts = parts_of(reference.get("uri"))
    return string(reference.get("uri")) if parts is not None and parts[1] == POST else None
