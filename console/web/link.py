"""`/i/TOKEN`: the page behind an alert's link, for a phone at three in the morning.

Opening it changes nothing, because mail scanners open every link. Its one button posts a nonce that is good once (A1 to A3 of the house's
standard).
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from alerting import respond
from alerting.settings import PersonSettings
from console.web.case import Case, case_of
from console.web.visit import Visit
from core.errors import NotFound, Refused
from core.messages import LANGUAGES, Translator, translator
from core.records import Notification
from store.database import Tx

GONE: Final = 410
STALE: Final = 409
MOST_QUOTES: Final = 3
MOST_STEPS: Final = 3


async def show(visit: Visit) -> web.StreamResponse:
    """The incident in short, and the button; 410 where the link is no longer good."""
    opened = await visit.monitor.store.database.read(_open, visit)
    return _gone(visit) if opened is None else _page(visit, *opened)


async def take(visit: Visit) -> web.StreamResponse:
    """The button: take the incident, show who has it since when. Pressed twice it shows the same."""
    posted = await visit.request.post()
    nonce = posted.get("nonce")
    status, refused = 200, False
    try:
        taken = await visit.monitor.store.database.write_urgent(_take, visit, nonce if isinstance(nonce, str) else "")
        await visit.monitor.store.notifications.publish([taken.incident.id])
    except NotFound:
        return _gone(visit)
    except Refused:
        refused = True
    opened = await visit.monitor.store.database.read(_open, visit)
    if opened is None:
        return _gone(visit)
    if refused and opened[1].incident.status == "open":
        status = STALE
    return _page(visit, *opened, status=status)


def _take(tx: Tx, visit: Visit, nonce: str) -> respond.Response:
    monitor = visit.monitor
    token = visit.request.match_info["token"]
    return respond.acknowledge_by_link(tx, monitor.signer, token, nonce, visit.now, monitor.roster(tx))


def _open(tx: Tx, visit: Visit) -> tuple[Notification, Case] | None:
    opened = respond.open_link(tx, visit.monitor.signer, visit.request.match_info["token"], visit.now)
    if opened is None:
        return None
    case = case_of(tx, visit.monitor, opened[1].id, visit.now)
    return None if case is None or opened[0].person not in case.roster.people else (opened[0], case)


def _page(visit: Visit, notification: Notification, case: Case, *, status: int = 200) -> web.Response:
    return visit.page(
        "link.html",
        status=status,
        say=speaker(visit, case.roster.people.get(notification.person)),
        stale=status == STALE,
        case=case,
        incident=case.incident,
        person=case.name(notification.person),
        is_mine=case.incident.acknowledged_by == notification.person,
        quotes=case.quotes[:MOST_QUOTES],
        steps=() if case.playbook is None else case.playbook.first_15_minutes[:MOST_STEPS],
        nonce=visit.monitor.signer.nonce(notification.link_id or "", visit.now),
    )


def speaker(visit: Visit, known: PersonSettings | None) -> Translator:
    """In the person's own language and zone, unless the page was asked for in another."""
    language = visit.request.query.get("lang")
    if language not in LANGUAGES:
        language = (known.language if known else None) or visit.language
    return translator(language, zone=ZoneInfo((known.timezone if known else None) or visit.monitor.config.timezone))


def _gone(visit: Visit) -> web.Response:
    return visit.page(
        "error.html", status=GONE, message=visit.say("console.link_expired"), reason=visit.say("console.link_expired_why"), door=False
    )
