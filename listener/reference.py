"""The reference and the last resort: feedparser, for documents that are malformed beyond mending and for dialects that nobody else knows. Pure.

Fifty times slower than `listener/fast.py`, and full of patterns that a hostile document can make slow, so it runs in a confined process.

feedparser's ways that we do not follow, all seen in version 6.0.14: given bytes it tries to open a file of that name, so it gets a stream;
its result lacks `version` where the document is empty; it takes a date without a zone for UTC, so its own times are not used; asking an entry
for `updated` gives `published`, so it is asked as a plain dict is; and a rel that is a list of words is none that it knows.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from listener.entries import MAX_ENTRIES, Found, Raw, author_name, counter
from listener.times import read_time

_HARMLESS: Final = ("CharacterEncodingOverride", "NonXMLContentType")  # what feedparser complains of though it read everything


def read_reference(body: bytes, content_type: str = "") -> Found | None:
    """What feedparser finds; None where it is no feed.

    Args:
        body: without a DOCTYPE.
        content_type: the header, for its charset.
    """
    import feedparser  # here, so that only the confined process loads it

    headers = {"content-type": content_type}
    found = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    entries: list[Mapping[str, Any]] = found.get("entries") or []
    if not entries and (not found.get("version") or _is_malformed(found)):
        return None
    feed: Mapping[str, Any] = found.get("feed") or {}
    return Found(
        entries=[_entry(entry) for entry in entries[:MAX_ENTRIES]],
        total=len(entries),
        title=_get(feed, "title") or "",
        language=_get(feed, "language"),
        author=_author(feed) if str(found.get("version")).startswith("atom") else None,
        hub=_related(feed, "hub"),
        self_url=_related(feed, "self"),
        broken=_is_malformed(found),
    )


def _entry(entry: Mapping[str, Any]) -> Raw:
    contents = _list(entry, "content")
    texts = [part["value"] for part in contents if isinstance(part.get("value"), str)]
    return Raw(
        id=_get(entry, "id"),
        link=_get(entry, "link"),
        title=_get(entry, "title") or "",
        texts=tuple(text for text in (*texts, _get(entry, "summary")) if text),
        author=_author(entry),
        published=read_time(_get(entry, "published")) or read_time(_get(entry, "created")),
        updated=read_time(_get(entry, "updated")),
        language=next((part["language"] for part in contents if isinstance(part.get("language"), str)), None),
        replies=counter(_get(entry, "slash_comments") or _get(entry, "thr_total")),
    )


def _author(record: Mapping[str, Any]) -> str | None:
    detail = dict.get(record, "author_detail") if isinstance(record, dict) else None
    people = [*_list(record, "authors"), *([detail] if isinstance(detail, dict) else [])]
    named = (_get(person, "name") for person in people)
    return next((name for name in (*named, _get(record, "author")) if author_name(name)), None)


def _related(feed: Mapping[str, Any], rel: str) -> str | None:
    return next((href for link in _list(feed, "links") if link.get("rel") == rel and isinstance(href := link.get("href"), str)), None)


def _get(record: Mapping[str, Any], name: str) -> str | None:
    # The plain dict's way: feedparser's own has answers for names that are not there.
    value = dict.get(record, name) if isinstance(record, dict) else None
    return value if isinstance(value, str) else None


def _list(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = dict.get(record, name) if isinstance(record, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_malformed(found: Mapping[str, Any]) -> bool:
    return bool(found.get("bozo")) and type(found.get("bozo_exception")).__name__ not in _HARMLESS
