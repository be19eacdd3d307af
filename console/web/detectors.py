"""The detectors page: how right each was, what rots, which thresholds the labels suggest; and a form for what nobody was told of."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alerting.missed import Told, record_missed
from console.rightness import precision_said, recall_lines, rightness_of, rot_lines, suggestion_lines
from console.verbs.base import UsageError
from console.verbs.times import past_moment
from console.web.acting import person_of
from console.web.visit import Visit
from core.records import Words
from core.text import clean
from store.database import Tx

MOST_CHARS: Final = 1_000
PATH: Final = "/detectors"


async def listing(visit: Visit) -> web.StreamResponse:
    """Every kind of signal on every topic."""
    found, say = await visit.monitor.store.database.read(rightness_of, visit.now), visit.say
    return visit.page(
        "detectors.html",
        rows=[(one, precision_said(say, one.precision)) for one in found.standings],
        lines=[*rot_lines(say, found.rotten), *recall_lines(say, found.recalls)],
        suggestions=list(suggestion_lines(say, found.suggestions)),
        topics=visit.monitor.config.topics,
        people=visit.monitor.config.alerting.people,
        who=visit.request.cookies.get("who", ""),
        zone=visit.monitor.config.timezone,
    )


async def record(visit: Visit) -> web.StreamResponse:
    """Keep an incident that no detector raised."""
    posted = await visit.request.post()
    form = {name: clean(value, MOST_CHARS).strip() for name, value in posted.items() if isinstance(value, str)}
    by, config = person_of(visit, form), visit.monitor.config
    names = {topic.id: topic.title for topic in config.topics}
    try:
        at = past_moment(form.get("at", ""), visit.now, ZoneInfo(config.timezone))
    except UsageError:
        at = None
    if by is None:
        return visit.back(PATH, Words(key="console.needs_person"))
    if at is None or at > visit.now or form.get("topic") not in names:
        return visit.back(PATH, Words(key="detectors.missed_unreadable"))
    told = Told(at=at, topic_id=form["topic"], topic_name=names[form["topic"]], because=form.get("because") or None)

    def keep(tx: Tx) -> Words:
        return record_missed(tx, told, by=by, now=visit.now, roster=visit.monitor.roster(tx), channel="web", anyway="anyway" in form)

    return visit.back(PATH, await visit.monitor.store.database.write_urgent(keep))
