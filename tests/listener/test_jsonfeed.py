"""JSON Feed, whole and with fields of the wrong type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.errors import SourceUnreadable
from listener.feed import read
from listener.jsonfeed import looks_like_json


def feed(*items: Any, **about: Any) -> bytes:
    return msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "items": items} | about)


def test_an_entry_is_read_whole() -> None:
    item = {
        "id": "1",
        "url": "/1",
        "title": "T",
        "content_html": "<p>a</p><p>b</p>",
        "date_published": "2026-11-21T10:00:00+07:00",
        "language": "vi-VN",
    }
    found = read(
        feed(
            item | {"date_modified": "2026-11-21T04:00:00Z"},
            title="F",
            language="en",
            authors=[{"name": "Lan"}],
            hubs=[{"type": "WebSub", "url": "https://h.example/"}],
        ),
        base="https://a.example/",
    )
    (entry,) = found.entries
    assert (found.title, found.language, found.hub, found.total) == ("F", "en", "https://h.example/", 1)
    assert (entry.native_id, entry.url, entry.title, entry.text, entry.author) == ("1", "https://a.example/1", "T", "a\n\nb", "Lan")
    assert (entry.published_at, entry.edited_at) == (datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 21, 4, tzinfo=UTC))
    assert entry.language == "vi"


def test_version_1_names_one_author() -> None:
    assert read(feed({"id": "1", "author": {"name": "Lan"}})).entries[0].author == "Lan"


@pytest.mark.parametrize("wrong", [5, None, True, [], {}, [[]], "x" * 30_000, -1.5])
def test_a_field_of_the_wrong_type_is_passed_over(wrong: Any) -> None:
    fields = (
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "date_modified",
        "author",
        "authors",
        "language",
    )
    about = dict.fromkeys(("title", "language", "author", "authors", "hubs"), wrong)
    found = read(feed(dict.fromkeys(fields, wrong), wrong, **about))
    assert len(found.entries) <= 2
    assert all(entry.url is None and entry.published_at is None and len(entry.native_id) <= 500 for entry in found.entries)


def test_items_that_are_none_are_told() -> None:
    found = read(feed({"id": "1", "title": "t"}, 5))
    assert (found.total, found.broken) == (1, True)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"{",
        b'{"items": []}',
        b'{"version": "https://jsonfeed.org/version/1", "items": 5}',
        b'{"version": 3, "items": []}',
        b'{"a": "\xff"}',
    ],
)
def test_other_json_is_refused(body: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        read(body)


def test_json_is_told_by_its_first_character() -> None:
    assert looks_like_json(b'\xef\xbb\xbf\n {"a": 1}')
    assert not looks_like_json(b"<rss/>")
