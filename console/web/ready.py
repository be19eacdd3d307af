"""`/healthz`: the process answers. `/readyz`: every part of the pipeline works."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from alerting.watchman import LOOKED
from console.health import LATE
from console.web.visit import Visit
from store import facts, figures, replies
from store.quick import DatabaseFailed

DATABASE_ANSWERS_S: Final = 5.0
UNAVAILABLE: Final = 503
GRAVE: Final = frozenset({"outbox", "auditor", "steps", "pipeline"})  # what the watchman finds: alerts may reach nobody


async def alive(visit: Visit) -> web.StreamResponse:
    """The event loop turns; nothing else is asked."""
    return web.json_response({"status": "ok", "version": visit.hall.health().version})


async def ready(visit: Visit) -> web.StreamResponse:
    """200 where the database answers and every stage of this process works, else 503; each part by name either way.

    Sources are counted by how they are heard, and do not make it unready: a place that is down is told by an incident, not by a restart.
    """
    health = visit.hall.health()
    database = await _database_answers(visit)
    stages = {
        stage.name: {
            "ok": stage.is_ready(visit.now),
            "stepped_at": None if stage.stepped_at is None else stage.stepped_at.isoformat(),
            "failing_since": None if stage.failing_since is None else stage.failing_since.isoformat(),
            "because": stage.because,
        }
        for stage in health.stages
    }
    watched = await _watched(visit) if database else None
    is_ready = database and health.is_ready(visit.now) and (watched is None or watched["ok"] is True)
    told = {
        "ready": is_ready,
        "version": health.version,
        "stopping": health.stopping,
        "database": {"ok": database},
        "loop": {"lag_p99_s": round(health.lag_p99_s, 4), "lag_worst_s": round(health.lag_worst_s, 4)},
        "stages": stages,
        "watch": watched,
        "sources": await _sources(visit) if database else None,
        "inboxes": await _inboxes(visit) if database else None,
    }
    return web.json_response(told, status=200 if is_ready else UNAVAILABLE)


async def _database_answers(visit: Visit) -> bool:
    try:
        await asyncio.wait_for(visit.monitor.store.database.read(figures.answers), DATABASE_ANSWERS_S)
    except (DatabaseFailed, TimeoutError, OSError):
        return False
    return True


async def _watched(visit: Visit) -> dict[str, object] | None:
    """What the watchman found when he last looked, whichever process he runs in; None where he never did.

    Not ready where messages wait, incidents call nobody, probes do not arrive, or he looks no more; what else is ill is told, and does not ask for a restart.
    """
    try:
        fact = await asyncio.wait_for(visit.monitor.store.database.read(facts.dated, LOOKED), DATABASE_ANSWERS_S)
    except (DatabaseFailed, TimeoutError, OSError):
        return None
    if fact is None:
        return None
    ok = visit.now - fact.at <= LATE and not GRAVE & set(fact.value)
    return {"ok": ok, "looked_at": fact.at.isoformat(), "ill": fact.value}


async def _sources(visit: Visit) -> dict[str, int] | None:
    """How many sources are heard how; None where that cannot be read. Cheap: probes ask every few seconds."""
    try:
        return await asyncio.wait_for(visit.monitor.store.database.read(figures.source_states), DATABASE_ANSWERS_S)
    except (DatabaseFailed, TimeoutError, OSError):
        return None


async def _inboxes(visit: Visit) -> dict[str, dict[str, Any]] | None:
    """How each inbox is heard; one that is down makes nothing unready, for the links and the console still take acknowledgements."""
    try:
        states = await asyncio.wait_for(visit.monitor.store.database.read(replies.states), DATABASE_ANSWERS_S)
    except (DatabaseFailed, TimeoutError, OSError):
        return None
    return {
        kind: {
            "ok": state.failing_since is None,
            "heard_at": None if state.heard_at is None else state.heard_at.isoformat(),
            "failing_since": None if state.failing_since is None else state.failing_since.isoformat(),
            "because": state.because,
        }
        for kind, state in states.items()
    }
