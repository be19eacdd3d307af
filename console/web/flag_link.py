"""`/f/TOKEN`: the page behind a question for counters, for a moderator's phone. Opening it changes nothing; its buttons post a nonce, good once."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from alerting import respond
from console.web.flags import counted_in, flagged
from console.web.link import GONE, STALE, speaker
from console.web.visit import Visit
from core.errors import NotFound, Refused
from core.flagged import Counted
from core.records import Notification, Words
from core.text import clean
from store.database import Tx


async def show(visit: Visit) -> web.StreamResponse:
    """The post's counters, and fields for new ones; 410 where the link is no longer good."""
    opened = await visit.monitor.store.database.read(_open, visit)
    return _gone(visit) if opened is None else _page(visit, *opened)


async def take(visit: Visit) -> web.StreamResponse:
    """Store what the person read, and show the series with it."""
    form = {name: clean(value, 200).strip() for name, value in (await visit.request.post()).items() if isinstance(value, str)}
    given = counted_in(form, 0, "")
    said, status = given if isinstance(given, Words) else None, 200
    if isinstance(given, Counted):
        try:
            said = await visit.monitor.store.database.write_urgent(_answer, visit, form.get("nonce", ""), given)
        except NotFound:
            return _gone(visit)
        except Refused:
            said, status = Words(key="flag.stale"), STALE
    opened = await visit.monitor.store.database.read(_open, visit)
    return _gone(visit) if opened is None else _page(visit, *opened, said=said, status=status)


def _answer(tx: Tx, visit: Visit, nonce: str, given: Counted) -> Words:
    monitor = visit.monitor
    return respond.answer_by_link(tx, monitor.signer, visit.request.match_info["token"], nonce, given, visit.now, monitor.roster(tx))


def _open(tx: Tx, visit: Visit) -> tuple[Notification, dict[str, Any]] | None:
    asked = respond.open_question(tx, visit.monitor.signer, visit.request.match_info["token"], visit.now)
    if asked is None or asked.words is None:
        return None
    try:
        return asked, flagged(tx, visit, asked.words.args["mention"])
    except NotFound:
        return None


def _page(visit: Visit, asked: Notification, shown: dict[str, Any], *, said: Words | None = None, status: int = 200) -> web.Response:
    known = next((person for person in visit.monitor.config.alerting.people if person.id == asked.person), None)
    say = speaker(visit, known)
    return visit.page(
        "flag_link.html",
        status=status,
        say=say,
        **shown,
        person=asked.person if known is None else known.display_name,
        told=None if said is None else say.render(said),
        nonce=visit.monitor.signer.nonce(asked.link_id or "", visit.now),
    )


def _gone(visit: Visit) -> web.Response:
    return visit.page(
        "error.html", status=GONE, message=visit.say("console.link_expired"), reason=visit.say("console.link_expired_why"), door=False
    )
