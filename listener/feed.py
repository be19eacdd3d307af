"""Feed bytes -> entries: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed. Blocks: call it on a worker thread.

The document is made ready (one encoding, no DOCTYPE, no entities), the quickest reader that reads it rightly is chosen by looking at it, and
what that found is cleaned:

    JSON Feed          -> `listener/jsonfeed.py`
    plain RSS and Atom -> `listener/fast.py`, a compiled parser
    well-formed        -> `listener/dialects.py`, lxml: RDF, 0.9x, and what the fast one would misread
    the common slips   -> mended (`listener/document.py`), then one of these two
    anything else      -> `listener/reference.py`, feedparser, in a process of its own
"""

from __future__ import annotations

import re
from collections.abc import Container

from core.errors import SourceUnreadable
from listener import confine
from listener.dialects import read_dialects
from listener.document import mended, prepared, recoded, what_it_is
from listener.entries import Feed, Found, feed_of
from listener.fast import read_fast
from listener.jsonfeed import looks_like_json, read_json
from listener.reference import read_reference

_MAY_BE_FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)[\s>/]", re.IGNORECASE)
_MAY_HOLD_ENTRIES = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)


def read(body: bytes, content_type: str = "", *, base: str = "", source: str = "feed", known: Container[str] | None = None) -> Feed:
    """Read any kind of feed.

    Args:
        body: as it came, unpacked.
        content_type: the header, for its charset.
        base: the address that answered; relative links are resolved against it.
        source: what errors name.
        known: marks (`Feed.marks` of the last look) of entries that need not be read again; they are left out of `entries`. None: all are
            read, and no marks are made.

    Raises:
        SourceUnreadable: no feed at all, or one that declares entities.
    """
    if looks_like_json(body):
        return feed_of(read_json(body, source=source), base, known)
    document = prepared(body, content_type, source)
    found = find(document, content_type)
    if found is None and _MAY_BE_FEED.search(document):
        found = confine.call(read_reference, document, content_type, source=source)
    if found is None:
        raise SourceUnreadable(source, what_it_is(document))
    return feed_of(found, base, known)


def find(document: bytes, content_type: str = "") -> Found | None:
    """What the two quick readers find in a prepared document, mended where it has to be; None where only the reference can tell."""
    return _find(document) or _find(mended(recoded(document, content_type)))


def _find(document: bytes) -> Found | None:
    found = read_fast(document) or read_dialects(document)
    if found is None or (not found.total and _MAY_HOLD_ENTRIES.search(document)):
        return None
    return found
