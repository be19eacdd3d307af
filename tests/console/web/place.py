"""A monitor with an incident, and its console behind a real server on loopback."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from alerting.links import Signer, installation_key
from console.config import parse
from console.drill import Played
from console.health import Health, StageHealth
from console.simulate import Simulation
from console.web.app import build_app
from core.records import Incident, Signal, TimelineEntry, Words
from listener.base import Page
from listener.collectors.flag import page_of
from listener.flags import read
from listener.pictures import pictures_of
from store import flags, incidents, signals
from store.schema import metadata
from tests import make

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7*7 }}"
PLAYED = Played(title="Recall", incident=None, incidents=1, mentions=60, sent=(), review="# Review", timeline=("21:04 opened",), refused=())


def values(**changes: Any) -> dict[str, Any]:
    listener = {
        "sources": [
            {"id": "forum", "kind": "rss", "url": "https://forum.example/feed", "tier": "forum"},
            {"id": "care", "kind": "webhook", "secrets": [SECRET], "tier": "owned"},
            {"id": "groups", "kind": "flag", "groups": ["Hội mẹ bỉm HN"]},
            {"id": "trang", "kind": "facebook_page", "page": "100", "token": "EAAB" * 4, "app_secret": SECRET, "verify_token": "word"},
            {"id": "zalo", "kind": "zalo_oa", "app_id": "1", "oa_secret": SECRET},
        ]
    }
    return make.config(language="vi", listener=listener, **changes)


@dataclass
class Place:
    """The console of one monitor on a virtual clock."""

    simulation: Simulation
    app: web.Application
    client: TestClient[web.Request, web.Application]
    played: list[str] = field(default_factory=list)
    told_health: Health | None = None
    flagged: int = 0
    picture: str = "0" * 64

    @property
    def now(self) -> datetime:
        return self.simulation.clock.now()

    @property
    def database(self) -> Any:
        return self.simulation.store.database

    async def incident(
        self, text: str = "Ấm Acme bốc cháy, con tôi bị bỏng", title: str = "", url: str | None = None, **changes: Any
    ) -> Incident:
        """One that the Intake opened of a post, with a page to Ana."""
        post = make.mention(text, source="forum", at=self.now, title=title, url=url, author=changes.pop("author", None))
        added = await self.simulation.monitor.poller.receive("forum", Page(mentions=(post,)), self.now)
        told = {
            "kind": "single_risk",
            "subject": f"mention:{added.new[0]}",
            "bucket_start": self.now.replace(second=0, microsecond=0),
            "topic_id": "acme",
            "scale_s": 60,
            "observed": 1.0,
            "expected": None,
            "low": None,
            "high": None,
            "unit": "mentions",
            "score": 1.0,
            "words": Words(key="signal.single_risk", args={"topic": "Acme", "risk": "injury", "source": "forum", "term": "bốc cháy"}),
            "raised_at": self.now,
            "evidence": added.new,
            "risk": "injury",
            "frozen": {"level": 1},
            **changes,
        }
        await self.database.write(signals.add, [Signal(**told)])
        self.simulation.touch()
        await self.simulation.run_until(self.now)
        return self.incidents()[0]

    async def flag(
        self, text: str = "nhóm fb: Hội mẹ bỉm HN\nthích 120\nSữa Acme có dị vật", *, by: str = "ana", picture: bytes = PNG
    ) -> int:
        """What somebody flagged, with a picture; returns its number."""
        pictures = pictures_of([picture])
        page = page_of(read(text, by=by), source_id="groups", seen_at=self.now, pictures=pictures)
        await self.simulation.monitor.poller.receive("groups", page, self.now)
        stored = self.database.read_now(flags.with_key, page.mentions[0].key)
        self.flagged, self.picture = int(stored.mention_id), pictures[0].sha256
        return self.flagged

    def health(self) -> Health:
        """What the daemon would say of itself."""
        return self.told_health or health(self.now)

    def set_health(self, told: Health) -> None:
        self.told_health = told

    def incidents(self) -> list[Incident]:
        return list(self.database.read_now(incidents.listing))

    def timeline(self, number: int) -> list[TimelineEntry]:
        return list(self.database.read_now(incidents.entries, number))

    def kinds(self, number: int) -> list[str]:
        return [entry.kind for entry in self.timeline(number)]

    def link(self, person: str = "ana") -> str:
        """The path of the link that a person got."""
        sent = next(message for _, to, _, message in reversed(self.simulation.sent) if to == person and message.link)
        assert sent.link is not None
        return sent.link.removeprefix("http://127.0.0.1:8765")

    def signer(self) -> Signer:
        return Signer(self.database.write_now(installation_key, self.now))

    def dump(self) -> dict[str, list[Any]]:
        """Every row of every table."""

        def rows(tx: sa.Connection) -> dict[str, list[Any]]:
            return {table.name: [tuple(row) for row in tx.execute(sa.select(table))] for table in metadata.sorted_tables}

        return dict(self.database.read_now(rows))

    async def token(self, path: str) -> str:
        """The token of a page's form."""
        return field_of(await (await self.client.get(path)).text(), "token")

    async def press(self, deed: str, number: int, **form: str) -> str:
        """Press a button of an incident's page; returns the page that follows."""
        page = f"/incidents/{number}"
        sent = {"token": await self.token(page), "who": "ana", **form}
        response = await self.client.post(f"{page}/{deed}", data=sent)
        assert response.status == 200, await response.text()
        return await response.text()


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, f"no field {name!r} in:\n{page}"
    return found[1]


def health(now: datetime) -> Health:
    return Health(version="0", started_at=now, stages=(StageHealth(name="intake", stepped_at=now),))


@asynccontextmanager
async def console(folder: Path, template: Path, **changes: Any) -> AsyncIterator[Place]:
    """A place of its own, served; `changes` of its configuration."""
    path = folder / "console.db"
    shutil.copy(template, path)
    simulation = Simulation(parse(values(**changes)), f"sqlite:///{path}", make.NOON, roles=("alerting",))
    played: list[str] = []

    async def play(name: str) -> Played:
        played.append(name)
        return PLAYED

    def told_health() -> Health:
        return places[0].health()

    app = build_app(lambda: simulation.monitor, simulation.clock, told_health, drill=play)
    async with TestClient(TestServer(app)) as client:
        places = [Place(simulation, app, client, played)]
        yield places[0]
    await simulation.close()
