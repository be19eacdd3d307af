"""`/hooks/SOURCE`: signed mentions that are pushed to us. The answer comes after the database has them."""

from __future__ import annotations

import hashlib
from typing import Final

import structlog
from aiohttp import web

from console.web.visit import Visit
from core.errors import SourceUnreadable
from listener.base import Page
from listener.collectors.webhook import Options, WebhookRefused, read, verify
from store import nonces, notifications

log = structlog.get_logger()

RETRY_AFTER_S: Final = 5


async def receive(visit: Visit) -> web.StreamResponse:
    """Verify, read, store.

    202 with counts; 200 where the message was taken before; 401 not signed, or not now; 404 no such source; 413 larger than 1 MB; 422 not
    readable; 503 with `Retry-After` while the Enricher is far behind.
    """
    source_id = visit.request.match_info["source"]
    options = _options(visit, source_id)
    if options is None:
        return _refused(404, "there is no such webhook source")
    try:
        message_id, page = _verified(visit, source_id, options, await visit.request.read())
    except WebhookRefused as error:
        return _refused(401, str(error))
    except SourceUnreadable as error:
        return _refused(422, error.reason)
    return await _store(visit, source_id, message_id, page)


def _verified(visit: Visit, source_id: str, options: Options, body: bytes) -> tuple[str, Page]:
    message_id = verify(visit.request.headers, body, options.keys(), visit.now)
    page = read(body, source_id=source_id, seen_at=visit.now)
    if page.skipped and not page.mentions:
        raise SourceUnreadable(source_id, f"none of {page.skipped} mentions could be read: {page.problem}")
    return message_id, page


async def _store(visit: Visit, source_id: str, message_id: str, page: Page) -> web.Response:
    database = visit.monitor.store.database
    digest = hashlib.sha256(f"hook\0{source_id}\0{message_id}".encode()).hexdigest()
    if await database.read(nonces.is_spent, digest):
        return web.json_response({"status": "taken before", "new": 0, "known": 0, "skipped": 0})
    if await visit.monitor.store.mentions.is_full():
        return _refused(503, "too much waits already; send it again", headers={"Retry-After": str(RETRY_AFTER_S)})
    added = await visit.monitor.poller.receive(source_id, page, visit.now)
    await database.write(notifications.use_nonce, digest, visit.now)  # last: a crash before this makes a repeat, which adds nothing
    told = {"status": "taken", "new": len(added.new), "known": added.known, "revised": len(added.revised), "skipped": page.skipped}
    return web.json_response(told | ({"problem": page.problem} if page.problem else {}), status=202)


def _options(visit: Visit, source_id: str) -> Options | None:
    for source in visit.monitor.config.listener.sources:
        if source.id == source_id and source.kind == "webhook" and source.enabled:
            return Options.model_validate(source.options)
    return None


def _refused(status: int, reason: str, *, headers: dict[str, str] | None = None) -> web.Response:
    log.warning("hook refused", status=status, reason=reason)
    return web.json_response({"error": reason}, status=status, headers=headers)
