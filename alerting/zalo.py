"""Zalo's two published interfaces as the notifier and the inbox call them: one request, and what its refusal means.

Bot Platform: https://docs.zaloplatforms.com/docs/BOT (POST `/bot<token>/<method>`, an answer is an object with `ok`, and `result` or `description` and
`error_code`; the table of codes at its end). Official Account: https://docs.zaloplatforms.com/docs/OA/phu-luc/ma-loi (`error` other than 0 inside an
answer of status 200). A token may stand in the address, so no error ever tells that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from alerting.posting import post, refused, said, told
from core.errors import DeliveryFailed, SourceError, SourceRejected, SourceUnavailable
from core.http import Answer, Fetcher
from core.token_file import TokenFile

BOT_API: Final = "https://bot-api.zaloplatforms.com"
OA_API: Final = "https://openapi.zalo.me"
OAUTH: Final = "https://oauth.zaloapp.com"
PLACE: Final = "zalo"
BAD_REQUEST: Final = 400
_OK, _BROKEN, _TIMEOUT = 200, 500, 408
_OF_BOT: Final = {403: _BROKEN}  # "Internal server error", says their table
_TOKEN_STALE: Final = frozenset({-216, -220, -124})  # the access token, not the account
_LIMIT_REACHED: Final = -32
_LIMIT_S: Final = 60.0  # their limit counts by the minute
_FOR_GOOD: Final = {
    -201: "a field is not valid (is `user` the id that this account knows the person by?)",
    -204: "the account is switched off",
    -205: "there is no such account",
    -210: "a field is too long",
    -211: "the account's quota is used up",
    -213: "this person does not follow the account",
    -217: "this person blocks the account",
    -218: "this person may get no more messages now",
    -219: "the app is removed or switched off",
    -221: "the account is not verified",
    -223: "the account has not given the app this right",
    -224: "the account's package does not include it",
    -227: "this person's Zalo is blocked, or was not used for 45 days",
    -230: "this person has not written to the account for 7 days, so it may not write: they must write to it first",
    -232: "this person has not written to the account lately, so it may not write: they must write to it first",
    -233: "messages of this kind are not supported",
    -234: "messages of this kind are not sent at night",
    -235: "accounts of this type may not send it",
}


class Account(BaseModel):
    """Who sends: a bot, or an Official Account.

    `token`: the bot's, from Zalo Bot Manager. Or the account's `app_id`, `secret_key` and `tokens_file` (the same file as of the collector `zalo_oa`).
    `api`, `oauth`: where Zalo is, for tests.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True)

    token: SecretStr | None = None
    app_id: str | None = None
    secret_key: SecretStr | None = None
    tokens_file: Path | None = None
    api: str | None = None
    oauth: str = OAUTH

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr | None) -> SecretStr | None:
        number, colon, rest = ("" if token is None else token.get_secret_value()).partition(":")
        if token is not None and not (
            number.isascii() and number.isalnum() and colon and rest.isascii() and rest.isprintable() and "/" not in rest
        ):
            raise ValueError("must be a bot's token as Zalo Bot Manager gives it: digits, a colon, letters")
        return token

    @field_validator("api", "oauth")
    @classmethod
    def _is_web(cls, address: str | None) -> str | None:
        if address is not None and not address.startswith(("https://", "http://")):
            raise ValueError("must be an http or https address")
        return None if address is None else address.rstrip("/")


class BotRefused(DeliveryFailed):
    """The Bot Platform said no.

    Args:
        failed: what it means for a delivery.
        code: theirs, or the status of HTTP.
    """

    def __init__(self, failed: DeliveryFailed, code: int) -> None:
        super().__init__(
            failed.reason,
            permanent=failed.permanent,
            ambiguous=failed.ambiguous,
            answered=failed.answered,
            retry_after_s=failed.retry_after_s,
        )
        self.code = code


