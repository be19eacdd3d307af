"""What Telegram's Bot API says in an update, as mentions. Pure.

Shapes: https://core.telegram.org/bots/api#message. Records hold only what is used; what Telegram adds later is passed over.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.records import Author, Mention
from core.text import clean, mention_key
from listener.base import known_time, web_link
from listener.entries import MAX_NAME_CHARS

AUTHORITY: Final = "telegram.org"  # chats of channels and supergroups have one id for everybody
MAX_LINKS: Final = 20  # of one message, beyond those that stand in its text
_SUPERGROUP: Final = "-100"
_MEDIA: Final = (
    "photo",
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "document",
    "sticker",
    "story",
    "location",
    "venue",
    "contact",
    "dice",
)


class User(msgspec.Struct, frozen=True):
    """A person or a bot."""

    id: int
    first_name: str = ""
    last_name: str = ""
    username: str | None = None


class Chat(msgspec.Struct, frozen=True):
    """A group, supergroup, channel or private conversation."""

    id: int
    type: str = ""
    title: str | None = None
    username: str | None = None


class Entity(msgspec.Struct, frozen=True):
    """A stretch of the text with a meaning; only links that the text does not show are of use."""

    type: str
    url: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where a forwarded message came from; people may hide theirs."""

    type: str = ""
    sender_user: User | None = None
    sender_user_name: str | None = None
    sender_chat: Chat | None = None
    chat: Chat | None = None
    message_id: int | None = None


class Answered(msgspec.Struct, frozen=True):
    """The message that is answered, in this chat or (`external_reply`) in another one."""

    message_id: int | None = None
    chat: Chat | None = None
    forum_topic_created: dict[str, Any] | None = None


class PollOption(msgspec.Struct, frozen=True):
    """One answer that a poll offers."""

    text: str = ""


class Poll(msgspec.Struct, frozen=True):
    """A question put to the group."""

    question: str = ""
    options: list[PollOption] = []


class Message(msgspec.Struct, frozen=True):
    """One message of a chat; media are there, or not, and are never fetched."""

    message_id: int
    date: int
    chat: Chat
    from_: User | None = msgspec.field(default=None, name="from")
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    forward_origin: Origin | None = None
    reply_to_message: Answered | None = None
    external_reply: Answered | None = None
    edit_date: int | None = None
    text: str = ""
    caption: str = ""
    entities: list[Entity] = []
    caption_entities: list[Entity] = []
    poll: Poll | None = None
    photo: Any = None
    video: Any = None
    animation: Any = None
    audio: Any = None
    voice: Any = None
    video_note: Any = None
    document: dict[str, Any] | None = None
    sticker: dict[str, Any] | None = None
    story: Any = None
    location: Any = None
    venue: dict[str, Any] | None = None
    contact: Any = None
    dice: Any = None
    migrate_to_chat_id: int | None = None


class ReactionCount(msgspec.Struct, frozen=True):
    """How many people reacted in one way."""

    total_count: int


class Reactions(msgspec.Struct, frozen=True):
    """The reactions to a message as they stand now; Telegram tells them some minutes late."""

    chat: Chat
    message_id: int
    reactions: list[ReactionCount] = []


class Update(msgspec.Struct, frozen=True):
    """One thing that happened; at most one of the optional fields is there."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    channel_post: Message | None = None
    edited_channel_post: Message | None = None
    message_reaction_count: Reactions | None = None

    @property
    def said(self) -> Message | None:
        """The message that was written or changed."""
        return self.message or self.edited_message or self.channel_post or self.edited_channel_post


def native_id(chat: Chat, message_id: int, bot: str) -> str:
    """A message's id among all of Telegram's; numbers of plain groups and private chats are the bot's own, so its id stands with them."""
    place = str(chat.id) if str(chat.id).startswith(_SUPERGROUP) else f"{bot}:{chat.id}"
    return f"{place}/{message_id}"


def key(chat: Chat, message_id: int, bot: str) -> bytes:
    """The key of its mention."""
    return mention_key("telegram", AUTHORITY, native_id(chat, message_id, bot))


