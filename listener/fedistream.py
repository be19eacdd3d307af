"""The Mastodon API's streams: server-sent events of hashtags and public timelines, merged into one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from core.errors import AddressRefused
from core.http import Fetcher
from core.records import Mention
from core.sockets import Lines
from listener.base import Page, SourceUnavailable, web_link
from listener.fields import mapping, string
from listener.lanes import Lane, forget, keys_of, remember
from listener.timelines import Timeline, Timelines

HEARTBEAT_S: Final = 20.0
FLUSH_S: Final = 1.0  # what came waits no longer
SILENCES: Final = 3  # heartbeats without a line until a stream is taken for dead; Mastodon sends a comment every 15 s
REMEMBERED: Final = 300  # statuses of one stream, for edits and deletions
_PATHS: Final = {"public": "public", "local": "public/local", "remote": "public/remote"}


class Events:
    """Puts lines together to events (the HTML standard's event stream; id and retry are not used)."""

    def __init__(self) -> None:
        self._name, self._data = "", list[str]()

    def take(self, line: str) -> tuple[str, str] | None:
        """The event that ends with this line: its name and data."""
        if not line:
            event = (self._name, "\n".join(self._data)) if self._name and self._data else None
            self._name, self._data = "", []
            return event
        field, _, value = line.partition(":")
        if field == "event":
            self._name = value.removeprefix(" ")
        elif field == "data":
            self._data.append(value.removeprefix(" "))
        return None


class Stream:
    """Listens to timelines without end.

    Args:
        timelines: reads what came while nobody listened, and makes mentions of statuses.
        address: of the streaming server; None: as the instance tells.
        headers: sent with each request (the token).
        source_id: as configured.
        http: the guarded session.
        write: makes a cursor of the lanes.
    """

    def __init__(
        self,
        timelines: Timelines,
        address: str | None,
        *,
        headers: Mapping[str, str],
        source_id: str,
        http: Fetcher,
        write: Callable[[dict[str, Lane]], str],
    ) -> None:
        self._timelines = timelines
        self._address = address
        self._headers = headers
        self._source_id = source_id
        self._http = http
        self._write = write

    async def read(self, wanted: Sequence[Timeline], lanes: dict[str, Lane], instance: str) -> AsyncGenerator[Page, None]:
        """What was said since the last look, then live pages; the streams are opened first, so that nothing falls between."""
        address = self._address or await self._found(instance)
        async with AsyncExitStack() as opened:
            try:
                streams = {one.name: await opened.enter_async_context(self._open(address, one)) for one in wanted}
            except AddressRefused as error:
                raise SourceUnavailable(self._source_id, f"address refused: {error.reason} (see allow_private_hosts)") from error
            async with aclosing(self._timelines.read(wanted, lanes)) as pages:
                async for page in pages:
                    yield page
            async with aclosing(self._merged(streams, lanes)) as pages:
                async for page in pages:
                    yield page

    async def _merged(self, streams: Mapping[str, Lines], lanes: dict[str, Lane]) -> AsyncGenerator[Page, None]:
        clock = asyncio.get_running_loop()
        merged, heap, flushed = _Merged(streams, self._source_id), _Heap(), clock.time()
        try:
            while True:
                for name, (kind, data) in await merged.events(FLUSH_S if heap.waits else HEARTBEAT_S):
                    await self._take(kind, data, name, lanes, heap)
                since = clock.time() - flushed
                if since >= HEARTBEAT_S or (heap.waits and since >= FLUSH_S):
                    yield heap.page(self._write(lanes))
                    heap, flushed = _Heap(), clock.time()
        finally:
            await merged.close()

    async def _take(self, kind: str, data: str, name: str, lanes: dict[str, Lane], heap: _Heap) -> None:
        if kind == "delete":
            gone = {key for lane in lanes.values() for key, was in lane.known.items() if was.name == data.strip()}
            lanes |= {lane: forget(lanes[lane], list(gone)) for lane in lanes}
            heap.deleted += keys_of(gone)
        elif kind in ("update", "status.update"):
            found, fresh, skipped = await self._timelines.taken([_decoded(data)], name, lanes)
            lane = remember(lanes[name], found, REMEMBERED)
            lanes[name] = msgspec.structs.replace(lane, mark=max([lane.mark, *(entry.mark for entry in found)]))
            heap.mentions += fresh
            heap.skipped += skipped

    def _open(self, address: str, timeline: Timeline) -> Any:
        kind, _, tag = timeline.name.partition(" ")
        path = f"hashtag?{urlencode({'tag': tag})}" if kind == "tag" else _PATHS[kind]
        return self._http.lines(f"{address}/api/v1/streaming/{path}", headers=self._headers, source=self._source_id)

    async def _found(self, instance: str) -> str:
        """Where the instance says that its streaming server is."""
        told, _ = await self._timelines.ask("/api/v2/instance")
        urls = mapping(mapping(mapping(told).get("configuration")).get("urls"))
        address = web_link(string(urls.get("streaming")).replace("ws", "http", 1))
        return address.rstrip("/") if address else instance


class _Heap:
    """What came since the last page."""

    def __init__(self) -> None:
        self.mentions = list[Mention]()
        self.deleted = list[bytes]()
        self.skipped = 0

    @property
    def waits(self) -> bool:
        """Whether something is to be handed on."""
        return bool(self.mentions or self.deleted or self.skipped)

    def page(self, cursor: str) -> Page:
        """All of it, as a live page."""
        problem = "an event that cannot be read" if self.skipped else None
        return Page(
            mentions=tuple(self.mentions), deleted=tuple(self.deleted), skipped=self.skipped, problem=problem, cursor=cursor, live=True
        )


class _Merged:
    """Several streams read at once."""

    def __init__(self, streams: Mapping[str, Lines], source_id: str) -> None:
        self._streams = streams
        self._source_id = source_id
        self._events = {name: Events() for name in streams}
        self._silences = dict.fromkeys(streams, 0)
        self._waiting: dict[asyncio.Future[str | None], str] = {}
        for name in streams:
            self._wait_for(name)

    async def events(self, timeout_s: float) -> list[tuple[str, tuple[str, str]]]:
        """Events that came, with their stream's name; none after `timeout_s`.

        Raises:
            SourceUnavailable: a stream broke, or has not given a line for a minute.
        """
        done, _ = await asyncio.wait(self._waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        ended: list[tuple[str, tuple[str, str]]] = []
        for task in done:
            name = self._waiting.pop(task)
            line = task.result()
            self._silences[name] = self._silences[name] + 1 if line is None else 0
            if self._silences[name] >= SILENCES:
                raise SourceUnavailable(self._source_id, "its stream fell silent")
            event = None if line is None else self._events[name].take(line)
            ended += [(name, event)] if event else []
            self._wait_for(name)
        return ended

    async def close(self) -> None:
        """Stop waiting for lines."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def _wait_for(self, name: str) -> None:
        self._waiting[asyncio.ensure_future(self._streams[name].next_line(HEARTBEAT_S))] = name


def _decoded(data: str) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
