"""The table of routes: path, method, handler, who may, and what proves that it was meant. Nothing else is reachable."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

from console.web import (
    acting,
    detectors,
    drill,
    duty,
    evidence,
    flag_link,
    flags,
    hooks,
    incidents,
    letters,
    link,
    metrics,
    ready,
    regrouping,
    silences,
    sources,
    static,
    tap,
    websub,
)
from console.web.door import Who
from console.web.visit import Visit

_ID = r"{id:\d{1,15}}"
_PATTERN = re.compile(r":[^/]+?\}(?=/|$|\.)")


@dataclass(frozen=True, slots=True)
class Route:
    """One row.

    Args:
        method: GET (which answers HEAD too, and changes nothing; one exception: see `console/web/websub.py`) or POST.
        path: as aiohttp writes it.
        handler: answers a visit.
        who: "anyone" (a token, a signature, or nothing to hide) or "local".
        proof: what a request must bring to change something: the "token" of a page's form, at least the same "origin" (a link's page, whose
            nonce is checked behind), a "signature" (hooks); "none" where nothing changes.
        speaks: in what errors are told.
        quiet: asked for so often that its log line is for debugging.
        takes: bytes of its body at most; None: what the application takes.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Callable[[Visit], Awaitable[web.StreamResponse]]
    who: Who = "local"
    proof: Literal["none", "token", "origin", "signature"] = "none"
    speaks: Literal["page", "json"] = "page"
    quiet: bool = False
    takes: int | None = None

    @property
    def pattern(self) -> str:
        """The path without what its parts must look like: what a log line may say."""
        return _PATTERN.sub("}", self.path)


ROUTES: Final = (
    Route("GET", "/", incidents.listing),
    Route("GET", f"/incidents/{_ID}", incidents.one),
    Route("GET", f"/incidents/{_ID}/explain", incidents.explain),
    Route("GET", f"/incidents/{_ID}/review", incidents.review),
    Route("GET", f"/incidents/{_ID}/review.md", incidents.review_file),
    Route("GET", f"/incidents/{_ID}/evidence", evidence.show),
    *(Route("POST", f"/incidents/{_ID}/evidence/{form}", evidence.take, proof="token") for form in evidence.FORMATS),
    *(Route("POST", f"/incidents/{_ID}/{name}", handler, proof="token") for name, handler in {**acting.DEEDS, **regrouping.DEEDS}.items()),
    Route("GET", "/flag", flags.ask),
    Route("POST", "/flag", flags.take, proof="token", takes=flags.MAX_FORM_BYTES),
    Route("GET", f"/flag/{_ID}", flags.one),
    Route("POST", f"/flag/{_ID}", flags.count, proof="token"),
    Route("GET", r"/pictures/{sha256:[0-9a-f]{64}}", flags.picture),
    Route("GET", "/on-call", duty.page),
    Route("GET", "/on-call.ics", duty.whole_calendar),
    Route("GET", "/on-call/{token}.ics", duty.own_calendar, who="anyone"),
    Route("GET", "/sources", sources.listing),
    Route("GET", "/silences", silences.listing),
    Route("POST", f"/silences/{_ID}/end", silences.end, proof="token"),
    Route("GET", "/detectors", detectors.listing),
    Route("POST", "/detectors", detectors.record, proof="token"),
    Route("GET", "/dead-letters", letters.listing),
    Route("GET", "/drill", drill.ask),
    Route("POST", "/drill", drill.play, proof="token"),
    Route("GET", "/i/{token}", link.show, who="anyone"),
    Route("POST", "/i/{token}", link.take, who="anyone", proof="origin"),
    Route("GET", "/t/{token}", tap.show, who="anyone"),
    Route("POST", "/t/{token}", tap.tap, who="anyone", proof="origin"),
    Route("GET", "/f/{token}", flag_link.show, who="anyone"),
    Route("POST", "/f/{token}", flag_link.take, who="anyone", proof="origin"),
    Route("GET", "/hooks/{source}", hooks.challenge, who="anyone", speaks="json"),
    Route("POST", "/hooks/{source}", hooks.receive, who="anyone", proof="signature", speaks="json"),
    Route("GET", "/hooks/websub/{token}", websub.verify, who="anyone", speaks="json"),
    Route("POST", "/hooks/websub/{token}", websub.receive, who="anyone", proof="signature", speaks="json"),
    Route("GET", "/healthz", ready.alive, who="anyone", speaks="json", quiet=True),
    Route("GET", "/readyz", ready.ready, who="anyone", speaks="json", quiet=True),
    Route("GET", "/metrics", metrics.scrape, speaks="json", quiet=True),
    Route("GET", "/static/{name}", static.file, who="anyone", quiet=True),
)
_BY_PATTERN: Final[dict[tuple[str, str], Route]] = {(route.method, route.pattern): route for route in ROUTES}


def route_of(request: web.Request) -> Route | None:
    """The row of a request; None for what is not in the table (another path, another method)."""
    resource = request.match_info.route.resource
    method = "GET" if request.method == "HEAD" else request.method
    return None if resource is None else _BY_PATTERN.get((method, resource.canonical))
