"""The kind `telegram`: an alert as a message of your bot, to a person or a group, with buttons to take it.

Documentation: https://core.telegram.org/bots/api#sendmessage (text of 1 to 4,096 characters, counted in UTF-16 units), #sendphoto (caption of at most
1,024), #editmessagetext, #replyparameters, #inlinekeyboardbutton (`callback_data` of 1 to 64 bytes); #messageentity. The text is sent as it is and its
first line is bold by an entity, so there is no markup that a stranger's text could break. What Telegram does not like (400) goes out once more, plain.

Limits: a bot writes only to people who once pressed Start, and to groups that hold it; about one message a second to a person, 20 a minute to a group.
Costs nothing. It does not wake who has muted the chat.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from pydantic import BaseModel, ConfigDict, field_validator

from alerting.base import Limits, Message, Receipt, headed
from alerting.buttons import buttons, link_label
from alerting.inert import shorten, utf16_units
from alerting.telegram import API, PLACE, Address, Bot, Refusal, Token
from core.errors import DeliveryFailed
from core.http import Fetcher

LIMITS = Limits(chars=4096, pictures=True, buttons=True, edits=True, answers=True)

MAX_TEXT: Final = 4096  # UTF-16 units
MAX_CAPTION: Final = 1024  # UTF-16 units
_QUIET: Final = ("resolved", "digest")  # kinds that nobody has to look at now: they arrive without a sound
_NO_PREVIEW: Final = {"is_disabled": True}
_UNCHANGED: Final = "not modified"

log = structlog.get_logger()


class Options(BaseModel):
    """What a channel says, or shares with all of its kind.

    `token`: the bot's, from @BotFather. `chat`: the id that the bot tells after /start (a group's begins with "-"), or a channel's @name. `user`: who
    answers where the chat is a group, by the id that /start tells. `topic`: the thread of a forum. `api`: where the Bot API is, for a server of your own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: Token
    chat: int | str
    user: int | None = None
    topic: int | None = None
    api: Address = API

    @field_validator("chat")
    @classmethod
    def _is_chat(cls, chat: int | str) -> int | str:
        if isinstance(chat, int) or chat.removeprefix("-").isdecimal():
            return int(chat)
        if not (chat.startswith("@") and chat[1:].isascii() and chat[1:].isidentifier()):
            raise ValueError(
                "must be the id that the bot tells after /start (7000000123, or -1001234567890 for a group), or a channel's @name"
            )
        return chat


