"""Bluesky's firehose as Jetstream shows it: events of JSON over a websocket, sieved before anything is kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from core.errors import AddressRefused
from core.http import Fetcher
from core.records import Mention
from listener.atproto import POST, REPOST, key_of_record, parts_of, read_author, read_post, read_repost, record_uri
from listener.base import Page, SourceUnavailable, SourceUnreadable
from listener.fields import mapping, since_epoch, string
from listener.lanes import key_name, key_of, read_cursor, write_cursor
from listener.words import Sieve

HEARTBEAT_S: Final = 20.0
FLUSH_S: Final = 2.0  # what is kept waits no longer
FULL: Final = 100  # mentions or deletions of a page
REWIND_US: Final = 5_000_000  # events come a little out of order, so that a stream is taken up a little earlier
GAP_US: Final = 120_000_000  # so much silence after a resumption of all posts means that the place no longer had what we missed
KEPT: Final = 300  # posts remembered, for their edits, reposts and accounts
RECENT: Final = 1_000  # events remembered
UNREADABLE: Final = 20  # events in a row
_SECOND_US: Final = 1_000_000


class StreamCursor(msgspec.Struct, frozen=True):
    """How far a stream is heard.

    `time_us`: the newest event's time in microseconds. `recent`: the events taken within `REWIND_US` before it. `kept`: the newest posts kept, with
    their accounts. `passed`: how many posts went by without concerning us, since the first look.
    """

    time_us: int
    recent: dict[str, int] = {}
    kept: dict[str, str] = {}
    passed: int = 0


class Listening(msgspec.Struct, frozen=True):
    """What a stream is asked for: `address` of the server, accounts (none: all), the sieve, and whether reposts of kept posts count."""

    address: str
    dids: Sequence[str]
    sieve: Sieve
    reposts: bool


class Jetstream:
    """Listens without end.

    Args:
        listening: what to ask for and to keep.
        source_id: as configured.
        http: the guarded session.
        now: tells when an event was seen (aware).
    """

    def __init__(self, listening: Listening, *, source_id: str, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._listening = listening
        self._source_id = source_id
        self._http = http
        self._now = now

    async def read(self, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Live pages; an empty one at least every 22 seconds. Errors as a collector raises them."""
        heap = Heap(self._listening, read_cursor(cursor, StreamCursor), self._source_id)
        clock = asyncio.get_running_loop()
        try:
            async with self._http.websocket(self._url(heap.resumed_at), source=self._source_id) as socket:
                flushed = clock.time()
                while True:
                    message = await socket.receive(FLUSH_S if heap.waits else HEARTBEAT_S)
                    if message is not None:
                        heap.take(message, self._now())
                    since = clock.time() - flushed
                    if message is None or heap.full or since >= HEARTBEAT_S or (heap.waits and since >= FLUSH_S):
                        yield heap.page()
                        flushed = clock.time()
        except AddressRefused as error:
            raise SourceUnavailable(self._source_id, f"address refused: {error.reason} (see allow_private_hosts)") from error

    def _url(self, resumed_at: int | None) -> str:
        asked = [("wantedCollections", POST)] + ([("wantedCollections", REPOST)] if self._listening.reposts else [])
        asked += [("wantedDids", did) for did in self._listening.dids]
        asked += [("cursor", str(resumed_at))] if resumed_at else []
        return f"{self._listening.address}?{urlencode(asked)}"


