"""Plain text that lines up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns that line up on a terminal; the last one runs free. The head in capitals, as far as its letters have any."""
    lines = [[name.upper() for name in head], *([_one_line(cell) for cell in row] for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(head) - 1)]
    return "\n".join(_joined(line, widths) for line in lines)


def width(text: str) -> int:
    """How many columns a text takes: two for wide characters, none for marks that combine."""
    return sum(0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (room - width(cell)) for cell, room in zip(line, widths, strict=False)]
    return GAP.join([*padded, line[-1]]).rstrip()


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