def mention(message: Message, *, source_id: str, bot: str, seen_at: datetime) -> Mention | None:
    """The mention that a message is; None where nobody said anything (somebody joined, a title changed).

    Args:
        message: as Telegram sent it.
        source_id: whose it is.
        bot: the bot's id.
        seen_at: aware.
    """
    text = words(message)
    if not text:
        return None
    native = native_id(message.chat, message.message_id, bot)
    reply_to, parent_key = _answered(message, bot)
    origin = message.forward_origin
    return Mention(
        key=mention_key("telegram", AUTHORITY, native),
        source_id=source_id,
        native_id=native,
        seen_at=seen_at,
        url=link(message),
        author=_author(message),
        text=text,
        kind=_kind(message),
        published_at=_time(message.date),
        edited_at=_time(message.edit_date),
        reply_to=reply_to,
        parent_key=parent_key,
        repost_of=native_id(origin.chat, origin.message_id, bot) if origin and origin.chat and origin.message_id else None,
    )


def words(message: Message) -> str:
    """What the message says: its text or caption, the links hidden under words, a poll's question and answers, its media by name."""
    parts = [message.text or message.caption]
    hidden = [web_link(entity.url) for entity in (message.entities or message.caption_entities) if entity.type == "text_link"]
    parts += list(dict.fromkeys(url for url in hidden if url))[:MAX_LINKS]
    if message.poll is not None:
        parts += [message.poll.question, *(f"- {option.text}" for option in message.poll.options)]
    parts += [_named(name, getattr(message, name)) for name in _MEDIA if getattr(message, name) is not None]
    return clean("\n".join(part for part in parts if part))


def link(message: Message) -> str | None:
    """Where members (everybody, in a public chat) can open it; plain groups have no such address."""
    thread = f"{message.message_thread_id}/" if message.is_topic_message and message.message_thread_id else ""
    if message.chat.username:
        return web_link(f"https://t.me/{message.chat.username}/{thread}{message.message_id}")
    inner = str(message.chat.id)
    if inner.startswith(_SUPERGROUP):
        return f"https://t.me/c/{inner.removeprefix(_SUPERGROUP)}/{thread}{message.message_id}"
    return None


def _kind(message: Message) -> Any:
    # Only who runs a channel can make our bot its admin, and only a group's admins can write in its name.
    if (
        message.chat.type == "channel"
        or message.is_automatic_forward
        or (message.sender_chat and message.sender_chat.id == message.chat.id)
    ):
        return "own"
    return "repost" if message.forward_origin is not None else "original"


def _author(message: Message) -> Author | None:
    chat, user = message.sender_chat, message.from_
    if chat is not None:
        return Author(key=f"{AUTHORITY}/{chat.id}", handle=_name(chat.username), name=_name(chat.title))
    if user is None:
        return None
    return Author(key=f"{AUTHORITY}/{user.id}", handle=_name(user.username), name=_name(f"{user.first_name} {user.last_name}"))


def _answered(message: Message, bot: str) -> tuple[str | None, bytes | None]:
    """Native id and key of what it answers. The message that opened a forum's topic says nothing, so answering it answers nothing."""
    near, far = message.reply_to_message, message.external_reply
    if near is not None and near.message_id and near.forum_topic_created is None:
        return native_id(message.chat, near.message_id, bot), key(message.chat, near.message_id, bot)
    if far is not None and far.message_id and far.chat is not None:
        return native_id(far.chat, far.message_id, bot), key(far.chat, far.message_id, bot)
    return None, None


def _named(name: str, given: Any) -> str:
    told = given if isinstance(given, dict) else {}
    detail = {"document": told.get("file_name"), "sticker": told.get("emoji"), "venue": told.get("title")}.get(name)
    shown = clean(detail, MAX_NAME_CHARS) if isinstance(detail, str) else ""
    return f"[{name.replace('_', ' ')}: {shown}]" if shown else f"[{name.replace('_', ' ')}]"


def _name(text: str | None) -> str | None:
    return clean(" ".join((text or "").split()), MAX_NAME_CHARS) or None


def _time(seconds: int | None) -> datetime | None:
    if not seconds:
        return None
    try:
        return known_time(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None
