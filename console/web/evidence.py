"""The evidence pack of an incident: a page to be printed, and files to take away, each of which is audited."""

from __future__ import annotations

from aiohttp import web

from alerting.pack import as_document
from console import evidence
from console.evidence import FORMATS
from console.web.acting import person_of
from console.web.visit import Visit
from core.records import Words

__all__ = ["FORMATS", "show", "take"]


async def show(visit: Visit) -> web.StreamResponse:
    """The pack as it stands now, to be read and printed. Changes nothing."""
    who = visit.request.cookies.get("who", "")
    pack = await visit.monitor.store.database.read(evidence.pack_for, visit.monitor.config, _number(visit), by=who or "-", now=visit.now)
    return visit.page(
        "evidence.html",
        pack=pack,
        both=evidence.Both(),
        sealed=as_document(pack)["pack_sha256"],
        forms=FORMATS,
        people=visit.monitor.config.alerting.people,
        who=who,
    )


async def take(visit: Visit) -> web.StreamResponse:
    """The pack as a file, for whoever says who they are; it stands in the audit chain."""
    posted = await visit.request.post()
    form, number = visit.request.path.rpartition("/")[2], _number(visit)
    by = person_of(visit, {name: value for name, value in posted.items() if isinstance(value, str)})
    if by is None:
        return visit.back(f"/incidents/{number}/evidence", Words(key="console.needs_person"))
    data = await visit.monitor.store.database.write_urgent(
        evidence.export, visit.monitor.config, number, form, by=by, channel="web", now=visit.now
    )
    headers = {"Content-Disposition": f'attachment; filename="evidence-{number}.{form}"'}
    charset = None if form == "zip" else "utf-8"
    return web.Response(body=data, content_type=evidence.TYPES[form], charset=charset, headers=headers)


def _number(visit: Visit) -> int:
    return int(visit.request.match_info["id"])
