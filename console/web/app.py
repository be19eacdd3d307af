"""The web application: one table of routes, and three doors that every request passes in order.

answer   times it, turns errors into pages, sets the headers, writes the log line (never a token)
enter    who may come in, by the table; what is not in the table is for this machine alone
confirm  what changes something comes from a page of ours, with its token
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from alerting.links import installation_key
from console.assemble import Monitor
from console.health import Health
from console.web.answer import answer, refusal
from console.web.door import is_same_origin, local_names, may_enter
from console.web.forms import Forms
from console.web.routes import ROUTES, Route, route_of
from console.web.templating import environment
from console.web.visit import HALL, DrillPlayer, Hall, Visit
from core.clock import Clock

MAX_BODY_BYTES: Final = 1_048_576


def build_app(
    current: Callable[[], Monitor], clock: Clock, health: Callable[[], Health], *, drill: DrillPlayer | None = None
) -> web.Application:
    """The console.

    Args:
        current: the monitor in force.
        clock: tells the time.
        health: how the daemon is.
        drill: plays a drill by name. It runs in a thread and an event loop of its own, so that pages and hooks answer meanwhile.
    """
    key = current().store.database.write_now(installation_key, clock.now())
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answer, enter, confirm])
    app[HALL] = Hall(current, clock, health, drill, Forms(key), environment())
    for route in ROUTES:
        if route.method == "GET":
            app.router.add_get(route.path, _handler(route), allow_head=True)
        else:
            app.router.add_route(route.method, route.path, _handler(route))
    return app


@web.middleware
async def enter(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in whom the table lets in; everybody else gets one plain line."""
    route = route_of(request)
    console = Visit.of(request).monitor.config.console
    names = local_names(console.listen, console.base_url)
    if not may_enter("local" if route is None else route.who, request.remote, request.headers, names):
        return refusal(request, 403, "console.local_only")
    return await handler(request)


@web.middleware
async def confirm(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take a form only from a page of ours."""
    route = route_of(request)
    if route is None or route.proof in ("none", "signature"):
        return await handler(request)
    if not is_same_origin(request.headers):
        return refusal(request, 403, "console.other_site")
    if route.takes is not None:
        request = request.clone(client_max_size=route.takes)
    if route.proof == "token":
        visit = Visit.of(request)
        token = (await request.post()).get("token", "")
        if not (isinstance(token, str) and visit.hall.forms.accepts(token, visit.now)):
            return refusal(request, 403, "console.old_page")
    return await handler(request)


def _handler(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await route.handler(Visit.of(request))

    return handle
