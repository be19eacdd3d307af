"""Every dialect that is well-formed, by lxml: RDF (RSS 0.90 and 1.0), RSS 0.91 to 2.0, Atom 0.3 and 1.0, with the modules they carry. Pure.

Slower than `listener/fast.py`, and exact: namespaces are told apart by their addresses, not by their prefixes; `xml:base` and `xml:lang` count where they
stand; markup that stands unescaped in an element is kept as markup.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element as Element

from listener.entries import MAX_ENTRIES, Found, Raw, author_name, counter
from listener.times import read_time

_ATOM: Final = "http://www.w3.org/2005/Atom"
_SPACES: Final = {  # the short names used below; what is not here is a stranger's, and is passed by
    **dict.fromkeys((_ATOM, "https://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"), "atom"),
    **dict.fromkeys(("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss"), "media"),
    **dict.fromkeys(("http://www.itunes.com/dtds/podcast-1.0.dtd", "http://www.itunes.com/DTDs/PodCast-1.0.dtd"), "itunes"),
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_BASE, _LANG = ("{http://www.w3.org/XML/1998/namespace}" + name for name in ("base", "lang"))
_COUNT: Final = "{http://purl.org/syndication/thread/1.0}count"

# For each field the elements that may give it, the best first. An element without a short name before it is of the feed's own format.
_ID: Final = ("guid", "id", "atom:id")
_TITLE: Final = ("title", "atom:title", "dc:title", "media:title", "itunes:title")
_TEXTS: Final = (
    "content:encoded", "content", "atom:content", "xhtml:body", "description", "summary", "abstract", "atom:summary", "itunes:summary", "dc:description",
)  # fmt: skip
_AUTHOR: Final = ("author", "atom:author", "dc:creator", "dc:author", "creator", "itunes:author")
_PUBLISHED: Final = (
    "pubdate", "published", "issued", "atom:published", "atom:issued", "dc:date", "date", "dcterms:issued", "dcterms:created", "atom:created", "created",
)  # fmt: skip
_UPDATED: Final = ("lastbuilddate", "updated", "modified", "atom:updated", "atom:modified", "dcterms:modified")
_REPLIES: Final = ("slash:comments", "thr:total")
_HTML: Final = frozenset(
    {None, "", "html", "text", "text/html", "application/xhtml+xml", "text/plain"}
)  # the types of a page that people read

Children = dict[str, list[Element]]


def read_dialects(body: bytes) -> Found | None:
    """What stands in a well-formed feed of any dialect; None for a malformed document, and one that is no feed.

    Args:
        body: without a DOCTYPE, in any encoding that it declares and libxml2 knows.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    name = _local(root)
    if name not in ("rss", "rdf", "feed"):
        return None
    entries = list(root.iter("{*}entry" if name == "feed" else "{*}item"))
    has_base = b"xml:base" in body
    return about(root, [_entry(entry, has_base=has_base) for entry in entries[:MAX_ENTRIES]], len(entries))


def about(root: Element, raws: Sequence[Raw], total: int, *, base: str | None = None) -> Found:
    """A feed with its entries, and what it says of itself: title, language, author (Atom's stands for its entries, too), hub and own address."""
    channel = channel_of(root)
    children = _children(channel)
    links = [*children.get("atom:link", ()), *children.get("link", ())]
    usual = _person(children.get("author", ())) if channel is root else None
    return Found(
        entries=raws,
        total=total,
        title=_first(children, _TITLE, _markup) or "",
        language=_first(children, ("language", "dc:language"), _text) or channel.get(_LANG) or root.get(_LANG),
        author=usual,
        base=base,
        hub=_related(links, "hub"),
        self_url=_related(links, "self"),
    )


def channel_of(root: Element) -> Element:
    """The element that tells of the feed itself."""
    return root if _local(root) == "feed" else next(root.iterchildren("{*}channel"), root)


