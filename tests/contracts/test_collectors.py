"""What every kind of collector holds to. Runs over each module found in `listener/collectors`.

A kind tells this suite about itself by `sample(url, folder)` in its own test file: a dict with `options`; for a kind that fetches from `url`
also `good`, `empty` and `malformed`, each a body and its content type given to every path (`good` holds two mentions), or in their place
`serve(request, answer)`, which answers as one of the three; for one that is pushed to, `pushed`; for one that speaks no HTTP and brings
a server of its own, `allow`: its `host:port`.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib
import importlib.util
import inspect
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel, SecretStr

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher, Limits
from listener.base import Page
from listener.look import Listened
from listener.poll import Poller
from store import mentions, sources
from store.open import Store
from store.streams import MemoryStream

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LIMITS = Limits(total_s=5, connect_s=1, read_s=1)
IMPATIENT = Limits(total_s=0.5, connect_s=0.4, read_s=0.4)
BOMB = gzip.compress(bytes(30_000_000))  # made beforehand: making it takes as long as a place is given
KINDS = sorted(path.stem for path in (ROOT / "listener" / "collectors").glob("*.py") if path.stem != "__init__")


def load(kind: str) -> ModuleType:
    return importlib.import_module(f"listener.collectors.{kind}")


def sample(kind: str, url: str, folder: Path) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location(f"sample_{kind}", ROOT / "tests" / "listener" / "collectors" / f"test_{kind}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.sample(url, folder)
    return found


def fetches(kind: str) -> bool:
    if not (ROOT / "tests" / "listener" / "collectors" / f"test_{kind}.py").exists():
        return False  # `test_a_kind_has_its_parts` says so
    with tempfile.TemporaryDirectory() as folder:
        return not {"good", "serve"}.isdisjoint(sample(kind, "https://a.example/", Path(folder)))


FETCHING = [kind for kind in KINDS if fetches(kind)]


class Place:
    """A server that answers as it is told: as a kind's sample does, or with trouble on every path."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.about: dict[str, Any] = {}
        self.answer = "good"
        self.trouble: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.server: TestServer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.trouble is not None:
            return await self.trouble(request)
        if self.status != 200:
            return web.Response(status=self.status, headers=self.headers)
        if "serve" in self.about:
            served: web.StreamResponse = await self.about["serve"](request, self.answer)
            return served
        body, content_type = self.about.get(self.answer, (b"", "text/plain"))
        return web.Response(body=body, headers={"Content-Type": content_type})


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", place.handle)
    place.server = TestServer(app)
    await place.server.start_server()
    yield place
    await place.server.close()


