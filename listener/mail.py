"""A mail, from its bytes to a mention: MIME as it comes, Vietnamese charsets, forwards, pictures by their hash. Pure.

Pictures are named and hashed, never kept. Answers of machines and bounces are no mentions.
"""

from __future__ import annotations

import binascii
import email.errors
import hashlib
import re
from datetime import datetime
from email.message import Message
from typing import Final
from urllib.parse import urlsplit

from imap_tools.message import MailAttachment, MailMessage
from lxml import etree, html

from core.mime import MAX_BODY_CHARS, header, message_id, message_ids, parts_of, text_of
from core.records import Author, Mention, Record
from core.text import clean, cut, mention_key, plain_text
from listener.base import known_time, web_link
from listener.entries import MAX_ID_CHARS, MAX_NAME_CHARS, MAX_TITLE_CHARS, words
from listener.forwards import Original, bare_subject, is_forward, parted, when

MAX_PICTURES: Final = 20
_PROBLEMS: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, email.errors.MessageError, binascii.Error)
_LINK = re.compile(r"https?://[^\s<>\"'\])}]+")
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster"})
_ABSENT = re.compile(
    r"\s*(automatic reply|auto[- ]?reply|out of office|trả lời tự động|thư trả lời tự động|undeliverable|undelivered mail)", re.IGNORECASE
)
_PLACES: Final = frozenset(  # where a link is to the post that a mail is about, even where it is not forwarded
    {"facebook.com", "fb.com", "fb.watch", "zalo.me", "tiktok.com", "youtube.com", "youtu.be", "instagram.com", "threads.net", "threads.com", "x.com", "voz.vn", "tinhte.vn"}
)  # fmt: skip


class Letter(Record, frozen=True, kw_only=True, gc=False):
    """A mail as read: its ids without brackets, its own words, what it forwards, pictures as (name, hex SHA-256)."""

    message_id: str | None
    reply_to: str | None
    name: str
    address: str
    subject: str
    text: str
    sent_at: datetime | None
    links: tuple[str, ...] = ()
    original: Original | None = None
    pictures: tuple[tuple[str, str], ...] = ()
    by_machine: bool = False


class LetterError(ValueError):
    """A mail that cannot be read; holds nothing of it."""


def read(data: bytes) -> Letter:
    """A mail's bytes as a letter.

    Raises:
        LetterError: no mail, or so broken that nothing is left of it.
    """
    try:
        return _read(MailMessage.from_bytes(data))
    except _PROBLEMS as error:
        raise LetterError(f"a mail that cannot be read ({type(error).__name__})") from error


def mention(letter: Letter, *, source_id: str, host: str, seen_at: datetime, own: bool = False) -> Mention:
    """The mention that a letter is; of a forwarded post, its author, its time and its link.

    Args:
        letter: as read.
        source_id: whose it is.
        host: the mail server, its authority.
        seen_at: aware.
        own: the operator's side wrote it; a forward of somebody's words is not theirs.
    """
    original = letter.original
    name, address = (letter.name, letter.address) if original is None else (original.name, original.address or "")
    title = bare_subject(letter.subject if original is None or not original.subject else original.subject)
    text = clean("\n".join(part for part in (letter.text, original.text if original else "") if part))
    native = (
        letter.message_id or "sha256:" + hashlib.sha256(f"{letter.address}\0{letter.sent_at}\0{title}\0{text}".encode()).hexdigest()[:32]
    )
    told = cut(" ".join(words(name, MAX_NAME_CHARS).split()), MAX_NAME_CHARS) or None
    return Mention(
        key=mention_key("imap", host, native),
        source_id=source_id,
        native_id=native,
        seen_at=seen_at,
        url=_post(letter),
        author=Author(key=f"mail/{address or told}", name=told) if address or told else None,
        title=title,
        text=clean("\n".join([text, *(f"[picture: {shown}, sha256 {digest}]" for shown, digest in letter.pictures)])),
        kind="own" if own and original is None else "original",
        published_at=(original.date if original else None) or letter.sent_at,
        reply_to=letter.reply_to,
        parent_key=mention_key("imap", host, letter.reply_to) if letter.reply_to else None,
    )


