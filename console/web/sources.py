"""The sources page: what is heard, what is not, since when and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from console.web.visit import Visit
from core.records import SourceState
from listener.settings import SourceSettings
from store import sources


@dataclass(frozen=True)
class Row:
    """A source as configured (None: no longer) and as it is (None: never begun)."""

    id: str
    settings: SourceSettings | None
    state: SourceState | None

    @property
    def condition(self) -> Literal["off", "paused", "failing", "new", "pushed", "fine"]:
        """In one word, the worst first."""
        if self.settings is None or not self.settings.enabled:
            return "off"
        if self.state is not None and self.state.paused_because is not None:
            return "paused"
        if self.state is not None and self.state.failures > 0:
            return "failing"
        if self.settings.kind == "webhook":
            return "pushed"
        return "new" if self.state is None or self.state.last_success_at is None else "fine"


_WORST_FIRST = ("paused", "failing", "new", "pushed", "fine", "off")


async def listing(visit: Visit) -> web.StreamResponse:
    """Every source, those that need somebody first."""
    known = {state.id: state for state in await visit.monitor.store.database.read(sources.list_all)}
    settings = {source.id: source for source in visit.monitor.config.listener.sources}
    rows = [Row(name, settings.get(name), known.get(name)) for name in sorted({*known, *settings})]
    return visit.page("sources.html", rows=sorted(rows, key=lambda row: _WORST_FIRST.index(row.condition)))
