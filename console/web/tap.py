"""`/t/TOKEN`: the page behind a test message. Opening it changes nothing, for mail scanners open every link; its button says that a human has read it."""

from __future__ import annotations

from aiohttp import web

from alerting import weekly_test
from console.web.link import GONE, speaker
from console.web.visit import Visit
from core.errors import NotFound, Refused
from core.records import Notification


async def show(visit: Visit) -> web.StreamResponse:
    """Which channel is tested, and the button; 410 where the link is no longer good."""
    token = visit.request.match_info["token"]
    found = await visit.monitor.store.database.read(weekly_test.open_test, visit.monitor.signer, token, visit.now)
    return _gone(visit) if found is None else await _page(visit, found)


async def tap(visit: Visit) -> web.StreamResponse:
    """The button: this channel works. Pressed twice it shows the same."""
    posted = await visit.request.post()
    nonce, token = posted.get("nonce"), visit.request.match_info["token"]
    try:
        await visit.monitor.store.database.write_urgent(
            weekly_test.confirm_by_link, visit.monitor.signer, token, nonce if isinstance(nonce, str) else "", visit.now
        )
    except NotFound:
        return _gone(visit)
    except Refused:
        pass  # the page shows what is, and a button where it was not confirmed
    return await show(visit)


async def _page(visit: Visit, notification: Notification) -> web.Response:
    roster = await visit.monitor.store.database.read(visit.monitor.roster)
    return visit.page(
        "tap.html",
        say=speaker(visit, roster.people.get(notification.person)),
        person=roster.name(notification.person),
        channel=notification.channel,
        confirmed_at=notification.confirmed_at,
        nonce=visit.monitor.signer.nonce(notification.link_id or "", visit.now),
    )


def _gone(visit: Visit) -> web.Response:
    return visit.page("error.html", status=GONE, message=visit.say("console.link_expired"), reason=visit.say("tap.expired_why"), door=False)
