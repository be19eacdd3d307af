"""A mail's parts, headers and charsets, as they come: broken, old, or somebody's own idea of MIME. Pure."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final

from core.text import clean

MAX_PARTS: Final = 200
MAX_BODY_CHARS: Final = 1_000_000
MAX_ID_CHARS: Final = 500
_CHARSETS: Final = {
    "windows-1258": "cp1258",
    "x-unknown": "utf-8",
    "default": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-2022-jp": "iso2022_jp_ext",
}
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,480})>")


def decoded(data: bytes, charset: str | None) -> str:
    """Bytes as text: by the charset named, else UTF-8, else the old one of Vietnamese Windows. Never fails."""
    named = (charset or "").strip().strip("\"'").lower()
    for name in (_CHARSETS.get(named, named), "utf-8"):
        try:
            return data.decode(name) if name not in ("", "us-ascii", "ascii") else data.decode("utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1258", "replace")


def parts_of(message: Message) -> list[Message]:
    """The parts of a mail in order; a mail attached to it is one part and is not looked into."""
    found: list[Message] = []
    waiting: list[Message] = [message]
    while waiting and len(found) < MAX_PARTS:
        part = waiting.pop(0)
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting[:0] = [each for each in inner if isinstance(each, Message)]
        else:
            found.append(part)
    return found


def text_of(part: Message) -> str:
    """A part's text, of `MAX_BODY_CHARS` at most; empty where it has none."""
    data = part.get_payload(decode=True)
    return decoded(data, part.get_content_charset())[:MAX_BODY_CHARS] if isinstance(data, bytes) else ""


def header(message: Message, name: str) -> str:
    """A header on one line, encoded words as they stand; empty where it is missing. One in raw bytes is read as `decoded` reads them."""
    wanted = name.lower()
    told = next((str(value) for key, value in message.raw_items() if key.lower() == wanted), "")
    if not told.isascii():
        told = decoded(told.encode("utf-8", "surrogateescape"), None)
    return " ".join(told.split())


def message_ids(text: str) -> list[str]:
    """The ids that a header names, without their brackets, in order."""
    return _MESSAGE_ID.findall(text)


def message_id(text: str) -> str | None:
    """The first id that a header names, without its brackets."""
    found = _MESSAGE_ID.search(text)
    return clean(found[1], MAX_ID_CHARS) or None if found else None
