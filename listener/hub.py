"""Who pushes a feed's news: discovery as WebSub has it (W3C Recommendation, 23 January 2018, section 4). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.records import Record
from listener.base import web_link

MAX_HEADER_CHARS: Final = 10_000
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


class Hub(Record, frozen=True, kw_only=True, gc=False):
    """The hub's address, and the one by which he knows the feed."""

    address: str
    topic: str


def hub_of(header: str, hub: str | None, self_url: str | None, *, base: str) -> Hub | None:
    """The hub that a feed names; the Link header goes before the feed's own links.

    Args:
        header: Link, as it came; several are joined by commas.
        hub: the feed's link of that relation.
        self_url: the feed's own address, as it says.
        base: the address that answered, which is the topic where none is named.
    """
    named = dict(_links(header))
    address = web_link(named["hub"], base) if "hub" in named else hub
    if address is None:
        return None
    topic = web_link(named["self"], base) if "self" in named else self_url
    return Hub(address=address, topic=topic or base)


def _links(header: str) -> Iterator[tuple[str, str]]:
    for found in _LINK.finditer(header[:MAX_HEADER_CHARS]):
        rel = _REL.search(found[2])
        for name in (rel[1] or rel[2] or "").lower().split() if rel else ():
            if name in ("hub", "self"):
                yield name, found[1]
