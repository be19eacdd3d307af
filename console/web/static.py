"""The console's own files: read once, nothing else of the disk is reachable."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from console.web.templating import STATIC
from console.web.visit import Visit

_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml"}
_FILES: Final = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}


async def file(visit: Visit) -> web.StreamResponse:
    """One of them; its address changes when it does, so it may be kept."""
    found = _FILES.get(visit.request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, kind = found
    headers = {"Cache-Control": "public, max-age=604800, immutable"}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
