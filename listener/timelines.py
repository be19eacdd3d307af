"""Timelines of the Mastodon API: what is new since the last look, oldest first where more came than a page holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog
from msgspec.structs import replace

from core.answers import Answer
from core.errors import SourceError
from core.http import Fetcher
from core.records import Mention
from listener.asking import Param
from listener.base import Page, Quota, SourceRejected, SourceUnreadable, ask_json
from listener.fediverse import Reading, id_of, mark_of, uri_of
from listener.fields import identity, items, mapping, moment
from listener.lanes import (
    EMPTY,
    Found,
    Known,
    Lane,
    changed,
    digest,
    forget,
    key_name,
    keys_of,
    limit_of,
    missing,
    read_page,
    remember,
)

log = structlog.get_logger()

PER_PAGE: Final = 40  # the most that the API gives
PAGES: Final = 10  # of one timeline in one look
CHECKED: Final = 5  # vanished statuses looked up for one timeline in one look
PARENTS: Final = 20  # answered statuses looked up for one page
_GONE: Final = (404, 410)
_UPWARDS: Final = "up"  # of a lane whose burst is being read, oldest first
_NOT_HERE: Final = (400, 404, 405, 410)
_MUST_LOG_IN: Final = 422


class Timeline(msgspec.Struct, frozen=True):
    """A list to read: its name in the cursor, its path, what is asked for, and whether it is the search, which can be read by offset only."""

    name: str
    path: str
    params: dict[str, Param] = {}
    is_search: bool = False


class Timelines:
    """Reads timelines of one instance.

    Args:
        instance: its address.
        headers: sent with each request (the token).
        reading: makes a reading of statuses for a time.
        source_id: as configured.
        http: the guarded session.
        now: tells when a status was seen (aware).
        write: makes a cursor of the lanes.
    """

    def __init__(
        self,
        instance: str,
        *,
        headers: Mapping[str, str],
        reading: Callable[[datetime], Reading],
        source_id: str,
        http: Fetcher,
        now: Callable[[], datetime],
        write: Callable[[dict[str, Lane]], str],
    ) -> None:
        self._instance = instance
        self._headers = headers
        self._reading = reading
        self._source_id = source_id
        self._http = http
        self._now = now
        self._write = write

    async def ask(
        self, path: str, params: Mapping[str, Param | Sequence[Param]] | None = None, *, judged: Sequence[int] = ()
    ) -> tuple[Any, Answer]:
        """A request to the instance; one that wants a log-in is rejected with the mend. Errors as a collector raises them."""
        told, answer = await ask_json(
            self._http, self._instance + path, source=self._source_id, params=params, headers=self._headers, judged=(*judged, _MUST_LOG_IN)
        )
        if answer.status == _MUST_LOG_IN:
            raise SourceRejected(self._source_id, "the instance wants a log-in for this (422): give a token with the scope read")
        return told, answer

    async def account_id(self, handle: str) -> str:
        """The id of an account on this instance, by "name" or "name@host"."""
        told, _ = await self.ask("/api/v1/accounts/lookup", {"acct": handle.removeprefix("@")})
        found = identity(mapping(told).get("id"))
        if found is None:
            raise SourceUnreadable(self._source_id, "not an account of the Mastodon API")
        return found

    async def read(self, timelines: Sequence[Timeline], lanes: dict[str, Lane]) -> AsyncGenerator[Page, None]:
        """Pages that bring each timeline's lane up to its newest status."""
        for timeline in timelines:
            lanes.setdefault(timeline.name, Lane())
            for turn in range(1, PAGES + 1):
                page = await self._look(timeline, lanes, last=turn == PAGES)
                yield page
                if not page.more:
                    break

    async def taken(self, statuses: Sequence[object], name: str, lanes: dict[str, Lane]) -> tuple[list[Found], tuple[Mention, ...], int]:
        """Statuses of one timeline: all that can be read, the mentions of those that are new or changed, and how many are unreadable."""
        reading = self._reading(self._now())
        read = [(mapping(status), reading.read(status)) for status in statuses]
        found = [result for _, result in read if isinstance(result, Found)]
        left_out = Counter(result for _, result in read if not isinstance(result, Found))
        if left_out:
            log.debug(
                "statuses left out", source=self._source_id, **{reason.replace(" ", "_"): number for reason, number in left_out.items()}
            )
        fresh = {mention.key for mention in changed(lanes[name], found) if not _said(lanes.values(), mention)}
        wanted = [told for told, result in read if isinstance(result, Found) and result.mention.key in fresh]
        parents = await self._parents([mapping(told.get("reblog")) or told for told in wanted], statuses)
        again = [result for told in wanted if isinstance(result := reading.read(told, parents), Found)]
        return found, tuple(entry.mention for entry in again), left_out["unreadable"]

    async def _look(self, timeline: Timeline, lanes: dict[str, Lane], *, last: bool) -> Page:
        """One page of a timeline, the newest or the next of a burst; brings its lane forward."""
        lane = lanes[timeline.name]
        statuses, answer = await self._page(timeline, lane)
        if not timeline.is_search and not lane.after and _is_burst(lane, statuses, answer):
            lanes[timeline.name] = replace(lane, top=max(_marks(statuses)), after=_UPWARDS)
            return Page(cursor=self._write(lanes), more=True, quota=quota(answer))
        found, fresh, skipped = await self.taken(statuses, timeline.name, lanes)
        deleted = list[str]()
        if not lane.after:
            there, deleted, settled = await self._vanished(missing(lane, found))
            fresh, lane = fresh + there, forget(lane, settled)
        lanes[timeline.name] = _forward(timeline, lane, found, statuses, limit_of(len(lanes)))
        more = bool(lanes[timeline.name].after) or (timeline.is_search and bool(lane.after))
        return Page(
            mentions=fresh,
            cursor=self._write(lanes),
            more=more and not last,
            skipped=skipped,
            problem="a status without an address" if skipped else None,
            deleted=keys_of(deleted),
            missed="capped" if more and last else None,
            unchanged=not fresh and not deleted,
            quota=quota(answer),
        )

    async def _page(self, timeline: Timeline, lane: Lane) -> tuple[list[Any], Answer]:
        params: dict[str, Param] = timeline.params | {"limit": PER_PAGE}
        if lane.after and timeline.is_search:
            params["offset"] = lane.after
        elif lane.after:
            params["min_id"] = id_of(lane.mark)
        told, answer = await self.ask(timeline.path, params)
        statuses = mapping(told).get("statuses") if timeline.is_search else told
        if not isinstance(statuses, list):
            raise SourceUnreadable(self._source_id, "not a list of statuses of the Mastodon API")
        return statuses, answer

    async def _parents(self, answers: Sequence[Mapping[str, Any]], page: Sequence[object]) -> dict[str, str]:
        """Addresses of the statuses that these answer, by id: from the page itself, else asked for; unknown where that fails."""
        known = {local_id: uri for one in map(mapping, page) if (local_id := identity(one.get("id"))) and (uri := uri_of(one))}
        wanted = dict.fromkeys(parent for one in answers if (parent := identity(one.get("in_reply_to_id"))) and parent not in known)
        if not wanted:
            return known
        try:
            told, answer = await self.ask("/api/v1/statuses", {"id[]": list(wanted)[:PARENTS]}, judged=_NOT_HERE)
            if answer.status in _NOT_HERE:  # before Mastodon 4.3, and elsewhere, they are asked for one by one
                told = [
                    (await self.ask(f"/api/v1/statuses/{quote(parent, safe='')}", judged=_NOT_HERE))[0] for parent in list(wanted)[:CHECKED]
                ]
        except SourceError as error:
            log.debug("answered statuses not found", source=self._source_id, reason=error.reason)
            return known
        return known | {
            local_id: uri for one in map(mapping, items(told)) if (local_id := identity(one.get("id"))) and (uri := uri_of(one))
        }

    async def _vanished(self, gone: Mapping[str, Known]) -> tuple[tuple[Mention, ...], list[str], list[str]]:
        """Of known statuses that a timeline no longer shows: those that are there and changed, the names of those deleted, and of all looked up."""
        there, deleted, settled = [], [], []
        for name in sorted(gone, key=lambda name: gone[name].mark)[-CHECKED:]:
            try:
                told, answer = await self.ask(f"/api/v1/statuses/{quote(gone[name].name, safe='')}", judged=_GONE)
            except SourceError:
                break  # they are looked up next time
            settled.append(name)
            found = self._reading(self._now()).read(told)
            if answer.status in _GONE:
                deleted.append(name)
            elif isinstance(found, Found) and digest(found.mention) != gone[name].digest:
                there.append(found.mention)
        return tuple(there), deleted, settled


