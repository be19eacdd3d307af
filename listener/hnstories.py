"""All new stories of Hacker News, by its official API: the list of the newest ids, then each story."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from core.http import Fetcher
from listener.base import Page, SourceUnreadable, ask_json
from listener.fields import identity, items, mapping
from listener.hackernews import is_gone, key_of_item, mark_of, read_item
from listener.lanes import EMPTY, Known, Lane, changed, forget, key_name, keys_of, remember

AT_FIRST: Final = 30  # stories of the first look
IN_A_LOOK: Final = 100
AT_ONCE: Final = 20  # stories a page
LISTED: Final = 500  # ids in the list of new stories


class Stories:
    """Reads new stories oldest first, and those known again where the place says that they changed.

    Args:
        api: the API's address.
        source_id: as configured.
        http: the guarded session.
        now: tells when a story was seen (aware).
        write: makes a cursor of the lane.
    """

    def __init__(self, api: str, *, source_id: str, http: Fetcher, now: Callable[[], datetime], write: Callable[[Lane], str]) -> None:
        self._api = api
        self._source_id = source_id
        self._http = http
        self._now = now
        self._write = write

    async def item(self, name: str) -> Any:
        """An item as the API tells it; None where there is none (yet)."""
        answer, _ = await ask_json(self._http, f"{self._api}/item/{name}.json", source=self._source_id)
        if answer is not None and not isinstance(answer, dict):
            raise SourceUnreadable(self._source_id, "not an item of the Hacker News API")
        return answer

    async def read(self, lane: Lane) -> AsyncIterator[Page]:
        """Pages that bring the lane up to the newest story, at most `IN_A_LOOK` of them."""
        listed = self._names(await self._ask("newstories"))
        new = sorted((name for name in listed if mark_of(name) > lane.mark), key=mark_of)
        lost = lane.mark > EMPTY and len(listed) >= LISTED and len(new) == len(listed)
        new = new if lane.mark else new[-AT_FIRST:]
        updated = set(self._names(mapping(await self._ask("updates")).get("items"))) if lane.known else set()
        again = [was.name for was in lane.known.values() if was.name in updated or not was.digest]
        turns = [again, *(new[at : min(at + AT_ONCE, IN_A_LOOK)] for at in range(0, min(len(new), IN_A_LOOK), AT_ONCE))]
        for number, names in enumerate(turns, start=1):
            lane, page = await self._turn(lane, names)
            last = number == len(turns)
            yield replace(page, more=not last, missed="capped" if last and (lost or len(new) > IN_A_LOOK) else None)

    async def _turn(self, lane: Lane, names: Sequence[str]) -> tuple[Lane, Page]:
        answers = dict(zip(names, await asyncio.gather(*(self.item(name) for name in names)), strict=True))
        gone = [key_name(key_of_item(name)) for name, item in answers.items() if is_gone(item)]
        living = [item for item in answers.values() if item is not None and not is_gone(item)]
        read = [read_item(item, source_id=self._source_id, seen_at=self._now()) for item in living]
        found = [entry for entry in read if entry is not None]
        deleted, fresh = keys_of([name for name in gone if name in lane.known]), changed(lane, found)
        later = {key_name(key_of_item(name)): Known(mark_of(name), "", name) for name, item in answers.items() if item is None}
        lane = remember(replace(lane, known=lane.known | later), found)
        lane = replace(forget(lane, gone), mark=max([lane.mark or EMPTY, *map(mark_of, names)]))
        skipped = len(living) - len(found)
        problem = "an item without words" if skipped else None
        unchanged = not fresh and not deleted
        return lane, Page(mentions=fresh, cursor=self._write(lane), deleted=deleted, skipped=skipped, problem=problem, unchanged=unchanged)

    async def _ask(self, name: str) -> Any:
        answer, _ = await ask_json(self._http, f"{self._api}/{name}.json", source=self._source_id)
        if not isinstance(answer, dict if name == "updates" else list):
            raise SourceUnreadable(self._source_id, "not an answer of the Hacker News API")
        return answer

    def _names(self, listed: object) -> list[str]:
        return [name for value in items(listed) if (name := identity(value)) and name.isdigit()]
