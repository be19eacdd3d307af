"""Entries of feeds as records, and how a hostile field becomes one of theirs. Shared by the readers of XML and JSON feeds; pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from core.records import Record
from core.text import canonical_url, clean, fingerprint, mention_key, plain_text

MAX_ENTRIES: Final = 2_000
MAX_ID_CHARS: Final = 500
MAX_NAME_CHARS: Final = 100
MAX_TITLE_CHARS: Final = 1_000

_MARKUP = re.compile(r"<[a-zA-Z!/][^>]*>|&#?\w{1,10};")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\Z")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINES = re.compile(r"\s+")
_REPOST = re.compile(r"\s*RT @\w")


class Entry(Record, frozen=True, kw_only=True, gc=False):
    """One entry of a feed, its fields cleaned: plain text, http(s) links or None, aware times or None.

    `native_id` is what the feed calls it; else its canonical link; else a fingerprint of its words.
    """

    native_id: str
    url: str | None = None
    title: str = ""
    text: str = ""
    author: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    language: str | None = None


class Feed(Record, frozen=True, kw_only=True, gc=False):
    """A feed as read.

    `language` is its ISO 639 code in lower case. `hub` is its WebSub hub. `total` counts the entries that stood in it, `entries` holds
    the first `MAX_ENTRIES`. `broken` says that the document is malformed and was read as far as it goes.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    language: str | None = None
    hub: str | None = None
    total: int = 0
    broken: bool = False


def native_id(given: object, url: str | None, title: str, text: str) -> str:
    """An entry's identity within its feed: what it calls itself, else its link, else its words."""
    name = " ".join(clean(given).split()) if isinstance(given, str) else ""
    if name and len(name) <= MAX_ID_CHARS:
        return name
    if name:
        return mention_key("", "", name).hex()
    return fingerprint(f"{title}\n{text}").hex() if url is None else canonical_url(url)


def words(text: object, limit: int | None = None) -> str:
    """A field as clean plain text, whether or not it holds markup; "" for anything but text."""
    if not isinstance(text, str):
        return ""
    text = plain_text(text) if _MARKUP.search(text) else text
    return clean(text) if limit is None else clean(_LINES.sub(" ", text), limit)


def language_code(text: object) -> str | None:
    """The language of "vi", "vi-VN", "en_us"; None for anything else."""
    found = _LANGUAGE.match(text.strip()) if isinstance(text, str) else None
    return found[1].lower() if found else None


def author_name(text: object) -> str | None:
    """An author as shown, without mail addresses ("lan@example.org (Lan)" is "Lan"); None where nothing is left."""
    return words(_MAIL.sub("", text), MAX_NAME_CHARS).strip(" ()<>,;") or None if isinstance(text, str) else None


def is_repost(title: str, text: str) -> bool:
    """Whether the words say themselves that they repeat another post ("RT @lan: ...")."""
    return bool(_REPOST.match(text) or (_REPOST.match(title)))
