"""The kind `zalo`: what people write to your Zalo bot, by long polling.

Documentation: https://docs.zaloplatforms.com/docs/BOT/apis/getUpdates (one event an answer, `timeout` in seconds; code 408 where none came; refused while
a webhook is set, see /getWebhookInfo), https://docs.zaloplatforms.com/docs/BOT/webhook (events and their fields; times in milliseconds).
Outbound requests alone. Official Accounts tell what was written to a webhook alone, so with one of those people answer by the link of the alert.

Limits: Zalo documents no offset and no confirmation, so an event that is on its way when the program dies is lost; it does not tell which message was
answered; groups (a trial at Zalo) are not heard; of children and other protected persons Zalo tells no words. "id" is answered here, with the line for
`config.yaml`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec
import structlog
from pydantic import model_validator

from alerting.inbox.base import Batch, Reply
from alerting.inert import shorten, utf16_units
from alerting.posting import poll, said, told
from alerting.zalo import BOT_API, PLACE, Account, Bot, bot_refusal
from core.errors import DeliveryFailed, SourceError, SourceRejected, SourceUnavailable
from core.http import Fetcher
from core.messages import translator

log = structlog.get_logger()

WAIT_S: Final = 30  # of a long poll, Zalo's own default
MAX_TEXT: Final = 2_000  # characters of an answer; and of a reply, whose first line is read
TEXT: Final = "message.text.received"
PRIVATE: Final = "PRIVATE"
LISTENING: Final = "listening"
_IDS: Final = frozenset({"id", "/id", "/start", "mã", "start"})
_NOTHING_CAME, _UNAUTHORIZED = 408, 401


class Options(Account):
    """As `Account`; a bot's `token` is needed."""

    @model_validator(mode="after")
    def _is_bot(self) -> Self:
        if self.token is None:
            raise ValueError("to hear replies Zalo needs a bot's `token`")
        return self


class User(msgspec.Struct, frozen=True):
    """Who wrote."""

    id: str


class Chat(msgspec.Struct, frozen=True):
    """Where."""

    id: str
    chat_type: str = PRIVATE


class Message(msgspec.Struct, frozen=True):
    """What was written; `date` in milliseconds since 1970."""

    message_id: str
    from_: User = msgspec.field(name="from")
    chat: Chat
    date: int = 0
    text: str = ""


class Event(msgspec.Struct, frozen=True):
    """One thing that happened."""

    event_name: str = TEXT
    message: Message | None = None


class Inbox:
    """Listens to one bot."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        assert options.token is not None
        self._bot = Bot(options.token, options.api or BOT_API, http)
        self._http = http
        self._now = now
        self._has_webhook: bool | None = None  # None: not asked yet

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """One long poll. Zalo knows no place to go on from: the cursor only says that the bot has been listened to.

        Raises:
            SourceRejected: the token is refused, or the bot has a webhook elsewhere.
            SourceUnavailable, SourceUnreadable: no answer, or a refusal that may pass.
        """
        if self._has_webhook is not False:
            await self._refuse_webhook()
        if cursor is None:
            yield Batch(replies=(), cursor=LISTENING)
        result = await self._ask("getUpdates", {"timeout": WAIT_S}, WAIT_S)
        events = result if isinstance(result, list) else [result] if result else []
        replies = [reply for one in events if (reply := await self._read(one)) is not None]
        if replies:
            yield Batch(replies=tuple(replies), cursor=LISTENING)

    async def answer(self, reply: Reply, text: str) -> None:
        """In the same conversation.

        Raises:
            DeliveryFailed: it could not be said.
        """
        await self._say(reply.back.get("chat"), text.replace("@", "\uff20"))

    def sender_of(self, channel: dict[str, Any]) -> str | None:
        """`user`, of a bot: an Official Account knows people by other ids."""
        user = channel.get("user")
        return None if user is None or channel.get("token") is None else str(user)

    async def _say(self, chat: Any, text: str) -> None:
        await self._bot.call("sendMessage", {"chat_id": chat, "text": shorten(text, MAX_TEXT, utf16_units)})

    async def _refuse_webhook(self) -> None:
        """Polling brings nothing while a webhook is set, so say so."""
        found = await self._ask("getWebhookInfo", {}, 0)
        self._has_webhook = bool(isinstance(found, dict) and found.get("url"))
        if self._has_webhook:
            raise SourceRejected(PLACE, "the bot has a webhook elsewhere, so it cannot be polled: remove it with deleteWebhook")

    async def _ask(self, method: str, fields: dict[str, Any], wait_s: int) -> Any:
        """A method's `result`; None where nothing came."""
        answer = await poll(self._http, self._bot.url(method), fields, source=PLACE, wait_s=wait_s)
        found = told(answer)
        if found.get("ok") is True:
            return found.get("result")
        refusal = bot_refusal(answer, found)
        if refusal.code == _NOTHING_CAME:
            return None
        self._has_webhook = None  # perhaps that is why
        raise _not_heard(refusal.code, refusal)

    async def _read(self, given: Any) -> Reply | None:
        """An event as a reply; None where it is none."""
        try:
            event = msgspec.convert(given, Event)
        except msgspec.ValidationError as error:
            log.warning("event not read", place=PLACE, problem=said(str(error)))
            return None
        message = event.message
        if message is None or event.event_name != TEXT or message.chat.chat_type != PRIVATE or not message.text.strip():
            log.info("event left out", place=PLACE, name=said(event.event_name))
            return None
        if message.text.strip().lower() in _IDS:
            await self._tell_id(message.chat.id)
            return None
        return Reply(
            native_id=message.message_id,
            sender=message.from_.id,
            at=datetime.fromtimestamp(message.date / 1000, UTC) if 0 < message.date < 10**14 else self._now(),
            text=message.text[:MAX_TEXT],
            back={"chat": message.chat.id},
        )

    async def _tell_id(self, chat: str) -> None:
        try:
            await self._say(chat, translator("vi")("zalo.id", user=chat))
        except DeliveryFailed as failed:
            log.warning("id not told", place=PLACE, reason=failed.reason)


def _not_heard(code: int, refusal: DeliveryFailed) -> SourceError:
    if code == _UNAUTHORIZED:
        return SourceRejected(PLACE, refusal.reason)
    return SourceUnavailable(PLACE, refusal.reason, retry_after_s=refusal.retry_after_s)
