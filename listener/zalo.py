"""What Zalo says of an Official Account's conversations, asked (`listrecentchat`, `conversation`) or pushed (webhook), as mentions. Pure.

Shapes: https://developers.zalo.me/docs/official-account. A message has the same id both ways, so it counts once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from core.errors import SourceUnreadable
from core.records import Author, Mention
from core.text import clean, mention_key
from listener.base import Page, known_time, web_link
from listener.entries import MAX_ID_CHARS, MAX_NAME_CHARS
from listener.platforms import said
from listener.pushed import WebhookRefused

AUTHORITY: Final = "zalo.me"
FROM_OA: Final = 0  # `src` of what the account itself sent
_HEADER: Final = "x-zevent-signature"
_WORDS: Final = ("user_send_", "anonymous_send_", "oa_send_")  # events that say something; `user_send_group_` is one of them
_MAX_LINKS: Final = 20


class Link(msgspec.Struct, frozen=True):
    """A link that was sent, with what Zalo shows of it."""

    title: str | None = None
    url: str | None = None
    description: str | None = None


class Chat(msgspec.Struct, frozen=True):
    """One message, as Zalo tells it where it is asked; `time` in milliseconds since 1970."""

    message_id: str
    src: int | None = None
    time: int = 0
    type: str = "text"
    message: str | None = None
    from_id: str | int = ""
    to_id: str | int = ""
    from_display_name: str | None = None
    links: list[Link] | None = None
    url: str | None = None
    description: str | None = None

    @property
    def person(self) -> str:
        """Whom the account talks with."""
        return str(self.to_id if self.src == FROM_OA else self.from_id)


class Payload(msgspec.Struct, frozen=True):
    """What an attachment tells of itself; cards and places are named alone, since they hold phone numbers and coordinates."""

    url: str | None = None
    title: str | None = None
    name: str | None = None
    description: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    """A picture, file, link, sticker ..."""

    type: str = ""
    payload: Payload = Payload()


class Message(msgspec.Struct, frozen=True):
    """What was said, in an event."""

    msg_id: str = ""
    text: str = ""
    quote_msg_id: str | None = None
    attachments: list[Attachment] = []


class Side(msgspec.Struct, frozen=True):
    """Who sent, or who was sent to."""

    id: str = ""


class Event(msgspec.Struct, frozen=True):
    """One push; `timestamp` in milliseconds since 1970, as text."""

    app_id: str = ""
    event_name: str = ""
    timestamp: str | int = ""
    sender: Side = Side()
    recipient: Side = Side()
    message: Message | None = None


def mention(chat: Chat, *, source_id: str, seen_at: datetime) -> Mention | None:
    """The mention that a message is; None where it says nothing."""
    parts = [chat.message or "", chat.description or ""]
    for link in (chat.links or [])[:_MAX_LINKS]:
        parts += [link.title or "", web_link(link.url) or "" if link.url else ""]
    parts += [f"[{said(chat.type)}]"] if chat.type not in ("text", "link", "links") else []
    return _mention(
        chat.message_id,
        parts,
        who=str(chat.from_id),
        name=chat.from_display_name,
        own=chat.src == FROM_OA,
        at=_time(chat.time),
        source_id=source_id,
        seen_at=seen_at,
    )


def receive(headers: Mapping[str, str], body: bytes, *, app_id: str, secret: SecretStr | None, source_id: str, now: datetime) -> Page:
    """The mention of a push, once its signature fits; an empty page for what says nothing (followed, seen, clicked).

    Raises:
        WebhookRefused: not signed with the account's secret, or of another app.
        SourceUnreadable: no event of Zalo.
    """
    try:
        told: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        told = None
    stamp = told.get("timestamp") if isinstance(told, dict) else None
    given = next((value for name, value in headers.items() if name.lower() == _HEADER), "").removeprefix("mac=").strip()
    word = secret.get_secret_value() if secret else ""
    if not word or not hmac.compare_digest(given.lower().encode(), sign(app_id, body, str(stamp or ""), word).encode()):
        raise WebhookRefused("no signature fits")
    try:
        event = msgspec.convert(told, Event)
    except msgspec.ValidationError as error:
        raise SourceUnreadable(source_id, f"no event of Zalo: {said(str(error))}") from error
    if event.app_id and event.app_id != app_id:
        raise WebhookRefused("the event is of another app")
    heard = _of_event(event, source_id, now) if event.event_name.startswith(_WORDS) else None
    return Page(mentions=() if heard is None else (heard,))


def sign(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """The `mac` of a push: SHA-256 over app id, body, the body's timestamp and the account's secret, in hex."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def _of_event(event: Event, source_id: str, now: datetime) -> Mention | None:
    message = event.message
    if message is None:
        return None
    parts = [message.text]
    for each in message.attachments[:_MAX_LINKS]:
        shown = each.payload
        if each.type == "link":
            parts += [shown.title or "", shown.description or "", web_link(shown.url) or "" if shown.url else ""]
        else:
            parts.append(f"[{said(each.type)}: {said(shown.name)}]" if shown.name and each.type == "file" else f"[{said(each.type)}]")
    return _mention(
        message.msg_id,
        parts,
        who=event.sender.id,
        name=None,
        own=event.event_name.startswith("oa_send_"),
        at=_time(int(event.timestamp)) if str(event.timestamp).isascii() and str(event.timestamp).isdigit() else None,
        source_id=source_id,
        seen_at=now,
        reply_to=message.quote_msg_id,
    )


def _mention(
    native: str,
    parts: list[str],
    *,
    who: str,
    name: str | None,
    own: bool,
    at: datetime | None,
    source_id: str,
    seen_at: datetime,
    reply_to: str | None = None,
) -> Mention | None:
    text, native = clean("\n".join(part for part in parts if part.strip())), clean(native, MAX_ID_CHARS)
    if not text or not native:
        return None
    shown = clean(" ".join((name or "").split()), MAX_NAME_CHARS) or None
    return Mention(
        key=mention_key("zalo_oa", AUTHORITY, native),
        source_id=source_id,
        native_id=native,
        seen_at=seen_at,
        author=Author(key=f"{AUTHORITY}/{clean(who, MAX_ID_CHARS)}", name=shown) if who else None,
        text=text,
        kind="own" if own else "original",
        published_at=at,
        reply_to=reply_to or None,
        parent_key=mention_key("zalo_oa", AUTHORITY, reply_to) if reply_to else None,
    )


def _time(milliseconds: int) -> datetime | None:
    try:
        return known_time(datetime.fromtimestamp(milliseconds / 1000, UTC)) if milliseconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
