"""Markdown that says what was posted and does nothing else: escaping, quotes, links, tables. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~])")
_LINE_START = re.compile(r"^(\s*)([-+=])|^(\s*\d+)([.)])(?=\s|$)", re.MULTILINE)  # lists, numbered lists, underlined headings
_AUTOLINK = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|(\bwww)(\.)")
_SAFE_IN_URL: Final = "/:?#@!$&'*+,;=%~-._"


def escape(text: str) -> str:
    """Text from outside as plain words: no markup, no HTML, no link made by itself. Line breaks stay."""
    text = _SPECIAL.sub(r"\\\1", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "\\@")
    text = _AUTOLINK.sub(lambda found: f"{found[1] or found[3]}\\{found[2] or found[4]}", text)
    return _LINE_START.sub(lambda found: f"{found[1] or found[3] or ''}\\{found[2] or found[4]}", text)


def inline(text: str) -> str:
    """The same in one line, for headings and cells of a table."""
    return escape(" ".join(text.split()))


def quoted(text: str) -> str:
    """The same as a quotation, line by line."""
    return "\n".join(f"> {line}".rstrip() for line in escape(text.strip()).splitlines())


def link(words: str, url: str | None) -> str:
    """A link to an http(s) address with escaped words; nothing for an address that is none."""
    if url is None:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return f"[{inline(words)}](<{quote(url, safe=_SAFE_IN_URL)}>)" if usable else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace(chr(10), ' ') for cell in line)} |" for line in lines)
