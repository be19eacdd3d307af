"""OPML 1 and 2: the list of feeds that every feed reader exports. Pure.

Exports are often broken in small ways (bare ampersands, attributes in other letters), so they are read as far as they go. What they hold is a
stranger's: no entities, no network, no document type.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from core.errors import SourceUnreadable
from core.records import Record, Tier
from core.text import canonical_url, clean, unmarked
from listener.base import web_link
from listener.entries import language_code

MAX_FEEDS: Final = 10_000
MAX_TITLE_CHARS: Final = 200
MAX_ID_CHARS: Final = 60
_BARE = re.compile(rb"&(?!#?\w{1,10};)")
_NOT_ID = re.compile(r"[^a-z0-9]+")
_FORUM = re.compile(r"forum|dien[- ]?dan|phpbb|xenforo|discourse|\bvoz\b|tinhte|webtretho|otofun|reddit|board", re.IGNORECASE)
_PRESS = re.compile(
    r"vnexpress|tuoitre|thanhnien|dantri|vietnamnet|vietnamplus|laodong|tienphong|nld\.com|zingnews|znews|cafef|kenh14|baomoi|vtv\.vn|vov\.vn"
    r"|plo\.vn|sggp|baochinhphu|reuters|apnews|bbc|cnn|nytimes|guardian|bloomberg|afp\.com|news|báo |nhật báo|times|herald|tribune",
    re.IGNORECASE,
)


class Outline(Record, frozen=True, kw_only=True, gc=False):
    """One feed of the list; `folders` from the outermost in."""

    title: str
    url: str
    language: str | None = None
    folders: tuple[str, ...] = ()


class Opml(Record, frozen=True, kw_only=True, gc=False):
    """The list: each feed once, in order; how many outlines name a feed that is no web address, and how many a feed that stood before."""

    feeds: tuple[Outline, ...]
    unusable: int = 0
    repeated: int = 0


def read_opml(body: bytes, *, name: str = "the file") -> Opml:
    """Read a list of feeds.

    Args:
        body: as it stands in the file.
        name: what errors name.

    Raises:
        SourceUnreadable: no OPML, or one that declares a document type.
    """
    if b"<!DOCTYPE" in body[:2_000].upper() or b"<!ENTITY" in body.upper():
        raise SourceUnreadable(name, "declares a document type, which no list of feeds needs")
    root, body = None, body if b"\0" in body else _BARE.sub(b"&amp;", body)
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceUnreadable(name, "not OPML (an XML file that begins with <opml>)") from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise SourceUnreadable(name, "not OPML (an XML file that begins with <opml>)")
    found = list(_outlines(root))
    known: dict[str, Outline] = {}
    for each in found:
        if each is not None and len(known) < MAX_FEEDS:
            known.setdefault(canonical_url(each.url), each)
    unusable = found.count(None)
    return Opml(feeds=tuple(known.values()), unusable=unusable, repeated=len(found) - unusable - len(known))


def source_id(outline: Outline, taken: Collection[str]) -> str:
    """An id made of the title ("Tuổi Trẻ" is "tuoi-tre"), else of the host; with a number where it is taken."""
    host = (urlsplit(outline.url).hostname or "").removeprefix("www.")
    plain = next((slug for text in (outline.title, host, "feed") if (slug := _NOT_ID.sub("-", unmarked(text)).strip("-"))), "feed")
    plain = plain[:MAX_ID_CHARS].strip("-")
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    return name


def guessed_tier(outline: Outline) -> Tier:
    """A guess by address, title and folders; an authority's host is sure, the rest is for the operator to judge."""
    host = urlsplit(outline.url).hostname or ""
    told = " ".join((host, outline.title, *outline.folders))
    if host.endswith((".gov.vn", ".gov", ".gov.uk")):
        return "regulator"
    if _FORUM.search(unmarked(told)) or _FORUM.search(host):
        return "forum"
    return "press" if _PRESS.search(told) else "page"


def _outlines(root: etree._Element) -> Iterator[Outline | None]:
    for element in root.iter():
        if not isinstance(element.tag, str) or etree.QName(element).localname.lower() != "outline":
            continue
        told = _attributes(element)
        if "xmlurl" not in told:
            continue
        url = web_link(told["xmlurl"].replace("feed://", "https://", 1))
        yield (
            None
            if url is None
            else Outline(title=_title(told), url=url, language=language_code(told.get("language")), folders=_folders(element))
        )


def _folders(element: etree._Element) -> tuple[str, ...]:
    above = [_title(_attributes(each)) for each in element.iterancestors() if str(each.tag).lower().endswith("outline")]
    return tuple(title for title in reversed(above) if title)


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in element.attrib.items()}


def _title(told: dict[str, str]) -> str:
    return " ".join(clean(told.get("title") or told.get("text") or "", MAX_TITLE_CHARS).split())
