"""The kind `zalo`: an alert as a message of your Zalo bot, or of your Official Account.

A bot: https://docs.zaloplatforms.com/docs/BOT/apis/sendMessage (text of 1 to 2,000 characters; `text_styles` in UTF-16 units, so there is no markup that a
stranger's text could break). An account: https://docs.zaloplatforms.com/docs/OA/tin-nhan/tin-tu-van/dieu-kien-gui-tin-tu-van, "tin tư vấn": to people who
wrote to it within 7 days, free within 48 hours (as often as needed since 2026), then at a price.

Limits: whom neither knows cannot be written to; how long a bot may write to somebody silent is published nowhere. So it is never the only way to a person.
Nothing can be edited, pictures only by a public address. Paid templates (ZNS, ZBS) are not supported. What Zalo does not like (400) goes out
once more, plain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

import structlog
from pydantic import model_validator

from alerting.base import Limits, Message, Receipt, headed
from alerting.inert import utf16_units
from alerting.zalo import BAD_REQUEST, BOT_API, OA_API, PLACE, Account, Bot, BotRefused, OfficialAccount
from core.errors import DeliveryFailed
from core.http import Fetcher
from core.token_file import TokenFile

LIMITS = Limits(chars=2000, initiates=False, free_hours=48, answers=True)

log = structlog.get_logger()


class Options(Account):
    """As `Account`, and `user`: the id that the bot tells who writes "id" to it, or by which the account knows the person."""

    user: str

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        account = [self.app_id, self.secret_key, self.tokens_file]
        if (self.token is None) != all(account) or (self.token is not None and any(account)):
            raise ValueError("set `token` (a bot), or `app_id`, `secret_key` and `tokens_file` (an Official Account)")
        return self


class Notifier:
    """Writes to one person."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._user = options.user
        self._bot = None if options.token is None else Bot(options.token, options.api or BOT_API, http)
        self._account = None if options.token is not None else _account(options, http, now)

    async def send(self, message: Message) -> Receipt:
        """Send it.

        Raises:
            DeliveryFailed: permanent where the token or the person is refused, or this person has been silent for too long.
        """
        text = headed(message, 2000, utf16_units)
        if self._bot is not None:
            return await self._by_bot(self._bot, message, text)
        assert self._account is not None
        number = await self._account.advise(self._user, text)
        return _receipt(self._user, number)

    async def _by_bot(self, bot: Bot, message: Message, text: str) -> Receipt:
        plain = {"chat_id": self._user, "text": text}
        bold = [{"start": 0, "len": utf16_units(message.subject), "st": ["b"]}] if text.startswith(message.subject + "\n") else []
        try:
            result = await bot.call("sendMessage", plain | ({"text_styles": bold} if bold else {}))
        except BotRefused as refusal:
            if refusal.code != BAD_REQUEST:
                raise
            log.warning("message sent again as plain text", place=PLACE, reason=refusal.reason)
            result = await bot.call("sendMessage", plain)
        return _receipt(self._user, str(result.get("message_id", "")))


def _account(options: Options, http: Fetcher, now: Callable[[], datetime]) -> OfficialAccount:
    assert options.app_id is not None
    assert options.secret_key is not None
    assert options.tokens_file is not None
    tokens = TokenFile(
        options.tokens_file,
        source=PLACE,
        url=f"{options.oauth}/v4/oa/access_token",
        form={"app_id": options.app_id},
        headers={"secret_key": options.secret_key},
    )
    return OfficialAccount(tokens, options.api or OA_API, http, now)


def _receipt(user: str, number: str) -> Receipt:
    if not number:
        raise DeliveryFailed(f"{PLACE}: its answer names no message", ambiguous=True)
    ref: dict[str, Any] = {"chat": user, "message": number}
    return Receipt(id=number, detail=f"message {number}", ref=ref)