class Notifier:
    """Sends to one chat."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._bot = Bot(options.token, options.api, http)
        self._chat = options.chat
        self._topic = options.topic

    async def send(self, message: Message) -> Receipt:
        """Send it: as a picture with a caption where all of it fits there, else as a text with the picture, if any, below it.

        Raises:
            DeliveryFailed: permanent where the token, the chat or the bot's rights are refused (a person may have blocked it).
        """
        caption = headed(message, MAX_TEXT, utf16_units)
        if message.picture is not None and utf16_units(caption) <= MAX_CAPTION:
            sent, note = await self._deliver("sendPhoto", message, caption, picture=message.picture)
            return _receipt(sent, note, photo="photo" in sent)
        sent, note = await self._deliver("sendMessage", message, caption)
        if message.picture is not None:
            note += await self._picture_below(message, message.picture, sent)
        return _receipt(sent, note)

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Say this instead, without buttons.

        Raises:
            DeliveryFailed: permanent where the message is gone or too old.
        """
        photo = bool(ref.get("photo"))
        text = headed(message, MAX_CAPTION if photo else MAX_TEXT, utf16_units)
        plain: dict[str, Any] = {"chat_id": ref.get("chat"), "message_id": ref.get("message"), "reply_markup": {"inline_keyboard": []}}
        if photo:
            method, fields = "editMessageCaption", plain | {"caption": text, "caption_entities": _bold_line(message, text)}
        else:
            method, fields = (
                "editMessageText",
                plain | {"text": text, "entities": _bold_line(message, text), "link_preview_options": _NO_PREVIEW},
            )
        try:
            await self._bot.call(method, fields)
        except Refusal as refusal:
            if not (refusal.bad_request and _UNCHANGED in refusal.reason):  # an edit that came twice
                raise
        return Receipt(id=str(ref.get("message", "")), detail="edited", ref=ref)

    async def _deliver(self, method: str, message: Message, text: str, picture: bytes | None = None) -> tuple[dict[str, Any], str]:
        """Send it as it should be; where that is a bad request, once more as plain text. What was sent, and what is to be said of it."""
        fields = self._dressed(message, text, picture)
        files = None if picture is None else {"photo": ("chart.png", "image/png", picture)}
        try:
            return await self._call(method, fields, files)
        except Refusal as refusal:
            if not refusal.bad_request:
                raise
            log.warning("message sent again as plain text", place=PLACE, reason=refusal.reason)
        plain = {"text": text, "link_preview_options": _NO_PREVIEW} | _keyboard(message, link=None)
        sent, note = await self._call("sendMessage", plain, None)
        return sent, f"{note}, as plain text"

    async def _call(
        self, method: str, fields: Mapping[str, Any], files: Mapping[str, tuple[str, str, bytes]] | None
    ) -> tuple[dict[str, Any], str]:
        """Call it for our chat; where that has become a supergroup, for its new id from now on."""
        try:
            result, note = await self._bot.call(method, {"chat_id": self._chat, **fields}, files), ""
        except Refusal as refusal:
            if refusal.new_chat is None:
                raise
            log.warning("group has a new id", place=PLACE, old=self._chat, new=refusal.new_chat)
            self._chat, note = refusal.new_chat, f", the group's id is now {refusal.new_chat}: put it into the configuration"
            result = await self._bot.call(method, {"chat_id": self._chat, **fields}, files)
        if not isinstance(result, dict):
            raise DeliveryFailed(f"{PLACE}: its answer is none of the Bot API", ambiguous=True)
        return result, note

    async def _picture_below(self, message: Message, picture: bytes, sent: Mapping[str, Any]) -> str:
        """The picture as an answer to the text, without a sound; that it failed is a note, for the alert has arrived."""
        fields = {
            "caption": shorten(message.picture_says, MAX_CAPTION, utf16_units),
            "disable_notification": True,
            "reply_parameters": {"message_id": sent.get("message_id"), "allow_sending_without_reply": True},
        }
        try:
            await self._call("sendPhoto", fields | self._thread(), {"photo": ("chart.png", "image/png", picture)})
        except DeliveryFailed as failed:
            log.warning("picture not sent", place=PLACE, reason=failed.reason)
            return ", without its picture"
        return ""

    def _dressed(self, message: Message, text: str, picture: bytes | None) -> dict[str, Any]:
        """The fields of a message with all that belongs to it."""
        bold = _bold_line(message, text)
        said = {"text": text, "entities": bold, "link_preview_options": _NO_PREVIEW}
        fields = (said if picture is None else {"caption": text, "caption_entities": bold}) | _keyboard(message, link=message.link)
        first = message.thread_ref or {}
        if isinstance(first.get("message"), int):
            fields["reply_parameters"] = {"message_id": first["message"], "allow_sending_without_reply": True}
        if message.kind in _QUIET:
            fields["disable_notification"] = True
        return fields | self._thread()

    def _thread(self) -> dict[str, Any]:
        return {} if self._topic is None else {"message_thread_id": self._topic}


def _receipt(sent: Mapping[str, Any], note: str, *, photo: bool = False) -> Receipt:
    number, chat = sent.get("message_id"), sent.get("chat")
    ref = {"chat": chat.get("id") if isinstance(chat, dict) else None, "message": number} | ({"photo": True} if photo else {})
    return Receipt(id=str(number or ""), detail=f"message {number}{note}", ref=ref)


def _bold_line(message: Message, text: str) -> list[dict[str, Any]]:
    """The subject in bold, where the text begins with it."""
    return (
        [{"type": "bold", "offset": 0, "length": utf16_units(message.subject)}]
        if message.subject and text.startswith(message.subject)
        else []
    )


def _keyboard(message: Message, *, link: str | None) -> dict[str, Any]:
    """The buttons: what to do, and our page; a link that no phone could open has none, for Telegram refuses it."""
    keys = [{"text": one.label, "callback_data": one.command} for one in buttons(message)]
    rows = [keys[:1], keys[1:]]
    if link is not None and _is_public(link):
        rows.append([{"text": link_label(message), "url": link}])
    rows = [row for row in rows if row]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _is_public(link: str) -> bool:
    host = urlsplit(link).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan"))
