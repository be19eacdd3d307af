"""The sources page: what is heard, what is not, since when and why, what to do, and what it costs."""

from __future__ import annotations

from aiohttp import web

from console.hearing import by_condition, hearing_of
from console.web.visit import Visit


async def listing(visit: Visit) -> web.StreamResponse:
    """Every source, those that need somebody first."""
    found = await visit.monitor.store.database.read(hearing_of, visit.monitor.config, visit.now)
    counts = {name: count for name, count in by_condition(found).items() if count}
    return visit.page("sources.html", rows=found, counts=counts, unseen=visit.monitor.config.listener.unseen)
