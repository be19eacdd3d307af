"""A kind of source for stories (`kind: tests.forum`): a place that shows its last posts, and can be taken down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict

from core.errors import SourceError
from core.records import Mention
from listener.base import Page

SHOWN = 50
shown: dict[str, list[Mention]] = {}  # place -> what it shows
trouble: dict[str, SourceError] = {}  # place -> what it answers instead


class Options(BaseModel):
    """`place`: a name in `shown`."""

    model_config = ConfigDict(extra="forbid")

    place: str
    cost: float = 0.0


class Collector:
    """Shows the last posts at every look."""

    def __init__(self, options: Options, *, now: Any, **_: Any) -> None:
        self._options = options
        self._now = now

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page."""
        if self._options.place in trouble:
            raise trouble[self._options.place]
        heard = tuple(replace(mention, seen_at=self._now()) for mention in shown.get(self._options.place, ())[-SHOWN:])
        yield Page(mentions=heard, cursor="seen", cost=self._options.cost)
