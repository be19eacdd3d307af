"""Calls of platforms' JSON interfaces, whose refusals stand in the body: under a status of their own, or under 200.

`call` hands over body and status, so that the collector can judge the body first; `check_status` is for what the body does not tell.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from core.errors import SourceError, SourceUnavailable
from core.http import Answer, Fetcher
from core.text import clean
from listener.asking import Params, ask_json

_Record = TypeVar("_Record")
_MAX_REASON_CHARS: Final = 200
_REFUSALS: Final = range(400, 600)


async def call(
    http: Fetcher,
    url: str,
    *,
    source: str,
    params: Params | None = None,
    headers: dict[str, str] | None = None,
    form: Params | None = None,
) -> tuple[Any, Answer]:
    """Ask (a POST where there is a form) and decode what came; a refusal that is JSON comes back too, for the caller to judge.

    No error raised here has a cause: a library's error may hold the address, and a token may stand in that.

    Raises:
        SourceUnavailable, SourceRejected, SourceUnreadable: as `listener.asking.ask_json`.
    """
    method = "GET" if form is None else "POST"
    failed: SourceError
    try:
        return await ask_json(http, url, source=source, params=params, headers=headers, method=method, form=form, judged=_REFUSALS)
    except SourceUnavailable as error:
        failed = SourceUnavailable(source, error.reason, retry_after_s=error.retry_after_s)
    except SourceError as error:
        failed = type(error)(source, error.reason)
    raise failed  # outside of the handlers, or the error would carry the one that it replaces


def records(told: list[Any], kind: type[_Record]) -> tuple[list[_Record], int, str | None]:
    """Each entry as a record of this kind; how many could not be read, and why the first of them could not (without its text)."""
    read: list[_Record] = []
    problems: list[str] = []
    for entry in told:
        try:
            read.append(msgspec.convert(entry, kind))
        except msgspec.ValidationError as error:
            problems.append(said(str(error)))
    return read, len(problems), problems[0] if problems else None


def said(text: object) -> str:
    """A platform's own words about an error, fit for one line of ours."""
    return clean(" ".join(clean(text, 4 * _MAX_REASON_CHARS).split()), _MAX_REASON_CHARS) if isinstance(text, str) else ""
