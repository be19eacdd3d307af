"""Atom with its markup kept, for the two presets that need it: WordPress comments (RFC 4685 threads) and MediaWiki changes (diffs). Pure.

The usual reader gives plain words, from which neither a parent nor an added line can be told any more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lxml import etree

from core.errors import SourceUnreadable
from core.records import Record
from core.text import clean
from listener.base import known_time, web_link
from listener.entries import MAX_ENTRIES, MAX_TITLE_CHARS, author_name, words

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_THREAD: Final = "{http://purl.org/syndication/thread/1.0}"


class RawEntry(Record, frozen=True, kw_only=True, gc=False):
    """An entry of which `html` is the content as it came; `answers` is what the feed calls its parent (RFC 4685)."""

    id: str
    url: str | None
    title: str
    html: str
    author: str | None
    published_at: datetime | None
    updated_at: datetime | None
    answers: str | None


class RawFeed(Record, frozen=True, kw_only=True, gc=False):
    """The document: its first entries, how many there are, its language, hub and own address; `broken` where it was read in part."""

    entries: tuple[RawEntry, ...]
    total: int
    broken: bool
    language: str | None
    hub: str | None
    self_url: str | None


def read_atom(body: bytes, *, base: str, source: str) -> RawFeed:
    """Read an Atom 1.0 document; a broken one as far as it goes.

    Raises:
        SourceUnreadable: it is none, or declares entities.
    """
    if b"<!DOCTYPE" in body[:2_000].upper() or b"<!ENTITY" in body.upper():
        raise SourceUnreadable(source, "declares a document type, which this feed never has")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or root.tag != f"{_ATOM}feed":
        raise SourceUnreadable(source, "not an Atom feed, which this preset's address gives")
    found = root.findall(f"{_ATOM}entry")
    if parser.error_log and not found:
        raise SourceUnreadable(source, "broken XML with no entry in it")
    links = {link.get("rel"): web_link(link.get("href"), base) for link in root.findall(f"{_ATOM}link")}
    return RawFeed(
        entries=tuple(_entry(entry, base) for entry in found[:MAX_ENTRIES]),
        total=len(found),
        broken=bool(parser.error_log),
        language=root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        hub=links.get("hub"),
        self_url=links.get("self"),
    )


def added_lines(html: str) -> list[str]:
    """The lines that a MediaWiki diff adds, as plain words; the whole text where it shows a new page.

    In feeds the cells of a diff lose their class and get a style; what stays is the "+" before an added one, in an attribute since 1.38.
    """
    root = _fragment(html)
    if root is None:
        return []
    markers = [cell for cell in root.iter("td") if "diff-marker" in cell.get("class", "").split()]
    if not markers:
        return [_words_of(page) for page in root.findall(".//div/div")]
    added = [cell.getnext() for cell in markers if "+" in (cell.get("data-marker"), (cell.text or "").strip())]
    return [line for cell in added if cell is not None and (line := _words_of(cell))]


def first_paragraph(html: str) -> str:
    """The words of the first paragraph: a MediaWiki edit's summary."""
    root = _fragment(html)
    first = None if root is None else root.find(".//p")
    return "" if first is None else " ".join(_words_of(first).split())


def _words_of(element: etree._Element) -> str:
    """All words inside; the markup that MediaWiki escaped is text."""
    return clean("".join(str(text) for text in element.itertext()))


def _fragment(html: str) -> etree._Element | None:
    try:
        return etree.fromstring(f"<div>{html}</div>", etree.HTMLParser(no_network=True, huge_tree=False))
    except etree.LxmlError:
        return None


def _entry(entry: etree._Element, base: str) -> RawEntry:
    answers = entry.find(f"{_THREAD}in-reply-to")
    link = next((each for each in entry.findall(f"{_ATOM}link") if each.get("rel", "alternate") == "alternate"), None)
    return RawEntry(
        id=_text(entry, "id"),
        url=web_link(link.get("href"), base) if link is not None else None,
        title=words(_text(entry, "title"), MAX_TITLE_CHARS),
        html=_text(entry, "content") or _text(entry, "summary"),
        author=author_name(_text(entry, "author", "name")),
        published_at=_time(_text(entry, "published")),
        updated_at=_time(_text(entry, "updated")),
        answers=None if answers is None else answers.get("ref"),
    )


def _text(entry: etree._Element, *names: str) -> str:
    found = entry.find("/".join(_ATOM + name for name in names))
    return "" if found is None else "".join(str(text) for text in found.itertext()).strip()


def _time(text: str) -> datetime | None:
    try:
        return known_time(datetime.fromisoformat(text))
    except ValueError:
        return None
