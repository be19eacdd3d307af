"""The silences page: what is muted, until when, why, which incidents it keeps quiet; and a button that ends each."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from alerting import silencing
from console.muted import by_said, matches_said, muted_at, why_said
from console.web.acting import person_of
from console.web.visit import Visit
from core.errors import NotFound
from core.records import Words
from store.database import Tx

PATH: Final = "/silences"


async def listing(visit: Visit) -> web.StreamResponse:
    """Those in force first, then what is planned."""
    alerting, say = visit.monitor.config.alerting, visit.say
    found = await visit.monitor.store.database.read(muted_at, alerting, visit.now)
    names = {person.id: person.display_name for person in alerting.people}
    return visit.page(
        "silences.html",
        rows=[
            (one, say(f"silence.kind.{one.kind}"), one.holds(visit.now), matches_said(one), by_said(one, say, names), why_said(one, say))
            for one in found
        ],
        people=alerting.people,
        who=visit.request.cookies.get("who", ""),
    )


async def end(visit: Visit) -> web.StreamResponse:
    """End one now; what it kept quiet is decided again at once."""
    posted = await visit.request.post()
    form = {name: value for name, value in posted.items() if isinstance(value, str)}
    number, by = int(visit.request.match_info["id"]), person_of(visit, form)
    if by is None:
        return visit.back(PATH, Words(key="console.needs_person"))

    def work(tx: Tx) -> Words:
        try:
            silencing.end_silence(tx, number, visit.now, by=by, channel="web")
        except NotFound:  # it ran out, or somebody else was first
            return Words(key="silence.over_already", args={"id": number})
        return Words(key="silence.ended", args={"id": number})

    return visit.back(PATH, await visit.monitor.store.database.write_urgent(work))
