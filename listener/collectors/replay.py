"""A file of recorded mentions, one JSON object a line, as a source: for trying Tocsin out, and for what another program writes.

Reads on where it stopped, so that a growing file is a living source. Sees nothing of lines changed after they were read.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from pydantic import BaseModel, ConfigDict

from core.errors import SourceUnavailable
from core.http import Fetcher
from core.records import Mention
from listener.aside import aside
from listener.base import Now, Page
from listener.recorded import MAX_LINE_BYTES, RecordError, read_line

PAGE_LINES: Final = 500


class Options(BaseModel):
    """What the operator sets. `path`: the file, from the directory where Tocsin was started."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Path


class Cursor(msgspec.Struct, frozen=True):
    """Where to read on: bytes and lines from the start of the file."""

    offset: int = 0
    line: int = 0


class Collector:
    """Reads one file on.

    Args:
        options: see `Options`.
        source_id: whose the mentions are, whatever the lines say.
        http: not needed; every collector takes it.
        now: tells when a mention was seen (aware).
    """

    def __init__(self, options: Options, *, source_id: str, http: Fetcher | None = None, now: Now) -> None:  # noqa: ARG002
        self._path = options.path
        self._source_id = source_id
        self._now = now

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of up to 500 lines until the file ends; at least one, empty where nothing was added.

        A line that cannot be read is counted in `skipped`; the last line waits until it is whole.

        Raises:
            SourceUnavailable: the file is not there or cannot be opened.
        """
        at = _decode(cursor)
        while True:
            try:
                page, at = await aside(self._read, at, self._now())
            except OSError as error:
                raise SourceUnavailable(self._source_id, f"cannot read the file: {error.strerror}") from error
            yield page
            if not page.more:
                return

    def _read(self, at: Cursor, seen_at: datetime) -> tuple[Page, Cursor]:
        mentions: list[Mention] = []
        problems: list[str] = []
        with self._path.open("rb") as file:
            at = at if at.offset <= file.seek(0, os.SEEK_END) else Cursor()  # the file was replaced by a shorter one
            file.seek(at.offset)
            first = at.line
            while at.line - first < PAGE_LINES and (line := _whole_line(file)):
                at = Cursor(file.tell(), at.line + 1)
                if not line.strip():
                    continue
                found = read_line(line, source_id=self._source_id, seen_at=seen_at, own=False)
                if isinstance(found, RecordError):
                    problems.append(f"line {at.line}: {found}")
                else:
                    mentions.append(found)
        page = Page(
            mentions=tuple(mentions),
            cursor=msgspec.json.encode(at).decode(),
            more=at.line - first == PAGE_LINES,
            skipped=len(problems),
            problem=problems[0] if problems else None,
        )
        return page, at


def _whole_line(file: BinaryIO) -> bytes:
    """The next line; b"" at the end of the file, and where the last line is still being written.

    A line longer than `MAX_LINE_BYTES` is read past; what comes back of it is too long on purpose.
    """
    line = file.readline(MAX_LINE_BYTES + 1)
    piece = line
    while piece and not piece.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
        piece = file.readline(MAX_LINE_BYTES)
    return line if piece.endswith(b"\n") or _is_json(line) else b""


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    return True


def _decode(cursor: str | None) -> Cursor:
    try:
        at = msgspec.json.decode(cursor or "", type=Cursor)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Cursor()
    return at if at.offset >= 0 and at.line >= 0 else Cursor()
