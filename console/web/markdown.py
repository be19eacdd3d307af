"""Our own Markdown as HTML: what `playbooks/review.py` writes, and nothing else.

Safe by construction, not by cleaning: the HTML is made here, of a dozen tags, and every word between them is escaped. No HTML of the source
comes through, and a link only to an address of the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, Literal

from markupsafe import Markup, escape

from console.web.templating import web_link

_WORDS: Final = r"((?:\\.|[^\\*])+)"
_INLINE: Final = re.compile(
    rf"\\(?P<literal>.)|\*\*{_WORDS}\*\*|\*{_WORDS}\*|`(?P<code>[^`]*)`"
    r"|\[(?P<words>(?:\\.|[^\]\\])*)\]\(<(?P<url>[^>]*)>\)|&(?P<entity>amp|lt|gt);",
    re.DOTALL,
)
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">"}
_CELLS: Final = re.compile(r"(?<!\\)\|")
_RULE: Final = re.compile(r"\|( --- \|)+")
Kind = Literal["blank", "heading", "table", "quote", "list", "words"]


def html(text: str, *, deeper: int = 0) -> Markup:
    """The text as HTML.

    Args:
        text: Markdown of ours.
        deeper: how many levels its headings stand below the page's.
    """
    blocks = groupby(text.splitlines(), key=_kind)
    return Markup("\n").join(_block(kind, list(lines), deeper) for kind, lines in blocks if kind != "blank")


def _kind(line: str) -> Kind:
    if not line.strip():
        return "blank"
    starts: dict[str, Kind] = {"#": "heading", "|": "table", ">": "quote", "- ": "list"}
    return next((kind for start, kind in starts.items() if f"{line} ".startswith(start)), "words")


def _block(kind: Kind, lines: Sequence[str], deeper: int) -> Markup:
    match kind:
        case "heading":
            return Markup("\n").join(_heading(line, deeper) for line in lines)
        case "table":
            return _table(lines)
        case "quote":
            return Markup("<blockquote>{}</blockquote>").format(
                html("\n".join(line[1:].removeprefix(" ") for line in lines), deeper=deeper)
            )
        case "list":
            return Markup("<ul>{}</ul>").format(Markup().join(_item(line[2:]) for line in lines))
        case _:
            return Markup("<p>{}</p>").format(Markup("<br>").join(_inline(line) for line in lines))


def _heading(line: str, deeper: int) -> Markup:
    words = line.lstrip("#")
    level = min(6, len(line) - len(words) + deeper)
    return Markup("<h{}>{}</h{}>").format(level, _inline(words.strip()), level)


def _item(text: str) -> Markup:
    """An item; a step of a checklist says whether it is done by a sign, not by a box that could be clicked."""
    for box, sign in (("[ ] ", "☐"), ("[x] ", "☑")):
        if text.startswith(box):
            return Markup('<li class="check">{} {}</li>').format(sign, _inline(text.removeprefix(box)))
    return Markup("<li>{}</li>").format(_inline(text))


def _table(lines: Sequence[str]) -> Markup:
    head, *rows = [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in lines if not _RULE.fullmatch(line)]
    heads = [_inline(cell) for cell in head]
    top = Markup().join(Markup('<th scope="col">{}</th>').format(cell) for cell in heads)
    body = Markup().join(Markup("<tr>{}</tr>").format(Markup().join(_cells(heads, row))) for row in rows)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(top, body)


def _cells(heads: Sequence[Markup], row: Sequence[str]) -> Iterator[Markup]:
    for at, cell in enumerate(row):
        label = heads[at].striptags() if at < len(heads) else ""
        yield Markup('<td data-label="{}">{}</td>').format(label, _inline(cell))


def _inline(text: str) -> Markup:
    done, at = Markup(), 0
    for found in _INLINE.finditer(text):
        done += escape(text[at : found.start()]) + _piece(found)
        at = found.end()
    return done + escape(text[at:])


def _piece(found: re.Match[str]) -> Markup:
    strong, soft = found[2], found[3]
    if found["literal"] is not None:
        return escape(found["literal"])
    if strong is not None:
        return Markup("<strong>{}</strong>").format(_inline(strong))
    if soft is not None:
        return Markup("<em>{}</em>").format(_inline(soft))
    if found["code"] is not None:
        return Markup("<code>{}</code>").format(found["code"])
    if found["entity"] is not None:
        return escape(_ENTITIES[found["entity"]])
    url = web_link(found["url"])
    words = _inline(found["words"])
    return words if url is None else Markup('<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>').format(url, words)
