"""`/hooks/websub/TOKEN`: what WebSub hubs say to us.

GET is how the specification has a hub ask whether we meant a subscription (section 5.3), so this GET, alone of all, may change something: the
row of that very subscription, only while we wait for the question, and only for who knows its token. It does nothing for people. HEAD changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from console.web.visit import Visit
from listener.websub import Signature, confirmed
from store import subscriptions
from store.database import Tx

log = structlog.get_logger()

MAX_PUSH_BYTES: Final = 10_000_000  # a hub may send the whole feed; it is checked, not read
_PIECE: Final = 65_536


async def verify(visit: Visit) -> web.StreamResponse:
    """Answer a hub that asks whether we meant it: 200 with its challenge where we did, 404 where we did not."""
    if visit.request.method != "GET":
        return _refused(404)
    asked = {name: value for name, value in visit.request.query.items() if name.startswith("hub.")}
    if not await visit.monitor.store.database.write(_confirm, visit.request.match_info["token"], asked, visit.now):
        log.warning("hub's question refused", mode=asked.get("hub.mode", "")[:20])
        return _refused(404)
    return web.Response(text=asked.get("hub.challenge", ""), content_type="text/plain")


async def receive(visit: Visit) -> web.StreamResponse:
    """News: 202, whatever it holds; the feed is looked at once where it is signed rightly. 410 where there is no such subscription."""
    database, token = visit.monitor.store.database, visit.request.match_info["token"]
    known = await database.read(subscriptions.by_token, token)
    if known is None or known.state == "leaving":
        return _refused(410)
    signature, size = Signature(visit.request.headers.get("X-Hub-Signature", ""), known.secret), 0
    async for piece in visit.request.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > MAX_PUSH_BYTES:
            return _refused(413)
        signature.feed(piece)
    if signature.holds:
        await database.write(subscriptions.pushed, token, visit.now)
        visit.monitor.poller.wake()
        log.info("news pushed", source=known.source_id, bytes=size)
    else:
        log.warning("push ignored, its signature is wrong", source=known.source_id)
    return web.Response(status=202)


def _confirm(tx: Tx, token: str, asked: Mapping[str, str], now: datetime) -> bool:
    known = subscriptions.by_token(tx, token)
    after = None if known is None else confirmed(known, asked, now)
    if known is None or after is None:
        return False
    if known.state == "leaving":
        return subscriptions.drop(tx, known)
    log.info("hub answered", source=known.source_id, state=after.state, reason=after.refused_because)
    return subscriptions.put(tx, after, before=known)


def _refused(status: int) -> web.Response:
    return web.json_response({"error": "no such subscription" if status != 413 else "too large"}, status=status)  # noqa: PLR2004