def _read(mail: MailMessage) -> Letter:
    if not mail.obj.keys():
        raise LetterError("no mail")
    parts = parts_of(mail.obj)
    body, links = _body(parts)
    subject = cut(words(mail.subject, MAX_TITLE_CHARS), MAX_TITLE_CHARS)
    attached = next((part for part in parts if part.get_content_type() == "message/rfc822"), None)
    text, original = parted(body, subject) if attached is None else (parted(body, subject)[0], None)
    if attached is not None:
        original, within = _attached(attached)
        links += within
    ids = message_ids(header(mail.obj, "In-Reply-To") + header(mail.obj, "References"))
    return Letter(
        message_id=message_id(header(mail.obj, "Message-ID")),
        reply_to=(message_id(header(mail.obj, "In-Reply-To")) or (ids[-1] if ids else None)) if original is None else None,
        name=mail.from_values.name if mail.from_values else "",
        address=mail.from_.lower()[:MAX_ID_CHARS],
        subject=subject,
        text=text,
        sent_at=when(header(mail.obj, "Date")),
        links=tuple(dict.fromkeys(links)),
        original=original,
        pictures=tuple(_pictures(parts)),
        by_machine=_by_machine(mail, subject),
    )


def _body(parts: list[Message]) -> tuple[str, list[str]]:
    """The words, plain where the mail has them so, and the links of either form."""
    plain = [text_of(part) for part in parts if part.get_content_type() == "text/plain" and not part.get_filename()]
    marked = [text_of(part) for part in parts if part.get_content_type() == "text/html" and not part.get_filename()]
    text = "\n".join(each for each in plain if each.strip()) or "\n".join(plain_text(each) for each in marked)
    links = [web_link(found.rstrip(".,;:!?")) for found in _LINK.findall(text)] + [link for each in marked for link in _hrefs(each)]
    return clean(text, MAX_BODY_CHARS), [link for link in links if link]


def _hrefs(markup: str) -> list[str | None]:
    try:
        tree = html.document_fromstring(markup.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError):
        return []
    return [web_link(anchor.get("href")) for anchor in tree.iter("a")]


def _attached(part: Message) -> tuple[Original, list[str]]:
    inner = part.get_payload()
    message = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else Message()
    mail = MailMessage.from_bytes(message.as_bytes())
    body, links = _body(parts_of(message))
    name = mail.from_values.name if mail.from_values else ""
    subject = cut(words(mail.subject, MAX_TITLE_CHARS), MAX_TITLE_CHARS)
    sent_at = known_time(when(header(message, "Date")))
    return Original(text=parted(body, "")[0], name=name, address=mail.from_.lower() or None, date=sent_at, subject=subject), links


def _pictures(parts: list[Message]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in parts:
        data = part.get_payload(decode=True) if part.get_content_maintype() == "image" and len(found) < MAX_PICTURES else None
        if isinstance(data, bytes) and data:
            shown = cut(words(MailAttachment(part).filename, MAX_NAME_CHARS), MAX_NAME_CHARS)
            found.append((shown or part.get_content_subtype(), hashlib.sha256(data).hexdigest()))
    return found


def _by_machine(mail: MailMessage, subject: str) -> bool:
    """A bounce, or an answer that nobody wrote (RFC 3834); what a program sends of itself, such as a form, is somebody's words."""
    told = header(mail.obj, "Auto-Submitted").lower()
    return (
        told.startswith("auto-replied")
        or mail.obj.get_content_type() == "multipart/report"
        or mail.from_.partition("@")[0].lower() in _MACHINES
        or header(mail.obj, "Return-Path").strip() == "<>"
        or "X-Autoreply" in mail.obj
        or "X-Autorespond" in mail.obj
        or header(mail.obj, "Precedence").strip().lower() == "auto_reply"
        or bool(_ABSENT.match(subject))
    )


def _post(letter: Letter) -> str | None:
    """The link to the post that a mail is about: the first of a forward, else the first to a place where people post."""
    if letter.original is not None or is_forward(letter.subject):
        return next(iter(letter.links), None)
    return next((link for link in letter.links if _is_place(link)), None)


def _is_place(link: str) -> bool:
    host = urlsplit(link).hostname or ""
    return any(host == place or host.endswith(f".{place}") for place in _PLACES)
