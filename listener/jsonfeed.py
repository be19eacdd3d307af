"""JSON Feed 1.0 and 1.1 -> raw entries (https://www.jsonfeed.org/version/1.1/). Pure; every field may be of the wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.errors import SourceUnreadable
from listener.base import web_link
from listener.entries import MAX_ENTRIES, Found, Raw, author_name
from listener.times import read_time

_VERSIONS: Final = "jsonfeed.org/version/1"


def looks_like_json(body: bytes) -> bool:
    """Whether the document begins as a JSON object does."""
    return body[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read_json(body: bytes, *, source: str = "feed") -> Found:
    """Read a JSON Feed.

    Args:
        body: UTF-8, with or without a byte order mark.
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
    known = [item for item in items if isinstance(item, dict)]
    return Found(
        entries=[_entry(item) for item in known[:MAX_ENTRIES]],
        total=len(known),
        title=_text(found, "title") or "",
        language=_text(found, "language"),
        author=_author(found),
        hub=next((_text(hub, "url") for hub in _records(found, "hubs")), None),
        self_url=_text(found, "feed_url"),
        broken=len(known) < len(items),
    )


def _entry(item: Mapping[str, Any]) -> Raw:
    given = item.get("id")
    bodies = (_text(item, name) for name in ("content_html", "content_text", "summary"))
    return Raw(
        id=str(given) if isinstance(given, (int, float)) else _text(item, "id"),
        link=next((link for name in ("url", "external_url") if web_link(link := _text(item, name), "http://base.invalid")), None),
        title=_text(item, "title") or "",
        texts=tuple(body for body in bodies if body and body.strip())[:1],
        author=_author(item),
        published=read_time(_text(item, "date_published")),
        updated=read_time(_text(item, "date_modified")),
        language=_text(item, "language"),
    )


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) else None


def _records(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = record.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _author(record: Mapping[str, Any]) -> str | None:
    single = record.get("author")  # version 1.0; 1.1 has a list
    people = _records(record, "authors") + ([single] if isinstance(single, dict) else [])
    return next((name for person in people if author_name(name := _text(person, "name"))), None)
