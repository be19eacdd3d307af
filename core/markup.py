"""HTML from outside -> its words. Pure; hostile input costs time that grows with its length alone.

Most of what feeds and platforms send is regular: tags closed in order, no scripts, no comments. Such markup is cut at its tags; the rest is read by
lxml's parser, ten times slower, with the same outcome.
"""

from __future__ import annotations

import contextlib
import html as names
import re
from typing import Any, Final

from lxml import etree

from core.tidy import BREAKS, INVISIBLE, is_plain, laid_out, tidy

MAX_HTML_CHARS: Final = 1_000_000  # of markup looked at
_RAW: Final = frozenset({"script", "style", "iframe"})  # what stands in them is no markup
_NAME: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_."
_REMEMBERED: Final = 1_024  # references

_BLANKS = re.compile(r"\s+")
_CLOSED_BREAK = re.compile(r"</br\s*/?>", re.IGNORECASE)  # browsers and their authors take it for a line break; lxml does not
_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9]*+)(?:>|[\s/][^<>"']*+(?:"[^"<>]*+"[^<>"']*+|'[^'<>]*+'[^<>"']*+)*+>)""", re.ASCII)
_REFERENCE = re.compile(r"(&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});)")
_OPENING = re.compile(r"<[a-zA-Z/!?]")
_UNCLEAR = re.compile(r"&(?=[a-zA-Z#])")

_SKIPPED = frozenset({"script", "style", "template", "noscript", "head", "title", "svg", "math", "object", "iframe", "textarea", "select"})
_LINES = frozenset({"br", "caption", "dd", "dt", "hr", "legend", "li", "option", "summary", "td", "th", "tr"})  # start on a new line
_HOLDERS = frozenset({  # stand apart before and after, and may hold others
    "article", "aside", "blockquote", "details", "div", "figcaption", "figure", "footer", "header", "main", "nav", "ol", "section", "table", "ul",
})  # fmt: skip
_LEAVES = frozenset({  # stand apart, and are closed by what begins inside of them
    "address", "center", "dialog", "dir", "dl", "fieldset", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "menu", "p", "pre",
})  # fmt: skip
_BLOCKS = _HOLDERS | _LEAVES
_PARSERS = frozenset({  # the parser has rules of its own for these
    "address", "dialog", "dir", "fieldset", "form", "frame", "frameset", "head", "legend", "listing", "menu", "noembed", "noframes", "noscript", "option", "plaintext",
    "summary", "template", "textarea", "title", "xmp",
})  # fmt: skip
_WITHIN: Final[dict[str, frozenset[str]]] = (  # where these are at home
    {"li": frozenset({"ul", "ol"}), "dd": frozenset({"dl"}), "dt": frozenset({"dl"}), "hr": _HOLDERS | {""}}
    | dict.fromkeys(("caption", "td", "th", "tr", "tbody", "tfoot", "thead"), frozenset({"table"}))
)
_PLACED = _BLOCKS | frozenset(_WITHIN) | frozenset(f"/{name}" for name in _BLOCKS)
_INLINE: Final = ("a", "b", "code", "em", "font", "i", "img", "small", "span", "strong", "sub", "sup", "u")  # those that come most often


def plain_text(html: str) -> str:
    """The words of an HTML fragment: tags gone, entities decoded, block elements as line breaks, scripts and styles left out.

    Text without markup comes back as it is, tidied as `clean` does but not cut. Broken markup gives what can be read of it. Markup
    beyond `MAX_HTML_CHARS` is not looked at.
    """
    html = html[:MAX_HTML_CHARS]
    if "<" not in html and "&" not in html:
        return tidy(html)
    text = _at_its_tags(html)
    return tidy(_by_parser(html)) if text is None else laid_out(text)


def _at_its_tags(html: str) -> str | None:
    """The words of regular markup; None for any other."""
    html = html.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    parts = _TAG.split(html)
    found = parts[1::2]
    if "<!" in html or not _RAW.isdisjoint(found):
        seen = _without_unseen(html)
        if seen is None:
            return None
        parts = _TAG.split(seen)
        found = parts[1::2]
    try:
        parts[1::2] = map(_SEPARATORS.__getitem__, found)
    except KeyError:
        return None
    if not _SKIPPED.isdisjoint(found):
        found = _pass_over(parts, found)
    text = "".join(parts)
    if ("<" in text and _OPENING.search(text)) or ("img" in found and "emoji" in html) or not _is_regular(found) or not is_plain(text):
        return None
    return text if "&" not in text else _with_references(text)


def _pass_over(parts: list[str], found: list[str]) -> list[str]:
    """Empty what stands inside of skipped elements; the tags that are left, or one that is not regular where one of them is not closed."""
    opened: list[str] = []
    left: list[str] = []
    is_clear = True
    for at, name in enumerate(found):
        if name in _SKIPPED:
            opened.append(name)
        elif opened and name == f"/{opened[-1]}":
            opened.pop()
        elif not opened:
            left.append(name)
        if opened:
            is_clear = is_clear and "<" not in parts[2 * at + 2]
            parts[2 * at + 2] = ""
    return left if is_clear and not opened else [*left, "div"]


def _without_unseen(html: str) -> str | None:
    """Without comments and what nobody sees; None where it is not clear what is inside of which."""
    unseen = [name for name in sorted(_RAW) if f"</{name}" in html]
    if "<!" in html:
        return None if unseen or "--!>" in html else _without(html, "<!--", "-->", not_before=">-")
    without: str | None = html
    for name in unseen:
        without = None if without is None else _without(without, f"<{name}", f"</{name}>", not_before=_NAME)
    return without


def _without(html: str, opening: str, closing: str, *, not_before: str) -> str | None:
    first, *others = html.split(opening)
    kept = [first]
    for other in others:
        _, end, after = other.partition(closing)
        if not end or other[0] in not_before or kept[-1].rfind("<") > kept[-1].rfind(">"):
            return None
        kept.append(after)
    return "".join(kept)


def _with_references(text: str) -> str | None:
    parts = _REFERENCE.split(text)
    try:
        parts[1::2] = map(_CHARACTERS.__getitem__, parts[1::2])
    except KeyError:
        return None
    if any("&" in part and _UNCLEAR.search(part) for part in parts[::2]):
        return None
    return "".join(parts)


def _is_regular(found: list[str]) -> bool:
    """Whether the blocks among these tags are closed in order, and hold no block where a parser would close them first."""
    opened: list[str] = []
    for name in [name for name in found if name in _PLACED]:
        if name in _BLOCKS:
            if opened and (opened[-1] in _LEAVES or (name == "pre" and opened[-1] in ("ul", "ol"))):
                return False
            opened.append(name)
        elif name in _WITHIN:
            if (opened[-1] if opened else "") not in _WITHIN[name]:
                return False
        elif not opened or opened.pop() != name[1:]:
            return False
    return not opened


class _Separators(dict[str, str]):
    """What stands in the place of a tag; nothing for a tag that no one knows."""

    def __missing__(self, name: str) -> str:
        if name.removeprefix("/") in _PARSERS or name != name.lower():
            raise KeyError(name)
        return ""


class _Characters(dict[str, str]):
    """What references stand for; a blank is a space, and none is invisible. Remembers the first that it meets."""

    def __missing__(self, reference: str) -> str:
        character = names.unescape(reference)
        character = " " if character.isspace() else character
        if not is_plain(character):
            raise KeyError(reference)
        if len(self) < _REMEMBERED:
            self[reference] = character
        return character


_SEPARATORS: Final = _Separators(
    dict.fromkeys((_BLOCKS | _LINES) - _PARSERS, "\n")
    | dict.fromkeys((f"/{name}" for name in _BLOCKS - _PARSERS), "\n")
    | dict.fromkeys((f"/{name}" for name in _LINES - _PARSERS), "")
    | dict.fromkeys((*_INLINE, *(f"/{name}" for name in _INLINE)), "")
    | {"/br": "\n"}
)
_CHARACTERS: Final = _Characters()


def _by_parser(html: str) -> str:
    html = _CLOSED_BREAK.sub("<br>", INVISIBLE.sub("", BREAKS.sub("\n", html)))
    words = _Words()
    target: Any = words  # the stubs ask for a base class that exists in the stubs only
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    with contextlib.suppress(etree.LxmlError):  # what was read so far stands in `words`
        parser.feed(b"<div>" + html.encode() + b"</div>")
        parser.close()
    return "".join(words.parts)


class _Words:
    """Takes the events of the HTML parser and keeps the text; builds no tree, so that depth costs nothing."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._skipped: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _SKIPPED:
            self._skipped.append(tag)
        elif tag in _BLOCKS or tag in _LINES:
            self.parts.append("\n")
        elif tag == "img" and "emoji" in attributes.get("class", ""):  # forums and blogs draw emoji as pictures
            self.parts.append(attributes.get("alt", ""))

    def end(self, tag: str) -> None:
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def data(self, text: str) -> None:
        if not self._skipped:
            self.parts.append(_BLANKS.sub(" ", text))

    def close(self) -> None:
        """The parser asks for a result; the parts are it."""
