"""Telegram's Bot API as the notifier and the inbox call it: one request, and what its refusal means.

Documentation: https://core.telegram.org/bots/api#making-requests (an answer is an object with `ok`, and `result` or `description`, `error_code` and
`parameters`), https://core.telegram.org/bots/api#responseparameters (`retry_after`, `migrate_to_chat_id`). The token stands in the address, so no
error ever tells that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from pydantic import AfterValidator, SecretStr

from alerting.posting import multipart, post, refused, said, told
from core.errors import DeliveryFailed
from core.http import Answer, Fetcher

API: Final = "https://api.telegram.org"
PLACE: Final = "telegram"
_TOKEN_CHARS: Final = range(20, 101)
_BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 400, 401, 404


def _is_token(token: SecretStr) -> SecretStr:
    number, colon, rest = token.get_secret_value().partition(":")
    letters = rest.replace("-", "").replace("_", "")
    if not (number.isascii() and number.isdigit() and colon and len(rest) in _TOKEN_CHARS and letters.isascii() and letters.isalnum()):
        raise ValueError("must be a bot's token as @BotFather gives it: digits, a colon, letters")
    return token


def _is_web(address: str) -> str:
    if not address.startswith(("https://", "http://")):
        raise ValueError("must be an http or https address")
    return address.rstrip("/")


Token = Annotated[SecretStr, AfterValidator(_is_token)]
Address = Annotated[str, AfterValidator(_is_web)]


class Refusal(DeliveryFailed):
    """Telegram said no.

    Args:
        failed: what it means for a delivery.
        bad_request: it did not like the request itself (400): nothing was sent, and a plainer one may do.
        new_chat: the id that the group has now, where it became a supergroup.
    """

    def __init__(self, failed: DeliveryFailed, *, bad_request: bool, new_chat: int | None) -> None:
        super().__init__(
            failed.reason,
            permanent=failed.permanent,
            ambiguous=failed.ambiguous,
            answered=failed.answered,
            retry_after_s=failed.retry_after_s,
        )
        self.bad_request = bad_request
        self.new_chat = new_chat


class Bot:
    """One bot.

    Args:
        token: as @BotFather gave it.
        api: where the Bot API is.
        http: the guarded session.
    """

    def __init__(self, token: SecretStr, api: str, http: Fetcher) -> None:
        self._token = token
        self._api = api
        self._http = http

    def url(self, method: str) -> str:
        """Where a method is called; it holds the token."""
        return f"{self._api}/bot{self._token.get_secret_value()}/{method}"

    async def call(self, method: str, fields: Mapping[str, Any], files: Mapping[str, tuple[str, str, bytes]] | None = None) -> Any:
        """Call a method once and return its `result`.

        Raises:
            DeliveryFailed: no answer came.
            Refusal: it said no.
        """
        if files:
            body, headers = multipart({name: _form_value(value) for name, value in fields.items()}, files)
            answer = await post(self._http, self.url(method), place=PLACE, body=body, headers=headers)
        else:
            answer = await post(self._http, self.url(method), place=PLACE, payload=fields)
        found = told(answer)
        if found.get("ok") is True:
            return found.get("result")
        raise refusal(answer, found)


def refusal(answer: Answer, found: Mapping[str, Any]) -> Refusal:
    """What an answer that is no success means."""
    given = found.get("parameters")
    parameters: dict[str, Any] = given if isinstance(given, dict) else {}
    status = answer.status if answer.status != 200 else _number(found.get("error_code")) or 502  # noqa: PLR2004
    says = said(found.get("description"))
    if status in (_UNAUTHORIZED, _NOT_FOUND):
        says = "it knows no bot by this token: take a new one from @BotFather"
    wait = _number(parameters.get("retry_after"))
    failed = refused(PLACE, status, wait_s=answer.retry_after_s if wait is None else float(wait), says=says)
    return Refusal(failed, bad_request=status == _BAD_REQUEST, new_chat=_number(parameters.get("migrate_to_chat_id")))


def _form_value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
