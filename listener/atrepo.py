"""Accounts of the AT Protocol read at their own server (com.atproto.repo.listRecords): no session and no AppView needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from core.http import Fetcher
from listener.asking import Param
from listener.atproto import POST, REPOST, parts_of, read_author, read_post, read_repost
from listener.atsession import Xrpc
from listener.base import Page, Quota, SourceUnavailable, SourceUnreadable, ask_json, web_link
from listener.fields import identity, items, mapping, string
from listener.lanes import Found, Lane, changed, forget, keys_of, limit_of, missing, read_page

PER_PAGE: Final = 100
PAGES: Final = 10  # of one list in one look


class Home(msgspec.Struct, frozen=True):
    """Where an account lives: its DID, and the address of its server."""

    did: str
    pds: str


class Homes(msgspec.Struct, frozen=True):
    """Who tells where accounts live: `service` resolves handles, `plc` is the directory of did:plc; `pds` is every account's server where set."""

    service: str
    plc: str
    pds: str | None


class Repos:
    """Reads the records of accounts, newest first.

    Args:
        homes: who tells where accounts live.
        reposts: whether their reposts are read too.
        source_id: as configured.
        http: the guarded session.
        now: tells when a post was seen (aware).
        write: makes a cursor of the lanes and homes.
    """

    def __init__(
        self,
        homes: Homes,
        *,
        reposts: bool,
        source_id: str,
        http: Fetcher,
        now: Callable[[], datetime],
        write: Callable[[dict[str, Lane], dict[str, Home]], str],
    ) -> None:
        self._homes = homes
        self._collections = (POST, REPOST) if reposts else (POST,)
        self._source_id = source_id
        self._http = http
        self._now = now
        self._write = write

    async def read(self, actors: tuple[str, ...], lanes: dict[str, Lane], homes: dict[str, Home]) -> AsyncGenerator[Page, None]:
        """Pages that bring each account's lists up to its newest record."""
        limit = limit_of(len(actors) * len(self._collections))
        for actor in actors:
            for collection in self._collections:
                for turn in range(1, PAGES + 1):
                    page = await self._look(actor, collection, lanes, homes, last=turn == PAGES, limit=limit)
                    yield page
                    if not page.more:
                        break

    async def _look(self, actor: str, collection: str, lanes: dict[str, Lane], homes: dict[str, Home], *, last: bool, limit: int) -> Page:
        name = f"{actor} {collection}"
        lane = lanes.get(name, Lane())
        answer, quota = await self._list(actor, collection, lane.after, homes)
        entries = [mapping(entry) for entry in answer["records"]]
        found = [entry for one in entries if (entry := self._read(one, collection, actor))]
        following = identity(answer.get("cursor")) if len(entries) >= PER_PAGE else None
        gone = {} if lane.after else missing(lane, found, above=True, below=following is None)
        fresh = changed(lane, found)
        lanes[name] = read_page(forget(lane, list(gone)), found, following, limit=limit)
        more = bool(lanes[name].after or lane.after)
        skipped = sum(parts_of(one.get("uri")) is None for one in entries)
        return Page(
            mentions=fresh,
            cursor=self._write(lanes, homes),
            more=more and not last,
            skipped=skipped,
            problem="a record without an address" if skipped else None,
            deleted=keys_of(gone),
            missed="capped" if more and last else None,
            unchanged=not fresh and not gone,
            quota=quota,
        )

    async def _list(self, actor: str, collection: str, after: str, homes: dict[str, Home]) -> tuple[dict[str, Any], Quota | None]:
        """A page of an account's records; an account that its server does not know is looked for once more, since accounts move."""
        known = homes.get(actor)
        homes[actor] = home = known or await self._resolve(actor)
        params: dict[str, Param] = {"repo": home.did, "collection": collection, "limit": PER_PAGE, "cursor": after or None}
        try:
            answer, quota = await self._xrpc(home.pds).query("com.atproto.repo.listRecords", params)
        except SourceUnavailable:
            if known is None or (moved := await self._resolve(actor)) == known:
                raise
            homes[actor] = moved
            answer, quota = await self._xrpc(moved.pds).query("com.atproto.repo.listRecords", params | {"repo": moved.did})
        if not isinstance(answer.get("records"), list):
            raise SourceUnreadable(self._source_id, "not a list of records")
        return answer, quota

    async def _resolve(self, actor: str) -> Home:
        """Where an account lives now."""
        did = actor
        if not actor.startswith("did:"):
            answer, _ = await self._xrpc(self._homes.service).query("com.atproto.identity.resolveHandle", {"handle": actor})
            did = string(answer.get("did"))
        if self._homes.pds is not None:
            return Home(did, self._homes.pds)
        document = f"https://{unquote(did[8:])}/.well-known/did.json" if did.startswith("did:web:") else f"{self._homes.plc}/{did}"
        answer, _ = await ask_json(self._http, document, source=self._source_id)
        services = [mapping(service) for service in items(mapping(answer).get("service"))]
        pds = next((web_link(one.get("serviceEndpoint")) for one in services if string(one.get("id")).endswith("#atproto_pds")), None)
        if pds is None:
            raise SourceUnreadable(self._source_id, f"no server is told for {actor}")
        return Home(did, pds.rstrip("/"))

    def _xrpc(self, service: str) -> Xrpc:
        return Xrpc(service, source=self._source_id, http=self._http)

    def _read(self, entry: Mapping[str, Any], collection: str, actor: str) -> Found | None:
        uri, record = string(entry.get("uri")), mapping(entry.get("value"))
        parts = parts_of(uri)
        if parts is None or parts[1] != collection:
            return None
        author = read_author(parts[0], {} if actor.startswith("did:") else {"handle": actor})
        read = read_repost if collection == REPOST else read_post
        mention = read(uri, record, source_id=self._source_id, seen_at=self._now(), author=author)
        return None if mention is None else Found(parts[2], uri, mention)
