"""A mail that answers one of ours -> who wrote it, which message it answers, their own words. Pure.

The From of a mail is written by its sender and proves nothing. What proves that it answers us are the ids of our mails: each bears a keyed digest
(`Message.seal`) that only its readers have seen. A server of the operator's own that checks DKIM and SPF may vouch for the sender besides
(Authentication-Results, RFC 8601), where the operator names it. What machines send (RFC 3834: holidays, bounces, lists) answers nothing.
"""

from __future__ import annotations

import binascii
import email.errors
import hashlib
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Final

from alerting.inbox.own_words import own_words
from core.mime import header, message_id, message_ids, parts_of, text_of
from core.records import Record
from core.text import clean, plain_text

MAX_TEXT: Final = 20_000  # characters of a mail that are looked at
MAX_SUBJECT: Final = 200
MAX_REFERENCES: Final = 50
KEPT_REFERENCES: Final = 20
_SEALED = re.compile(r"[A-Za-z0-9_.-]{1,200}\.[0-9a-f]{32}@[A-Za-z0-9.-]{1,250}")
_THREAD: Final = "incident-"  # how the key of a thread begins; that of a message is the digest of its notification
_PROBLEMS: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, email.errors.MessageError, binascii.Error)
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply"})
_PRECEDENCE: Final = frozenset({"auto_reply", "bulk", "junk", "list"})
_SIGNS: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "List-Id", "List-Unsubscribe")
_ABSENT = re.compile(
    r"\s*(?:automatic reply|auto[- ]?reply|auto:|out of (?:the )?office|trả lời tự động|thư trả lời tự động|vắng mặt|undeliver|delivery status|thư không gửi được)",
    re.IGNORECASE,
)


class Answer(Record, frozen=True, kw_only=True, gc=False):
    """A mail that answers us. `about` is the handle of the message of ours, None where it names none; ids are without brackets."""

    id: str
    sender: str
    at: datetime | None
    subject: str
    text: str
    about: dict[str, str] | None
    references: tuple[str, ...]
    vouched: bool


class NoAnswer(ValueError):
    """A mail that is none; says why, and holds nothing of it."""


def read_letter(data: bytes, *, authserv: str | None = None) -> Answer:
    """A mail's bytes as an answer.

    Args:
        data: as it came.
        authserv: the server whose Authentication-Results are believed; None: nobody's.

    Raises:
        NoAnswer: a machine's mail, one without a sender, or one that cannot be read.
    """
    try:
        return _answer(message_from_bytes(data), data, authserv)
    except NoAnswer:
        raise
    except _PROBLEMS as error:
        raise NoAnswer(f"cannot be read ({type(error).__name__})") from None


def _answer(mail: Message, data: bytes, authserv: str | None) -> Answer:
    subject = " ".join(clean(str(make_header(decode_header(header(mail, "Subject")))), MAX_SUBJECT).split())
    if _is_machines(mail, subject):
        raise NoAnswer("written by a machine")
    sender = parseaddr(header(mail, "From"))[1].lower()
    if "@" not in sender or len(mail.get_all("From", [])) != 1:
        raise NoAnswer("without one sender")
    references = tuple(message_ids(header(mail, "In-Reply-To")) + message_ids(header(mail, "References"))[::-1])[:MAX_REFERENCES]
    return Answer(
        id=message_id(header(mail, "Message-ID")) or "sha256:" + hashlib.sha256(data).hexdigest(),
        sender=sender,
        at=_received(mail),
        subject=subject,
        text=_own_text(mail),
        about=_about(references),
        references=tuple(dict.fromkeys(reversed(references)))[-KEPT_REFERENCES:],
        vouched=authserv is not None and _is_vouched(mail, sender, authserv),
    )


def _about(references: tuple[str, ...]) -> dict[str, str] | None:
    """The nearest of our own mails that is named, or their thread."""
    found = next((one for one in references if _SEALED.fullmatch(one)), None)
    if found is None:
        return None
    return {"thread" if found.startswith(_THREAD) else "message_id": f"<{found}>"}


def _own_text(mail: Message) -> str:
    parts = [part for part in parts_of(mail) if not part.get_filename()]
    plain = "\n".join(text_of(part) for part in parts if part.get_content_type() == "text/plain")
    if not plain.strip():
        plain = "\n".join(plain_text(text_of(part)) for part in parts if part.get_content_type() == "text/html")
    return own_words(clean(plain, MAX_TEXT))


def _received(mail: Message) -> datetime | None:
    """When our server took it (the topmost Received), else when its sender says that it was written."""
    top = header(mail, "Received").rpartition(";")[2]
    for said in (top, header(mail, "Date")):
        try:
            at = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return None


def _is_machines(mail: Message, subject: str) -> bool:
    told = header(mail, "Auto-Submitted").lower()
    local = parseaddr(header(mail, "From"))[1].partition("@")[0].lower()
    return (
        (bool(told) and told != "no")
        or mail.get_content_type() == "multipart/report"
        or local in _MACHINES
        or header(mail, "Return-Path") == "<>"
        or header(mail, "Precedence").lower() in _PRECEDENCE
        or any(sign in mail for sign in _SIGNS)
        or bool(_ABSENT.match(subject))
    )


def _is_vouched(mail: Message, sender: str, authserv: str) -> bool:
    """Whether that server, which must have written the topmost of these headers, found the sender's domain genuine (DMARC, RFC 7489)."""
    top = " ".join(str((mail.get_all("Authentication-Results") or [""])[0]).split()).lower()
    server, _, results = top.partition(";")
    domain = sender.rpartition("@")[2]
    passed = (one.split() for one in results.split(";"))
    return server.split()[:1] == [authserv.lower()] and any(
        one[:1] == ["dmarc=pass"] and f"header.from={domain}" in one for one in passed if one
    )
