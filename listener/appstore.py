"""Apple's customer-reviews feed: JSON of its own shape, where every value is a `label`. Pure.

Written to the answers of itunes.apple.com/COUNTRY/rss/customerreviews: `feed.entry` is a list, one object where there is a single review, and
missing where there is none; in older answers the first entry is the app itself, which has no rating.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import SourceUnreadable
from core.records import Engagement
from listener.base import known_time, web_link
from listener.entries import MAX_ENTRIES, MAX_TITLE_CHARS, author_name, native_id, words
from listener.posts import Post, Reading

STARS: Final = 5


def read_reviews(body: bytes, *, base: str, source: str) -> Reading:
    """Read one page of reviews; each says its stars in its first line ("★★☆☆☆"), its helpful votes are likes.

    Raises:
        SourceUnreadable: it is no such page.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SourceUnreadable(source, "not Apple's JSON") from error
    feed = found.get("feed") if isinstance(found, dict) else None
    if not isinstance(feed, dict):
        raise SourceUnreadable(source, "JSON, but no customer-reviews feed")
    given = feed.get("entry", [])
    entries = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict) and _label(each, "im:rating")]
    posts = tuple(_review(each, base) for each in entries[:MAX_ENTRIES])
    return Reading(posts=posts, total=len(entries))


def _review(entry: Mapping[str, Any], base: str) -> Post:
    stars = _number(_label(entry, "im:rating"))
    title, text = words(_label(entry, "title"), MAX_TITLE_CHARS), words(_label(entry, "content"))
    said = "★" * stars + "☆" * (STARS - stars) if stars is not None and 1 <= stars <= STARS else ""
    author = entry.get("author")
    links = entry.get("link")
    attributes = links.get("attributes") if isinstance(links, dict) else None
    url = web_link(attributes.get("href"), base) if isinstance(attributes, dict) else None
    return Post(
        native_id=native_id(_label(entry, "id"), None, title, text),
        url=url,
        title=title,
        text=f"{said}\n{text}".strip(),
        author=author_name(_label(author, "name")) if isinstance(author, dict) else None,
        published_at=_time(_label(entry, "updated")),
        engagement=Engagement(likes=_number(_label(entry, "im:voteSum"))),
    )


def _label(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    label = value.get("label") if isinstance(value, dict) else None
    return label if isinstance(label, str) and label else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - digits


def _time(text: str | None) -> datetime | None:
    try:
        return known_time(datetime.fromisoformat(text or ""))
    except ValueError:
        return None