class Bot:
    """One bot of the Bot Platform.

    Args:
        token: as Zalo Bot Manager gave it.
        api: where the interface is.
        http: the guarded session.
    """

    def __init__(self, token: SecretStr, api: str, http: Fetcher) -> None:
        self._token = token
        self._api = api
        self._http = http

    def url(self, method: str) -> str:
        """Where a method is called; it holds the token."""
        return f"{self._api}/bot{self._token.get_secret_value()}/{method}"

    async def call(self, method: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method once and return its `result`.

        Raises:
            DeliveryFailed: no answer came.
            BotRefused: it said no.
        """
        answer = await post(self._http, self.url(method), place=PLACE, payload=fields)
        found = told(answer)
        if found.get("ok") is True:
            result = found.get("result")
            return result if isinstance(result, dict) else {}
        raise bot_refusal(answer, found)


def bot_refusal(answer: Answer, found: Mapping[str, Any]) -> BotRefused:
    """What an answer of the Bot Platform that is no success means; a refusal may come with status 200."""
    given = found.get("error_code")
    code = given if isinstance(given, int) and not isinstance(given, bool) else answer.status
    status = _OF_BOT.get(code, _BROKEN + 2 if code == _OK else code)
    says = "it knows no bot by this token: ask Zalo Bot Manager for it" if code == 401 else said(found.get("description"))  # noqa: PLR2004
    failed = refused(PLACE, status, wait_s=answer.retry_after_s, says=says)
    if status == _TIMEOUT:  # theirs, so it may have gone out
        failed = DeliveryFailed(failed.reason, ambiguous=True, answered=True, retry_after_s=failed.retry_after_s)
    return BotRefused(failed, code)


class OfficialAccount:
    """One Official Account, whose access token is renewed where it is too old.

    Args:
        tokens: its file.
        api: where the interface is.
        http: the guarded session.
        now: tells how old a token is (aware).
    """

    def __init__(self, tokens: TokenFile, api: str, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._api = api
        self._http = http
        self._now = now

    async def advise(self, user: str, text: str) -> str:
        """Send a message of advice ("tin tư vấn", https://docs.zaloplatforms.com/docs/OA/tin-nhan/tin-tu-van/gui-tin-tu-van-dang-van-ban); returns its id.

        Raises:
            DeliveryFailed: permanent where this person may not be written to now, or the account must log in again.
        """
        payload = {"recipient": {"user_id": user}, "message": {"text": text}}
        refused_token: str | None = None
        for turn in range(2):
            token = await self._access(refused_token)
            headers = {"access_token": token}
            answer = await post(self._http, f"{self._api}/v3.0/oa/message/cs", place=PLACE, payload=payload, headers=headers)
            found = told(answer)
            code = found.get("error")
            if code == 0 and answer.status == _OK:
                data = found.get("data")
                return str(data.get("message_id", "")) if isinstance(data, dict) else ""
            if code in _TOKEN_STALE and turn == 0:
                refused_token = token
                continue
            raise _of_account(answer, code, said(found.get("message")).replace(token, "..."))
        raise AssertionError  # the second turn returns or raises

    async def _access(self, refused_token: str | None) -> str:
        try:
            return await self._tokens.access(self._http, self._now(), refused=refused_token)
        except SourceRejected as error:
            failed = DeliveryFailed(str(error), permanent=True)
        except SourceUnavailable as error:
            failed = DeliveryFailed(str(error), retry_after_s=error.retry_after_s)
        except SourceError as error:
            failed = DeliveryFailed(str(error))
        raise failed  # outside of the handlers, or the error would carry the one that it replaces


def _of_account(answer: Answer, code: Any, says: str) -> DeliveryFailed:
    if not isinstance(code, int) or isinstance(code, bool) or code == 0:
        return refused(PLACE, answer.status if answer.status != _OK else _BROKEN + 2, wait_s=answer.retry_after_s)
    if code in _TOKEN_STALE:
        return DeliveryFailed(
            f"{PLACE} takes the access token no more ({code}): log in again and renew `tokens_file`", permanent=True, answered=True
        )
    if code in _FOR_GOOD:
        return DeliveryFailed(f"{PLACE} refused ({code}): {_FOR_GOOD[code]}", permanent=True, answered=True)
    return DeliveryFailed(f"{PLACE} refused ({code}): {says}", answered=True, retry_after_s=_LIMIT_S if code == _LIMIT_REACHED else None)