def _entry(entry: Element, *, has_base: bool) -> Raw:
    children = _children(entry)
    texts = tuple(text for name in _TEXTS for element in children.get(name, ()) if (text := _markup(element)).strip())
    content = next((element for name in _TEXTS for element in children.get(name, ())), None)
    published, updated = _first(children, _PUBLISHED, _time_text), _first(children, _UPDATED, _time_text)
    return Raw(
        id=_first(children, _ID, _text) or entry.get(_RDF_ABOUT),
        link=_link(children, has_base=has_base),
        title=_first(children, _TITLE, _markup) or "",
        texts=texts or _captions(entry),
        author=_person([element for name in _AUTHOR for element in children.get(name, ())]),
        published=read_time(published),
        updated=read_time(updated),
        language=(content.get(_LANG) if content is not None else None) or entry.get(_LANG) or _first(children, ("dc:language",), _text),
        replies=_replies(children),
    )


def _children(parent: Element) -> Children:
    own = _namespace(str(parent.tag))
    found: Children = {}
    for child in parent:
        name = _short(str(child.tag), own)
        if name is not None:
            found.setdefault(name, []).append(child)
    return found


@lru_cache(maxsize=1024)
def _short(tag: str, own: str) -> str | None:
    """An element's name with the short name of its namespace; without one where it is of the format of its parent; None for a stranger."""
    space, local = _namespace(tag), tag.rpartition("}")[2].lower()
    if space in ("", own) or space.endswith(("/rss/1.0/", "/rdf/simple/0.9/", "/rss2", "/rss/2.0/module")):
        return local
    short = _SPACES.get(space)
    return None if short is None else f"{short}:{local}"


def _link(children: Children, *, has_base: bool) -> str | None:
    links = [*children.get("link", ()), *children.get("atom:link", ())]
    good = [link for link in links if link.get("rel") in (None, "alternate") and link.get("type") in _HTML]
    for link in [*good, *(link for link in links if link.get("rel") not in ("self", "edit", "hub"))]:
        address = link.get("href") or _text(link)
        if address:
            return urljoin(link.base or "", address) if has_base else address
    return None


def _related(links: Iterable[Element], rel: str) -> str | None:
    found = next((link for link in links if rel in (link.get("rel") or "").lower().split()), None)
    return None if found is None else urljoin(found.base or "", found.get("href") or "")


def _person(people: Iterable[Element]) -> str | None:
    """The first who has a name besides his address."""
    for person in people:
        name = next((_text(part) for part in person.iterchildren("{*}name")), None) or _text(person)
        if author_name(name):
            return name
    return None


def _captions(entry: Element) -> tuple[str, ...]:
    """What its media say, where an entry has no words of its own (YouTube)."""
    return tuple(
        _markup(element) for name, short in _SPACES.items() if short == "media" for element in entry.iter(f"{{{name}}}description")
    )


def _replies(children: Children) -> int | None:
    said = [_text(element) for name in _REPLIES for element in children.get(name, ())]
    said += [link.get(_COUNT) or "" for link in children.get("link", ()) if link.get("rel") == "replies"]
    return next((count for text in said if (count := counter(text)) is not None), None)


def _first(children: Children, names: Iterable[str], read: Callable[[Element], str]) -> str | None:
    return next((text for name in names for element in children.get(name, ()) if (text := read(element))), None)


def _time_text(element: Element) -> str:
    text = _text(element)
    return text if read_time(text) else ""


def _text(element: Element) -> str:
    return (element.text or "").strip() if len(element) == 0 else "".join(element.itertext()).strip()


def _markup(element: Element) -> str:
    """What stands in an element, as markup: Atom's XHTML, and what others forgot to escape."""
    if len(element) == 0:
        return element.text or ""
    for child in element.iterdescendants(etree.Element):
        child.tag = _local(child)
    etree.cleanup_namespaces(element)
    return html.escape(element.text or "", quote=False) + "".join(etree.tostring(child, encoding="unicode") for child in element)


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag[0] == "{" else ""


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