class Heap:
    """What has come since the last page, and what must be remembered between pages."""

    def __init__(self, listening: Listening, last: StreamCursor | None, source_id: str) -> None:
        self._listening = listening
        self._source_id = source_id
        last = last or StreamCursor(0)
        self._time_us, self._passed = last.time_us, last.passed
        self._recent, self._kept = dict(last.recent), dict(last.kept)
        self._resuming = last.time_us > 0
        self._mentions: list[Mention] = []
        self._deleted: list[bytes] = []
        self._skipped, self._bad_in_a_row, self._gap = 0, 0, False

    @property
    def resumed_at(self) -> int | None:
        """From where to ask for events, in microseconds; None for now."""
        return max(self._time_us - REWIND_US, 1) if self._resuming else None

    @property
    def waits(self) -> bool:
        """Whether something is to be handed on."""
        return bool(self._mentions or self._deleted)

    @property
    def full(self) -> bool:
        """Whether it should be handed on at once."""
        return len(self._mentions) >= FULL or len(self._deleted) >= FULL

    def page(self) -> Page:
        """All that came, as a live page; begins anew."""
        self._recent = dict([(name, at) for name, at in self._recent.items() if at >= self._time_us - REWIND_US][-RECENT:])
        self._kept = dict(list(self._kept.items())[-KEPT:])
        page = Page(
            mentions=tuple(self._mentions),
            deleted=tuple(self._deleted),
            cursor=write_cursor(StreamCursor(self._time_us, self._recent, self._kept, self._passed)),
            skipped=self._skipped,
            problem="an event that cannot be read" if self._skipped else None,
            missed="partial" if self._gap else None,
            live=True,
        )
        self._mentions, self._deleted, self._skipped, self._gap = [], [], 0, False
        return page

    def take(self, message: str | bytes, now: datetime) -> None:
        """Take one event.

        Raises:
            SourceUnreadable: nothing that comes is an event of Jetstream.
        """
        event = _decoded(message)
        time_us, did, kind = event.get("time_us"), event.get("did"), event.get("kind")
        if not isinstance(time_us, int) or not isinstance(did, str) or not isinstance(kind, str):
            self._skipped, self._bad_in_a_row = self._skipped + 1, self._bad_in_a_row + 1
            if self._bad_in_a_row >= UNREADABLE:
                raise SourceUnreadable(self._source_id, "not the events of a Jetstream")
            return
        self._bad_in_a_row = 0
        self._note_gap(time_us)
        self._time_us = max(self._time_us, time_us)
        if kind == "commit":
            self._commit(did, mapping(event.get("commit")), time_us, now)
        elif kind == "account" and mapping(event.get("account")).get("status") in ("deleted", "takendown"):
            self._delete([name for name, owner in self._kept.items() if owner == did])

    def _note_gap(self, time_us: int) -> None:
        if self._resuming and not self._listening.dids and time_us > self._time_us + GAP_US:
            self._gap = True
        self._resuming = False

    def _commit(self, did: str, commit: Mapping[str, Any], time_us: int, now: datetime) -> None:
        operation, collection = commit.get("operation"), commit.get("collection")
        uri = record_uri(did, collection, commit.get("rkey"))
        if uri is None or collection not in (POST, REPOST) or operation not in ("create", "update", "delete"):
            return
        if operation == "delete":
            if self._first_time(uri, commit, time_us):
                self._delete([key_name(key_of_record(uri))])
            return
        mention = self._read(uri, mapping(commit.get("record")), time_us if operation == "update" else None, now)
        if mention is None or not self._concerns_us(mention):
            self._passed += 1
        elif self._first_time(uri, commit, time_us):
            self._kept[key_name(mention.key)] = did
            self._mentions.append(mention)

    def _read(self, uri: str, record: Mapping[str, Any], edited_us: int | None, now: datetime) -> Mention | None:
        did, collection, _ = parts_of(uri) or ("", "", "")
        author = read_author(did)
        if collection == REPOST:
            return read_repost(uri, record, source_id=self._source_id, seen_at=now, author=author)
        edited_at = since_epoch(edited_us / _SECOND_US) if edited_us else None
        return read_post(uri, record, source_id=self._source_id, seen_at=now, author=author, edited_at=edited_at)

    def _concerns_us(self, mention: Mention) -> bool:
        """Whether to keep it: a post with the words, an edit or a repost of what was kept, any repost by accounts that were named."""
        if mention.kind == "repost":
            return bool(self._listening.dids) or key_name(mention.parent_key or b"") in self._kept
        return key_name(mention.key) in self._kept or self._listening.sieve.passes(mention.text)

    def _first_time(self, uri: str, commit: Mapping[str, Any], time_us: int) -> bool:
        """Whether this event was not taken before; marks it taken."""
        whole = f"{uri} {commit.get('operation')} {string(commit.get('rev'))}"
        name = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        known = name in self._recent
        self._recent[name] = time_us
        return not known

    def _delete(self, names: Sequence[str]) -> None:
        for name in names:
            self._kept.pop(name, None)
            key = key_of(name)
            if key is not None:
                self._deleted.append(key)


def _decoded(message: str | bytes) -> Mapping[str, Any]:
    try:
        return mapping(msgspec.json.decode(message))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}
