"""`/hooks/SOURCE`: what is pushed to us, signed as its kind asks (`listener/pushed.py`). The answer comes after the database has it."""

from __future__ import annotations

import hashlib
from types import ModuleType
from typing import Final

import structlog
from aiohttp import web
from pydantic import BaseModel

from console import shelf
from console.web.visit import Visit
from core.errors import SourceUnreadable
from listener.base import Page
from listener.pushed import WebhookRefused, receives
from store import nonces, notifications, sources

log = structlog.get_logger()

RETRY_AFTER_S: Final = 5
TAKEN: Final = 202
_HERE: Final = "what is pushed here is taken by POST, signed"


async def receive(visit: Visit) -> web.StreamResponse:
    """Verify, read, store.

    202 (or what its platform takes for success) with counts; 200 where the message was taken before; 401 not signed, or not now; 404 no such
    source; 413 larger than 1 MB; 422 not readable; 503 with `Retry-After` while the Enricher is far behind, or before a polled source's first look.
    """
    source_id = visit.request.match_info["source"]
    found = _found(visit, source_id)
    if found is None:
        return _refused(404, "there is no such webhook source")
    module, options = found
    body = await visit.request.read()
    try:
        page: Page = module.receive(visit.request.headers, body, options, source_id=source_id, now=visit.now)
    except WebhookRefused as error:
        return _refused(401, str(error))
    except SourceUnreadable as error:
        return _refused(422, error.reason)
    told = module.message_id(visit.request.headers) if hasattr(module, "message_id") else hashlib.sha256(body).hexdigest()
    return await _store(visit, source_id, told, page, module)


async def challenge(visit: Visit) -> web.StreamResponse:
    """A platform asks whether this address is ours: what it wants to hear; 401 where it does not know our word, 404 no such source."""
    found = _found(visit, visit.request.match_info["source"])
    if found is None:
        return _refused(404, "there is no such webhook source")
    module, options = found
    if not visit.request.query or not hasattr(module, "challenge"):
        return web.json_response({"status": _HERE})
    try:
        return web.Response(text=module.challenge(visit.request.query, options), content_type="text/plain")
    except WebhookRefused as error:
        return _refused(401, str(error))


async def _store(visit: Visit, source_id: str, message_id: str, page: Page, module: ModuleType) -> web.Response:
    database = visit.monitor.store.database
    digest = hashlib.sha256(f"hook\0{source_id}\0{message_id}".encode()).hexdigest()
    if await database.read(nonces.is_spent, digest):
        return web.json_response({"status": "taken before", "new": 0, "known": 0, "skipped": 0})
    if await visit.monitor.store.mentions.is_full():
        return _refused(503, "too much waits already; send it again", headers={"Retry-After": str(RETRY_AFTER_S)})
    state = await database.read(sources.get, source_id)
    if getattr(module, "POLLED", False) and (state is None or state.first_poll_at is None):
        return _refused(503, "this source was not looked at yet; send it again", headers={"Retry-After": str(RETRY_AFTER_S)})
    added = await visit.monitor.poller.receive(source_id, page, visit.now)
    await database.write(notifications.use_nonce, digest, visit.now)  # last: a crash before this makes a repeat, which adds nothing
    told = {"status": "taken", "new": len(added.new), "known": added.known, "revised": len(added.revised), "skipped": page.skipped}
    return web.json_response(told | ({"problem": page.problem} if page.problem else {}), status=getattr(module, "TAKEN", TAKEN))


def _found(visit: Visit, source_id: str) -> tuple[ModuleType, BaseModel] | None:
    """The kind of a source that takes what is pushed, and its options."""
    for source in visit.monitor.config.listener.sources:
        if source.id == source_id and source.enabled:
            module = shelf.load(shelf.COLLECTORS, source.kind)
            options = shelf.options(module, source.options)
            return (module, options) if receives(module, options) else None
    return None


def _refused(status: int, reason: str, *, headers: dict[str, str] | None = None) -> web.Response:
    log.warning("hook refused", status=status, reason=reason)
    return web.json_response({"error": reason}, status=status, headers=headers)
