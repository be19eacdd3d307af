"""The fast way: the compiled core of fastfeedparser, for RSS 2.0 and Atom that it reads as they are meant. Pure.

The core is strict (well-formed UTF-8 or nothing), which makes it safe to trust: a document that it declines goes to `listener/dialects.py`. What
it reads wrongly is seen in the document first, and declined here: it takes the first element of a name whatever its namespace (a `media:title` or
`atom:link` before the entry's own), drops what stands after a child element or in one, and knows no `xml:base`. It loses the links, language and hub of
the feed and the counters of entries; these are read here. Its public `parse` is not used: that takes a time without a zone for UTC, and malformed
documents for whole ones. Seen in version 0.6.5; `is_usable` checks that the core still answers as it did.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from lxml import etree

from listener.base import known_time
from listener.dialects import about, channel_of
from listener.entries import MAX_ENTRIES, Found, Raw, author_name
from listener.times import utc_text

try:
    _extension: Any = importlib.import_module("fastfeedparser._core")
except ImportError:  # a platform without the compiled wheel: everything is read by lxml
    _extension = None

_FIRST = re.compile(rb"<(?:item|entry)[\s>]")
_OPEN: Final = rb"(?:\s[^>]*[^>/])?>[^<]*<(?!/|!\[CDATA\[)"  # an element whose text is followed by a child or a comment
_MISREAD: Final = {
    "rss": re.compile(
        rb"<(?:[\w.-]+:(?:title|description|summary|link|author|guid|pubDate)[\s>/]"
        rb"|(?:title|description|author|content(?::encoded)?|link|guid|pubDate)" + _OPEN + rb"|(?:item|link)\s[^>]*xml:(?:base|lang))"
    ),
    "atom": re.compile(
        rb"<(?:[\w.-]+:description[\s>/]|(?:title|summary|content|id|published|updated|name)"
        + _OPEN
        + rb"|(?:entry|link|author)\s[^>]*xml:(?:base|lang))"
    ),
}
_AFTER_CDATA = re.compile(rb"\]\]>[^<]*<(?!/|!\[CDATA\[)")
_COUNTERS = re.compile(rb"<(?:slash:comments|thr:total)>\s*(\d{1,9})\s*<|</(?:item|entry)\s*>")
_HTML_TYPES: Final = frozenset({None, "", "text/html", "html", "application/xhtml+xml", "text/plain"})


def read_fast(body: bytes) -> Found | None:
    """What stands in a document that the core reads rightly; None for any other.

    Args:
        body: UTF-8, without a DOCTYPE.
    """
    if _extension is None:
        return None
    kind = "atom" if b"<entry" in body else "rss"
    first = _FIRST.search(body)
    if first is None or _MISREAD[kind].search(body, first.start()) or _AFTER_CDATA.search(body, first.start()):
        return None
    found = _extension.parse_entries(body, dict, utc_text, str, True, False, False, False)
    if isinstance(found, str) or found[0] != kind:
        return None
    _, _, header, entries = found
    replies, root = _replies(body, len(entries)), _root(header)
    if replies is None or root is None:
        return None
    summarised = _are_summarised(body[first.start() :], kind, len(entries))
    raws = [_raw(entry, kind, count, summarised=summarised) for entry, count in zip(entries[:MAX_ENTRIES], replies, strict=False)]
    if b":creator>" in body and any(_is_mail_alone(raw.author) for raw in raws):
        return None
    return about(root, raws, len(entries), base=channel_of(root).base)


def is_usable() -> bool:
    """Whether the compiled core is here and answers a small feed as it should."""
    body = b"<rss><channel><item><title>a</title><pubDate>Sat, 21 Nov 2026 10:00:00</pubDate></item></channel></rss>"
    found = read_fast(body) if _extension is not None else None
    return found is not None and [(raw.title, raw.published) for raw in found.entries] == [("a", None)]


def _raw(entry: Mapping[str, Any], kind: str, replies: int | None, *, summarised: bool | None) -> Raw:
    content = entry.get("content")
    whole, summary = content[0]["value"] if content else "", entry["description"]
    if summarised is None and whole and summary == _extension.synthesize_description(whole, str):
        summarised = False
    return Raw(
        id=entry.get("id"),
        link=entry.get("link") if kind == "rss" else _link(entry),
        title=entry["title"],
        texts=(whole,) if summarised is False or not summary or whole.strip() == summary else (whole, summary),
        author=entry.get("author"),
        published=_time(entry.get("published")),
        updated=_time(entry.get("updated")),
        language=content[0]["language"] if content else None,
        replies=replies,
    )


def _are_summarised(items: bytes, kind: str, count: int) -> bool | None:
    """Whether the entries have summaries of their own; None where only some have. The core makes one of the content where there is none."""
    if b"<content" not in items:
        return True
    given = items.count(b"<description" if kind == "rss" else b"<summary")
    return True if given >= count else None if given else False


def _is_mail_alone(author: str | None) -> bool:
    return author is not None and "@" in author and author_name(author) is None


def _link(entry: Mapping[str, Any]) -> str | None:
    links: Sequence[Mapping[str, str | None]] = entry["links"]
    for link in links:
        if link["rel"] in (None, "alternate") and link["type"] in _HTML_TYPES:
            return link["href"]
    return links[0]["href"] if links else None


def _time(written: str | None) -> datetime | None:
    return None if written is None else known_time(datetime.fromisoformat(written))


def _replies(body: bytes, count: int) -> list[int | None] | None:
    """For each entry how many replies it says it has; None where the entries cannot be told apart in the text."""
    if b"slash:comments" not in body and b"thr:total" not in body:
        return [None] * count
    replies: list[int | None] = [None]
    for said in _COUNTERS.findall(body):
        if said:
            replies[-1] = int(said)
        else:
            replies.append(None)
    return replies[:-1] if len(replies) == count + 1 else None


def _root(header: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(header, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
