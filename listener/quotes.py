"""What a writer says himself: HTML of forums and trackers as plain text, without the words of others that it quotes. Pure.

A quoted complaint under "we are looking into it" would count as a second complaint.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree, html

from core.text import MAX_HTML_CHARS, clean, plain_text

_MAY_QUOTE: Final = re.compile(r"<blockquote|<aside|email-quoted|class=['\"]?(?:meta|anchor)|expand-hidden")
_QUOTED: Final = "//blockquote | //aside[contains(concat(' ', @class, ' '), ' quote ')] | //*[contains(@class, 'email-quoted-reply')]"
_FURNITURE: Final = "//div[@class='meta'] | //*[contains(concat(' ', @class, ' '), ' anchor ')] | //*[contains(@class, 'expand-hidden')]"


def own_words(markup: str) -> str:
    """The words of an HTML fragment, cleaned and cut, without quotations (all of it where nothing else stands there)."""
    if not _MAY_QUOTE.search(markup):
        return clean(plain_text(markup))
    try:
        tree = html.fragment_fromstring(markup[:MAX_HTML_CHARS], create_parent="div", parser=html.HTMLParser(huge_tree=True))
    except (etree.LxmlError, ValueError):
        return clean(plain_text(markup))
    _drop(tree, _FURNITURE)
    whole = html.tostring(tree, encoding="unicode")
    _drop(tree, _QUOTED)
    words = clean(_text(tree)) or clean(plain_text(whole))
    return words if words or tree.xpath("//img") else clean(plain_text(markup))  # too deep for a tree; a picture alone has no words


def _drop(tree: html.HtmlElement, path: str) -> None:
    for element in tree.xpath(path):
        if isinstance(element, html.HtmlElement) and element.getparent() is not None:
            element.tail = f" {element.tail or ''}"  # or the words on both sides would become one
            element.drop_tree()


def _text(tree: html.HtmlElement) -> str:
    return plain_text(html.tostring(tree, encoding="unicode"))
