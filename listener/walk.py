"""What a collector remembers of a place that is polled: a listing walked newest first, and the state of what was heard lately. Pure.

Platforms give their news newest first, in pages. A walk goes from the newest page back to where the one before it began; only its end moves
the high-water mark, so that a walk broken off is taken up again and loses nothing. What is remembered of each mention is a digest: a
mention is news where it was never heard, or where its words, its author or its counters changed.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from core.records import Mention, Record

GONE: Final = "-"  # the digest of what the place no longer has
STEP: Final = 1.1  # a counter moved where it grew by about a tenth: platforms blur them on purpose, and readings cost a row each
_EXACT: Final = 10  # below, a counter counts exactly


class Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is remembered of one mention: the digest of its state, and its place in the order of the walk (seconds, or an id)."""

    digest: str
    order: int


class Heard(Record, frozen=True, kw_only=True, gc=False):
    """One entry of a listing: its native id, its place in the order, and the mention; None where the place says that it is gone."""

    native_id: str
    order: int
    mention: Mention | None


class Walk(msgspec.Struct, frozen=True):
    """How far one listing was walked.

    Attributes:
        mark: the newest entry of the last walk that came to its end; None before the first.
        top: the newest entry of the walk under way.
        after: the place's token of the next page; None between two walks.
        walked: entries met by the walk under way.
        floor: the oldest entry remembered when the walk under way began, where more was heard before than is remembered.
        seen: what is remembered, by native id.
    """

    mark: int | None = None
    top: int | None = None
    after: str | None = None
    walked: int = 0
    floor: int | None = None
    seen: dict[str, Known] = {}


class Seen:
    """What was heard lately, up to `limit` mentions, the newest by their order.

    Args:
        known: as the cursor has it.
        limit: how many are kept; more than one page of the place.
    """

    def __init__(self, known: Mapping[str, Known], *, limit: int) -> None:
        self._known = dict(known)
        self._limit = limit

    @property
    def floor(self) -> int | None:
        """The oldest entry remembered, where there is no room for more; None where all is remembered."""
        return min(one.order for one in self._known.values()) if len(self._known) >= self._limit else None

    def news(self, heard: Iterable[Heard], *, mark: int | None = None, floor: int | None = None) -> list[Mention]:
        """The mentions that are new or changed, in their order; remembers all.

        What lies at or before `mark` and at or below `floor` was heard once and forgotten: no news.
        """
        found: list[Mention] = []
        for entry in heard:
            if entry.mention is None:
                continue
            known, now = self._known.get(entry.native_id), digest(entry.mention)
            forgotten = known is None and mark is not None and entry.order <= mark and floor is not None and entry.order <= floor
            if forgotten or (known is not None and known.digest == now):
                continue
            self._known[entry.native_id] = Known(now, entry.order)
            found.append(entry.mention)
        return found

    def gone(self, native_ids: Iterable[str]) -> list[str]:
        """Those of these that were heard and not yet known to be gone; remembers it."""
        told = [native_id for native_id in native_ids if native_id in self._known and self._known[native_id].digest != GONE]
        for native_id in told:
            self._known[native_id] = Known(GONE, self._known[native_id].order)
        return told

    def between(self, low: int, high: int) -> list[str]:
        """The native ids heard within [low, high] and not known to be gone."""
        return [native_id for native_id, one in self._known.items() if low <= one.order <= high and one.digest != GONE]

    @property
    def known(self) -> dict[str, Known]:
        """All that is remembered by now, which may be more than the limit."""
        return dict(self._known)

    def kept(self) -> dict[str, Known]:
        """The newest of it, up to the limit."""
        if len(self._known) <= self._limit:
            return dict(self._known)
        newest = sorted(self._known.items(), key=lambda item: item[1].order, reverse=True)[: self._limit]
        return dict(newest)


class Turn(Record, frozen=True, kw_only=True, gc=False):
    """One page of a walk, judged: what is news, what is gone, the walk after it, and whether it came to its end.

    `reached`: it met what the walk before it had heard, so that nothing lies between. Always so at the first walk.
    """

    news: tuple[Mention, ...]
    gone: tuple[str, ...]
    walk: Walk
    ended: bool
    reached: bool


def turn(walk: Walk, heard: Sequence[Heard], after: str | None, *, limit: int) -> Turn:
    """Take in one page, given newest first; its news come oldest first.

    Args:
        walk: as the page before left it.
        heard: the page's entries as the place ordered them.
        after: the place's token of the next page, None where there is none.
        limit: how many mentions are remembered.
    """
    seen = Seen(walk.seen, limit=limit)
    floor = seen.floor if walk.top is None else walk.floor
    news = seen.news(reversed(heard), mark=walk.mark, floor=floor)
    gone = seen.gone(entry.native_id for entry in heard if entry.mention is None)
    orders = [entry.order for entry in heard]
    top = max([*orders, *(order for order in (walk.top,) if order is not None)], default=None)
    met = walk.mark is None or (bool(orders) and orders[-1] < walk.mark)  # others of the same second may follow
    following = Walk(mark=walk.mark, top=top, after=after, walked=walk.walked + len(heard), floor=floor, seen=seen.known)
    ended = after is None or (walk.mark is not None and met)
    return Turn(news=tuple(news), gone=tuple(gone), walk=finished(following, limit=limit) if ended else following, ended=ended, reached=met)


def finished(walk: Walk, *, limit: int) -> Walk:
    """The walk at its end, or given up: the next begins at the newest page, and goes back as far as this one began.

    Only now the oldest are forgotten, up to `limit`: a walk that is under way may still meet them.
    """
    mark = max((order for order in (walk.mark, walk.top) if order is not None), default=None)
    return replace(walk, mark=mark, top=None, after=None, walked=0, floor=None, seen=Seen(walk.seen, limit=limit).kept())


def digest(mention: Mention) -> str:
    """8 characters that change with a mention's words, author, kind or counters (a counter by about a tenth), and when it is taken for the answer."""
    counters = mention.engagement
    state = (
        mention.title,
        mention.text,
        "" if mention.author is None else mention.author.key,
        mention.kind,
        *(_rough(count) for count in (counters.likes, counters.replies, counters.reposts, counters.views)),
        *(["accepted"] if mention.accepted_at else []),
    )
    hashed = hashlib.sha256("\0".join(map(str, state)).encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(hashed[:6]).decode()


def _rough(count: int | None) -> int | None:
    return count if count is None or count < _EXACT else _EXACT + round(math.log(count / _EXACT, STEP))
