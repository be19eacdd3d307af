"""JSON Feed 1.0 and 1.1 -> entries (https://www.jsonfeed.org/version/1.1/). Pure; every field may be of the wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import SourceUnreadable
from listener.base import known_time, web_link
from listener.entries import MAX_ENTRIES, MAX_TITLE_CHARS, Entry, Feed, author_name, language_code, native_id, words

_VERSIONS: Final = "jsonfeed.org/version/1"


def looks_like_json(body: bytes) -> bool:
    """Whether the document begins as a JSON object does."""
    return body[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read_json(body: bytes, *, base: str = "", source: str = "feed") -> Feed:
    """Read a JSON Feed.

    Args:
        body: UTF-8, with or without a byte order mark.
        base: the address that answered; relative links are resolved against it.
        source: what errors name.

    Raises:
        SourceUnreadable: broken JSON, or JSON that is no JSON Feed of version 1.
    """
    try:
        found = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SourceUnreadable(source, "broken JSON") from error
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or _VERSIONS not in str(found.get("version")):
        raise SourceUnreadable(source, "JSON, but no JSON Feed of version 1")
    language = language_code(found.get("language"))
    usual = _author(found)
    known = [item for item in items if isinstance(item, dict)]
    return Feed(
        entries=tuple(_entry(item, base, language, usual) for item in known[:MAX_ENTRIES]),
        title=words(found.get("title"), MAX_TITLE_CHARS),
        language=language,
        hub=next((web_link(hub.get("url"), base) for hub in _records(found, "hubs")), None),
        total=len(known),
        broken=len(known) < len(items),
    )


def _entry(item: Mapping[str, Any], base: str, language: str | None, usual: str | None) -> Entry:
    url = web_link(item.get("url"), base) or web_link(item.get("external_url"), base)
    title = words(item.get("title"), MAX_TITLE_CHARS)
    text = words(item.get("content_html")) or words(item.get("content_text")) or words(item.get("summary"))
    given = item.get("id")
    published, updated = _time(item.get("date_published")), _time(item.get("date_modified"))
    return Entry(
        native_id=native_id(str(given) if isinstance(given, (int, float)) else given, url, title, text),
        url=url,
        title=title,
        text=text,
        author=_author(item) or usual,
        published_at=published or updated,
        edited_at=updated if published and updated and updated > published else None,
        language=language_code(item.get("language")) or language,
    )


def _records(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = record.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _author(record: Mapping[str, Any]) -> str | None:
    single = record.get("author")  # version 1.0; 1.1 has a list
    people = _records(record, "authors") + ([single] if isinstance(single, dict) else [])
    return next((name for person in people if (name := author_name(person.get("name")))), None)


def _time(text: object) -> datetime | None:
    try:
        return known_time(datetime.fromisoformat(text)) if isinstance(text, str) else None
    except ValueError:
        return None
