"""The drill page: a button that plays a scripted crisis, and what came of it."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from console.drill import Played
from console.web.markdown import html
from console.web.visit import DrillPlayer, Visit
from core.errors import NotFound, Refused
from playbooks.drill import DRILLS

NAMES: Final = tuple(sorted(path.stem for path in DRILLS.glob("*.yaml")))


async def ask(visit: Visit) -> web.StreamResponse:
    """What a drill is, and the button."""
    return visit.page("drill.html", names=NAMES, can_play=visit.hall.drill is not None, played=None, review="")


async def play(visit: Visit) -> web.StreamResponse:
    """Play one, in a thread and an event loop of its own; one at a time."""
    player, name = visit.hall.drill, str((await visit.request.post()).get("name", ""))
    if player is None:
        raise Refused("this process plays no drills")
    if name not in NAMES:
        raise NotFound("there is no such drill")
    if visit.hall.playing.locked():
        raise Refused(visit.say("console.drill_busy"))
    async with visit.hall.playing:
        played = await asyncio.to_thread(_played, player, name)
    return visit.page("drill.html", names=NAMES, can_play=True, played=played, review=html(played.review, deeper=2))


def _played(player: DrillPlayer, name: str) -> Played:
    async def play() -> Played:
        return await player(name)

    return asyncio.run(play())