async def listen(
    kind: str, place: Place, folder: Path, cursor: str | None = None, *, answer: str = "good", now: datetime = NOW, limits: Limits = LIMITS
) -> list[Page]:
    place.about, place.answer = sample(kind, str(place.server.make_url("/feed")), folder), answer
    async with Fetcher(now=lambda: now, allow=[f"127.0.0.1:{place.server.port}", *place.about.get("allow", ())], limits=limits) as http:
        collector = load(kind).Collector(place.about["options"], source_id="here", http=http, now=lambda: now)
        return [page async for page in collector.listen(cursor)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_parts(kind: str, tmp_path: Path) -> None:
    module = load(kind)
    assert module.__doc__
    assert issubclass(module.Options, BaseModel)
    assert module.Options.model_config.get("extra") == "forbid"
    assert module.Options.model_config.get("hide_input_in_errors"), "a secret must not stand in an error"
    assert module.Options.__doc__
    assert inspect.isasyncgenfunction(module.Collector.listen)
    assert list(inspect.signature(module.Collector).parameters) == ["options", "source_id", "http", "now"]
    assert isinstance(sample(kind, "https://a.example/", tmp_path)["options"], module.Options)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_and_each_of_its_options_are_documented(kind: str) -> None:
    page = (ROOT / "docs" / "collectors" / f"{kind}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# `{kind}`\n")
    for option in load(kind).Options.model_fields:
        assert f"`{option}`" in page
    assert "cannot see" in page
    assert f"(collectors/{kind}.md)" in (ROOT / "docs" / "collectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_first_look_gives_mentions_and_a_cursor(kind: str, place: Place, tmp_path: Path) -> None:
    pages = await listen(kind, place, tmp_path)
    if sample(kind, "https://a.example/", tmp_path).get("pushed"):
        assert pages == []
        return
    mentions = [mention for page in pages for mention in page.mentions]
    assert len(mentions) == 2
    assert len({mention.key for mention in mentions}) == 2
    for mention in mentions:
        assert len(mention.key) == 16
        assert (mention.source_id, mention.seen_at) == ("here", NOW)
        assert mention.native_id
        assert mention.title or mention.text
    assert all(page.cursor for page in pages)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_look_from_the_cursor_brings_nothing_twice_and_is_still_heard(kind: str, place: Place, tmp_path: Path) -> None:
    first = await listen(kind, place, tmp_path)
    if not first:
        return
    again = await listen(kind, place, tmp_path, first[-1].cursor)
    assert again
    assert [mention for page in again for mention in page.mentions] == []
    assert again[-1].cursor


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cursor", ["", "{", "null", "[]", "\x00", '{"offset": -1}', "x" * 10_000])
async def test_a_cursor_that_cannot_be_read_is_none(kind: str, cursor: str, place: Place, tmp_path: Path) -> None:
    first, other = await listen(kind, place, tmp_path), await listen(kind, place, tmp_path, cursor)
    assert [page.mentions for page in first] == [page.mentions for page in other]


@pytest.mark.parametrize("kind", FETCHING)
async def test_an_empty_place_is_heard(kind: str, place: Place, tmp_path: Path) -> None:
    pages = await listen(kind, place, tmp_path, answer="empty")
    assert pages
    assert all((page.mentions, page.skipped, page.missed) == ((), 0, None) for page in pages)


@pytest.mark.parametrize("kind", FETCHING)
async def test_what_is_not_of_this_kind_is_unreadable(kind: str, place: Place, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        await listen(kind, place, tmp_path, answer="malformed")


@pytest.mark.parametrize("kind", FETCHING)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, SourceRejected),
        (403, SourceRejected),
        (410, SourceRejected),
        *((status, SourceUnavailable) for status in (400, 404, 408, 425, 429, 500, 502, 503)),
    ],
)
async def test_a_status_says_what_to_do(kind: str, status: int, error: type[SourceError], place: Place, tmp_path: Path) -> None:
    place.status = status
    with pytest.raises(error) as caught:
        await listen(kind, place, tmp_path)
    assert caught.value.source == "here"
    assert str(status) in caught.value.reason


@pytest.mark.parametrize("kind", FETCHING)
async def test_a_time_to_wait_is_handed_on(kind: str, place: Place, tmp_path: Path) -> None:
    place.status, place.headers = 429, {"Retry-After": "77"}
    with pytest.raises(SourceUnavailable) as caught:
        await listen(kind, place, tmp_path)
    assert caught.value.retry_after_s == 77.0


@pytest.mark.parametrize("kind", FETCHING)
async def test_a_place_that_is_down_is_unavailable(kind: str, tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        pair = f"127.0.0.1:{held.getsockname()[1]}"
        async with Fetcher(now=lambda: NOW, allow=[pair]) as http:
            collector = load(kind).Collector(
                sample(kind, f"http://{pair}/", tmp_path)["options"], source_id="here", http=http, now=lambda: NOW
            )
            with pytest.raises(SourceUnavailable):
                [page async for page in collector.listen(None)]


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then, for ever: no single read ever times out."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.2)


async def bomb(_: web.Request) -> web.StreamResponse:
    return web.Response(body=BOMB, headers={"Content-Encoding": "gzip", "Content-Type": "text/xml"})


async def turn_in_circles(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": str(request.url)})


async def lead_home(_: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})


@pytest.mark.parametrize("kind", FETCHING)
@pytest.mark.parametrize(
    ("trouble", "error"),
    [(drip, SourceUnavailable), (bomb, SourceUnreadable), (turn_in_circles, SourceUnavailable), (lead_home, SourceUnavailable)],
)
async def test_a_hostile_place_costs_little_and_is_told(
    kind: str, trouble: Callable[[web.Request], Awaitable[web.StreamResponse]], error: type[SourceError], place: Place, tmp_path: Path
) -> None:
    place.trouble = trouble
    with pytest.raises(error) as caught:
        await listen(kind, place, tmp_path, limits=IMPATIENT)
    assert caught.value.source == "here"


@pytest.mark.parametrize("kind", FETCHING)
async def test_a_place_whose_clock_runs_ahead_counts_now(kind: str, place: Place, tmp_path: Path) -> None:
    before = NOW - timedelta(days=36_500)
    pages = await listen(kind, place, tmp_path, now=before)
    assert [mention.at for page in pages for mention in page.mentions] == [before, before]


@pytest.mark.parametrize("kind", FETCHING)
@pytest.mark.parametrize("status", [401, 500])
async def test_no_secret_stands_in_an_error_or_a_cursor(kind: str, status: int, place: Place, tmp_path: Path) -> None:
    pages = await listen(kind, place, tmp_path)
    place.status = status
    with pytest.raises(SourceError) as caught:
        await listen(kind, place, tmp_path)
    told = f"{caught.value} {caught.value.__cause__} {[page.cursor for page in pages]}"
    for secret in secrets(place.about["options"]):
        assert secret not in told


def secrets(value: object) -> list[str]:
    """Every secret in some options."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, BaseModel):
        return [secret for name in type(value).model_fields for secret in secrets(getattr(value, name))]
    return [secret for each in value for secret in secrets(each)] if isinstance(value, (tuple, list)) else []


@pytest.mark.parametrize("kind", FETCHING)
async def test_what_is_heard_stands_in_the_store_once_however_often_it_comes(
    kind: str, place: Place, tmp_path: Path, database: Any
) -> None:
    """Polled, polled again from its cursor, and once more as after a crash that forgot the cursor."""
    place.about = sample(kind, str(place.server.make_url("/feed")), tmp_path)
    store = Store(database, MemoryStream(), MemoryStream(), MemoryStream())
    database.write_now(sources.ensure, {"here": kind}, NOW)
    async with Fetcher(now=lambda: NOW, allow=[f"127.0.0.1:{place.server.port}", *place.about.get("allow", ())], limits=LIMITS) as http:
        collector = load(kind).Collector(place.about["options"], source_id="here", http=http, now=lambda: NOW)
        every = timedelta(minutes=5)
        poller = Poller(store, {"here": Listened(id="here", kind=kind, every=every, collector=collector)}, lateness=timedelta(hours=2))
        for turn, forgets in enumerate((False, False, True)):
            if forgets:
                database.write_now(sources.save, "here", turn, {"cursor": None})
            await poller.step(NOW + turn * 2 * every)
            state = database.read_now(sources.get, "here")
            assert (state.failures, database.read_now(mentions.count), state.mentions) == (0, 2, 2)


@pytest.mark.parametrize("kind", FETCHING)
async def test_a_look_cut_off_between_pages_loses_nothing(kind: str, place: Place, tmp_path: Path) -> None:
    whole = {mention.key for page in await listen(kind, place, tmp_path) for mention in page.mentions}
    for kept in range(len(await listen(kind, place, tmp_path))):
        first = (await listen(kind, place, tmp_path))[: kept + 1]
        rest = await listen(kind, place, tmp_path, first[-1].cursor)
        assert {mention.key for page in [*first, *rest] for mention in page.mentions} == whole
