"""A list ordered by the time of change, oldest first, read on from the newest change met. Pure.

Pages by number shift under the reader's feet when an entry changes and moves to the end, so that one is skipped. So each request asks for what
changed since the newest change met, and turns a page only where more entries than a page holds changed within one second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from listener.walk import Known


class Changes(msgspec.Struct, frozen=True):
    """How far such a list was read: from `since` on (RFC 3339, UTC), at `page`; `top` is the newest change met.

    `etag` is the validator of the request `asked`, which is made again while nothing changes; `newest` that of the page of the newest.
    """

    since: str = ""
    page: int = 1
    top: str = ""
    etag: str | None = None
    asked: str = ""
    newest: str | None = None
    seen: dict[str, Known] = {}


def onward(state: Changes, changed_at: list[datetime], *, full: bool, overlap: timedelta, last_page: int | None) -> tuple[Changes, bool]:
    """Where the next request goes on after one page, and whether the place stopped short of the end there.

    Args:
        state: that of the request; `since` is set.
        changed_at: the changes of the page's entries.
        full: whether more may follow.
        overlap: how far back the next request reaches, where the place's index lags.
        last_page: the last page that the place gives; None where there is no end.
    """
    top = max([state.top, *map(instant, changed_at)])
    further = _earlier(top, overlap)
    if further > state.since:
        return replace(state, top=top, since=further, page=1), False
    if not full:
        return replace(state, top=top, page=1), False
    if last_page is not None and state.page >= last_page:
        return replace(state, top=top, since=max(top, state.since), page=1), True
    return replace(state, top=top, page=state.page + 1), False


def instant(at: datetime) -> str:
    """A time as these APIs write and sort it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _earlier(text: str, by: timedelta) -> str:
    try:
        return instant(datetime.fromisoformat(text) - by) if by else text
    except (ValueError, OverflowError):
        return ""
