"""The dead letters: what could not be processed. Nothing is dropped silently."""

from __future__ import annotations

from aiohttp import web

from console.web.visit import Visit
from store import dead_letters


async def listing(visit: Visit) -> web.StreamResponse:
    """The newest first, each with the stage that gave up and why."""
    return visit.page("letters.html", letters=await visit.monitor.store.database.read(dead_letters.listing))
