"""Requests of collectors: a GET, or JSON there and back, with no other errors than the three that a collector may raise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from core.answers import Answer, check_status
from core.errors import AddressRefused, SourceUnavailable, SourceUnreadable
from core.http import Fetcher

Param = str | int | float | bool | None
Params = Mapping[str, Param | Sequence[Param]]


async def ask(
    http: Fetcher, url: str, *, source: str, etag: str | None = None, modified: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """GET for a collector: the answer (2xx or 304), or one of the three errors a collector may raise.

    A forbidden address is `SourceUnavailable`, not rejected: names that a provider's resolver bends to 127.0.0.1 come back.
    """
    try:
        answer = await http.fetch(url, etag=etag, modified=modified, headers=headers, source=source)
    except AddressRefused as error:
        raise _refused(source, error) from error
    check_status(answer, source)
    return answer


async def ask_json(
    http: Fetcher,
    url: str,
    *,
    source: str,
    params: Params | None = None,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    json: object | None = None,
    form: Params | None = None,
    judged: Collection[int] = (),
) -> tuple[Any, Answer]:
    """Ask for JSON, and return it decoded beside the answer (None for 204 and 304).

    Args:
        http: the guarded session.
        url: where.
        source: whose errors they are.
        params: added to the address; None values are left out, booleans are "true" and "false", sequences repeat the name.
        headers: sent to this host alone.
        method: GET, or what the API asks for.
        json: sent as a JSON body.
        form: sent as a form (application/x-www-form-urlencoded).
        judged: statuses that the caller judges itself where they come with JSON, for platforms that tell the reason of a refusal there.

    Raises:
        SourceUnavailable: no answer, or a status that may pass.
        SourceRejected: 401, 403, 410.
        SourceUnreadable: not JSON.
    """
    sent, body = _with_body(json, form)
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    try:
        answer = await http.fetch(_with_params(url, params), headers=sent, method=method, body=body, source=source)
    except AddressRefused as error:
        raise _refused(source, error) from error
    if answer.status not in judged:
        check_status(answer, source)
        return decoded(answer, source), answer
    try:
        return decoded(answer, source), answer
    except SourceUnreadable:
        check_status(answer, source)
        raise


def decoded(answer: Answer, source: str) -> Any:
    """The JSON of an answer; None where it has no body by its status (204, 304).

    Raises:
        SourceUnreadable: it is not JSON.
    """
    if answer.status in (204, 304):
        return None
    try:
        return msgspec.json.decode(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnreadable(source, "its answer is not JSON") from error


def _with_params(url: str, params: Params | None) -> str:
    added = _encoded(params or {})
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url


def _with_body(json: object | None, form: Params | None) -> tuple[dict[str, str], bytes | None]:
    if json is not None:
        return {"accept": "application/json", "content-type": "application/json"}, msgspec.json.encode(json)
    if form is not None:
        return {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}, _encoded(form).encode()
    return {"accept": "application/json"}, None


def _encoded(params: Params) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
        pairs += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in values if one is not None]
    return urlencode(pairs)


def _refused(source: str, error: AddressRefused) -> SourceUnavailable:
    return SourceUnavailable(source, f"address refused: {error.reason} (see allow_private_hosts)")
