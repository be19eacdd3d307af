"""One request and what its handler needs: the monitor in force, the time, the reader's language, the page to answer with."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment

from console.assemble import Monitor
from console.drill import Played
from console.health import Health
from console.web.forms import Forms
from core.clock import Clock
from core.messages import LANGUAGES, Translator, translator
from core.records import Words

DrillPlayer = Callable[[str], Awaitable[Played]]
YEAR_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Hall:
    """What all requests share.

    Args:
        current: the monitor in force; it is replaced as a whole when the configuration changes.
        clock: tells the time.
        health: how the daemon is.
        drill: plays a drill by name; None where this process cannot.
        forms: signs what our pages send back.
        templates: the pages.
        playing: held while a drill is played.
    """

    current: Callable[[], Monitor]
    clock: Clock
    health: Callable[[], Health]
    drill: DrillPlayer | None
    forms: Forms
    templates: Environment
    playing: Lock = field(default_factory=Lock)


HALL: Final = web.AppKey("hall", Hall)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request.

    Args:
        request: as aiohttp has it.
        hall: what all requests share.
        monitor: in force now, for the whole of this request.
        now: when it came (aware).
    """

    request: web.Request
    hall: Hall
    monitor: Monitor
    now: datetime

    @classmethod
    def of(cls, request: web.Request) -> Visit:
        """The visit of a request."""
        hall = request.config_dict[HALL]
        return cls(request, hall, hall.current(), hall.clock.now())

    @property
    def language(self) -> str:
        """What the visitor chose, else the installation's."""
        chosen = self.request.query.get("lang") or self.request.cookies.get("lang")
        return chosen if chosen in LANGUAGES else self.monitor.config.language

    @property
    def say(self) -> Translator:
        """Speaks the visitor's language, and tells times in the installation's zone."""
        return translator(self.language, zone=ZoneInfo(self.monitor.config.timezone))

    def page(self, template: str, *, status: int = 200, say: Translator | None = None, **values: Any) -> web.Response:
        """A page; `say` where its reader is somebody other than the installation at large."""
        sealed = self.request.cookies.get("said")
        said = self.hall.forms.unseal(sealed, self.now) if sealed else None
        say = say or self.say
        text = self.hall.templates.get_template(template).render(
            say=say,
            now=self.now,
            said=None if said is None else say.render(said),
            form_token=self.hall.forms.token(self.now),
            site=self.monitor.config.name,
            path=self.request.path,
            **values,
        )
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        if sealed:
            response.del_cookie("said")
        if self.request.query.get("lang") in LANGUAGES:
            remember(response, "lang", self.language, seconds=YEAR_S)
        return response

    def back(self, path: str, answer: Words) -> web.Response:
        """To a page that will say `answer` once."""
        response = web.Response(status=303, headers={"Location": path})
        remember(response, "said", self.hall.forms.seal(answer, self.now), seconds=120)
        return response


def remember(response: web.StreamResponse, name: str, value: str, *, seconds: int) -> None:
    """Have the browser keep something of its own; no script can read it, no other site sends it."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Strict", path="/")
