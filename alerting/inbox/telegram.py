"""The kind `telegram`: what people write to your bot, and the buttons that they press, by long polling.

Documentation: https://core.telegram.org/bots/api#getupdates (an update counts as read once a higher `offset` is asked for, and is kept for 24 hours),
#callbackquery, #answercallbackquery (a notice of at most 200 characters), https://core.telegram.org/bots/features#privacy-mode. Outbound requests alone.

In a group only what is meant for us is heard: answers to our messages, commands ("/nhan 12", "/nhan@your_bot"), and messages that begin with our
name. /start and /id are answered here, with the id to put into `config.yaml`. One reader a bot: one that also collects posts
(the collector `telegram`) has to be another bot.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from pydantic import BaseModel, ConfigDict

from alerting.inbox.base import Batch, Reply
from alerting.inert import shorten, utf16_units
from alerting.posting import poll, said, told
from alerting.telegram import API, PLACE, Address, Bot, Refusal, Token, refusal
from core.errors import DeliveryFailed, SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Answer, Fetcher
from core.messages import translator

log = structlog.get_logger()

WAIT_S: Final = 50  # of a long poll
LIMIT: Final = 100  # updates a request, the most that Telegram gives
MAX_NOTICE: Final = 200  # characters of the notice above a button
MAX_TEXT: Final = 4_000  # characters of an answer; and of a reply, whose first line is read
WANTED: Final = ("message", "callback_query")
_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?=\s|$)")
_IDS: Final = frozenset({"start", "id"})  # commands that ask who is who
_CONFLICT, _UNAUTHORIZED, _NOT_FOUND = 409, 401, 404


class Options(BaseModel):
    """`token` and `api`, as of the notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: Token
    api: Address = API


class User(msgspec.Struct, frozen=True):
    """Who wrote or pressed."""

    id: int
    language_code: str = ""


class Chat(msgspec.Struct, frozen=True):
    """Where."""

    id: int
    type: str = "private"


class Answered(msgspec.Struct, frozen=True):
    """The message that was answered, or that bears the button."""

    message_id: int
    chat: Chat
    from_: User | None = msgspec.field(default=None, name="from")


class Message(msgspec.Struct, frozen=True):
    """What somebody wrote."""

    message_id: int
    date: int
    chat: Chat
    from_: User | None = msgspec.field(default=None, name="from")
    text: str = ""
    reply_to_message: Answered | None = None


class Pressed(msgspec.Struct, frozen=True):
    """A button that somebody pressed."""

    id: str
    from_: User = msgspec.field(name="from")
    message: Answered | None = None
    data: str = ""


class Update(msgspec.Struct, frozen=True):
    """One thing that happened."""

    update_id: int
    message: Message | None = None
    callback_query: Pressed | None = None


