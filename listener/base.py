"""What a collector is: the protocol that a new kind of source is written against, and the few helpers that all kinds share."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, Literal, Protocol
from urllib.parse import urljoin, urlsplit

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.flagged import Counted, Flagged
from core.outside import Alarm, Measured
from core.records import Engagement, Mention, Record
from core.text import clean
from listener.asking import ask, ask_json

__all__ = [
    "Collector",
    "Missed",
    "Now",
    "Page",
    "Quota",
    "Reading",
    "SourceRejected",
    "SourceUnavailable",
    "SourceUnreadable",
    "ask",
    "ask_json",
    "known_time",
    "web_link",
]

Now = Callable[[], datetime]
Missed = Literal["capped", "partial"]
MAX_URL_CHARS: Final = 2_000
_PLAIN_LINK = re.compile(
    r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~/=&%+-]+)?(?:#[A-Za-z0-9._~/-]+)?\Z", re.ASCII
)
_FIRST_YEAR, _LAST_YEAR = 1970, 2199  # a time outside is a mistake, not news


class Quota(Record, frozen=True, kw_only=True, gc=False):
    """What the platform says is left of our allowance: `left` in its own units (calls, points), and when it is filled up again."""

    left: float
    resets_at: datetime | None = None


class Reading(Record, frozen=True, kw_only=True, gc=False):
    """The counters of a mention heard before, from a platform that tells them without its words; of one never heard it says nothing."""

    key: bytes
    engagement: Engagement


class Page(Record, frozen=True, kw_only=True, gc=False):
    """What one look at a source brought.

    Even an empty page says that the source was heard: silence on a page is zero, no page is unknown (rule 8).

    Attributes:
        mentions: may hold what was heard before; the store knows them by their key, takes a changed text for a revision and changed
            counters for a reading.
        readings: counters of mentions heard before, where the platform tells them alone.
        cursor: where the next look goes on, written and read by the collector alone; it is saved together with the mentions.
        more: the next page waits already.
        skipped: how many entries could not be read.
        problem: the first of them in one line without its text.
        unchanged: the place answered with what we have.
        deleted: keys of mentions that the place no longer has, or whose author took them back.
        missed: this look knows that it did not get everything: "capped" where the platform stops at a number, "partial" where a part
            failed or was skipped. None: everything that this kind can see.
        live: a page of a stream, which says that the source was heard without a gap from the page before until now.
        cost: what this page cost of the platform's allowance, in its units (YouTube's points, calls); 0 where it charges nothing.
        quota: what is left of it, where the platform tells.
        hub: the WebSub hub that pushes this source's news, where one is named.
        counts: numbers that somebody else counted; they are no mentions.
        alarms: what another monitor says; each becomes a signal of its own.
        flags: which of the mentions people reported of places that no program sees, and who.
        counted: counters of such mentions that people read again.
    """

    mentions: tuple[Mention, ...] = ()
    readings: tuple[Reading, ...] = ()
    cursor: str | None = None
    more: bool = False
    skipped: int = 0
    problem: str | None = None
    unchanged: bool = False
    deleted: tuple[bytes, ...] = ()
    missed: Missed | None = None
    live: bool = False
    cost: float = 0.0
    quota: Quota | None = None
    hub: str | None = None
    counts: tuple[Measured, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    flags: tuple[Flagged, ...] = ()
    counted: tuple[Counted, ...] = ()


class Collector(Protocol):
    """Listens to one source. One file in `listener/collectors/` per kind; the file's name is the `kind:` in config.yaml.

    The module also defines `Options`, a pydantic model with `extra="forbid"` and `hide_input_in_errors=True` (secrets) that holds everything
    the operator may set, defaults included.
    A collector is built as `Collector(options, source_id=..., http=..., now=...)`: `http` is the guarded session, the only way out;
    `now` gives `seen_at`. It keeps nothing between two calls of `listen`: what it must remember stands in the cursor.

    Kinds that are pushed to (webhooks) yield nothing.
    """

    def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield pages, each with the cursor to go on from; ends = a poll, never ends = a stream.

        A stream yields a `live` page whenever something came, and an empty one at least every 30 s while the connection is known to be good
        (that is its heartbeat); it raises where the connection breaks, and is started again from the last cursor.

        Args:
            cursor: of the last page that was saved; None at the first look. One that cannot be read is treated as None.

        Raises:
            SourceUnavailable: try again later (also 404 and 429); carries the time to wait where the place named one.
            SourceRejected: credentials refused, or gone for good.
            SourceUnreadable: what came is not what this kind sends.
        """
        ...


def known_time(at: datetime | None) -> datetime | None:
    """A time from outside in UTC; None where it has no zone or lies outside 1970 to 2199."""
    if at is None or at.tzinfo is None:
        return None
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def web_link(text: object, base: str = "") -> str | None:
    """An address from outside, made absolute; None for anything but http(s) (javascript:, data: ...) and for what cannot be one."""
    if not isinstance(text, str) or len(text) > MAX_URL_CHARS:
        return None
    if _PLAIN_LINK.match(text):  # most are whole and harmless as they come
        return text
    try:
        url = urljoin(base, "".join(clean(text).split()))
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return url if good else None
