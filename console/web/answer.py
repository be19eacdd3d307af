"""The outermost door: every request is timed, told in the log, and answered with a page of ours, whatever happened within."""

from __future__ import annotations

import time
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from console.web.routes import route_of
from console.web.visit import Visit
from core.errors import NotFound, Refused
from core.messages import translator

log = structlog.get_logger()

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",  # or a link's token would travel on
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "Tocsin",
}
_ERRORS: Final = {
    400: "console.bad_request",
    403: "console.local_only",
    404: "console.not_found",
    405: "console.not_allowed",
    409: "console.conflict",
    413: "console.too_large",
}
SERVER_ERROR: Final = 500


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer, with our headers and one line in the log."""
    began = time.perf_counter()
    response = await _answered(request, handler)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    route = route_of(request)
    say = log.debug if route is not None and route.quiet else log.info
    took_ms = round((time.perf_counter() - began) * 1000)
    say("answered", method=request.method, route="-" if route is None else route.pattern, status=response.status, took_ms=took_ms)
    return response


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return refusal(request, error.status, headers={"Allow": error.headers["Allow"]} if "Allow" in error.headers else {})
    except NotFound:
        return refusal(request, 404)
    except Refused as error:
        return refusal(request, 409, reason=str(error))
    except Exception as error:  # a bug in one page must not take the console down; the log has the traceback, the reader a plain page
        log.exception("page failed", error=type(error).__name__)
        return refusal(request, SERVER_ERROR)


def refusal(
    request: web.Request, status: int, key: str | None = None, *, reason: str = "", headers: dict[str, str] | None = None
) -> web.Response:
    """An error as its reader can use it: a page, one JSON line, or one plain line for who may not come in.

    Args:
        request: what is refused; nothing of it is repeated in the answer.
        status: HTTP status.
        key: what to say, of `core/locale`; the status' own words where None.
        reason: one line of ours that says more.
        headers: to be added.
    """
    visit, route = Visit.of(request), route_of(request)
    key = key or _ERRORS.get(status, "console.failed" if status >= SERVER_ERROR else "console.bad_request")
    if route is not None and route.speaks == "json":
        return web.json_response({"error": reason or translator("en")(key)}, status=status, headers=headers)
    if status == 403:  # noqa: PLR2004 - forbidden
        return web.Response(text=f"{visit.say(key)}\n", status=status, headers=headers)
    response = visit.page("error.html", status=status, message=visit.say(key), reason=reason, door=route is None or route.who == "local")
    response.headers.update(headers or {})
    return response
