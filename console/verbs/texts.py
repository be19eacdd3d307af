"""A text as people and programs hand it in: the names of a mention's fields, all but the text may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from detectors.enrichment.records import Heard


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


def read(line: bytes | str) -> Text:
    """A text of its JSON.

    Raises:
        ValueError: it is none; the message says what is wrong.
    """
    try:
        return msgspec.json.decode(line, type=Text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
