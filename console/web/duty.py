"""The on-call page: who has duty now and next, where nobody has, who is away, how heavy it was; and the shifts for a phone's calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alerting.gaps import clashes
from alerting.holidays import STORED_AS
from alerting.ics import write_shifts
from alerting.load import load
from alerting.policy import Roster
from alerting.rotation import Shift
from console.reliance import red_channels, red_lines
from console.verbs.ahead import AHEAD, calendar_key, calendar_states, gaps_ahead
from console.verbs.people import ICS_DAYS, LOAD_DAYS, duty
from console.web.visit import Visit
from core.errors import NotFound
from store import absences, notifications, swaps
from store.database import Tx

SHOWN: Final = timedelta(days=14)
BEHIND: Final = timedelta(days=7)  # of a calendar, so that the week's beginning does not vanish from it


async def page(visit: Visit) -> web.StreamResponse:
    """Everything about duty."""
    return await visit.monitor.store.database.read(_page, visit)


def _page(tx: Tx, visit: Visit) -> web.Response:
    settings, roster, now = visit.monitor.config.alerting, visit.monitor.roster(tx), visit.now
    holes = gaps_ahead(roster, now)
    rotations = duty(roster, now, SHOWN)
    away = [one for one in absences.listing(tx, ending_after=now) if not one.person.startswith(STORED_AS) and one.starts_at < now + AHEAD]
    sent = notifications.sent_between(tx, now - timedelta(days=LOAD_DAYS), now)
    base = visit.monitor.config.console.base_url.rstrip("/")
    return visit.page(
        "on_call.html",
        rotations=rotations,
        following={rotation["id"]: _following(rotation) for rotation in rotations},
        holes=[hole for hole in holes if not hole["drawn"]],
        drawn=sum(hole["drawn"] for hole in holes),
        clashes=clashes(roster, now, now + AHEAD),
        away=away,
        red=list(red_lines(visit.say, red_channels(tx, settings))),
        swaps=swaps.unanswered(tx, now),
        loads=load(sent, roster),
        calendars=[(calendar_key(one), one) for one in calendar_states(tx, settings)],
        addresses=[(person.display_name, f"{base}/on-call/{visit.monitor.signer.calendar(person.id)}.ics") for person in settings.people],
        name=roster.name,
        weekday=partial(_weekday, zone=ZoneInfo(visit.monitor.config.timezone)),
        shown=SHOWN.days,
        ahead=AHEAD.days,
        load_days=LOAD_DAYS,
    )


async def whole_calendar(visit: Visit) -> web.StreamResponse:
    """The shifts of everybody."""
    return await visit.monitor.store.database.read(_calendar, visit, None)


async def own_calendar(visit: Visit) -> web.StreamResponse:
    """The shifts of one person, for whoever has its address; 404 where it is false, or the person has left."""
    return await visit.monitor.store.database.read(_own, visit)


def _own(tx: Tx, visit: Visit) -> web.Response:
    person = visit.monitor.signer.read_calendar(visit.request.match_info["token"])
    if person not in {one.id for one in visit.monitor.config.alerting.people}:
        raise NotFound("there is no such calendar")
    return _calendar(tx, visit, person)


def _calendar(tx: Tx, visit: Visit, person: str | None) -> web.Response:
    roster = visit.monitor.roster(tx)
    shifts = [shift for shift in _shifts(roster, visit) if person in (None, shift.person)]
    body = write_shifts(shifts, name=roster.name, say=visit.say, site=visit.monitor.config.name, now=visit.now)
    return web.Response(body=body, content_type="text/calendar", charset="utf-8")


def _shifts(roster: Roster, visit: Visit) -> list[Shift]:
    start, end = visit.now - BEHIND, visit.now + timedelta(days=ICS_DAYS)
    return [shift for rotation_id in roster.rotations for shift in roster.shifts(rotation_id, start, end)]


def _weekday(at: str, zone: ZoneInfo) -> int:
    """Of an instant as it stands in JSON; 0 is Monday."""
    return datetime.fromisoformat(at).astimezone(zone).weekday()


def _following(rotation: dict[str, Any]) -> dict[str, Any] | None:
    """The next shift of somebody else."""
    return next((shift for shift in rotation["shifts"] if shift["person"] != rotation["person"]), None)
