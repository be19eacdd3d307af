"""Tables that people export: CSV of any encoding and delimiter, with a header somewhere near the top, as rows by our names. Pure.

Spreadsheets here write UTF-8 with a mark, UTF-16 (Google Play), Windows-1258 (older Vietnamese Excel), and separate by comma, semicolon or tab.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from core.errors import TocsinError
from core.records import Record
from core.text import unmarked

MAX_BYTES: Final = 20_000_000
MAX_ROWS: Final = 50_000
MAX_CELL_CHARS: Final = 30_000
HEADER_WITHIN: Final = 20  # lines: some exports begin with a title and the period
DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
Names = Mapping[str, Sequence[str]]


class TableError(TocsinError):
    """What is no such table; says what is missing, and holds none of its cells but the header."""


class Row(Record, frozen=True, kw_only=True, gc=False):
    """One row: its line in the file, from 1, and its cells by our names; an empty cell is left out."""

    line: int
    cells: dict[str, str]


def decode(body: bytes) -> str:
    """The text of a file: by its mark, else UTF-16 where every other byte is zero, else UTF-8, else Windows-1258; NFC."""
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if encoding is None and body[1:200:2].count(0) > len(body[1:200:2]) // 2:
        encoding = "utf-16-le"
    if encoding is not None:
        return unicodedata.normalize("NFC", body.decode(encoding, "replace"))
    try:
        return unicodedata.normalize("NFC", body.decode("utf-8"))
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", body.decode("cp1258", "replace"))


def rows(text: str, names: Names, needed: Sequence[Sequence[str]]) -> Iterator[Row]:
    """The rows below the header.

    Args:
        text: the file.
        names: our name -> what the column may be called, the likeliest first; case, marks and punctuation do not matter.
        needed: of each group of our names the header must have one.

    Raises:
        TableError: no line near the top is such a header.
    """
    lines = list(io.StringIO(text.replace("\0", ""), newline=""))
    at, delimiter, columns = _header(lines, names)
    missing = [group for group in needed if not set(group) & set(columns.values())]
    if missing:
        seen = ", ".join(_cells(lines[at], delimiter))[:300] if lines else "nothing"
        raise TableError(f"no column for {' or '.join(missing[0])}; name it under columns. The header has: {seen}")
    reader = csv.reader(lines[at + 1 :], delimiter=delimiter)
    for row in islice(_whole(reader), MAX_ROWS):
        cells = {columns[number]: cell.strip()[:MAX_CELL_CHARS] for number, cell in enumerate(row) if number in columns and cell.strip()}
        if cells:
            yield Row(line=at + 1 + reader.line_num, cells=cells)


def plain(name: str) -> str:
    """A column's name as it is compared: "Ngày đánh giá (VN)" is "ngay danh gia vn"."""
    return " ".join("".join(char if char.isalnum() else " " for char in unmarked(name)).split())


def _whole(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows; one that the reader cannot take (a cell beyond its limit) is passed over."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _header(lines: Sequence[str], names: Names) -> tuple[int, str, dict[int, str]]:
    """Where the header stands, how it separates, and which column is what: the reading that knows most columns."""
    best: tuple[int, int, str, dict[int, str]] = (0, 0, ",", {})
    for at, line in enumerate(lines[:HEADER_WITHIN]):
        for delimiter in DELIMITERS:
            columns = _columns(_cells(line, delimiter), names)
            if len(columns) > best[0]:
                best = (len(columns), at, delimiter, columns)
    return best[1:]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _columns(cells: Sequence[str], names: Names) -> dict[int, str]:
    """Column number -> our name; each of our names takes the column whose name is likeliest, and no column is taken twice."""
    header = [plain(cell) for cell in cells]
    found: dict[int, str] = {}
    for ours, likely in names.items():
        for name in likely:
            wanted = plain(name)
            if wanted in header and header.index(wanted) not in found:
                found[header.index(wanted)] = ours
                break
    return found
