"""What Meta pushes of a page (Webhooks, object "page", fields `feed` and `messages`): signed, and told in the same ids as when it is asked.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
from pydantic import SecretStr

from core.errors import SourceUnreadable
from core.records import Mention
from listener.base import Page
from listener.facebook import Attachment, Attachments, Comment, Note, Person, Post, Ref, Writer, key
from listener.platforms import records
from listener.pushed import WebhookRefused

_HEADER: Final = "x-hub-signature-256"
_GONE: Final = "remove"
_NOT_WORDS: Final = frozenset({"reaction", "like"})  # counters, which the poll reads
_MAX_CHALLENGE_CHARS: Final = 200


class PageOptions(Protocol):
    """What is needed of the kind's options."""

    @property
    def page(self) -> str: ...  # noqa: D102

    @property
    def messages(self) -> bool: ...  # noqa: D102

    @property
    def app_secret(self) -> SecretStr | None: ...  # noqa: D102

    @property
    def verify_token(self) -> SecretStr | None: ...  # noqa: D102


class Value(msgspec.Struct, frozen=True):
    """What changed on the page's feed."""

    item: str = ""
    verb: str = ""
    post_id: str = ""
    comment_id: str = ""
    parent_id: str = ""
    message: str = ""
    created_time: int = 0
    from_: Person | None = msgspec.field(default=None, name="from")
    post: dict[str, Any] = {}
    link: str | None = None


class Change(msgspec.Struct, frozen=True):
    """One change of one field."""

    field: str = ""
    value: Value = Value()


class Said(msgspec.Struct, frozen=True):
    """A private message; an echo is what the page itself sent."""

    mid: str = ""
    text: str = ""
    attachments: list[Attachment] = []


class Messaging(msgspec.Struct, frozen=True):
    """Who said it to whom, and when (milliseconds since 1970)."""

    sender: Person = Person()
    timestamp: int = 0
    message: Said | None = None


class Entry(msgspec.Struct, frozen=True):
    """What happened to one page."""

    id: str = ""
    changes: list[Any] = []
    messaging: list[Any] = []


def receive(headers: Mapping[str, str], body: bytes, options: PageOptions, *, source_id: str, now: datetime) -> Page:
    """The mentions and deletions of a push, once its signature fits.

    Raises:
        WebhookRefused: not signed with the app's secret.
        SourceUnreadable: none of Meta's shapes.
    """
    given = next((value for name, value in headers.items() if name.lower() == _HEADER), "")
    if options.app_secret is None or not hmac.compare_digest(given.encode(), sign(body, options.app_secret.get_secret_value()).encode()):
        raise WebhookRefused("no signature fits")
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise SourceUnreadable(source_id, "the message is not valid JSON") from error
    if not isinstance(told, dict) or told.get("object") != "page" or not isinstance(told.get("entry"), list):
        raise SourceUnreadable(source_id, "the message is none about a page")
    entries, skipped, problem = records(told["entry"], Entry)
    ours = [entry for entry in entries if entry.id == options.page]
    changes, wrong, why = records([each for entry in ours for each in entry.changes], Change)
    notes, bad, because = records([each for entry in ours for each in entry.messaging] if options.messages else [], Messaging)
    writer = Writer(source_id=source_id, page=options.page, seen_at=now)
    found = [_mention(change.value, writer) for change in changes if change.field == "feed" and change.value.verb != _GONE]
    found += [_note(note, writer) for note in notes]
    gone = [change.value.comment_id or change.value.post_id for change in changes if change.field == "feed" and change.value.verb == _GONE]
    return Page(
        mentions=tuple(mention for mention in found if mention is not None),
        deleted=tuple(key(native) for native in gone if native),
        skipped=skipped + wrong + bad,
        problem=problem or why or because,
    )


def sign(body: bytes, secret: str) -> str:
    """What Meta sends as X-Hub-Signature-256: "sha256=" and HMAC-SHA256 in hex."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenge(query: Mapping[str, str], options: PageOptions) -> str:
    """What Meta wants to hear when it first calls.

    Raises:
        WebhookRefused: it does not know our word, or we set none.
    """
    word = options.verify_token.get_secret_value() if options.verify_token else ""
    given, asked = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
    if not word or query.get("hub.mode") != "subscribe" or not hmac.compare_digest(given.encode(), word.encode()):
        raise WebhookRefused("the verify token is another one")
    if not (asked.isascii() and asked.isalnum() and len(asked) <= _MAX_CHALLENGE_CHARS):
        raise WebhookRefused("the challenge is none")
    return asked


def _mention(value: Value, writer: Writer) -> Mention | None:
    if value.item in _NOT_WORDS or not value.post_id:
        return None
    at, link = _time(value.created_time), value.post.get("permalink_url")
    if value.item == "comment":
        parent = Ref(value.parent_id) if value.parent_id else None
        comment = Comment(id=value.comment_id, created_time=at, message=value.message, from_=value.from_, parent=parent)
        return writer.comment(comment, value.post_id) if value.comment_id else None
    shared = Attachments([Attachment(unshimmed_url=value.link)] if value.link else [])
    url = link if isinstance(link, str) else None
    return writer.post(
        Post(id=value.post_id, created_time=at, message=value.message, from_=value.from_, permalink_url=url, attachments=shared)
    )


def _note(note: Messaging, writer: Writer) -> Mention | None:
    if note.message is None or not note.message.mid:
        return None
    attached = Attachments(note.message.attachments)
    return writer.note(
        Note(
            id=note.message.mid,
            created_time=_time(note.timestamp / 1000),
            message=note.message.text,
            from_=note.sender,
            attachments=attached,
        )
    )


def _time(seconds: float) -> str:
    """A time as Meta writes it where it is asked; "" for none."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""
