"""Meta's Graph API: asking as a page, what a refusal means, how much of the allowance is used.

The token goes in a header, never in an address; Meta's own words may repeat a token, so they are shown without it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Answer, Fetcher, check_status
from listener.asking import Params
from listener.base import Quota
from listener.platforms import call, said

_TOKEN: Final = frozenset({102, 190})
_WAIT: Final = frozenset({4, 17, 32, 341, 613, 80001, 80002, 80006})  # of the app, the user, the page, and of business use cases
_UNSUPPORTED: Final = 100
_PERMISSIONS: Final = frozenset({3, 10, *range(200, 300)})
_USUAL_WAIT_S: Final = 900.0  # where Meta does not say how long
_MOST_WAIT_MIN: Final = 1_440


class Graph:
    """One page's way into the Graph API.

    Args:
        http: the guarded session.
        source: whose errors they are.
        api: the address with the version.
        token: the page's.
        secret: the app's, for `appsecret_proof`; None where the app does not ask for it.
    """

    def __init__(self, http: Fetcher, *, source: str, api: str, token: SecretStr, secret: SecretStr | None) -> None:
        self._http = http
        self._source = source
        self._api = api
        self._token = token
        self._secret = secret

    async def get(self, path: str, params: Params, *, needs: str, now: datetime) -> tuple[dict[str, Any], Quota | None]:
        """Ask for one page of an edge.

        Args:
            path: below the version.
            params: fields, limit, after ...
            needs: the permissions that this edge asks for, as an error names them.
            now: aware.

        Raises:
            SourceRejected: the token, a permission, or a page that it may not see.
            SourceUnavailable: the allowance is used up, or trouble at Meta.
            SourceUnreadable: none of the Graph API's answers.
        """
        token = self._token.get_secret_value()
        sent = dict(params) | ({"appsecret_proof": proof(token, self._secret.get_secret_value())} if self._secret else {})
        headers = {"authorization": f"Bearer {token}"}
        told, answer = await call(self._http, f"{self._api}/{path}", source=self._source, params=sent, headers=headers)
        error = told.get("error") if isinstance(told, dict) else None
        if isinstance(error, dict):
            raise self._refusal(error, answer, needs)
        check_status(answer, self._source)
        if not isinstance(told, dict) or not isinstance(told.get("data"), list):
            raise SourceUnreadable(self._source, "its answer is none of the Graph API")
        return told, usage(answer.headers, now)[0]

    def _refusal(self, error: dict[str, Any], answer: Answer, needs: str) -> SourceError:
        code, words = error.get("code"), said(error.get("message")).replace(self._token.get_secret_value(), "...")
        if code in _TOKEN:
            return SourceRejected(self._source, f"the page's token is not valid any more ({code}): make a new one")
        if code in _PERMISSIONS:
            return SourceRejected(self._source, f"a permission is missing ({code}): grant the app {needs}")
        if code == _UNSUPPORTED:
            return SourceRejected(
                self._source, f"Meta knows no such page, or not for this token ({code}): see `page` and `version`. {words}"
            )
        if code in _WAIT:
            wait = usage(answer.headers, None)[1] or answer.retry_after_s or _USUAL_WAIT_S
            return SourceUnavailable(self._source, f"the allowance is used up ({code})", retry_after_s=wait)
        return SourceUnavailable(self._source, f"Meta refused ({code}): {words}", retry_after_s=answer.retry_after_s)


def proof(token: str, secret: str) -> str:
    """`appsecret_proof`: HMAC-SHA256 of the token under the app's secret, in hex."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def usage(headers: dict[str, str], now: datetime | None) -> tuple[Quota | None, float | None]:
    """What is left by the usage headers, in percent of the hour's allowance, and how many seconds Meta asks to wait; None where not told."""
    told = [*_entries(headers.get("x-app-usage")), *_entries(headers.get("x-business-use-case-usage"))]
    used = _numbers(told, "call_count", "total_time", "total_cputime")
    waits = [wait for wait in _numbers(told, "estimated_time_to_regain_access") if 0 < wait <= _MOST_WAIT_MIN]
    wait_s = 60.0 * max(waits) if waits else None
    if not used:
        return None, wait_s
    resets_at = now + timedelta(seconds=wait_s) if now is not None and wait_s is not None else None
    return Quota(left=max(0.0, 100.0 - max(used)), resets_at=resets_at), wait_s


def _entries(header: str | None) -> list[dict[str, Any]]:
    try:
        told = msgspec.json.decode(header or "null")
    except (msgspec.DecodeError, RecursionError):
        return []
    found = [told, *(told.values() if isinstance(told, dict) else [])]
    return [entry for each in found for entry in (each if isinstance(each, list) else [each]) if isinstance(entry, dict)]


def _numbers(told: list[dict[str, Any]], *names: str) -> list[float]:
    values = [entry.get(name) for entry in told for name in names]
    return [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
