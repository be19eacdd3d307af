"""The incidents, one incident, and its review."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alerting.casefile import review_of
from alerting.coverage import UNHEARD, coverage_of
from alerting.labelling import WHY_FALSE
from alerting.respond import ROLES
from alerting.severity import lowering
from console.explaining import explain_incident
from console.listening import listening_of
from console.verbs.explain import lines
from console.web.acting import REASONS
from console.web.case import case_of
from console.web.markdown import html
from console.web.regrouping import SNOOZES
from console.web.visit import Visit
from core.errors import NotFound
from core.records import Incident, severity_rank
from playbooks.playbook import PHASES
from playbooks.statement import statements_for
from store import incidents
from store.database import Tx

OPEN: Final = ("open", "acknowledged")
CLOSED: Final = ("resolved", "reviewed")
MOST_CLOSED: Final = 50
LATELY: Final = timedelta(hours=1)
HALF_A_DAY: Final = timedelta(hours=12)  # a time farther off needs its date


async def listing(visit: Visit) -> web.StreamResponse:
    """All that is open, the gravest first; the latest that are closed; who is on call; what cannot be heard."""
    return await visit.monitor.store.database.read(_listing, visit)


def _listing(tx: Tx, visit: Visit) -> web.Response:
    config, roster = visit.monitor.config, visit.monitor.roster(tx)
    found = sorted(incidents.listing(tx, statuses=OPEN), key=_urgency)
    heard = coverage_of(tx, listening_of(config), visit.now - LATELY, visit.now, visit.now)
    duty = [roster.on_call(rotation_id, visit.now) for rotation_id in roster.rotations]
    return visit.page(
        "incidents.html",
        open_incidents=found,
        closed=incidents.listing(tx, statuses=CLOSED, limit=MOST_CLOSED),
        topics={topic.id: topic.name or topic.id for topic in config.topics},
        lowering=lowering,
        name=roster.name,
        on_call=list(dict.fromkeys(roster.name(person) for person in duty if person)),
        has_rotations=bool(roster.rotations),
        sources=sum(source.enabled for source in config.listener.sources),
        unheard=[one.source_id for one in heard.of(*UNHEARD)],
    )


async def one(visit: Visit) -> web.StreamResponse:
    """One incident: what it is, what to do, who has it, what happened so far."""
    case = await visit.monitor.store.database.read(case_of, visit.monitor, incident_id(visit), visit.now, visit.say)
    if case is None:
        raise NotFound("there is no such incident")
    playbook = case.playbook
    topic = next((topic for topic in visit.monitor.config.topics if topic.id == case.incident.topic_id), None)
    return visit.page(
        "incident.html",
        case=case,
        incident=case.incident,
        topic=(topic.name or topic.id) if topic else case.incident.topic_id,
        playbook=playbook,
        phases=[]
        if playbook is None
        else [(visit.say(f"review.phase.{phase}"), getattr(playbook, phase)) for phase in PHASES if getattr(playbook, phase)],
        statements=() if playbook is None else statements_for(playbook, "vi" if visit.language == "vi" else "en"),
        people=visit.monitor.config.alerting.people,
        who=visit.request.cookies.get("who", ""),
        reasons=REASONS,
        why_false=WHY_FALSE,
        half_a_day=HALF_A_DAY,
        others=await visit.monitor.store.database.read(_others, case.incident),
        snoozes=SNOOZES,
        roles=[*ROLES, *(role.id for role in playbook.roles if role.id not in ROLES)] if playbook else ROLES,
    )


def _others(tx: Tx, incident: Incident) -> list[Incident]:
    """The open incidents that this one may be merged into."""
    found = incidents.listing(tx, statuses=OPEN) if incident.is_open else []
    return [one for one in found if one.id != incident.id and one.world == incident.world]


async def explain(visit: Visit) -> web.StreamResponse:
    """Why each of its signals was raised, judged again from what was frozen."""
    config, number = visit.monitor.config, incident_id(visit)
    found, more = await visit.monitor.store.database.read(explain_incident, config, number, visit.now)
    names = {topic.id: topic.title for topic in config.topics}
    told = [list(lines(visit.say, each, names)) for each in found]
    return visit.page("explain.html", number=number, more=more, told=[(first, rest) for first, *rest in told])


async def review(visit: Visit) -> web.StreamResponse:
    """The after-action review, to be read."""
    incident, text = await visit.monitor.store.database.read(_review, visit)
    return visit.page("review.html", incident=incident, text=html(text))


async def review_file(visit: Visit) -> web.StreamResponse:
    """The after-action review, to be kept."""
    incident, text = await visit.monitor.store.database.read(_review, visit)
    headers = {"Content-Disposition": f'attachment; filename="incident-{incident.id}.md"'}
    return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)


def _review(tx: Tx, visit: Visit) -> tuple[Incident, str]:
    incident = incidents.get(tx, incident_id(visit))
    if incident is None:
        raise NotFound("there is no such incident")
    monitor, zone = visit.monitor, ZoneInfo(visit.monitor.config.timezone)
    return incident, review_of(tx, incident, monitor.config.alerting, monitor.library, visit.language, zone)


def incident_id(visit: Visit) -> int:
    """The number in the path."""
    return int(visit.request.match_info["id"])


def _urgency(incident: Incident) -> tuple[int, bool, int]:
    return -severity_rank(incident.severity), incident.status != "open", -incident.id
