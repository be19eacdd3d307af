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
from collections.abc import Callable, Mapping, Sequence
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

_ROOT = re.compile(rb"(?:<[?!][^>]*>|[^<])*+<(rss|feed)[\s>]")
_OPEN: Final = rb"(?:\s[^>]*+(?<!/))?>[^<]*+<[^/]"  # an element whose text is followed by a child or a comment
_MISREAD: Final = {
    "rss": re.compile(
        rb"<(?:[\w.-]+:(?:description|summary|guid|pubDate)[\s>/]"
        rb"|(?:title|description|author|content(?::encoded)?|link|guid|pubDate)" + _OPEN + rb"|(?:item|link)\s[^>]*xml:(?:base|lang))"
    ),
    "atom": re.compile(
        rb"<(?:[\w.-]+:description[\s>/]|/content>\s*<content[\s>]|(?:title|summary|content|id|published|updated|name)"
        + _OPEN
        + rb"|(?:entry|link|author)\s[^>]*xml:(?:base|lang))"
    ),
}
_NAMESAKE = re.compile(rb"<[\w.-]+:(title|link|author)[\s>/]")
_COUNTERS = re.compile(rb"<(?:slash:comments|thr:total)>\s*(\d{1,9})\s*<|</(?:item|entry)\s*>")
_ENTRY: Final = {"rss": b"<item", "atom": b"<entry"}
_HEAD_BYTES: Final = 4_096
_HTML_TYPES: Final = frozenset({None, "", "text/html", "html", "application/xhtml+xml", "text/plain"})


def read_fast(body: bytes) -> Found | None:
    """What stands in a document that the core reads rightly; None for any other.

    Args:
        body: UTF-8, without a DOCTYPE.
    """
    if _extension is None:
        return None
    root_name = _ROOT.match(body[:_HEAD_BYTES])
    if root_name is None:
        return None
    kind = "rss" if root_name[1] == b"rss" else "atom"
    bones = _skeleton(body)
    if _is_misread(bones, kind):
        return None
    found = _extension.parse_entries(body, dict, utc_text, str, True, False, False, False)
    if isinstance(found, str) or found[0] != kind:
        return None
    return _found(bones, kind, found[2], found[3])


def is_usable() -> bool:
    """Whether the compiled core is here and answers a small feed as it should."""
    body = b"<rss><channel><item><title>a</title><pubDate>Sat, 21 Nov 2026 10:00:00</pubDate></item></channel></rss>"
    found = read_fast(body) if _extension is not None else None
    return found is not None and [(raw.title, raw.published) for raw in found.entries] == [("a", None)]


def _found(bones: bytes, kind: str, header: bytes, entries: list[dict[str, Any]]) -> Found | None:
    replies, root = _replies(bones, header, len(entries)), _root(header)
    if replies is None or root is None:
        return None
    is_summarised = _summaries(bones, kind, entries)
    raws = [_raw(entry, kind, count, is_summarised) for entry, count in zip(entries[:MAX_ENTRIES], replies, strict=False)]
    if b":creator>" in bones and any(_is_mail_alone(raw.author) for raw in raws):
        return None
    return about(root, raws, len(entries), base=channel_of(root).base)


def _is_misread(bones: bytes, kind: str) -> bool:
    first = max(0, bones.find(_ENTRY[kind]))
    if _MISREAD[kind].search(bones, first):
        return True
    if kind == "atom" or not _NAMESAKE.search(bones, first):
        return False
    return any(_has_namesakes(part) for part in bones.split(_ENTRY[kind])[1:])


def _has_namesakes(item: bytes) -> bool:
    """Whether a stranger's title, link or author stands before the entry's own, or an author beside dc:creator."""
    return any(
        item.find(b"<" + name[1]) > name.start() or (name[1] == b"author" and b":creator" in item) for name in _NAMESAKE.finditer(item)
    )


def _skeleton(body: bytes) -> bytes:
    """The document with nothing in its CDATA sections, which hold most of it and no element."""
    first, *others = body.split(b"<![CDATA[")
    return b"".join([first, *(other.partition(b"]]>")[2] for other in others)]) if others else body


def _raw(entry: Mapping[str, Any], kind: str, replies: int | None, is_summarised: Callable[[str, str], bool]) -> Raw:
    content = entry.get("content")
    whole, summary = content[0]["value"] if content else "", entry["description"]
    return Raw(
        id=entry.get("id"),
        link=entry.get("link") if kind == "rss" else _link(entry),
        title=entry["title"],
        texts=(whole, summary) if summary and whole.strip() != summary and is_summarised(whole, summary) else (whole,),
        author=entry.get("author"),
        published=_time(entry.get("published")),
        updated=_time(entry.get("updated")),
        language=content[0]["language"] if content else None,
        replies=replies,
    )


def _summaries(bones: bytes, kind: str, entries: Sequence[object]) -> Callable[[str, str], bool]:
    """What tells a summary that an entry gives from one that the core made of its content, as it does where there is none."""
    given: int | None = None

    def is_given(whole: str, summary: str) -> bool:
        nonlocal given
        if given is None:
            given = bones.count(b"<description" if kind == "rss" else b"<summary", max(0, bones.find(_ENTRY[kind])))
        return not whole or given >= len(entries) or (given > 0 and summary != _extension.synthesize_description(whole, str))

    return is_given


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


def _replies(bones: bytes, header: bytes, count: int) -> list[int | None] | None:
    """For each entry how many replies it says it has; None where the entries cannot be told apart."""
    if b"xmlns:slash" not in header and b"xmlns:thr" not in header and b"<thr:" not in bones and b"<slash:" not in bones:
        return [None] * count
    replies: list[int | None] = [None]
    for said in _COUNTERS.findall(bones):
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