class Inbox:
    """Listens to one bot."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._bot = Bot(options.token, options.api, http)
        self._id = int(options.token.get_secret_value().partition(":")[0])
        self._http = http
        self._now = now
        self._name: str | None = None

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """One long poll, and what waits beyond it; the first one ever waits for nothing.

        Raises:
            SourceRejected: the token is refused, or the bot has a webhook elsewhere.
            SourceUnavailable, SourceUnreadable: no answer, or none of the Bot API; somebody else reads this bot's updates.
        """
        bot, _, number = (cursor or "").partition(":")
        known = bot == str(self._id) and number.isdigit()
        offset, wait_s = (int(number), WAIT_S) if known else (0, 0)
        while True:
            given = await self._updates(offset, wait_s)
            numbers = [one["update_id"] for one in given if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
            offset, wait_s = max([offset, *(number + 1 for number in numbers)]), 0
            replies = [reply for one in given if (reply := await self._read(one)) is not None]
            if given or not known:
                yield Batch(replies=tuple(replies), cursor=f"{self._id}:{offset}")
            if len(given) < LIMIT:
                return

    async def answer(self, reply: Reply, text: str) -> None:
        """Below the message; to a button as a notice, where it is short and the button still waits.

        Raises:
            DeliveryFailed: it could not be said.
        """
        text = text.replace("@", "\uff20")  # Telegram would make a ping of it
        query = reply.back.get("query")
        if query is not None:
            notice = {"text": text, "show_alert": True} if len(text) <= MAX_NOTICE else {}
            try:
                await self._bot.call("answerCallbackQuery", {"callback_query_id": query, **notice})
            except Refusal as refused:  # it waits for some minutes only
                if not refused.bad_request:
                    raise
                notice = {}
            if notice:
                return
        await self._say(reply.back.get("chat"), reply.back.get("message"), text)

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """`user`, or `chat` where that is a person and no group."""
        for name in ("user", "chat"):
            value = str(channel.get(name) or "")
            if value.isascii() and value.isdigit():
                return value
        return None

    async def _say(self, chat: Any, answers: Any, text: str) -> None:
        fields: dict[str, Any] = {
            "chat_id": chat,
            "text": shorten(text, MAX_TEXT, utf16_units),
            "link_preview_options": {"is_disabled": True},
        }
        if answers is not None:
            fields["reply_parameters"] = {"message_id": answers, "allow_sending_without_reply": True}
        await self._bot.call("sendMessage", fields)

    async def _updates(self, offset: int, wait_s: int) -> list[Any]:
        asked = {"offset": offset, "limit": LIMIT, "timeout": wait_s, "allowed_updates": WANTED}
        answer = await poll(self._http, self._bot.url("getUpdates"), asked, source=PLACE, wait_s=wait_s)
        found = told(answer)
        result = found.get("result")
        if found.get("ok") is True and isinstance(result, list):
            return result
        raise _not_heard(answer, found)

    async def _read(self, given: Any) -> Reply | None:
        """An update as a reply; None where it is none for us."""
        try:
            update = msgspec.convert(given, Update)
        except msgspec.ValidationError as error:
            log.warning("update not read", place=PLACE, problem=said(str(error)))
            return None
        if update.callback_query is not None:
            return self._of_button(update.callback_query)
        return None if update.message is None else await self._of_message(update.message)

    def _of_button(self, pressed: Pressed) -> Reply:
        below = pressed.message
        about = None if below is None else {"chat": below.chat.id, "message": below.message_id}
        return Reply(
            native_id=f"button:{pressed.id}",
            sender=str(pressed.from_.id),
            at=self._now(),  # Telegram does not tell when
            text=pressed.data[:MAX_TEXT],
            about=about,
            back={"query": pressed.id} | ({"chat": pressed.from_.id, "message": None} if about is None else about),
            pressed=True,
        )

    async def _of_message(self, message: Message) -> Reply | None:
        if message.from_ is None or not message.text:
            return None
        text = await self._meant_for_us(message)
        if text is None:
            return None
        if message.text.startswith("/") and text.partition(" ")[0] in _IDS:
            await self._tell_ids(message, message.from_)
            return None
        answered = message.reply_to_message
        ours = answered is not None and answered.from_ is not None and answered.from_.id == self._id
        return Reply(
            native_id=f"{message.chat.id}/{message.message_id}",
            sender=str(message.from_.id),
            at=datetime.fromtimestamp(message.date, UTC),
            text=text[:MAX_TEXT],
            about={"chat": message.chat.id, "message": answered.message_id} if ours and answered is not None else None,
            back={"chat": message.chat.id, "message": message.message_id},
        )

    async def _meant_for_us(self, message: Message) -> str | None:
        """The text without what only says that it is for us; None where, in a group, it is not."""
        command = _COMMAND.match(message.text)
        if command is not None:
            word, whose = command.groups()
            if whose is not None and whose.lower() != await self._own_name():
                return None
            return word.lower().replace("_", " ") + message.text[command.end() :]
        answered = message.reply_to_message
        if message.chat.type == "private" or (answered is not None and answered.from_ is not None and answered.from_.id == self._id):
            return message.text
        name, _, rest = message.text.partition(" ")
        return rest if name.startswith("@") and rest and name[1:].rstrip(",:").lower() == await self._own_name() else None

    async def _own_name(self) -> str:
        """The bot's name, asked for once; empty where it cannot be had now."""
        if self._name is None:
            try:
                me = await self._bot.call("getMe", {})
            except DeliveryFailed as failed:
                log.warning("bot's name not heard", place=PLACE, reason=failed.reason)
                return ""
            self._name = str(me.get("username", "")).lower() if isinstance(me, dict) else ""
        return self._name

    async def _tell_ids(self, message: Message, user: User) -> None:
        """Answer /start: how to write oneself, or this group, into the configuration."""
        say = translator(user.language_code or "vi")
        private = message.chat.type == "private"
        text = say("telegram.ids", chat=message.chat.id) if private else say("telegram.ids_group", chat=message.chat.id, user=user.id)
        try:
            await self._say(message.chat.id, message.message_id, text)
        except DeliveryFailed as failed:
            log.warning("ids not told", place=PLACE, reason=failed.reason)


def _not_heard(answer: Answer, found: dict[str, Any]) -> SourceError:
    """What an answer that is no success means for listening."""
    no = refusal(answer, found)
    code, says = found.get("error_code", answer.status), said(found.get("description"))
    if code in (_UNAUTHORIZED, _NOT_FOUND):
        return SourceRejected(PLACE, no.reason)
    if code == _CONFLICT and "webhook" in says:
        return SourceRejected(PLACE, "the bot has a webhook elsewhere, so it cannot be polled (409): remove it with deleteWebhook")
    if code == _CONFLICT:
        return SourceUnavailable(PLACE, "another program reads this bot's updates (409): stop it, or give Tocsin a bot of its own")
    if found.get("ok") is not False and answer.status < 300:  # noqa: PLR2004
        return SourceUnreadable(PLACE, "its answer is none of the Bot API")
    return SourceUnavailable(PLACE, no.reason, retry_after_s=no.retry_after_s)
