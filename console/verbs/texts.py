"""A text as people and programs hand it in: the names of a mention's fields, all but the text may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

if TYPE_CHECKING:
    from detectors.enrichment.records import Heard

MAX_LINE_BYTES: Final = 10_000_000
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Author(msgspec.Struct, frozen=True):
    """Who wrote it; other fields are ignored."""

    handle: str | None = None
    name: str | None = None


class Text(msgspec.Struct, frozen=True):
    """One text; other fields are ignored. `kind` is the source's kind."""

    text: str
    title: str = ""
    lang: str | None = None
    author: str | Author | None = None
    url: str | None = None
    source_id: str = ""
    kind: str = ""
    repost_of: str | None = None

    def heard(self) -> Heard:
        """As the pipeline hears it."""
        from core import records
        from detectors.enrichment.records import Heard

        author = Author(handle=self.author) if isinstance(self.author, str) else self.author
        return Heard(
            title=self.title,
            text=self.text,
            lang=self.lang,
            url=self.url,
            author=None
            if author is None
            else records.Author(key=author.handle or author.name or "", handle=author.handle, name=author.name),
            source_id=self.source_id,
            source_kind=self.kind,
            is_repost=self.repost_of is not None,
        )


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream as they come, without the byte order mark that some programs put first.

    Of a line longer than `MAX_LINE_BYTES` the rest is read past; what comes back of it is too long on purpose.
    """
    mark = _BYTE_ORDER_MARK
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line.removeprefix(mark)
        mark, piece = b"", line
        while piece and len(line) > MAX_LINE_BYTES and not piece.endswith(b"\n"):
            piece = stream.readline(MAX_LINE_BYTES)


def read(line: bytes | str) -> Text:
    """A text of its JSON.

    Raises:
        ValueError: it is none, or too long; the message says what is wrong.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        return msgspec.json.decode(line, type=Text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
