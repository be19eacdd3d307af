"""A feed's bytes made ready for the parsers: in UTF-8, without a DOCTYPE, its common slips mended where they stop a strict one. Pure."""

from __future__ import annotations

import codecs
import html.entities
import re
from typing import Final

from core.errors import SourceUnreadable

_WIDE = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDE_BARE = ((b"\0\0\0<", "utf-32-be"), (b"<\0\0\0", "utf-32-le"), (b"\0<", "utf-16-be"), (b"<\0", "utf-16-le"))
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._:-]{0,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z][A-Za-z0-9._:-]{0,40})""", re.IGNORECASE)
# What a stranger may have us look up: Python's codecs hold more than encodings of text, and some of them are slow.
_FAMILIAR = re.compile(
    r"(us-ascii|ascii|utf-?8|(iso[-_]?8859[-_]?|latin-?)\d{1,2}|(windows|cp|ibm)-?\d{3,4}|koi8-[rut]|mac-?roman|macintosh|tis-620"
    r"|gb2312|gbk|gb18030|big5(-hkscs)?|shift[-_]jis|sjis|euc-(jp|kr)|ks_c_5601-1987|iso-2022-(jp|kr))\Z",
    re.IGNORECASE,
)
_SEVEN_BITS = re.compile("iso-2022", re.IGNORECASE)
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?[^>]*\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:(\[).*?\]\s*)?>", re.DOTALL | re.IGNORECASE)

_CDATA: Final = b"<![CDATA["
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
_AMPERSAND = re.compile(rb"&(?:#\d{1,7};|#[xX][0-9A-Fa-f]{1,6};|([A-Za-z][A-Za-z0-9]{1,31});)?")
_XML_NAMES: Final = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


def prepared(body: bytes, content_type: str, source: str) -> bytes:
    """The document as parsers get it: from its first "<", without a DOCTYPE; in UTF-8 where UTF-16 or UTF-32 would hide things from our checks.

    Raises:
        SourceUnreadable: it declares entities; no feed needs them, and they can read files or grow without end.
    """
    encoding = next((name for mark, name in (*_WIDE, *_WIDE_BARE) if body.startswith(mark)), None)
    if encoding is not None:
        body = _DECLARATION.sub(b"", body.decode(encoding, "replace").encode("utf-8", "replace"), count=1)
    elif _label(body, content_type) is not None:
        body = _recoded(body, content_type)
    return _without_doctype(body.removeprefix(codecs.BOM_UTF8).lstrip(), source)


def recoded(body: bytes, content_type: str) -> bytes:
    """A document that says UTF-8, or nothing, and is not: read as what the HTTP header says, else left alone."""
    found = _CHARSET.search(content_type)
    return _decoded(body, found[1]) if found else body


def mended(body: bytes) -> bytes:
    """A document with what most often makes it malformed set right, outside of CDATA: bare ampersands, HTML's names of characters, control characters."""
    first, *others = body.translate(None, _CONTROLS).split(_CDATA)
    parts = [_AMPERSAND.sub(_reference, first)]
    for other in others:
        inside, end, after = other.partition(b"]]>")
        parts += (_CDATA, inside, end, _AMPERSAND.sub(_reference, after))
    return b"".join(parts)


def what_it_is(body: bytes) -> str:
    """Why a document without entries is no feed, in one line for the operator."""
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "an empty answer, not a feed"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return "an HTML page, not a feed; look on it for the feed's address"
    return "broken XML with no entry in it" if start.startswith(b"<") else "not a feed"


def _label(body: bytes, content_type: str) -> str | None:
    """What the document calls its encoding, else the header; None for UTF-8, and where nobody says."""
    said = _ENCODING.search(body[:300])
    name = said[1].decode() if said else None
    if name is None and (found := _CHARSET.search(content_type)):
        name = found[1]
    return None if name is None or name.lower() in ("utf-8", "utf8") else name


def _recoded(body: bytes, content_type: str) -> bytes:
    # What is valid UTF-8 beyond ASCII is UTF-8, whatever it says: no Vietnamese text in another encoding happens to be. Servers lie often.
    label = _label(body, content_type) or ""
    if not _SEVEN_BITS.match(label) and _is_utf8(body):
        return _DECLARATION.sub(b"", body, count=1)
    return _decoded(body, label)


def _decoded(body: bytes, label: str) -> bytes:
    """The document in UTF-8; as it is where Python does not know the encoding, or it is another (lxml knows some more: TCVN, VISCII)."""
    if not _FAMILIAR.match(label):
        return body
    try:
        text = body.decode("windows-1252" if label.lower() in ("iso-8859-1", "latin1", "us-ascii", "ascii") else label)
    except (UnicodeDecodeError, LookupError):
        return body
    return _DECLARATION.sub(b"", text.encode(), count=1)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_doctype(body: bytes, source: str) -> bytes:
    prolog = _PROLOG.match(body)
    found = _DOCTYPE.match(body, prolog.end() if prolog else 0)
    if found is None:
        if b"<!ENTITY" in body[:2_000].upper():
            raise SourceUnreadable(source, "declares XML entities, which no feed needs")
        return body
    if found[1] and b"<!ENTITY" in body.upper():  # anywhere: a subset can hide its end in a comment or a string
        raise SourceUnreadable(source, "declares XML entities, which no feed needs")
    return body[: found.start()] + body[found.end() :]


def _reference(found: re.Match[bytes]) -> bytes:
    name = found[1]
    if name is None:
        return found[0] if len(found[0]) > 1 else b"&amp;"
    if name in _XML_NAMES:
        return found[0]
    character = html.entities.html5.get(name.decode() + ";")
    return b"&amp;" + found[0][1:] if character is None else character.encode()
