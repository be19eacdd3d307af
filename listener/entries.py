"""Entries of feeds as records, and how a hostile field becomes one of theirs. Shared by the readers of XML and JSON feeds; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from core.records import Record
from core.text import MAX_TEXT_CHARS, canonical_url, clean, cut, fingerprint, mention_key, plain_text
from listener.base import web_link

MAX_ENTRIES: Final = 2_000
MAX_ID_CHARS: Final = 500
MAX_NAME_CHARS: Final = 100
MAX_TITLE_CHARS: Final = 1_000
_MAX_DIGITS: Final = 9

_MARKUP = re.compile(r"<[a-zA-Z!/][^>]*>|&#?\w{1,10};")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\Z")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_REPOST = re.compile(r"\s*RT @\w")


class Raw(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry as it stands in the document: nothing cleaned, every field as hostile as it came.

    `texts` are the bodies it gives (the whole, a summary); the one that says most counts. Times are aware or None. `replies` is how many
    answers it says it has.
    """

    id: str | None = None
    link: str | None = None
    title: str = ""
    texts: tuple[str, ...] = ()
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    replies: int | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a parser found in a document, not cleaned: `entries` in order (the first `MAX_ENTRIES`), `total` how many there are.

    `author` stands for entries that name none. `hub` and `self_url` are WebSub's two links. `base` is what relative links start from, where the
    document says so itself; it may be relative to the feed's address.
    """

    entries: Sequence[Raw]
    total: int
    title: str = ""
    language: str | None = None
    author: str | None = None
    hub: str | None = None
    self_url: str | None = None
    base: str | None = None
    broken: bool = False


class Entry(Record, frozen=True, kw_only=True, gc=False):
    """One entry of a feed, its fields cleaned: plain text, http(s) links or None, aware times or None.

    `native_id` is what the feed calls it; else its canonical link; else a fingerprint of its words. `replies` is how many answers it says
    it has, None where it does not say.
    """

    native_id: str
    url: str | None = None
    title: str = ""
    text: str = ""
    author: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    language: str | None = None
    replies: int | None = None


class Feed(Record, frozen=True, kw_only=True, gc=False):
    """A feed as read.

    `language` is its ISO 639 code in lower case. `hub` is its WebSub hub, `self_url` what it calls its own address. `total` counts the entries
    that stood in it, `entries` holds the first `MAX_ENTRIES`, less those that were known. `marks` has one mark for each of these, known or not,
    where marks were asked for (see `mark`). `broken` says that the document is malformed and was read as far as it goes.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    language: str | None = None
    hub: str | None = None
    self_url: str | None = None
    total: int = 0
    broken: bool = False
    marks: tuple[str, ...] = ()


def feed_of(found: Found, base: str, known: Container[str] | None = None) -> Feed:
    """The feed with its entries cleaned. What has a known mark stands as it stood last time, and is not worth the cleaning."""
    base = web_link(found.base, base) or base if found.base else base
    language = language_code(found.language)
    raws = found.entries[:MAX_ENTRIES]
    marks = tuple(map(mark, raws)) if known is not None else ()
    fresh = raws if known is None else [raw for raw, seen in zip(raws, marks, strict=True) if seen not in known]
    return Feed(
        entries=tuple([entry_of(raw, base, language, found.author) for raw in fresh]),
        title=words(found.title, MAX_TITLE_CHARS),
        language=language,
        hub=web_link(found.hub, base),
        self_url=web_link(found.self_url, base),
        total=found.total,
        broken=found.broken,
        marks=marks,
    )


def mark(raw: Raw) -> str:
    """16 characters that stay while an entry stands unchanged in its feed, to the last blank of its markup; counters count."""
    whole = "\0".join((raw.id or "", raw.link or "", raw.title, raw.author or "", *raw.texts, f"{raw.published}{raw.updated}{raw.replies}"))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def entry_of(raw: Raw, base: str, language: str | None, author: str | None = None) -> Entry:
    """An entry cleaned, relative links resolved against `base`; `language` and `author` are the feed's."""
    url = web_link(raw.link, base) if raw.link else None
    if url is None and raw.id is not None and raw.id.startswith(("http://", "https://")):
        url = web_link(raw.id)
    title, text = words(raw.title, MAX_TITLE_CHARS), _longest(raw.texts)
    published, updated = raw.published, raw.updated
    return Entry(
        native_id=native_id(None if url is not None and raw.id == raw.link else raw.id, url, title, text),
        url=url,
        title=title,
        text=text,
        author=author_name(raw.author) or (author_name(author) if author else None),
        published_at=published or updated,
        edited_at=updated if published and updated and updated > published else None,
        language=language_code(raw.language) or language,
        replies=raw.replies,
    )


def _longest(texts: Sequence[str]) -> str:
    """The body that says most, cleaned. Cleaning makes nothing longer: what is shorter as it came cannot win, and is not cleaned."""
    best = ""
    for text in sorted(texts, key=len, reverse=True) if len(texts) > 1 else texts:
        if len(text) > len(best):
            best = max(best, words(text), key=len)
    return best


def native_id(given: object, url: str | None, title: str, text: str) -> str:
    """An entry's identity within its feed: what it calls itself, else its link, else its words."""
    name = " ".join(clean(given).split()) if isinstance(given, str) and given else ""
    if name and len(name) <= MAX_ID_CHARS:
        return name
    if name:
        return mention_key("", "", name).hex()
    return fingerprint(f"{title}\n{text}").hex() if url is None else canonical_url(url)


def words(text: object, limit: int | None = None) -> str:
    """A field as clean plain text, whether or not it holds markup; "" for anything but text."""
    if not isinstance(text, str):
        return ""
    if ("<" in text or "&" in text) and _MARKUP.search(text):
        text = plain_text(text)
        if limit is None:
            return cut(text, MAX_TEXT_CHARS)
    return clean(text) if limit is None else clean(" ".join(text.split()), limit)


def counter(text: str | None) -> int | None:
    """A counter as written; None for anything but a number of at most nine digits."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None


def language_code(text: object) -> str | None:
    """The language of "vi", "vi-VN", "en_us"; None for anything else."""
    found = _LANGUAGE.match(text.strip()) if isinstance(text, str) else None
    return found[1].lower() if found else None


def author_name(text: object) -> str | None:
    """An author as shown, without mail addresses ("lan@example.org (Lan)" is "Lan"); None where nothing is left."""
    if not isinstance(text, str) or not text:
        return None
    return _author_name(text) if len(text) <= MAX_NAME_CHARS else _shown(text)


@lru_cache(maxsize=4096)
def _author_name(text: str) -> str | None:
    return _shown(text)


def _shown(author: str) -> str | None:
    return words(_MAIL.sub("", author) if "@" in author else author, MAX_NAME_CHARS).strip(" ()<>,;") or None


def is_repost(title: str, text: str) -> bool:
    """Whether the words say themselves that they repeat another post ("RT @lan: ...")."""
    return bool(_REPOST.match(text) or (_REPOST.match(title)))
