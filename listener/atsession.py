"""XRPC, the AT Protocol's way to ask a server, with or without a session by app password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from core.answers import Answer
from core.http import Fetcher
from listener.asking import Params
from listener.base import Quota, SourceRejected, SourceUnavailable, SourceUnreadable, ask_json
from listener.fields import mapping, since_epoch, string

_OK: Final = 300  # below it, all is well
_BAD, _REFUSED = 400, 401
_STALE: Final = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_MEND: Final = "make a new one in Bluesky under Settings, Privacy and security, App passwords"


class Xrpc:
    """Asks one server.

    The session's tokens live in memory alone, and are renewed as long as the server lets us: an account may log in 300 times a day only.

    Args:
        service: the server's address.
        source: whose errors they are.
        http: the guarded session.
        identifier: handle or DID to log in as; None asks without a session.
        password: its app password.
    """

    def __init__(
        self, service: str, *, source: str, http: Fetcher, identifier: str | None = None, password: SecretStr | None = None
    ) -> None:
        self._service = service
        self._source = source
        self._http = http
        self._identifier = identifier
        self._password = password
        self._access, self._refresh = "", ""

    async def query(self, method: str, params: Params) -> tuple[dict[str, Any], Quota | None]:
        """A query's answer, and what is left of the allowance.

        Raises:
            SourceUnavailable: no answer, or a refusal that may pass.
            SourceRejected: the app password is missing or refused.
            SourceUnreadable: not an answer of XRPC.
        """
        if self._identifier is not None and not self._access:
            await self._log_in()
        told, answer = await self._ask(method, params)
        if self._access and _is_stale(told, answer):
            await self._renew()
            told, answer = await self._ask(method, params)
        return self._judged(told, answer), quota(answer)

    async def _ask(self, method: str, params: Params) -> tuple[Any, Answer]:
        headers = {"authorization": f"Bearer {self._access}"} if self._access else None
        return await ask_json(
            self._http, f"{self._service}/xrpc/{method}", source=self._source, params=params, headers=headers, judged=(_BAD, _REFUSED)
        )

    async def _renew(self) -> None:
        try:
            told, answer = await self._post("refreshSession", None, f"Bearer {self._refresh}")
        except SourceRejected:
            told, answer = None, None
        if answer is None or answer.status >= _OK:
            await self._log_in()
        else:
            self._take(told)

    async def _log_in(self) -> None:
        if not self._password or not self._password.get_secret_value():
            raise SourceRejected(self._source, f"no app password; {_MEND}")
        told, answer = await self._post(
            "createSession", {"identifier": self._identifier, "password": self._password.get_secret_value()}, None
        )
        if answer.status == _REFUSED:
            raise SourceRejected(self._source, f"the app password was refused (401); {_MEND}")
        self._take(self._judged(told, answer))

    async def _post(self, name: str, body: Mapping[str, Any] | None, authorization: str | None) -> tuple[Any, Answer]:
        return await ask_json(
            self._http,
            f"{self._service}/xrpc/com.atproto.server.{name}",
            source=self._source,
            method="POST",
            json=body,
            headers={"authorization": authorization} if authorization else None,
            judged=(_BAD, _REFUSED),
        )

    def _take(self, told: object) -> None:
        session = mapping(told)
        self._access, self._refresh = string(session.get("accessJwt")), string(session.get("refreshJwt"))
        if not self._access:
            raise SourceUnreadable(self._source, "not a session of the AT Protocol")

    def _judged(self, told: object, answer: Answer) -> dict[str, Any]:
        """The answer as an object, or the refusal that it is."""
        if answer.status >= _OK:
            name = string(mapping(told).get("error"))[:50]
            reason = f"answered with status {answer.status}{f' ({name})' if name.isalnum() else ''}"
            if answer.status == _REFUSED:
                raise SourceRejected(self._source, f"{reason}; {_MEND}")
            raise SourceUnavailable(self._source, reason, retry_after_s=answer.retry_after_s)
        if not isinstance(told, dict):
            raise SourceUnreadable(self._source, "not an answer of the AT Protocol")
        return told


def quota(answer: Answer) -> Quota | None:
    """What is left of the allowance by the RateLimit headers; None where they are missing."""
    left, resets = (answer.headers.get(f"ratelimit-{name}", "") for name in ("remaining", "reset"))
    if not (left.isascii() and left.isdigit()):
        return None
    return Quota(left=float(left[:12]), resets_at=since_epoch(int(resets[:12])) if resets.isascii() and resets.isdigit() else None)


def _is_stale(told: object, answer: Answer) -> bool:
    return answer.status == _REFUSED or (answer.status == _BAD and string(mapping(told).get("error")) in _STALE)