def quota(answer: Answer) -> Quota | None:
    """What is left of the allowance by the X-RateLimit headers; None where they are missing."""
    left = answer.headers.get("x-ratelimit-remaining", "")
    if not (left.isascii() and left.isdigit()):
        return None
    return Quota(left=float(left[:12]), resets_at=moment(answer.headers.get("x-ratelimit-reset")))


def older_exist(answer: Answer, shown: int) -> bool:
    """Whether a list goes on below this page: by its Link header, else by whether the page is full."""
    link = answer.headers.get("link", "")
    return 'rel="next"' in link if link else shown >= PER_PAGE


def _is_burst(lane: Lane, statuses: Sequence[object], answer: Answer) -> bool:
    """Whether more came since the last look than the newest page holds."""
    marks = _marks(statuses)
    return bool(lane.mark and marks) and min(marks) > lane.mark and older_exist(answer, len(statuses))


def _forward(timeline: Timeline, lane: Lane, found: Sequence[Found], statuses: Sequence[object], limit: int) -> Lane:
    """The lane after a page."""
    if timeline.is_search:
        following = str(int(lane.after or 0) + len(statuses)) if len(statuses) >= PER_PAGE else None
        return read_page(lane, found, following, limit=limit)
    newest = max(_marks(statuses), default="")
    ends = newest >= lane.top or newest <= lane.mark
    up = "" if ends or not lane.after else lane.after
    return replace(remember(lane, found, limit), mark=max(lane.mark, newest) or EMPTY, top=lane.top if up else "", after=up)


def _marks(statuses: Sequence[object]) -> list[str]:
    return [mark_of(local_id) for status in statuses if (local_id := identity(mapping(status).get("id")))]


def _said(lanes: Iterable[Lane], mention: Mention) -> bool:
    """Whether one of the timelines brought it as it is."""
    name, now = key_name(mention.key), digest(mention)
    return any(lane.known[name].digest == now for lane in lanes if name in lane.known)
