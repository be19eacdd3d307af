"""Feed bytes -> entries: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0 by feedparser; JSON Feed by `listener/jsonfeed.py`. Pure.

feedparser's ways that we do not follow, all seen in version 6.0.14: given bytes it tries to open a file of that name, so it gets a stream;
its result lacks `version` where the document is empty; it leaves titles and links as hostile as they came; it takes a date without a
zone for UTC, which shifts a Vietnamese post by seven hours, so such a date is unknown here; and asking an entry for `updated` gives `published`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

from core.errors import SourceUnreadable
from listener.base import known_time, web_link
from listener.entries import MAX_ENTRIES, MAX_TITLE_CHARS, Entry, Feed, author_name, language_code, native_id, words
from listener.jsonfeed import looks_like_json, read_json

_WIDE = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDE_BARE = ((b"\0\0\0<", "utf-32-be"), (b"<\0\0\0", "utf-32-le"), (b"\0<", "utf-16-be"), (b"<\0", "utf-16-le"))
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*\?>")
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?[^>]*\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:(\[).*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ZONED = re.compile(
    r"(?:\d:\d\d|T\d{4}).*?(?:z|[+-]\d\d:?\d\d|\b(?:ut|utc|gmt|[ecmp][sd]t))\s*(?:\([^)]*\))?\s*\Z", re.IGNORECASE | re.DOTALL
)


def read(body: bytes, content_type: str = "", *, base: str = "", source: str = "feed") -> Feed:
    """Read any kind of feed.

    Args:
        body: as it came, unpacked.
        content_type: the header, for its charset.
        base: the address that answered; relative links are resolved against it.
        source: what errors name.

    Raises:
        SourceUnreadable: no feed at all, or one that declares entities.
    """
    if looks_like_json(body):
        return read_json(body, base=base, source=source)
    body, content_type = _narrow(body, content_type)
    body = _without_doctype(body, source)
    found = feedparser.parse(
        io.BytesIO(body), response_headers={"content-type": content_type}, sanitize_html=False, resolve_relative_uris=False
    )
    entries: Sequence[Mapping[str, Any]] = found.get("entries") or []
    if not entries and (not found.get("version") or _is_malformed(found)):
        raise SourceUnreadable(source, _what_it_is(body))
    about: Mapping[str, Any] = found.get("feed") or {}
    hub = next((link.get("href") for link in _list(about, "links") if link.get("rel") == "hub"), None)
    language = language_code(_get(about, "language"))
    return Feed(
        entries=tuple(_entry(entry, base, language) for entry in entries[:MAX_ENTRIES]),
        title=words(_get(about, "title"), MAX_TITLE_CHARS),
        language=language,
        hub=web_link(hub, base),
        total=len(entries),
        broken=_is_malformed(found),
    )


def _entry(entry: Mapping[str, Any], base: str, language: str | None) -> Entry:
    url = web_link(_get(entry, "link"), base)
    title = words(_get(entry, "title"), MAX_TITLE_CHARS)
    bodies = [words(part.get("value")) for part in _list(entry, "content")]
    text = max([*bodies, words(_get(entry, "summary"))], key=len)
    published, updated = _time(entry, "published") or _time(entry, "created"), _time(entry, "updated")
    spoken = next((part.get("language") for part in _list(entry, "content") if part.get("language")), None)
    return Entry(
        native_id=native_id(_get(entry, "id"), url, title, text),
        url=url,
        title=title,
        text=text,
        author=author_name(_get(_get(entry, "author_detail") or {}, "name")) or author_name(_get(entry, "author")),
        published_at=published or updated,
        edited_at=updated if published and updated and updated > published else None,
        language=language_code(spoken) or language,
    )


def _get(record: Mapping[str, Any], name: str) -> Any:
    # The plain dict's way: feedparser's own answers for names that are not there.
    return dict.get(record, name) if isinstance(record, dict) else None


def _list(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = _get(record, name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _time(entry: Mapping[str, Any], name: str) -> datetime | None:
    parsed, written = _get(entry, f"{name}_parsed"), _get(entry, name)
    if not isinstance(parsed, struct_time) or not isinstance(written, str) or not _ZONED.search(written[:100]):
        return None
    try:
        return known_time(datetime(*parsed[:5], min(parsed[5], 59), tzinfo=UTC))
    except ValueError:
        return None


def _is_malformed(found: Mapping[str, Any]) -> bool:
    harmless = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
    return bool(found.get("bozo")) and not isinstance(found.get("bozo_exception"), harmless)


def _narrow(body: bytes, content_type: str) -> tuple[bytes, str]:
    """UTF-16 and UTF-32 as UTF-8, so that the checks below see what the parser will see."""
    encoding = next((name for mark, name in _WIDE if body.startswith(mark)), None)
    encoding = encoding or next((name for mark, name in _WIDE_BARE if body.startswith(mark)), None)
    if encoding is None:
        return body, content_type
    text = body.decode(encoding, "replace").encode("utf-8", "replace")
    return _DECLARATION.sub(b"", text, count=1), "application/xml; charset=utf-8"


def _without_doctype(body: bytes, source: str) -> bytes:
    """The document without its DOCTYPE.

    Raises:
        SourceUnreadable: it declares entities; no feed needs them, and they can read files or grow without end.
    """
    prolog = _PROLOG.match(body)
    found = _DOCTYPE.match(body, prolog.end() if prolog else 0)
    if found is None:
        if b"<!ENTITY" in body[:2_000].upper():
            raise SourceUnreadable(source, "declares XML entities, which no feed needs")
        return body
    if found[1] and b"<!ENTITY" in body.upper():  # anywhere: a subset can hide its end in a comment or a string
        raise SourceUnreadable(source, "declares XML entities, which no feed needs")
    return body[: found.start()] + body[found.end() :]


def _what_it_is(body: bytes) -> str:
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "an empty answer, not a feed"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return "an HTML page, not a feed; look on it for the feed's address"
    return "broken XML with no entry in it" if start.startswith(b"<") else "not a feed"
